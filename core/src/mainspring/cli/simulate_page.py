"""What came of a simulation, as plain data and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring.cli.complaint import note
from mainspring.cli.show import echo_table
from mainspring.text import count, utc

if TYPE_CHECKING:
    from mainspring.simulation.outcome import Outcome
    from mainspring.simulation.simulation import Simulated

_NAMED = 5


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """Return what an automation came to, as plain data."""
    run = outcome.example
    return {
        "name": outcome.automation,
        "location": outcome.location,
        "kind": outcome.kind,
        "status": outcome.status,
        "reason": outcome.reason,
        "times": outcome.times,
        "first_at": utc(outcome.first_at),
        "last_at": utc(outcome.last_at),
        "runs": outcome.runs,
        "dropped": outcome.dropped,
        "asks_for": [{"job": job, "mode": mode} for job, mode in outcome.asks_for],
        "first_run": None
        if run is None
        else {
            "job": run.job_name,
            "mode": run.mode,
            "run_key": run.run_key,
            "tags": dict(run.tags),
            "config": run.config,
            "partition_key": run.partition_key,
        },
    }


def echo_outcomes(found: Simulated) -> None:
    """Print what automations came to."""
    if found.outcomes:
        echo_table(
            ("AUTOMATION", "STATUS", "TIMES", "RUNS", "FIRST", "LAST", "WHAT"),
            [
                (
                    f"{each.location}:{each.automation}",
                    each.status,
                    str(each.times),
                    str(each.runs),
                    utc(each.first_at, precise=False) or "",
                    utc(each.last_at, precise=False) or "",
                    _what(each),
                )
                for each in found.outcomes
            ],
        )


def echo_notes(found: Simulated, *, is_stubbed: bool, are_named: bool) -> None:
    """Say on stderr what a reader of the outcomes may miss."""
    if not found.outcomes:
        note("nothing falls due in that time")
    if found.left_out and not are_named:
        names = [f"{each.location}:{each.name}" for each in found.left_out]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        why = "are off, or sensors" if is_stubbed else "are off"
        note(f"left out, as they {why}: {', '.join(names[:_NAMED])}{more}")
    if found.waiting:
        note(f"{count(found.waiting, 'run')} would wait in the queue still, for its rules")


def _what(outcome: Outcome) -> str:
    parts = [
        *([", ".join(f"{job} in {mode}" for job, mode in outcome.asks_for)] if outcome.asks_for else []),
        *([outcome.reason] if outcome.reason else []),
        *([f"{count(outcome.dropped, 'known key')}"] if outcome.dropped else []),
    ]
    return "; ".join(parts)
