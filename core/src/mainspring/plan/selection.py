"""Selection: which steps of a job to run, in a short syntax.

A selection is one or more terms; a step is taken if any term takes it. A term is a name, with marks before and after:
`*clean` is clean and all that it needs, `clean*` clean and all that needs it, each `+` one level of that, `*` alone
everything. A graph's name stands for the steps in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from mainspring.errors import SelectionError, shorten, suggest

_TERM = re.compile(r"(?P<up>\*|\++)?(?P<name>[^*+,\s]+)(?P<down>\*|\++)?")


@frozen
class Term:
    """One term: a name and how many levels up and down from it; None means all of them."""

    name: str
    up: int | None = 0
    down: int | None = 0


EVERYTHING = Term("*")


def parse_selection(selection: str | Sequence[str]) -> tuple[Term, ...]:
    """Read a selection: one text with terms between commas or spaces, or a list of such texts.

    Raises:
        SelectionError: It is empty or cannot be read.
    """
    texts = [selection] if isinstance(selection, str) else selection
    if not isinstance(texts, (list, tuple, set, frozenset)) or not all(isinstance(each, str) for each in texts):
        raise SelectionError("a selection is text, or a list of texts, such as '*clean' or ['fetch+', 'report']")
    words = [word for text in texts for word in re.split(r"[,\s]+", text) if word]
    if not words:
        raise SelectionError("the selection is empty; name a step, as in 'clean', '*clean' or 'fetch+'")
    return tuple(_parse_term(word) for word in words)


def select(
    terms: Sequence[Term], upstream: Mapping[str, Sequence[str]], graphs: Mapping[str, Sequence[str]]
) -> set[str]:
    """Return the nodes that a selection takes.

    Args:
        terms: The parsed selection.
        upstream: For each node the nodes just before it.
        graphs: For each graph's path the nodes in it.

    Raises:
        SelectionError: A term names nothing.
    """
    downstream: dict[str, list[str]] = {node: [] for node in upstream}
    for node, parents in upstream.items():
        for parent in parents:
            downstream[parent].append(node)
    taken: set[str] = set()
    for term in terms:
        if term == EVERYTHING:
            taken.update(upstream)
            continue
        if term.name in upstream:
            roots: Sequence[str] = (term.name,)
        elif term.name in graphs:
            roots = graphs[term.name]
        else:
            known = sorted((*upstream, *graphs))
            deeper = [each for each in known if each.endswith(f".{term.name}")]
            hint = f"did you mean {' or '.join(map(repr, deeper[:3]))}?" if deeper else suggest(term.name, known)
            raise SelectionError(f"no step is named {shorten(term.name)!r}; {hint}")
        taken |= _reach(roots, upstream, term.up) | _reach(roots, downstream, term.down)
    return taken


def _parse_term(word: str) -> Term:
    if word == EVERYTHING.name:
        return EVERYTHING
    match = _TERM.fullmatch(word)
    if match is None:
        raise SelectionError(
            f"cannot read {shorten(word)!r} in the selection; write a step's name with * or + before or after it"
        )
    return Term(match["name"], _levels(match["up"]), _levels(match["down"]))


def _levels(marks: str | None) -> int | None:
    return None if marks == "*" else len(marks or "")


def _reach(roots: Iterable[str], edges: Mapping[str, Sequence[str]], levels: int | None) -> set[str]:
    reached = set(roots)
    frontier = list(reached)
    while frontier and levels != 0:
        frontier = list({far for near in frontier for far in edges[near]} - reached)
        reached.update(frontier)
        levels = None if levels is None else levels - 1
    return reached
