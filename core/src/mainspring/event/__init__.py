"""Facts recorded about runs, steps and assets, their codec, and the fold from events to state.

Pure: takes values and returns values; opens, reads and writes nothing.
"""

from mainspring.event.event import ErrorInfo, Event
from mainspring.event.facts import (
    AssetMaterialized,
    Fact,
    HookFailed,
    InputLoaded,
    RunCanceled,
    RunCanceling,
    RunFailed,
    RunQueued,
    RunStarted,
    RunStarting,
    RunSucceeded,
    StepCanceled,
    StepFailed,
    StepOutput,
    StepRetried,
    StepSkipped,
    StepStarted,
    StepSucceeded,
    StepWaiting,
)
from mainspring.event.fold import RunState, StoredOutput, fold

__all__ = [
    "AssetMaterialized",
    "ErrorInfo",
    "Event",
    "Fact",
    "HookFailed",
    "InputLoaded",
    "RunCanceled",
    "RunCanceling",
    "RunFailed",
    "RunQueued",
    "RunStarted",
    "RunStarting",
    "RunState",
    "RunSucceeded",
    "StepCanceled",
    "StepFailed",
    "StepOutput",
    "StepRetried",
    "StepSkipped",
    "StepStarted",
    "StepSucceeded",
    "StepWaiting",
    "StoredOutput",
    "fold",
]
