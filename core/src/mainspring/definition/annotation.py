"""Annotations: resolved one by one and late, so that one that cannot be resolved spoils no other."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, get_type_hints

from attrs import frozen


class _Unresolved:
    """The annotation is absent, or names what cannot be found."""

    def __repr__(self) -> str:
        return "UNRESOLVED"

    def __bool__(self) -> bool:
        return False


UNRESOLVED: Final = _Unresolved()


@frozen(eq=False)
class Scope:
    """Where the names in a function's annotations are looked up: its globals and the frame that defined it."""

    globals: Mapping[str, Any]
    locals: Mapping[str, Any]

    def resolve(self, annotation: Any) -> Any:
        """Return the type that an annotation means, or `UNRESOLVED`."""
        if annotation is None or isinstance(annotation, type):
            return annotation
        holder = SimpleNamespace(__annotations__={"it": annotation})
        try:
            return get_type_hints(holder, dict(self.globals), dict(self.locals), include_extras=False)["it"]
        except Exception:  # noqa: BLE001 - an annotation may hold any expression, and raise anything
            return UNRESOLVED


def scope_of(function: Callable[..., Any], depth: int) -> Scope:
    """Return a function's scope, with the locals of the frame `depth` calls above this one.

    The locals are kept only where an annotation is text and may need them.
    """
    written = inspect.unwrap(function)
    while isinstance(written, partial):
        written = inspect.unwrap(written.func)
    annotations = getattr(written, "__annotations__", {}).values()
    needs_locals = any(not isinstance(each, type) for each in annotations if each is not None)
    found = sys._getframe(depth).f_locals if needs_locals else {}
    function_globals = getattr(written, "__globals__", {})
    return Scope(function_globals, {} if found is function_globals else dict(found))
