"""The tally of a run under way: how many steps there are, how many are done, and which are at work."""

from __future__ import annotations

from collections import Counter

from attrs import define, field

from mainspring.event import Event, RunState, facts
from mainspring.plan import Plan
from mainspring.run import StepStatus

_ENDS = (facts.StepSucceeded, facts.StepFailed, facts.StepSkipped, facts.StepCanceled)


@define
class Tally:
    """Counts the steps of a run from its events; mapped steps count once the values are known over which they run.

    Attributes:
        plan: The run's steps.
        taken_over: What the run takes over from another, or from its last attempt; what ended well there is not counted.
        total: How many steps there are to do, as far as is known.
        ended: How many ended, by how they did: `succeeded`, `failed`, `skipped`, `canceled`.
        working: When the steps at work began, by step, in that order; seconds since the epoch.
    """

    plan: Plan
    taken_over: RunState = field(factory=RunState)
    total: int = field(init=False)
    ended: Counter[str] = field(factory=Counter, init=False)
    working: dict[str, float] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        steps = self.taken_over.steps
        known = [key for key, step in self.plan.steps.items() if not step.is_template]
        for (key, output), mapping_keys in self.taken_over.keys.items():
            known += [f"{node}[{each}]" for node in self._mapped_over(key, output) for each in mapping_keys]
        self.total = sum(steps.get(key) not in (StepStatus.SUCCESS, StepStatus.SKIPPED) for key in known)

    @property
    def done(self) -> int:
        """How many steps ended, however they did."""
        return sum(self.ended.values())

    def count(self, event: Event) -> float | None:
        """Count an event; return how long the attempt took that it ends, if it ends one."""
        key = event.step_key or ""
        match event.fact:
            case facts.StepStarted():
                self.working[key] = event.timestamp
            case facts.StepOutput(output=output, mapping_key=mapping_key) if mapping_key is not None:
                self.total += len(self._mapped_over(key, output))
            case facts.StepRetried():
                return self._took(key, event)
            case fact if isinstance(fact, _ENDS):
                self.ended[_HOW[fact.kind]] += 1
                return self._took(key, event)
            case _:
                pass
        return None

    def _mapped_over(self, key: str, output: str) -> list[str]:
        return [
            step.node
            for step in self.plan.templates.get(key, ())
            if step.mapped_over is not None and step.mapped_over.output == output
        ]

    def _took(self, key: str, event: Event) -> float | None:
        started = self.working.pop(key, None)
        return None if started is None else event.timestamp - started


_HOW = {
    facts.StepSucceeded.kind: "succeeded",
    facts.StepFailed.kind: "failed",
    facts.StepSkipped.kind: "skipped",
    facts.StepCanceled.kind: "canceled",
}
