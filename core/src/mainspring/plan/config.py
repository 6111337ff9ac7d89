"""A run's config: found for each op, structured, and all that is wrong with it said at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mainspring.definition.job import Job
from mainspring.errors import ConfigError, shorten, suggest


def structure_configs(job: Job, config: Mapping[str, Any], taken: Collection[str]) -> dict[str, Any]:
    """Return each op's config, structured, by node.

    Args:
        job: The job.
        config: `{"ops": {"fetch": {...}, "outer": {"ops": {"inner": {...}}}}}`.
        taken: The nodes that run; config that others lack is not missed.

    Raises:
        ConfigError: Something is unknown, missing or of the wrong type; every place is named.
    """
    takers = {key: node.op.config_class for key, node in job.nodes.items() if node.op.signature.config is not None}
    if not takers and config == {}:
        return {}
    problems: list[tuple[str, str]] = []
    given = dict(_Reader(job, problems).read(config))
    structured: dict[str, Any] = {}
    for key, config_class in takers.items():
        if key not in taken and key not in given:
            continue
        assert config_class is not None  # noqa: S101 - it has a config parameter
        from mainspring.serde import structure

        structured[key] = structure(given.pop(key, {}), config_class, _place(job.nodes[key].path), problems)
    problems.extend(
        (_place(job.nodes[key].path), f"op {job.nodes[key].op.name!r} takes no config; remove it") for key in given
    )
    if problems:
        raise ConfigError(f"the config of job {job.name!r}", problems)
    return structured


class _Reader:
    """Finds what a run's config says of each op, noting all that has no place in it."""

    def __init__(self, job: Job, problems: list[tuple[str, str]]) -> None:
        self.problems = problems
        self.ops = {node.path: key for key, node in job.nodes.items()}
        self.members: dict[tuple[str, ...], dict[str, None]] = {}
        for path in self.ops:
            for depth in range(len(path)):
                self.members.setdefault(path[:depth], {})[path[depth]] = None

    def read(self, level: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
        """Yield each op's raw config in the job, or in the graph at a path, by node."""
        if not isinstance(level, Mapping):
            self._note(_place(path), f"expected a mapping, got {type(level).__name__}")
            return
        for name, value in level.items():
            if name != "ops":
                self._note(_place(path), f"unknown key {shorten(repr(name))}; only 'ops' may stand here")
            elif not isinstance(value, Mapping):
                self._note(_ops_place(path), f"expected a mapping of ops, got {type(value).__name__}")
            else:
                yield from self._entries(value, path)

    def _entries(self, entries: Mapping[object, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        known = self.members[path]
        for name, value in entries.items():
            if not isinstance(name, str) or name not in known:
                deeper = [_place(each) for each in self.ops if name in (each[-1], ".".join(each))]
                hint = f"did you mean {' or '.join(deeper[:3])}?" if deeper else suggest(str(name), sorted(known))
                self._note(_ops_place(path), f"there is no op {shorten(repr(name))}; {hint}")
            elif (*path, name) in self.ops:
                yield self.ops[*path, name], value
            else:
                yield from self.read(value, (*path, name))

    def _note(self, place: str, message: str) -> None:
        self.problems.append((place, message))


def _place(path: tuple[str, ...]) -> str:
    return ".".join(f"ops.{name}" for name in path)


def _ops_place(path: tuple[str, ...]) -> str:
    return f"{_place(path)}.ops" if path else "ops"
