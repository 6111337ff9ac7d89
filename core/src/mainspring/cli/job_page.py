"""A job as a page of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mainspring.cli.show import echo, echo_facts, echo_heading


def echo_job(document: Mapping[str, Any]) -> None:
    """Print a job: its modes, and its ops as a tree of graphs with arrows from what each takes."""
    tags = ", ".join(f"{key}={value}" for key, value in document["tags"].items())
    facts = {"job": document["name"], "about": document["description"], "tags": tags}
    echo_facts({**facts, "retries": _retries(document["retry"]), "time limit": _limit(document["time_limit_seconds"])})
    echo_heading("modes")
    for index, mode in enumerate(document["modes"]):
        executor = mode["executor"] or "one step after the other, in this process"
        by = dict.fromkeys(mode["overridden"], ", by the settings of the home")
        echo(f"{mode['name']}{' (unless another is named)' if index == 0 else ''}: {executor}{by.get('executor', '')}")
        for name, kind in mode["resources"].items():
            echo(f"    {name}: {kind}{by.get(f'resources.{name}', '')}")
    echo_heading("ops")
    for line in graph_lines(document["ops"]):
        echo(line)


def _retries(retry: Mapping[str, Any] | None) -> str:
    if retry is None or not retry["max_retries"]:
        return ""
    after = f", each after {retry['delay_seconds']:g} s" if retry["delay_seconds"] else ""
    return f"up to {retry['max_retries']}, from {retry['restart_from']}{after}"


def _limit(limit_seconds: float | None) -> str:
    return "" if limit_seconds is None else f"{limit_seconds:g} s"


def graph_lines(ops: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a job's graph, each op below the graphs that it stands in."""
    open_path: list[str] = []
    for op in ops:
        *graphs, name = op["key"].split(".")
        shared = 0
        while shared < min(len(graphs), len(open_path)) and graphs[shared] == open_path[shared]:
            shared += 1
        for depth in range(shared, len(graphs)):
            yield f"{'  ' * depth}{graphs[depth]}/"
        open_path = graphs
        indent = "  " * len(graphs)
        yield f"{indent}{name}{_arrow(op)}"
        for line in _details(op):
            yield f"{indent}    {line}"


def _arrow(op: Mapping[str, Any]) -> str:
    sources = [f"{each['name']}={each['source']}" for each in op["inputs"] if each["source"] is not None]
    after = [f"after {each}" for each in op["after"]]
    return f" <- {', '.join([*sources, *after])}" if sources or after else ""


def _details(op: Mapping[str, Any]) -> Iterator[str]:
    if op["description"]:
        yield op["description"].partition("\n")[0]
    for each in op["inputs"]:
        yield f"input {each['name']}{_typed(each)}{' (left to its default)' if each['source'] is None else ''}"
    for each in op["config"]:
        yield f"config {each['name']}{_typed(each)}" + (
            " (required)" if each["is_required"] else f" = {each['default']}"
        )
    for each in op["resources"]:
        yield f"resource {each}"
    for each in op["outputs"]:
        said = [f"stored with {each['io_manager']}"]
        said += [f"asset {each['asset']}"] if each["asset"] else []
        said += ["optional"] if each["is_optional"] else []
        said += ["dynamic"] if each["is_dynamic"] else []
        yield f"output {each['name']}{_typed(each)}, {', '.join(said)}"
    if op["max_retries"]:
        yield f"tried again up to {op['max_retries']} times"
    if op["pool"]:
        yield f"takes up a place in pool {op['pool']}"


def _typed(field: Mapping[str, Any]) -> str:
    return f": {field['type']}" if field["type"] else ""
