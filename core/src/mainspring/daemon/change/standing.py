"""Reading how a location stands."""

from __future__ import annotations

from collections import Counter

from mainspring.daemon.change.plan import KEYS_COUNTED, Standing
from mainspring.run import RunStatus
from mainspring.storage import DefinitionQuery, DefinitionRecord, RunQuery, Storage

_PAGE = 500

_LIVE = (RunStatus.QUEUED, RunStatus.STARTING, RunStatus.STARTED, RunStatus.CANCELING)


def standing_of(storage: Storage, location: str) -> Standing:
    """Return how a location stands, from what is recorded of it.

    Raises:
        StorageError: It cannot be read.
    """
    states = {state.name: state for state in storage.automations.states(location)}
    keys = {name: len(storage.automations.keys(location, name, limit=KEYS_COUNTED + 1)) for name in states}
    return Standing(
        definitions=_definitions(storage, location), states=states, keys=keys, live=_live(storage, location)
    )


def _definitions(storage: Storage, location: str) -> dict[tuple[str, str], DefinitionRecord]:
    found: dict[tuple[str, str], DefinitionRecord] = {}
    after: tuple[str, str, str] | None = None
    while True:
        page = storage.locations.definitions(DefinitionQuery(location=location, after=after, limit=_PAGE))
        found.update({(each.kind, each.name): each for each in page})
        if len(page) < _PAGE:
            return found
        after = (location, page[-1].kind, page[-1].name)


def _live(storage: Storage, location: str) -> Counter[str]:
    found: Counter[str] = Counter()
    before: str | None = None
    while True:
        page = storage.runs.find(RunQuery(location=location, statuses=_LIVE, before=before, limit=_PAGE))
        found.update(run.job_name for run in page)
        if len(page) < _PAGE:
            return found
        before = page[-1].run_id
