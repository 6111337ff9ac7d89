"""What is committed must mean the same on every machine: no address of a package registry, no path of one checkout."""

import re
from pathlib import Path

import pytest

from tests.architecture.repository import ROOT, committed_files

# The setting that names a registry, and the shapes that the addresses of registries take in lock files.
REGISTRY = re.compile(
    r"(?:index[-_]url|find[-_]links|registry|resolved)[\"']?\s*[=: ]\s*[\"']?(?:https?|file)://"
    r"|https?://[^\s\"'/]+(?:/[^\s\"'/]+)*/(?:simple|packages|-)/"
    r"|^--(?:extra-)?index",
    re.IGNORECASE | re.MULTILINE,
)
PINNED = re.compile(r"[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.]*(?: ; [a-z_]+ [^/@]+)?")


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(
    "line",
    [
        "index-url = {scheme}example.test/",
        "--extra-index-url {scheme}example.test/",
        '"resolved": "{scheme}example.test/a/-/a-1.tgz"',
        "url = {scheme}example.test/packages/ab/cd/x.whl",
        'source = {{ registry = "{scheme}example.test" }}',
    ],
)
def test_an_address_of_a_registry_is_recognised(line: str) -> None:
    assert REGISTRY.search(line.format(scheme="https:" + "//"))


def test_no_file_holds_the_address_of_a_registry() -> None:
    assert [str(path) for path in committed_files() if REGISTRY.search(text_of(path))] == []


def test_no_file_holds_the_path_of_this_checkout() -> None:
    here = re.compile(re.escape(str(ROOT)) + r"(?![\w.-])")

    assert [str(path) for path in committed_files() if here.search(text_of(path))] == []


def test_no_lock_file_is_committed() -> None:
    locks = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "package-lock.json"}

    assert [str(path) for path in committed_files() if path.name in locks] == []


def test_the_constraints_are_exact_pins_and_nothing_else() -> None:
    lines = text_of(Path("constraints.txt")).splitlines()

    assert [line for line in lines if not PINNED.fullmatch(line)] == []
