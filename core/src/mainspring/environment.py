"""Values that stand for environment variables: read where they are used, and never stored."""

from __future__ import annotations

import os
from typing import Any

from attrs import frozen

from mainspring.errors import ConfigError


@frozen
class EnvVar:
    """A value that is read from the environment where it is used, and never stored.

    It may stand for any value in a run's config or in a resource's fields; its text is parsed to the type that the
    field asks for. In TOML and JSON it is written `{ env = "NAME" }`.

    Attributes:
        name: The environment variable.
        default: What to use where it is not set; None makes it required.
    """

    name: str
    default: str | None = None

    def read(self) -> EnvText:
        """Return the variable's text.

        Raises:
            ConfigError: It is not set and there is no default.
        """
        text = os.environ.get(self.name, self.default)
        if text is None:
            problem = f"environment variable {self.name} is not set; set it, or give EnvVar a default"
            raise ConfigError("configuration", [("", problem)])
        return EnvText(text)


class EnvText(str):
    """Text that came from the environment, and may therefore be parsed to another type."""

    __slots__ = ()


def env_reference(value: object) -> EnvVar | None:
    """Return the variable that a value stands for: an `EnvVar`, or a mapping with just `env` (and `default`)."""
    match value:
        case EnvVar():
            return value
        case {"env": str(name), **rest} if not rest:
            return EnvVar(name)
        case {"env": str(name), "default": str(default), **rest} if not rest:
            return EnvVar(name, default)
        case _:
            return None


def without_values(value: Any) -> Any:
    """Return config as plain data that may be stored: references to the environment stay references."""
    if isinstance(value, EnvVar):
        return {"env": value.name} if value.default is None else {"env": value.name, "default": value.default}
    if isinstance(value, dict):
        return {key: without_values(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_values(each) for each in value]
    return value
