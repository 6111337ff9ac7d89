"""A job as its code location recorded it: enough to queue a run of it while its code is not there."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from mainspring.definition.run_retry import RunRetryPolicy
from mainspring.errors import ConfigError, MainspringError, UnknownNameError, shorten, suggest
from mainspring.execute.job_policy import run_policy
from mainspring.execute.launched import store_queued
from mainspring.execute.options import RunOptions, make_run
from mainspring.run import Run, RunPolicy
from mainspring.run.policy import NO_POLICY
from mainspring.storage import DefinitionQuery, DefinitionRecord, LocationStatus, Storage

if TYPE_CHECKING:
    from mainspring.instance import Instance


@frozen
class RecordedJob:
    """A job as it was last offered.

    Attributes:
        location: The code location that has it.
        name: Its name.
        tags: Its tags.
        modes: The names of its modes, the first one first.
        ops: The keys of its ops.
        policy: What is done for its runs besides starting them once.
    """

    location: str
    name: str
    tags: Mapping[str, str]
    modes: tuple[str, ...]
    ops: tuple[str, ...]
    policy: RunPolicy = NO_POLICY


def find_recorded_job(storage: Storage, reference: str) -> RecordedJob:
    """Return a job by its name, or by `location:name` where several locations have one of that name.

    Raises:
        UnknownNameError: No location offers it.
        MainspringError: Several do.
    """
    location, _, name = reference.rpartition(":")
    found = storage.locations.definitions(DefinitionQuery(location=location or None, kind="job", name=name))
    if not found:
        offered = storage.locations.definitions(DefinitionQuery(location=location or None, kind="job"))
        place = f"location {location!r}" if location else "any code location"
        place += say_unready(storage, location)
        raise UnknownNameError("job", name, {each.name for each in offered}, place=place)
    if len(found) > 1:
        listed = ", ".join(f"{each.location}:{each.name}" for each in found)
        raise MainspringError(f"several code locations have a job {name!r}; name one of {listed}")
    return read_job(found[0])


def say_unready(storage: Storage, name: str) -> str:
    """Say in brackets which locations may have more to offer than they do now."""
    unready = [
        f"{each.name} is {each.status}"
        for each in storage.locations.all()
        if each.status is not LocationStatus.LOADED and name in ("", each.name)
    ]
    return f" ({', '.join(unready)})" if unready else ""


def queue_recorded(
    job: RecordedJob, mode: str | None, options: RunOptions, *, instance: Instance, deployed_modes: Collection[str] = ()
) -> Run:
    """Record a run of a job that waits to be started, checked as far as that is possible without its code.

    Args:
        job: The job.
        mode: The mode's name; the job's first unless given.
        options: What the run is given.
        instance: Where it is recorded.
        deployed_modes: Modes that the settings name, which a job without modes of its own has as well.

    Raises:
        UnknownNameError: The job has no such mode.
        ConfigError: The config names an op that the job does not have.
    """
    known = (*job.modes, *deployed_modes)
    if mode is not None and mode not in known:
        raise UnknownNameError("mode", mode, known, place=f"job {job.name!r}")
    _check_config(job, options.config or {})
    made = make_run(job, mode or job.modes[0], options, instance.clock.time(), None)
    queued = evolve(made, location=job.location, policy=job.policy, retries_left=job.policy.max_retries)
    return store_queued(queued, instance)


def _check_config(job: RecordedJob, config: Mapping[str, Any]) -> None:
    """Check what of a config can be checked here: its outermost keys."""
    tops = sorted({key.partition(".")[0] for key in job.ops})
    problems = [
        ("", f"unknown key {shorten(repr(key))}; {suggest(str(key), ['ops'])}") for key in config if key != "ops"
    ]
    ops = config.get("ops", {})
    if not isinstance(ops, Mapping):
        problems.append(("ops", f"expected a mapping, got {type(ops).__name__}"))
    else:
        problems += [
            ("ops", f"there is no op {shorten(repr(key))}; {suggest(str(key), tops)}") for key in ops if key not in tops
        ]
    if problems:
        raise ConfigError(f"the config of job {job.name!r}", problems)


def read_job(record: DefinitionRecord) -> RecordedJob:
    """Read what a location said of a job.

    Raises:
        MainspringError: The job cannot be run.
    """
    body = json.loads(record.body)
    if body.get("error"):
        raise MainspringError(f"job {record.name!r} of location {record.location!r} cannot be run: {body['error']}")
    return RecordedJob(
        location=record.location,
        name=record.name,
        tags=body["tags"],
        modes=tuple(each["name"] for each in body["modes"]),
        ops=tuple(each["key"] for each in body["ops"]),
        policy=_read_policy(body),
    )


def _read_policy(body: Mapping[str, Any]) -> RunPolicy:
    """Return what a job's body says of its runs' policy; one that an older Mainspring recorded says nothing of it."""
    said = body.get("retry")
    retry = None if said is None else RunRetryPolicy(said["max_retries"], said["delay_seconds"], said["restart_from"])
    return run_policy(retry, body.get("time_limit_seconds"))
