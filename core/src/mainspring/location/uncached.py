"""Importing what people are at work on from its source alone.

Python takes a cached byte code for that of a file of the same size and the same second. Code that is edited and loaded anew
within a second would then be the old code, and nothing would say so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path
from typing import Any


class UncachedLoader(SourceFileLoader):
    """Loads a module's source, and neither reads nor writes its byte code."""

    def path_stats(self, path: Any) -> Mapping[str, Any]:
        """Refuse to say how old and how large the source is, without which nothing is cached.

        Raises:
            OSError: Always; the importing machinery then compiles the source.
        """
        raise OSError(f"{path} is loaded from its source")


def import_uncached(folder: Path) -> None:
    """Have this process import what lies in a folder from its source; installed packages in it are cached as ever."""
    base = str(folder.resolve())

    def finder(path: str) -> FileFinder:
        real = os.path.realpath(path)
        if (real != base and not real.startswith(f"{base}{os.sep}")) or "site-packages" in real:
            raise ImportError(f"{path} is imported as ever")
        return FileFinder(
            path,
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (UncachedLoader, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        )

    hooks: list[Callable[[str], Any]] = sys.path_hooks
    hooks.insert(0, finder)
    sys.path_importer_cache.clear()
