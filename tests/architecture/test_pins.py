"""Core and plugins are released on their own, so they admit ranges of each other. Scar: D#9431."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.architecture.repository import ROOT, distributions

PLUGINS = [*distributions()[1:], ROOT / "tests" / "plugins" / "sample"]


def requirements(folder: Path) -> list[Requirement]:
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_a_plugin_admits_a_range_of_mainsprings(folder: Path) -> None:
    own = tomllib.loads((ROOT / "core" / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    (core,) = [each for each in requirements(folder) if each.name == "mainspring"]
    next_patch = f"{Version(own).major}.{Version(own).minor}.{Version(own).micro + 1}"

    assert own in core.specifier
    assert next_patch in core.specifier, "the next release must not need a new release of the plugin"


@pytest.mark.parametrize("folder", [ROOT / "core", *PLUGINS], ids=lambda folder: folder.name)
def test_no_distribution_pins_another_exactly(folder: Path) -> None:
    assert [str(each) for each in requirements(folder) if any(spec.operator == "==" for spec in each.specifier)] == []
