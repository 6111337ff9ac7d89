"""What type checkers say of people's code is part of the public API."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mainspring

HERE = Path(__file__).parent
SOURCE = Path(mainspring.__file__).parents[1]
ACCEPTED = HERE / "accepted.py"
REJECTED = HERE / "rejected.txt"  # not a module, so that nobody checks it but this


def expected_errors(path: Path) -> set[tuple[int, str]]:
    return {
        (number, code)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        for found in re.findall(r"# error: (.*)$", line)
        for code in found.split(", ")
    }


def mypy_errors(path: Path, folder: Path) -> set[tuple[int, str]]:
    settings = folder / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = true\nmypy_path = {SOURCE}\nfollow_imports = silent\n", "utf-8")
    module = folder / f"{path.stem}.py"
    module.write_text(path.read_text("utf-8"), "utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        f"--config-file={settings}",
        f"--cache-dir={folder / 'cache'}",
        str(module),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert said.returncode in {0, 1}, said.stdout + said.stderr
    found = re.findall(rf"{module.name}:(\d+): error: .*\[([\w-]+)\]$", said.stdout, re.MULTILINE)
    return {(int(line), code) for line, code in found}


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.parametrize("path", [ACCEPTED, REJECTED], ids=lambda path: path.stem)
def test_mypy_knows_what_fits(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy")

    assert mypy_errors(path, tmp_path) == expected_errors(path)


def test_what_is_accepted_runs() -> None:
    namespace = {"__name__": "accepted"}
    exec(compile(ACCEPTED.read_text("utf-8"), ACCEPTED, "exec"), namespace)

    assert namespace["result"].success  # type: ignore[attr-defined]
