"""Finding the run that a person means: by the beginning of its id, or as the last one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mainspring.errors import MainspringError, shorten
from mainspring.storage import RunQuery
from mainspring.text import count

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.run import Run

_LISTED = 3
_LAST = re.compile(r"last(?:~(?P<back>[0-9]{1,6}))?")


class RunReferenceError(MainspringError):
    """What is to name a run, and means none or several."""


def find_run(instance: Instance, reference: str) -> Run:
    """Return the run whose id is, or begins with, a text; `last` is the newest, `last~1` the one before it.

    Raises:
        RunReferenceError: There is none, or there are several.
    """
    last = _LAST.fullmatch(reference)
    if last is not None:
        return _count_back(instance, int(last["back"] or 0))
    found = instance.storage.runs.get(reference)
    if found is not None:
        return found
    matching = instance.storage.runs.find(RunQuery(prefix=reference, limit=_LISTED + 1)) if reference else []
    if not matching:
        raise RunReferenceError(
            f"there is no run {shorten(reference)!r} in {instance.storage.description}; `mainspring run list` shows "
            "those that there are"
        )
    if len(matching) > 1:
        listed = ", ".join(run.run_id for run in matching[:_LISTED])
        more = " and more" if len(matching) > _LISTED else ""
        raise RunReferenceError(f"several runs begin with {reference!r}: {listed}{more}; give more of the id")
    return matching[0]


def _count_back(instance: Instance, number: int) -> Run:
    newest = instance.storage.runs.find(RunQuery(limit=number + 1))
    if len(newest) <= number:
        there = f"only {count(len(newest), 'run')}" if newest else "no run yet"
        raise RunReferenceError(
            f"there is no run {'last' if number == 0 else f'last~{number}'}: {instance.storage.description} holds {there}"
        )
    return newest[-1]
