"""Building: a bound job and a selection become the steps of a run."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from attrs import frozen

from mainspring.definition.compose import Node
from mainspring.definition.mode import Mode
from mainspring.errors import PlanCycleError, SelectionError
from mainspring.plan.bind import Binding
from mainspring.plan.config import structure_configs
from mainspring.plan.selection import parse_selection, select
from mainspring.plan.step import Step, source_nodes


@frozen(eq=False)
class Plan:
    """The steps of a run, each after all that it needs; mapped ones as templates.

    Attributes:
        job_name: The job.
        mode: The mode, as bound.
        needs: For each resource the resources that it needs, by parameter.
        steps: The steps by key.
    """

    job_name: str
    mode: Mode
    needs: Mapping[str, Mapping[str, str]]
    steps: Mapping[str, Step]

    @cached_property
    def templates(self) -> Mapping[str, Sequence[Step]]:
        """The templates of mapped steps, by the node over whose output they are mapped, in order."""
        found: dict[str, list[Step]] = {}
        for step in self.steps.values():
            if step.is_template and step.mapped_over is not None:
                found.setdefault(step.mapped_over.node, []).append(step)
        return found


def build_plan(
    binding: Binding,
    config: Mapping[str, Any] | None = None,
    selection: str | Sequence[str] | None = None,
    given: Collection[str] = (),
) -> Plan:
    """Turn a bound job into steps.

    Args:
        binding: The job in its mode.
        config: The run's config.
        selection: Which steps to take; all unless given.
        given: Nodes whose outputs another run has, from which steps may take their inputs though they are not selected.

    Raises:
        ConfigError: The config does not fit; every bad field is named.
        SelectionError: The selection cannot be read, names nothing, or leaves out what a step takes its input from.
        PlanCycleError: Nodes depend on each other in a circle.
    """
    nodes = binding.job.nodes
    taken = set(nodes) if selection is None else selected_nodes(nodes, selection)
    known = taken | _given_upstream(nodes, taken, given)
    configs = structure_configs(binding.job, {} if config is None else config, taken)
    steps: dict[str, Step] = {}
    for index, key in enumerate(_in_order(nodes)):
        if key in known:
            node = nodes[key]
            after = tuple(each for each in node.after if each in known)
            steps[key] = Step(
                key,
                key,
                node.op,
                node.inputs,
                after,
                node.mapped_over,
                config=configs.get(key),
                index=index,
                after_whole=node.after_whole,
            )
    return Plan(binding.job.name, binding.mode, binding.needs, steps)


def selected_nodes(nodes: Mapping[str, Node], selection: str | Sequence[str]) -> set[str]:
    """Return the nodes that a selection takes.

    Raises:
        SelectionError: It cannot be read, or names nothing.
    """
    graphs: dict[str, list[str]] = {}
    for key, node in nodes.items():
        for depth in range(1, len(node.path)):
            graphs.setdefault(".".join(node.path[:depth]), []).append(key)
    return select(parse_selection(selection), {key: _upstream(node) for key, node in nodes.items()}, graphs)


def _given_upstream(nodes: Mapping[str, Node], taken: set[str], given: Collection[str]) -> set[str]:
    """Return the nodes that are not taken but from which those that are take their inputs, near and far."""
    found: set[str] = set()
    frontier = [(key, each) for key in taken for each in _data_upstream(nodes[key]) if each not in taken]
    while frontier:
        reader, key = frontier.pop()
        if key in found or key in taken:
            continue
        if key not in given:
            raise SelectionError(
                f"{reader!r} takes its input from {key!r}, which the selection leaves out; select '*{reader}'"
            )
        found.add(key)
        frontier += [(key, each) for each in _data_upstream(nodes[key])]
    return found


def _upstream(node: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*_data_upstream(node), *node.after)))


def _data_upstream(node: Node) -> list[str]:
    given = [each for source in node.inputs.values() for each in source_nodes(source)]
    return given if node.mapped_over is None else [*given, node.mapped_over.node]


def _in_order(nodes: Mapping[str, Node]) -> list[str]:
    """Sort nodes so that each comes after all that it needs, and else in the order of the calls.

    A. B. Kahn, "Topological sorting of large networks", 1962, with a heap for the nodes that are free.
    """
    keys = list(nodes)
    index = {key: each for each, key in enumerate(keys)}
    waiting: dict[str, int] = {}
    downstream: dict[str, list[str]] = {}
    for key, node in nodes.items():
        above = _upstream(node)
        waiting[key] = len(above)
        for each in above:
            downstream.setdefault(each, []).append(key)
    free = [index[key] for key, count in waiting.items() if count == 0]
    order: list[str] = []
    while free:
        key = keys[heapq.heappop(free)]
        order.append(key)
        for each in downstream.get(key, ()):
            waiting[each] -= 1
            if waiting[each] == 0:
                heapq.heappush(free, index[each])
    if len(order) < len(keys):
        raise PlanCycleError("ops", _cycle(nodes, {key for key, count in waiting.items() if count > 0}))
    return order


def _cycle(nodes: Mapping[str, Node], left: set[str]) -> list[str]:
    """Return a circle among nodes of which each waits for another, in the direction of the data."""
    path: dict[str, int] = {}
    key = min(left)
    while key not in path:
        path[key] = len(path)
        key = next(each for each in _upstream(nodes[key]) if each in left)
    return list(path)[path[key] :][::-1]
