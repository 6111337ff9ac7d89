"""Every error that Mainspring raises on purpose; each message names the thing, the place and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


class MainspringError(Exception):
    """The base of them all: catch it to catch every failure that Mainspring explains."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be sent to another process: its message is made already, so its arguments are not needed again."""
        return _revive, (type(self), self.args, self.__dict__)


def _revive(kind: type[MainspringError], args: tuple[Any, ...], fields: dict[str, Any]) -> MainspringError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class DefinitionError(MainspringError):
    """An op, graph, job, mode or resource is put together wrongly; raised when it is defined or bound."""


class NoValueYetError(DefinitionError, AttributeError):
    """Something was done to a handle, in a job's body, that only a value can stand."""


class PlanCycleError(DefinitionError):
    """Things that depend on each other in a circle."""

    def __init__(self, kind: str, cycle: Sequence[str]) -> None:
        self.kind = kind
        self.cycle = tuple(cycle)
        circle = " -> ".join((*cycle, cycle[0]))
        super().__init__(f"{kind} depend on each other in a circle: {circle}; remove one of these dependencies")


class UnknownNameError(MainspringError):
    """A name that nothing bears."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, place: str = "") -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(sorted(known))
        where = f" in {place}" if place else ""
        super().__init__(f"there is no {kind} {shorten(str(name))!r}{where}; {suggest(str(name), self.known)}")


class ConfigError(MainspringError):
    """Configuration that does not fit; `problems` holds a (path, message) pair for every bad field."""

    def __init__(self, subject: str, problems: Sequence[tuple[str, str]]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        listed = "; ".join(f"{path}: {message}" if path else message for path, message in self.problems)
        super().__init__(f"{subject} is not valid: {listed}")


class ResourceError(MainspringError):
    """A resource that could not be opened or closed, or that is not what its name promises."""


class TypeMismatchError(MainspringError):
    """A value that does not fit its annotation."""

    def __init__(self, step: str, role: str, name: str, expected: str, actual: str) -> None:
        self.step = step
        self.role = role
        self.name = name
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"op {step!r}: {role} {name!r} is annotated {expected} but got {actual}; "
            "correct the annotation or the value"
        )


class OutputError(MainspringError):
    """What an op returned does not have the outputs that it declares, or could not be stored."""


class SelectionError(MainspringError):
    """A step selection that cannot be read or that matches nothing."""


class ValueNotFound(MainspringError):  # noqa: N818 - a public name, in the manner of KeyError's cousins
    """A stored value is not where it should be; the same error for every store."""

    def __init__(
        self, store: str, key: str, step_key: str, reason: str = "nothing is stored there", remedy: str = ""
    ) -> None:
        self.store = store
        self.key = key
        self.step_key = step_key
        advice = remedy or f"step {step_key!r} should have written it, so run that step again"
        super().__init__(f"{store} has no value at {key}: {reason}; {advice}")


class RunFailedError(MainspringError):
    """A run that `execute` was asked to carry out did not succeed."""

    def __init__(self, run_id: str, job_name: str, status: str, reason: str) -> None:
        self.run_id = run_id
        self.job_name = job_name
        self.status = status
        super().__init__(f"run {run_id} of job {job_name!r} ended {status}: {reason}")


class TransitionError(MainspringError):
    """A change of status that the transition table does not allow."""


class SupersededError(MainspringError):
    """A write from an attempt that is no longer the one in charge; it was refused and nothing was stored."""


class PoolFullError(MainspringError):
    """All places of a step's pool are taken; the step was not claimed and nothing was stored."""

    def __init__(self, step_key: str, pool: str, limit: int) -> None:
        self.step_key = step_key
        self.pool = pool
        self.limit = limit
        super().__init__(
            f"step {shorten(step_key)!r} finds no place in pool {pool!r}, which has {limit}; try it again when a step of that "
            f"pool has ended, or raise instance.pools.{pool} in the settings"
        )


class EventError(MainspringError):
    """A recorded event cannot be read."""


class StorageError(MainspringError):
    """The database cannot be reached, read or written."""


class OutcomeUnknownError(StorageError):
    """A write may or may not have been stored, because the connection broke during its commit; read before writing again."""


class SchemaError(StorageError):
    """The database's schema and this version of Mainspring do not go together."""


class AbsentSchemaError(SchemaError):
    """The database is not there, or is empty, and was not to be filled."""


class InstanceError(MainspringError):
    """An instance's home or settings cannot be used."""


class PluginError(MainspringError):
    """A plugin cannot be used, or two of them claim one name."""


class SourceError(MainspringError):
    """What a sensor source watches cannot be reached or read; the tick fails and is tried again."""


class CodeError(MainspringError):
    """User code could not be loaded: a file or module that fails to import, or holds no definitions."""


class LaunchError(MainspringError):
    """The worker of a run could not be started; it may be tried again."""

    def __init__(self, run_id: str, message: str) -> None:
        self.run_id = run_id
        super().__init__(message)


class LocationError(MainspringError):
    """A code location cannot do what is asked of it, or cannot be reached.

    Attributes:
        name: The location.
        is_answer: Whether the location itself said so; else nobody knows whether it has done what it was asked for.
    """

    def __init__(self, name: str, message: str, *, is_answer: bool = False) -> None:
        self.name = name
        self.is_answer = is_answer
        super().__init__(message)


def suggest(name: str, known: Sequence[str]) -> str:
    """Say which names are known, the likeliest first, in the words that end an error message."""
    if not known:
        return "none is defined"
    import difflib

    close = difflib.get_close_matches(name[:200], known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = ", ".join(shorten(each) for each in known[:10])
    more = f" and {len(known) - 10} more" if len(known) > 10 else ""
    return f"there is: {listed}{more}"


def told(error: BaseException, limit: int = 500) -> str:
    """Return an error's class and message in one line, even where it cannot say it itself."""
    try:
        text = " ".join(str(error).split())
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - the __str__ of an exception class is anybody's code
        text = ""
    return shorten(f"{type(error).__name__}: {text}" if text else type(error).__name__, limit)


def shorten(text: str, limit: int = 100) -> str:
    """Cut a text of a user's to a length that fits in a sentence."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
