"""Run requests and skip reasons: what an automation asks for, and why it asks for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Attribute, field, fields, frozen

from mainspring.definition.job import Job
from mainspring.definition.names import checked_name, checked_tags, checked_text
from mainspring.errors import DefinitionError, shorten, suggest


def checked_config(owner: str, config: object) -> dict[str, Any]:
    """Return a copy of config, so that whoever goes on to change its dicts and lists changes no request that was made.

    What is in it is looked at when it is made plain.

    Raises:
        DefinitionError: It is no dict, or holds itself.
    """
    if not isinstance(config, Mapping):
        raise DefinitionError(
            f'the config of {owner} must be a dict such as {{"ops": {{"fetch": {{"days": 1}}}}}}, not '
            f"{type(config).__name__}"
        )
    try:
        return {key: _copied(value) for key, value in config.items()}
    except RecursionError:
        raise DefinitionError(f"the config of {owner} is nested too deeply, or holds itself; flatten it") from None


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if type(value) in (list, tuple) else value


def _run_key(value: object) -> str | None:
    key = checked_text("a run request", "run key", value)
    if key == "":
        raise DefinitionError("the run key of a run request is empty; leave it out, or name what the run is for")
    return key


def _own_config(value: object) -> dict[str, Any]:
    return checked_config("a run request", value)


def _tags(value: object) -> dict[str, str]:
    return checked_tags("a run request", value)


def _mode(value: object) -> str | None:
    return None if value is None else checked_name("mode", value)


def _job(value: object) -> str | None:
    return None if value is None else checked_name("job", value.name if isinstance(value, Job) else value)


def _partition_key(value: object) -> str | None:
    return checked_text("a run request", "partition key", value)


@frozen
class RunRequest:
    """One run that an automation asks for.

    Attributes:
        run_key: What makes asking twice the same as asking once: an automation's key for a job gives one run, for ever.
            Without one, a sensor's request gives a run each time that it is made.
        config: `{"ops": {"fetch": {"days": 1}}}`; instances of config classes and `ms.EnvVar` may stand in it.
        tags: Tags of the run, besides those of its automation and its job.
        mode: The mode; the automation's unless given.
        job: Which of the automation's jobs, where it has several: the job or its name.
        partition_key: The partition for which it runs.
        priority: Of the runs that wait, those of a higher priority start first.
    """

    run_key: str | None = field(default=None, converter=_run_key)
    config: Mapping[str, Any] = field(factory=dict, converter=_own_config, kw_only=True)
    tags: Mapping[str, str] = field(factory=dict, converter=_tags, kw_only=True)
    mode: str | None = field(default=None, converter=_mode, kw_only=True)
    job: str | None = field(default=None, converter=_job, kw_only=True)
    partition_key: str | None = field(default=None, converter=_partition_key, kw_only=True)
    priority: int = field(default=0, kw_only=True)

    @priority.validator
    def _check_priority(self, attribute: Attribute[int], value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise DefinitionError(f"the priority of a run request must be a whole number, not {shorten(repr(value))}")


_FIELDS = tuple(each.name for each in fields(RunRequest))


@frozen
class SkipReason:
    """Why an automation asks for nothing, for people."""

    text: str = field()

    @text.validator
    def _check_text(self, attribute: Attribute[str], value: object) -> None:
        if not isinstance(value, str) or not value.strip():
            raise DefinitionError(f"a skip reason is text that says why, not {shorten(repr(value))}")
        checked_text("a skip reason", "text", value)


def plain_request(request: RunRequest) -> dict[str, Any]:
    """Return a request as plain data: instances in its config are taken apart, references to the environment stay.

    Raises:
        ConfigError: Its config holds what JSON cannot.
    """
    from mainspring.serde import unstructured

    of = "" if request.run_key is None else f" {shorten(request.run_key)!r}"
    plain = {name: getattr(request, name) for name in _FIELDS}
    return {**plain, "config": unstructured(f"the config of run request{of}", request.config), "tags": {**request.tags}}


def request_from_plain(plain: Mapping[str, Any]) -> RunRequest:
    """Return the request that `plain_request` made plain.

    Raises:
        DefinitionError: The data are of no request.
    """
    if not isinstance(plain, Mapping):
        raise DefinitionError(f"a run request is written as a mapping, not {shorten(repr(plain))}")
    for name in plain:
        if name not in _FIELDS:
            raise DefinitionError(f"a run request has no field {shorten(repr(name))}; {suggest(str(name), _FIELDS)}")
    return RunRequest(**plain)
