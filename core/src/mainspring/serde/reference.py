"""References to the environment in plain data, replaced by what they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mainspring.environment import EnvText, EnvVar, env_reference
from mainspring.errors import ConfigError
from mainspring.serde.converter import without_none, without_reference
from mainspring.serde.fields import field_types, is_container, member_place, member_type


@frozen
class Resolution:
    """References being replaced.

    Attributes:
        problems: What could not be read, as (path, message) pairs.
        variables: Which variable each value came from, by the value's path.
    """

    problems: list[tuple[str, str]] = field(factory=list)
    variables: dict[str, str] = field(factory=dict)

    def resolve(self, raw: Any, type_: Any, place: str) -> Any:
        """Return data with its references replaced; where a container is asked for, their text is read as JSON."""
        type_ = without_none(without_reference(type_))
        reference = None if _is_own_field(raw, type_) else env_reference(raw)
        if reference is not None:
            return self._read(reference, type_, place)
        if isinstance(raw, Mapping):
            return {
                key: self.resolve(each, member_type(type_, key), member_place(place, type_, key))
                for key, each in raw.items()
            }
        if isinstance(raw, (list, tuple)):
            return [
                self.resolve(each, member_type(type_, index), f"{place}[{index}]") for index, each in enumerate(raw)
            ]
        return raw

    def variable(self, place: str) -> str | None:
        """Return the variable from which a value, or what is around it, came."""
        for origin, name in self.variables.items():
            if place == origin or place.startswith((f"{origin}.", f"{origin}[")) or not origin:
                return name
        return None

    def _read(self, reference: EnvVar, type_: Any, place: str) -> Any:
        self.variables[place] = reference.name
        try:
            text = reference.read()
            return _as_text(json.loads(text)) if is_container(type_) else text
        except ConfigError as error:
            self.problems.append((place, error.problems[0][1]))
        except (json.JSONDecodeError, RecursionError):
            self.problems.append((place, f"environment variable {reference.name} must hold JSON here"))
        return None


def _as_text(value: Any) -> Any:
    """Mark the texts in JSON from the environment as such, so that no error shows them."""
    if isinstance(value, str):
        return EnvText(value)
    if isinstance(value, dict):
        return {key: _as_text(each) for key, each in value.items()}
    return [_as_text(each) for each in value] if isinstance(value, list) else value


def _is_own_field(raw: Any, type_: Any) -> bool:
    """Whether `{"env": …}` is meant as the field of that name of the very class that is structured."""
    return isinstance(raw, Mapping) and "env" in field_types(type_)
