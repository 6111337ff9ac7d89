import subprocess
import sys

import importlinter.api  # noqa: F401  (its import sets import-linter up)
import pytest
from importlinter.application import use_cases

from tests.architecture.repository import ROOT

# Each takes long enough to import that `import mainspring` would be felt.
HEAVY = ("alembic", "cattrs", "click", "croniter", "grpc", "pandas", "pluggy", "rich", "sqlalchemy", "typeguard")


def test_the_import_contracts_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert use_cases.lint_imports(config_filename=".importlinter", cache_dir=None, no_logo=True), (
        "the broken ones are printed"
    )


def test_importing_mainspring_imports_nothing_heavy() -> None:
    program = f"import sys, mainspring; print(*sorted(set(sys.modules) & {set(HEAVY)!r}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
