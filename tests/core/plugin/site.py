"""A folder of installed plugins, made up for a test."""

import sys
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from textwrap import dedent
from types import TracebackType
from typing import Self

import pytest

from mainspring.plugin import Plugins, load_plugins

EXECUTORS = """
import attrs
import mainspring as ms

@attrs.frozen
class Threads(ms.Executor):
    def execute(self, plan, run):
        yield from ()

@ms.hookimpl
def mainspring_executors():
    return {"threads": Threads}
"""


class Site:
    """Installs distributions of one module each, as pip would, and loads them; used as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._patch = pytest.MonkeyPatch()
        self._before = set(sys.modules)

    def __enter__(self) -> Self:
        self._patch.syspath_prepend(self.folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._patch.undo()
        for name in set(sys.modules) - self._before:
            if str(self.folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]

    def install(
        self,
        name: str,
        code: str,
        *,
        entry_point: str | None = None,
        requires: tuple[str, ...] = (),
        metadata: str = "",
    ) -> None:
        """Install a distribution that holds one module and names it as a plugin."""
        (self.folder / f"{name}_module.py").write_text(dedent(code), encoding="utf-8")
        papers = self.folder / f"{name}-1.0.dist-info"
        papers.mkdir()
        lines = [
            "Metadata-Version: 2.1",
            f"Name: {name}",
            "Version: 1.0",
            *(f"Requires-Dist: {each}" for each in requires),
        ]
        (papers / "METADATA").write_text(metadata or "\n".join(lines), encoding="utf-8")
        (papers / "entry_points.txt").write_text(f"[mainspring]\n{entry_point or name} = {name}_module\n")

    def entry_points(self) -> list[EntryPoint]:
        """Return what is installed here."""
        found = [each for installed in distributions(path=[str(self.folder)]) for each in installed.entry_points]
        assert found
        return found

    def load(self, selection: str = "") -> Plugins:
        """Load the built-ins and what is installed here."""
        return load_plugins(self.entry_points(), selection)
