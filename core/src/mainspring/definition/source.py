"""Sources: where a node's input comes from."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen


@frozen
class OutputOf:
    """The value of one output of a node (of the node's own item, where both ends are mapped over the same output)."""

    node: str
    output: str


@frozen
class ItemOf:
    """One value of a dynamic output, each in a step of its own."""

    node: str
    output: str


@frozen
class Collected:
    """All values of a dynamic output, or of a node mapped over one, as a list in the order of the keys."""

    node: str
    output: str


@frozen
class FanIn:
    """Several values as a list."""

    sources: tuple[Source, ...]


@frozen
class Constant:
    """A plain value written in the job's body."""

    value: Any = field(eq=False)


Source = OutputOf | ItemOf | Collected | FanIn | Constant
