"""The classes of `__main__`, which a fresh process would not know: of a script, and of a notebook's cells.

Values are pickled with a reference to their class, so the process that writes or reads one has to find it there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from mainspring.errors import DefinitionError
from mainspring.execute.process import portable


def own_classes() -> dict[str, bytes]:
    """Return the classes that `__main__` defines, each pickled by value; those that cannot be are left out."""
    found: dict[str, bytes] = {}
    for name, thing in list(vars(sys.modules["__main__"]).items()):
        if isinstance(thing, type) and thing.__module__ == "__main__" and thing.__qualname__ == name:
            try:
                found[name] = portable.dump(thing, f"class {name!r}")
            except DefinitionError:
                continue  # whoever stores a value of it will be told
    return found


def adopt(classes: Mapping[str, bytes]) -> None:
    """Put classes where references of `__main__` look for them."""
    main = sys.modules["__main__"]
    for name, pickled in classes.items():
        setattr(main, name, portable.load(pickled))
