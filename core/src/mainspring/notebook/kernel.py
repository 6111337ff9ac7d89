"""The kernel of a notebook, where there is one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from mainspring.notebook.markup import Markup

Draw = Callable[[Markup], None]
"""Shows markup in the place where it was first called, in place of what it showed before."""


def in_kernel() -> bool:
    """Whether this process is a notebook's kernel; a terminal, IPython's own included, is none."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def new_display() -> Draw:
    """Return what draws below the cell that runs now."""
    display = import_module("IPython.display")
    handle = display.DisplayHandle()
    is_new = True

    def draw(markup: Markup) -> None:
        nonlocal is_new
        (handle.display if is_new else handle.update)(display.HTML(str(markup)))
        is_new = False

    return draw
