"""Finding the run that a person means by the beginning of its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.errors import MainspringError, shorten
from mainspring.storage import RunQuery

if TYPE_CHECKING:
    from mainspring.instance import Instance
    from mainspring.run import Run

_LISTED = 3


class RunReferenceError(MainspringError):
    """A run's id, or the beginning of one, that means no run or several."""


def find_run(instance: Instance, reference: str) -> Run:
    """Return the run whose id is, or begins with, a text.

    Raises:
        RunReferenceError: There is none, or there are several.
    """
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
