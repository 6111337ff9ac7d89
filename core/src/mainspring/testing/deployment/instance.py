"""The instance of a deployment: in memory, with settings of its own, and nothing in it that is left to chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from random import Random
from typing import Any

from attrs import evolve

from mainspring.clock import Clock
from mainspring.definition.definitions import Definitions
from mainspring.errors import UnknownNameError
from mainspring.instance import Instance
from mainspring.settings.reading import settings_of


def repeatable_instance(clock: Clock, mode: str | None, queue: Mapping[str, Any]) -> Instance:
    """Return an instance in memory in which the same comes to the same, ids and jitter too.

    Args:
        clock: Its clock.
        mode: The mode of automations that name none.
        queue: What `[instance.queue]` says.

    Raises:
        ConfigError: The queue's settings are not valid.
    """
    settings = settings_of({"instance": {"queue": dict(queue)}})
    return evolve(
        Instance.ephemeral(clock=clock),
        settings=evolve(settings, mode=mode),
        chance=Random(0).random,
        randomness=_in_order(),
    )


def known_mode(definitions: Definitions, mode: str | None) -> str | None:
    """Return the mode, if there is a job that has it.

    Raises:
        UnknownNameError: There is none.
    """
    known = {name for job in definitions.jobs.values() for name in job.modes}
    if mode is not None and mode not in known:
        raise UnknownNameError("mode", mode, known)
    return mode


def _in_order() -> Callable[[int], bytes]:
    """Return what ids are made of, so that those of one moment sort as they were made."""
    numbers = count(1)
    return lambda length: next(numbers).to_bytes(length, "big")
