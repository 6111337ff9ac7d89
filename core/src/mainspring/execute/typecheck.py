"""Values checked against annotations: plain classes by `isinstance`, everything else by typeguard.

Of containers the first item is checked, so that the cost does not grow with the data. As the typing rules have it, an
int passes for a float.
"""

from __future__ import annotations

from typing import Any

from mainspring.definition.annotation import UNRESOLVED
from mainspring.errors import TypeMismatchError


def check_value(step: str, role: str, name: str, value: Any, annotation: Any) -> None:
    """Check one value.

    Args:
        step: The step, for the error.
        role: `"input"` or `"output"`.
        name: Which of them.
        value: The value.
        annotation: The resolved annotation.

    Raises:
        TypeMismatchError: It does not fit.
    """
    if annotation is UNRESOLVED or annotation is Any or annotation is object:
        return
    if type(value) is annotation:
        return
    if _is_plain(annotation):
        if isinstance(value, annotation):
            return
        raise TypeMismatchError(step, role, name, _show(annotation), _show(type(value)))
    problem = _problem(value, annotation)
    if problem is not None:
        raise TypeMismatchError(step, role, name, _show(annotation), problem)


def load_checker(annotation: Any) -> None:
    """Import now what `check_value` will need for an annotation, if anything."""
    if annotation is not UNRESOLVED and annotation is not Any and not _is_plain(annotation):
        import typeguard  # noqa: F401 - it is kept in sys.modules


_PROMOTED = (float, complex)
"""Classes for which the typing rules accept others that are not their subclasses."""


def _is_plain(annotation: Any) -> bool:
    return type(annotation) is type and annotation not in _PROMOTED


def _problem(value: Any, annotation: Any) -> str | None:
    from typeguard import CollectionCheckStrategy, ForwardRefPolicy, TypeCheckError, check_type

    try:
        check_type(
            value,
            annotation,
            forward_ref_policy=ForwardRefPolicy.IGNORE,
            collection_check_strategy=CollectionCheckStrategy.FIRST_ITEM,
        )
    except TypeCheckError as error:
        return f"{_show(type(value))}: {_in_one_line(str(error))}"
    except Exception:  # noqa: BLE001 - an annotation that typeguard cannot make sense of checks nothing
        return None
    return None


def _in_one_line(text: str) -> str:
    """Join the lines of typeguard's message, of which the indented ones tell of a union's members."""
    return "; ".join(line.strip() for line in text.splitlines()).replace(":; ", ": ")


def _show(annotation: Any) -> str:
    name = getattr(annotation, "__qualname__", None) if isinstance(annotation, type) else None
    if name is None or getattr(annotation, "__args__", None):
        return str(annotation).replace("typing.", "")
    module = annotation.__module__
    return name if module in ("builtins", "__main__") else f"{module}.{name}"
