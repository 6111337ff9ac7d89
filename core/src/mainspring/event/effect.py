"""What a fact does to the status of its run or step."""

from __future__ import annotations

from mainspring.event import facts
from mainspring.run import RunStatus, StepStatus

RUN_STATUS: dict[type, RunStatus] = {
    facts.RunQueued: RunStatus.QUEUED,
    facts.RunStarting: RunStatus.STARTING,
    facts.RunStarted: RunStatus.STARTED,
    facts.RunSucceeded: RunStatus.SUCCESS,
    facts.RunFailed: RunStatus.FAILURE,
    facts.RunCanceling: RunStatus.CANCELING,
    facts.RunCanceled: RunStatus.CANCELED,
}
"""The status that a run's fact leads to."""

STEP_BEGIN: dict[type, StepStatus] = {
    facts.StepStarted: StepStatus.STARTED,
    facts.StepSkipped: StepStatus.SKIPPED,
}
"""The status with which a step's attempt begins."""

STEP_END: dict[type, StepStatus] = {
    facts.StepSucceeded: StepStatus.SUCCESS,
    facts.StepFailed: StepStatus.FAILURE,
    facts.StepRetried: StepStatus.RETRY,
    facts.StepCanceled: StepStatus.CANCELED,
}
"""The status that ends a claimed attempt of a step."""

STEP_WITHIN: frozenset[type] = frozenset({facts.InputLoaded, facts.StepOutput, facts.AssetMaterialized})
"""What only an attempt under way may tell."""
