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
    if not takers and not config:
        return {}
    problems: list[tuple[str, str]] = []
    given = _raw_configs(job, config, problems)
    structured: dict[str, Any] = {}
    for key, config_class in takers.items():
        assert config_class is not None  # noqa: S101 - it has a config parameter
        from mainspring.serde import structure

        if key not in taken and key not in given:
            continue
        structured[key] = structure(given.pop(key, {}), config_class, _place(job.nodes[key].path), problems)
    for key in given:
        problems.append((_place(job.nodes[key].path), f"op {job.nodes[key].op.name!r} takes no config; remove it"))
    if problems:
        raise ConfigError(f"the config of job {job.name!r}", problems)
    return structured


def _raw_configs(job: Job, config: Mapping[str, Any], problems: list[tuple[str, str]]) -> dict[str, Any]:
    if not isinstance(config, Mapping):
        problems.append(("", f"expected a mapping, got {type(config).__name__}"))
        return {}
    paths = {node.path: key for key, node in job.nodes.items()}
    graphs = {path[:depth] for path in paths for depth in range(1, len(path))}

    def walk(level: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        place = _place(path) if path else ""
        for name, value in level.items():
            if name != "ops":
                problems.append((place, f"unknown key {shorten(repr(name))}; only 'ops' may stand here"))
            elif not isinstance(value, Mapping):
                problems.append((f"{place}.ops".lstrip("."), f"expected a mapping of ops, got {type(value).__name__}"))
            else:
                yield from entries(value, path)

    def entries(level: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for name, value in level.items():
            inner = (*path, name)
            if inner in graphs:
                if isinstance(value, Mapping):
                    yield from walk(value, inner)
                else:
                    problems.append((_place(inner), f"expected a mapping, got {type(value).__name__}"))
            elif inner in paths:
                yield paths[inner], value
            else:
                known = sorted({each[len(path)] for each in paths if each[: len(path)] == path})
                here = f"{_place(path)}.ops" if path else "ops"
                problems.append((here, f"there is no op {shorten(repr(name))}; {suggest(str(name), known)}"))

    return dict(walk(config, ()))


def _place(path: tuple[str, ...]) -> str:
    return ".".join(f"ops.{name}" for name in path)
