"""The facts themselves: a tagged union, one class for each kind of thing that can happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, dataclass_transform

import attrs
from attrs import field

C = TypeVar("C", bound=type)


class _Plain:
    """Compares and shows a fact by its fields: one implementation for all, as generating each costs time at start-up."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash((type(self), str(_values(self))))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in _values(self))
        return f"{type(self).__name__}({shown})"


def _values(fact: Any) -> list[tuple[str, Any]]:
    return [(each.name, getattr(fact, each.name)) for each in type(fact).__attrs_attrs__]


@dataclass_transform(frozen_default=True, field_specifiers=(attrs.field,))
def frozen(cls: C) -> C:
    """Make a frozen attrs class that compares and shows itself through `_Plain`."""
    return attrs.frozen(cls, eq=False, repr=False)


def storable(text: str) -> str:
    """Write out what no database keeps as text: NUL characters and lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


@frozen
class ErrorInfo(_Plain):
    """An exception, as plain data.

    Attributes:
        type: The name of its class.
        message: What it says.
        traceback: Where it was raised, as text, without frames of Mainspring's own.
        cause: What it was raised from, if anything.
        metadata: What a `Failure` tells.
    """

    type: str
    message: str
    traceback: str = ""
    cause: ErrorInfo | None = None
    metadata: Mapping[str, Any] = field(factory=dict)

    @property
    def summary(self) -> str:
        """Its class and the first line of its message."""
        first = self.message.strip().partition("\n")[0]
        return f"{self.type}: {first}" if first else self.type


@frozen
class RunQueued(_Plain):
    """The run was asked for, could not be started and waits to be tried again, or waits for its next attempt.

    Attributes:
        reason: Why it could not be started, or has another attempt.
        from_scratch: Whether the attempt does again what earlier ones did well.
    """

    kind: ClassVar[str] = "RUN_QUEUED"
    reason: str = field(default="", converter=storable)
    from_scratch: bool = False


@frozen
class RunStarting(_Plain):
    """A launcher was told to start the run."""

    kind: ClassVar[str] = "RUN_STARTING"


@frozen
class RunStarted(_Plain):
    """A worker claimed the run's attempt."""

    kind: ClassVar[str] = "RUN_STARTED"


@frozen
class RunSucceeded(_Plain):
    """All steps ended well."""

    kind: ClassVar[str] = "RUN_SUCCESS"


@frozen
class RunFailed(_Plain):
    """The attempt of the run failed."""

    kind: ClassVar[str] = "RUN_FAILURE"
    reason: str = field(default="", converter=storable)
    error: ErrorInfo | None = None


@frozen
class RunCanceling(_Plain):
    """Someone asked for the run to end."""

    kind: ClassVar[str] = "RUN_CANCELING"


@frozen
class RunCanceled(_Plain):
    """The run ended before its work did, because someone asked for it."""

    kind: ClassVar[str] = "RUN_CANCELED"
    reason: str = field(default="", converter=storable)


@frozen
class StepWaiting(_Plain):
    """An attempt of a step could begin but for its pool, of which all places are taken."""

    kind: ClassVar[str] = "STEP_WAITING"
    pool: str


@frozen
class StepStarted(_Plain):
    """An attempt of a step was claimed."""

    kind: ClassVar[str] = "STEP_STARTED"


@frozen
class InputLoaded(_Plain):
    """An IO manager told something of a value that it loaded."""

    kind: ClassVar[str] = "INPUT_LOADED"
    name: str
    metadata: Mapping[str, Any] = field(factory=dict)


@frozen
class StepOutput(_Plain):
    """A value was stored; this is the pointer to it.

    Attributes:
        output: The output's name.
        mapping_key: Which value of a dynamic output, else None.
        type: The class of the value.
        io_manager: The name of the resource that stored it.
        metadata: What was attached to the value, and what its IO manager told.
        is_empty: True for a dynamic output without values: the fact that it is empty, rather than left out.
    """

    kind: ClassVar[str] = "STEP_OUTPUT"
    output: str
    mapping_key: str | None = None
    type: str = ""
    io_manager: str = ""
    metadata: Mapping[str, Any] = field(factory=dict)
    is_empty: bool = False


@frozen
class AssetMaterialized(_Plain):
    """An asset was written.

    Attributes:
        asset: The asset's key.
        partition_key: Which partition, if any.
        output: The output that is its value; None for one that an op wrote by its own means.
        metadata: What its writer told.
    """

    kind: ClassVar[str] = "ASSET_MATERIALIZED"
    asset: str
    partition_key: str | None = None
    output: str | None = None
    metadata: Mapping[str, Any] = field(factory=dict)


@frozen
class StepSucceeded(_Plain):
    """The attempt succeeded."""

    kind: ClassVar[str] = "STEP_SUCCESS"


@frozen
class StepFailed(_Plain):
    """The step failed for good."""

    kind: ClassVar[str] = "STEP_FAILURE"
    error: ErrorInfo


@frozen
class StepRetried(_Plain):
    """The attempt failed and another one follows after the delay."""

    kind: ClassVar[str] = "STEP_RETRY"
    error: ErrorInfo
    delay_seconds: float = 0.0


@frozen
class StepSkipped(_Plain):
    """The step did not run, because an output that it reads was left out."""

    kind: ClassVar[str] = "STEP_SKIPPED"


@frozen
class StepCanceled(_Plain):
    """The attempt was ended because the run was."""

    kind: ClassVar[str] = "STEP_CANCELED"


@frozen
class HookFailed(_Plain):
    """A success or failure hook raised; the step's outcome stands."""

    kind: ClassVar[str] = "HOOK_FAILED"
    hook: str
    error: ErrorInfo


Fact = (
    RunQueued
    | RunStarting
    | RunStarted
    | RunSucceeded
    | RunFailed
    | RunCanceling
    | RunCanceled
    | StepWaiting
    | StepStarted
    | InputLoaded
    | StepOutput
    | AssetMaterialized
    | StepSucceeded
    | StepFailed
    | StepRetried
    | StepSkipped
    | StepCanceled
    | HookFailed
)
