"""Config: the attrs class that an op is handed."""

from __future__ import annotations

from typing import Any

from attrs import frozen


@frozen
class ConfigMarker:
    """What `config()` leaves in a signature."""


def config() -> Any:
    """Mark a keyword-only parameter of an op as its config: `config: Window = ms.config()`.

    The parameter's annotation is an attrs class; the run's config for the op is structured into it, strictly.
    """
    return ConfigMarker()
