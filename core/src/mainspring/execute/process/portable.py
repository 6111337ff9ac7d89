"""Pickling tasks for a process that was not forked: ops by reference where they can be imported, else by value."""

from __future__ import annotations

import importlib
import importlib.util
import io
import sys
from collections.abc import Callable
from typing import Any

import attrs
import cloudpickle

from mainspring.definition.annotation import UNRESOLVED, Scope
from mainspring.definition.op import Op
from mainspring.definition.signature import MISSING, Signature
from mainspring.errors import DefinitionError

_SINGLETONS = {id(UNRESOLVED): (UNRESOLVED, "UNRESOLVED"), id(MISSING): (MISSING, "MISSING")}


def dump(thing: object, subject: str) -> bytes:
    """Return a thing as bytes for a process of this very version on this host.

    Raises:
        DefinitionError: It holds what cannot be moved to another process.
    """
    buffer = io.BytesIO()
    try:
        _Pickler(buffer, protocol=5).dump(thing)
    except Exception as error:
        raise DefinitionError(
            f"{subject} cannot be moved to a process of its own: {error}; keep such things in resources that open them, "
            "put the ops in a module that can be imported, or use ms.InProcessExecutor"
        ) from error
    return buffer.getvalue()


def load(data: bytes) -> Any:
    """Return the thing that `dump` made these bytes of, which must come from our own parent."""
    return cloudpickle.loads(data)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    def reducer_override(self, obj: Any) -> Any:
        """Say how ops, scopes and singletons are pickled; cloudpickle says so for the rest."""
        if isinstance(obj, Op):
            return _reduce_op(obj)
        if id(obj) in _SINGLETONS and obj is _SINGLETONS[id(obj)][0]:
            return _singleton, (_SINGLETONS[id(obj)][1],)
        return super().reducer_override(obj)


def _reduce_op(op: Op[..., Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    function = op.function
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if isinstance(module, str) and _is_importable(module) and _lookup(module, name) is op:
        return _by_reference, (module, name)
    fields = {each.alias: getattr(op, each.name) for each in attrs.fields(type(op)) if each.init}
    fields["signature"] = _resolved(op)
    return _rebuild, (type(op), fields)


def _resolved(op: Op[..., Any]) -> Signature:
    """Return an op's signature with types in place of annotations, so that it needs no scope."""
    signature = op.signature
    types = op.input_types
    inputs = {name: attrs.evolve(each, annotation=types[name]) for name, each in signature.inputs.items()}
    config = signature.config
    if config is not None:
        config = attrs.evolve(config, annotation=op.config_class)
    returns = signature.scope.resolve(signature.returns)
    return attrs.evolve(signature, inputs=inputs, config=config, returns=returns, scope=Scope({}, {}))


def _is_importable(module: str) -> bool:
    """Whether another process finds the same module under this name."""
    if module == "__main__":
        return False
    loaded = sys.modules.get(module)
    if loaded is None or getattr(loaded, "__spec__", None) is None:
        return False
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):
        return False
    return found is not None and found.origin == getattr(loaded.__spec__, "origin", None)


def _lookup(module: str, qualified_name: str) -> object:
    found: Any = sys.modules.get(module) or importlib.import_module(module)
    for name in qualified_name.split("."):
        found = getattr(found, name, None)
    return found


def _by_reference(module: str, qualified_name: str) -> object:
    return _lookup(module, qualified_name)


def _rebuild(op_class: type, fields: dict[str, Any]) -> object:
    return op_class(**fields)


def _singleton(name: str) -> object:
    return UNRESOLVED if name == "UNRESOLVED" else MISSING
