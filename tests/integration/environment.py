"""Virtual environments of their own for tests that install what people install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ROOT / "constraints.txt"


class Environment:
    """An empty virtual environment of the Python that runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if UV is None:
            _run([sys.executable, "-m", "venv", str(folder)])
        else:
            _run([UV, "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder)])

    def install(self, *what: str | Path) -> None:
        """Install distributions, at the versions of constraints.txt."""
        names = list(map(str, what))
        if UV is None:
            pip = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            _run([*pip, "--constraint", str(CONSTRAINTS), *names])
        else:
            install = [UV, "pip", "install", "--quiet", "--python", str(self.python)]
            _run([*install, "--constraints", str(CONSTRAINTS), "--build-constraints", str(CONSTRAINTS), *names])

    def run(self, *command: str | Path, folder: Path, check: bool = True, **variables: str) -> str:
        """Run one of its programs in a folder, and return what it printed."""
        program, *rest = map(str, command)
        done = subprocess.run(
            [str(self.folder / "bin" / program), *rest],
            cwd=folder,
            env={**_clean(), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout if check else done.stdout + done.stderr

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """The folder into which distributions are installed."""
        return self.folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def _find_uv() -> str | None:
    own = Path(sys.executable).parent / "uv"
    return str(own) if own.exists() else shutil.which("uv")


def _clean() -> dict[str, str]:
    """Return this process's environment without what points to our own code or home."""
    left_out = ("PYTHON", "PYTEST", "MAINSPRING", "VIRTUAL_ENV", "COVERAGE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {"UV_SYSTEM_CERTS": "1", **kept}


def _run(command: list[str]) -> None:
    done = subprocess.run(command, env=_clean(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}\n{done.stderr}"


UV = _find_uv()
