"""Every hook spec is tried by a test and told of in the documentation."""

import inspect

import pytest

from mainspring.plugin import specs
from tests.architecture.repository import ROOT

HOOKS = sorted(name for name in vars(specs) if name.startswith("mainspring_"))


def test_there_are_hooks() -> None:
    assert "mainspring_executors" in HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_is_tried(hook: str) -> None:
    tests = (path for folder in ("core", "plugins") for path in (ROOT / "tests" / folder).rglob("*.py"))

    assert any(f"def {hook}(" in path.read_text(encoding="utf-8") for path in tests), "no test implements it"


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_is_documented(hook: str) -> None:
    assert inspect.getdoc(getattr(specs, hook))
    pages = [path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts]

    assert any(hook in path.read_text(encoding="utf-8") for path in pages), "no page of docs/ mentions it"
