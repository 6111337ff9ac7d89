"""Automations: what schedules and sensors have in common, a name, jobs to target, and a function to call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, get_args

from attrs import Attribute, evolve, field, frozen

from mainspring.definition.duration import check_seconds, in_seconds
from mainspring.definition.job import Job
from mainspring.definition.names import article, checked_name, checked_tags
from mainspring.definition.request import RunRequest
from mainspring.errors import DefinitionError, UnknownNameError, shorten

Switch = Literal["stopped", "running"]
"""Whether an automation is on, until somebody has switched it."""

DEADLINE_SECONDS = 60.0
"""How long one evaluation may take, unless an automation says otherwise."""


def own_mapping(value: Mapping[str, Any] | None) -> Any:
    """Return a dict of one's own, empty for None; what is none stays as it is, to be refused."""
    return {} if value is None else dict(value) if isinstance(value, Mapping) else value


def _own_sequence(value: Sequence[Job]) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else value


@frozen(kw_only=True, eq=False, repr=False)
class Automation:
    """A schedule or a sensor.

    Attributes:
        name: What it is known by, among the schedules and sensors of its definitions.
        mode: The mode of the runs that it asks for; the instance's, else the job's first, unless given.
        default_status: Whether it is on until somebody has switched it.
        deadline_seconds: How long one evaluation may take, in seconds. Given as `deadline`.
        adopts: The name that it had before: state and run keys are kept.
        tags: Tags of each run that it asks for.
        description: What it does.
    """

    kind: ClassVar[str]

    name: str = field()
    _job: Job | None = None
    _jobs: Sequence[Job] = field(default=(), converter=_own_sequence)
    mode: str | None = field(default=None)
    default_status: Switch = field(default="stopped")
    deadline_seconds: float = field(default=DEADLINE_SECONDS, alias="deadline", converter=in_seconds)
    adopts: str | None = field(default=None)
    tags: Mapping[str, str] = field(factory=dict, converter=own_mapping)
    description: str = ""

    def __repr__(self) -> str:
        return f"<{self} of {', '.join(job.name for job in self.jobs)}>"

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that it may ask for runs of."""
        return tuple(self._jobs) if self._job is None else (self._job,)

    @property
    def related_jobs(self) -> tuple[Job, ...]:
        """The jobs that it may ask for runs of, and those that it watches."""
        return self.jobs

    def targeting(self, jobs: Sequence[Job]) -> Any:
        """Return it with other jobs in the place of its own, of the same names."""
        return evolve(self, job=None, jobs=tuple(jobs))

    def complete(self, request: RunRequest) -> RunRequest:
        """Return a request with all that it leaves to its automation: job, mode and tags.

        Raises:
            DefinitionError: It names no job where there are several.
            UnknownNameError: It names a job that is not among them, or a mode that the job lacks.
        """
        job = self._target(request)
        mode = self.mode if request.mode is None else request.mode
        if request.mode is not None and job.modes and request.mode not in job.modes:
            raise UnknownNameError("mode", request.mode, job.modes, place=f"job {job.name!r}")
        tags = {**self.tags, **request.tags} if self.tags else request.tags
        return evolve(request, job=job.name, mode=mode, tags=tags)

    def _target(self, request: RunRequest) -> Job:
        jobs = self.jobs
        if request.job is None:
            if len(jobs) == 1:
                return jobs[0]
            raise DefinitionError(
                f"a run request of {self} names no job; give job=…, one of {', '.join(repr(job.name) for job in jobs)}"
            )
        for job in jobs:
            if job.name == request.job:
                return job
        raise UnknownNameError("job", request.job, [job.name for job in jobs], place=f"the targets of {self}")

    @name.validator
    def _check_name(self, attribute: Attribute[str], value: object) -> None:
        checked_name(self.kind, value)

    @_jobs.validator
    def _check_jobs(self, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, (list, tuple)):
            raise DefinitionError(f"the jobs of {self} must be a list of jobs, not {shorten(repr(value))}")
        if self._job is not None and value:
            raise DefinitionError(f"{self} is given both job and jobs; give one of them")
        if not self.jobs:
            raise DefinitionError(f"{self} targets no job; give job=…, or jobs=[…]")
        names: set[str] = set()
        for each in self.jobs:
            if not isinstance(each, Job):
                hint = "decorate it with @ms.job" if callable(each) else "give what @ms.job has made"
                raise DefinitionError(f"{self} targets {shorten(repr(each))}, which is no job; {hint}")
            if each.name in names:
                raise DefinitionError(f"{self} targets two jobs named {each.name!r}; rename or remove one")
            names.add(each.name)

    @mode.validator
    def _check_mode(self, attribute: Attribute[Any], value: object) -> None:
        if value is None:
            return
        name = checked_name("mode", value)
        for job in self.jobs:
            if job.modes and name not in job.modes:
                raise UnknownNameError("mode", name, job.modes, place=f"job {job.name!r}, which {self} targets")

    @default_status.validator
    def _check_status(self, attribute: Attribute[Any], value: object) -> None:
        check_choice(str(self), "default_status", value, get_args(Switch))

    @deadline_seconds.validator
    def _check_deadline(self, attribute: Attribute[Any], value: object) -> None:
        check_seconds(str(self), "deadline", value, least=0.001)

    @adopts.validator
    def _check_adopts(self, attribute: Attribute[Any], value: object) -> None:
        if value is not None and checked_name(self.kind, value) == self.name:
            raise DefinitionError(f"{self} adopts its own name; adopts=… takes the name that it had before")

    @tags.validator
    def _check_tags(self, attribute: Attribute[Any], value: object) -> None:
        checked_tags(str(self), value)


def check_choice(owner: str, name: str, value: object, choices: Sequence[str]) -> None:
    """Check that a value is one of some texts.

    Raises:
        DefinitionError: It is not.
    """
    if not (isinstance(value, str) and value in choices):
        listed = " or ".join(map(repr, choices))
        raise DefinitionError(f"{owner}: {name}={shorten(repr(value))} must be {listed}")


def signature_of(owner: str, function: object) -> inspect.Signature:
    """Return the parameters of an automation's function.

    Raises:
        DefinitionError: It is no function, or is asynchronous.
    """
    if not callable(function) or isinstance(function, (type, Job)):
        raise DefinitionError(f"{owner} is made of a function, not of {shorten(repr(function))}")
    called = inspect.unwrap(function)
    for each in (called, getattr(called, "__call__", None)):  # noqa: B004 - the method itself, to look at
        if inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each):
            raise DefinitionError(f"{owner} is asynchronous; write def, with asyncio.run(…) inside where needed")
    try:
        return inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise DefinitionError(f"{owner}: its parameters cannot be read; wrap it in a function of your own") from error


def takes_context(owner: str, function: object, parameter: str = "context") -> bool:
    """Say whether a function takes its one parameter.

    Raises:
        DefinitionError: It is no function, is asynchronous, or needs more.
    """
    signature = signature_of(owner, function)
    for arguments in (((parameter,), True), ((), False)):
        try:
            signature.bind(*arguments[0])
        except TypeError:
            continue
        return arguments[1]
    taken = ", ".join(signature.parameters)
    raise DefinitionError(
        f"{owner} takes ({taken}), but it is called with its {parameter} alone; give the rest defaults"
    )


def name_of(kind: str, function: Callable[..., object], name: str | None) -> str:
    """Return the name that was given, else the function's."""
    if name is not None:
        return name
    found = getattr(function, "__name__", None)
    if found == "<lambda>" or found is None:
        raise DefinitionError(f"{article(kind)} made of {shorten(repr(function))} has no name; give name=…")
    return str(found)
