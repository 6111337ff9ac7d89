"""How daemons do, by what they tell of themselves. Pure: the clocks of two hosts are never compared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal, TypeAlias

from attrs import field, fields, frozen

from mainspring.run import WorkerIdentity
from mainspring.storage import Heartbeat, LocationRecord, LocationStatus

LAG_LIMIT_SECONDS = 5.0
"""How late a daemon's loop may wake until something is wrong."""

Life: TypeAlias = Literal["alive", "stuck", "gone"]


@frozen(kw_only=True)
class DaemonHealth:
    """How one daemon does.

    Attributes:
        daemon_id: The daemon.
        life: `alive`; `stuck` where its process lives and tells nothing any more; or `gone`.
        host: Its host.
        pid: Its process.
        began_at: When it began, in seconds since the epoch on its own clock, as all times here are.
        beat_at: When it told this.
        locations: The code locations whose ticks it decides.
        ticks: How many ticks it has decided.
        last_tick_at: When it decided the last one.
        evaluating: How many evaluations were under way.
        oldest_queued_at: When the run was made that has waited longest.
        lag_seconds: How late its loop woke at worst, since it told of itself before.
        error: What it could not do.
    """

    daemon_id: str
    life: Life
    host: str
    pid: int
    began_at: float
    beat_at: float
    locations: tuple[str, ...] = field(converter=tuple)
    ticks: int = 0
    last_tick_at: float | None = None
    evaluating: int = 0
    oldest_queued_at: float | None = None
    lag_seconds: float = 0.0
    error: str | None = None


def identity_of(heartbeat: Heartbeat) -> WorkerIdentity:
    """Return the process of the daemon that told something."""
    return WorkerIdentity(**heartbeat.body["identity"])


def health_of(heartbeat: Heartbeat, life: Life) -> DaemonHealth:
    """Return how a daemon does, by what it told last."""
    known = {each.name for each in fields(DaemonHealth)}
    body = {name: value for name, value in heartbeat.body.items() if name in known}  # another version may tell more
    identity: dict[str, Any] = heartbeat.body["identity"]
    return DaemonHealth(
        daemon_id=heartbeat.daemon_id,
        life=life,
        host=identity["host"],
        pid=identity["pid"],
        beat_at=heartbeat.beat_at,
        **body,
    )


def problems_of(
    daemons: Sequence[DaemonHealth], locations: Collection[str], known: Collection[LocationRecord] = ()
) -> list[str]:
    """Return what is wrong, a sentence each.

    Args:
        daemons: The daemons that have told something.
        locations: The code locations of the settings.
        known: How locations stand.
    """
    alive = [each for each in daemons if each.life == "alive"]
    problems = [
        f"daemon {each.daemon_id} lives but tells nothing any more; look at what its process does, or end it"
        for each in daemons
        if each.life == "stuck"
    ]
    if not alive:
        gone = ", ".join(each.daemon_id for each in daemons if each.life == "gone")
        told = f" ({gone} ended without a word)" if gone else ""
        return [*problems, f"no daemon is at work{told}; start `mainspring daemon`"]
    held = {name for each in alive for name in each.locations}
    problems += [
        f"no daemon decides the schedules and sensors of location {name}; start one that has it in its settings anew"
        for name in sorted(set(locations) - held)
    ]
    problems += [
        f"location {each.name} has FAILED: {(each.error or 'nobody knows why').partition(chr(10))[0]}"
        for each in known
        if each.status is LocationStatus.FAILED and each.name in locations
    ]
    for each in alive:
        if each.lag_seconds > LAG_LIMIT_SECONDS:
            problems.append(
                f"daemon {each.daemon_id} woke {each.lag_seconds:.1f} s late; its host may have too much to do"
            )
        if each.error is not None:
            problems.append(f"daemon {each.daemon_id}: {each.error}")
    return problems
