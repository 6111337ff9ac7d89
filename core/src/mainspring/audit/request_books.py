"""What ticks have asked for, against the runs there are and the ledger of run keys. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from attrs import define, field

from mainspring.audit.books import Finding
from mainspring.errors import shorten
from mainspring.run import Run
from mainspring.storage import RunKey, Tick

ONE_RUN = "one run a request"
KEPT_KEY = "run keys are for ever"

KEY_CHARACTERS = 200
"""How much of a run key is recorded where somebody clears it."""

Owner = tuple[str, str]
"""An automation: its location and its name."""


@define
class Requests:
    """What was asked for, gathered in three looks: ticks and keys, then runs, then ticks and keys again.

    Runs are committed with the tick that asks for them. So a tick of the first look has its runs in the second, and a run
    of the second has its tick and its key in the third, whatever is decided meanwhile.

    Attributes:
        runs: How many runs there are, by the tick that they name.
        keyed: The ids of runs with a run key, by owner, and by job and key.
        requested: The owner of each tick that has asked for runs, and for how many, as it was at the first look.
        owners: The owner of each run's tick, as the run says, with one of the runs.
    """

    runs: Counter[int] = field(factory=Counter)
    keyed: dict[Owner, dict[tuple[str, str], list[str]]] = field(factory=dict)
    requested: dict[int, tuple[Owner, int]] = field(factory=dict)
    owners: dict[int, tuple[Owner, str]] = field(factory=dict)

    def note_tick(self, tick: Tick) -> None:
        """Note a tick of the first look."""
        if tick.requested and tick.tick_id is not None:
            self.requested[tick.tick_id] = ((tick.location, tick.automation), tick.requested)

    def note_run(self, run: Run) -> None:
        """Note a run that an automation has asked for."""
        owner = (run.location or "", run.automation or "")
        if run.tick_id is not None:
            self.runs[run.tick_id] += 1
            self.owners[run.tick_id] = (owner, run.run_id)
        if run.run_key is not None:
            of_owner = self.keyed.setdefault(owner, {})
            of_owner.setdefault((run.job_name, run.run_key), []).append(run.run_id)

    def check_first_ticks(self) -> Iterator[Finding]:
        """Yield the ticks of the first look that lack runs."""
        for tick_id, (owner, requested) in self.requested.items():
            if self.runs[tick_id] < requested:
                said = f"tick {tick_id} of {_named(owner)} has asked for {requested} runs, of which {self.runs[tick_id]} exist"
                yield Finding(ONE_RUN, _named(owner), said)

    def check_last_ticks(self, ticks: Mapping[int, Tick]) -> Iterator[Finding]:
        """Yield the runs whose tick, as it is at the last look, is not there, is another's, or has not asked for them."""
        for tick_id, count in self.runs.items():
            owner, run_id = self.owners[tick_id]
            tick = ticks.get(tick_id)
            if tick is None:
                said = f"run {run_id} says that tick {tick_id} of {_named(owner)} has asked for it, which is not there"
            elif (tick.location, tick.automation) != owner:
                other = _named((tick.location, tick.automation))
                said = f"run {run_id} of {_named(owner)} says that tick {tick_id} has asked for it, which is of {other}"
            elif count > tick.requested:
                said = f"tick {tick_id} of {_named(owner)} has asked for {tick.requested} runs, and there are {count}"
            else:
                continue
            yield Finding(ONE_RUN, _named(owner), said)

    def check_repeats(self, cleared: Counter[tuple[str, str]]) -> Iterator[Finding]:
        """Yield the run keys with several runs.

        Args:
            cleared: How often somebody has cleared a key, by location and key.
        """
        every = ((owner, *each) for owner, keys in self.keyed.items() for each in keys.items())
        for owner, (job, run_key), run_ids in every:
            if len(run_ids) > 1 + cleared[owner[0], shorten(run_key, KEY_CHARACTERS)]:
                said = f"run key {run_key!r} of {_named(owner)} has {len(run_ids)} runs of job {job!r}: {', '.join(run_ids[:3])}"
                yield Finding(ONE_RUN, _named(owner), said)

    def check_ledger_against_runs(self, owner: Owner, keys: list[RunKey], since: float) -> Iterator[Finding]:
        """Yield the keys, as they were at the first look, whose run is not there."""
        of_owner = self.keyed.get(owner, {})
        for each in keys:
            if each.created_at >= since and each.run_id not in of_owner.get((each.job_name, each.run_key), ()):
                said = f"run key {each.run_key!r} of {_named(owner)} is in the ledger for run {each.run_id}, which is not there"
                yield Finding(KEPT_KEY, _named(owner), said)

    def check_runs_against_ledger(
        self, owner: Owner, keys: list[RunKey], cleared: Counter[tuple[str, str]]
    ) -> Iterator[Finding]:
        """Yield the runs whose key, at the last look, the ledger does not hold."""
        held = {(each.job_name, each.run_key) for each in keys}
        for (job, run_key), run_ids in self.keyed.get(owner, {}).items():
            if (job, run_key) not in held and not cleared[owner[0], shorten(run_key, KEY_CHARACTERS)]:
                said = f"run key {run_key!r} of {_named(owner)} is missing from the ledger; run {run_ids[0]} bears it"
                yield Finding(KEPT_KEY, _named(owner), said)


def _named(owner: Owner) -> str:
    return ":".join(owner)
