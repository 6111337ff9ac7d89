"""What an event says, in words for people."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.event import Event, facts
from mainspring.text import duration

_SAID: Mapping[str, str] = {
    facts.RunQueued.kind: "asked for",
    facts.RunStarting.kind: "given to a launcher",
    facts.RunStarted.kind: "started",
    facts.RunSucceeded.kind: "succeeded",
    facts.RunCanceling.kind: "asked to end",
    facts.StepSucceeded.kind: "succeeded",
    facts.StepSkipped.kind: "skipped, since an output that it reads was left out",
    facts.StepCanceled.kind: "canceled",
}
"""What facts say that tell nothing but their kind."""


def say(event: Event, took_seconds: float | None = None) -> str:
    """Return what happened, without when and to which step.

    Args:
        event: The event.
        took_seconds: How long the attempt of the step took that it ends, where that is known.
    """
    took = "" if took_seconds is None else f" in {duration(took_seconds)}"
    match event.fact:
        case facts.StepStarted():
            return "started" if event.step_attempt in (None, 1) else f"started, attempt {event.step_attempt}"
        case facts.StepWaiting(pool=pool):
            return f"waits for a place in pool {pool}"
        case facts.StepFailed(error=error) | facts.StepRetried(error=error):
            return f"failed{took}{_say_again(event.fact)}: {error.summary}"
        case facts.HookFailed(hook=hook, error=error):
            return f"{hook} raised {error.summary}"
        case facts.InputLoaded(name=name):
            return f"loaded input {name!r}"
        case facts.StepOutput():
            return _say_output(event.fact)
        case facts.AssetMaterialized(asset=asset, partition_key=partition):
            return f"materialized {asset}" if partition is None else f"materialized {asset}, partition {partition}"
        case facts.RunQueued(reason=reason) if reason:
            return f"waits to be tried again: {reason}"
        case facts.RunFailed(reason=reason) | facts.RunCanceled(reason=reason):
            return reason
        case _:
            return _SAID[event.kind] + took


def _say_again(fact: facts.StepFailed | facts.StepRetried) -> str:
    return f", to be tried again after {duration(fact.delay_seconds)}" if isinstance(fact, facts.StepRetried) else ""


def _say_output(fact: facts.StepOutput) -> str:
    if fact.is_empty:
        return f"output {fact.output!r} has no values"
    name = repr(fact.output) if fact.mapping_key is None else f"{fact.output!r} [{fact.mapping_key}]"
    path = fact.metadata.get("path")
    return f"stored output {name}, {fact.type}, with {fact.io_manager}" + (f" at {path}" if path else "")
