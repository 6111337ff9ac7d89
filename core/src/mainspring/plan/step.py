"""Steps: one execution of one op in one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen

from mainspring.definition.op import Op
from mainspring.definition.source import Collected, Constant, FanIn, ItemOf, OutputOf, Source


@frozen(eq=False)
class Step:
    """One execution of one op.

    Attributes:
        key: The node's path joined by dots; of a mapped one with the mapping key behind it, `clean[2013-01]`.
        node: The node's key: what mapped steps of one op share.
        op: The op.
        inputs: Where each input comes from; inputs left to their defaults are absent.
        after: Nodes that come before it without giving it anything.
        mapped_over: The dynamic output for each value of which there is such a step, if any.
        mapping_key: Which value; None for a step that is not mapped, and for the template of mapped ones.
        config: The op's config, structured; None where it takes none.
        index: Its place in the plan.
        after_whole: Those of `after` whose steps for all values come before it, though they are mapped over the same
            output.
    """

    key: str
    node: str
    op: Op[..., Any]
    inputs: Mapping[str, Source]
    after: tuple[str, ...] = ()
    mapped_over: ItemOf | None = None
    mapping_key: str | None = None
    config: Any = None
    index: int = 0
    after_whole: tuple[str, ...] = ()

    @property
    def is_template(self) -> bool:
        """Whether it stands for mapped steps that are not known yet."""
        return self.mapped_over is not None and self.mapping_key is None

    def mapped(self, mapping_key: str) -> Step:
        """Return the step for one value of the dynamic output."""
        return evolve(self, key=f"{self.node}[{mapping_key}]", mapping_key=mapping_key)


def source_nodes(source: Source) -> tuple[str, ...]:
    """Return the nodes that an input's source names."""
    match source:
        case OutputOf(node, _) | ItemOf(node, _) | Collected(node, _):
            return (node,)
        case FanIn(sources):
            return tuple(node for each in sources for node in source_nodes(each))
        case Constant():
            return ()


def upstream_nodes(step: Step) -> tuple[str, ...]:
    """Return the nodes that must be done before a step, each once."""
    nodes = [node for source in step.inputs.values() for node in source_nodes(source)]
    if step.mapped_over is not None:
        nodes.append(step.mapped_over.node)
    return tuple(dict.fromkeys((*nodes, *step.after)))
