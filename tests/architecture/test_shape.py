import ast
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT, distributions, import_packages, modules

VAGUE = {"base", "common", "core", "helpers", "misc", "shared", "types", "util", "utils"}
CHARTERS = [path for path in modules() if path.name == "__init__.py"]


@pytest.mark.parametrize("path", CHARTERS, ids=str)
def test_each_package_opens_with_its_charter(path: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", modules(), ids=str)
def test_each_module_is_named_for_a_concept(path: Path) -> None:
    names = {part.removeprefix("_") for part in path.with_suffix("").parts}

    assert not names & VAGUE - {"core"}, "name the concept that the module holds"
    assert path.stem != "core", "name the concept that the module holds"
    assert "manager" not in path.stem.replace("io_manager", "") or path.parent.name == "plugin", "a manager of what?"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_no_class_is_a_mere_base(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))

    assert [
        node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name.startswith("Base")
    ] == []


@pytest.mark.parametrize("folder", distributions(), ids=lambda folder: folder.name)
def test_each_distribution_holds_one_typed_package(folder: Path) -> None:
    (package,) = [package for package in import_packages() if package.is_relative_to(folder)]

    assert (package / "py.typed").is_file()


@pytest.mark.parametrize("folder", distributions(), ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", ["README.md", "LICENSE", "CHANGELOG.md", "towncrier.toml", "changes"])
def test_each_distribution_brings_its_papers(folder: Path, name: str) -> None:
    assert (folder / name).exists()
