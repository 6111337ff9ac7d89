"""What the architecture tests look at: the repository's files, distributions and packages."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def distributions() -> list[Path]:
    """List the folders that are built into a distribution."""
    return [ROOT / "core", *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]


def import_packages() -> list[Path]:
    """List the one top-level package of each distribution."""
    return [path.parent for folder in distributions() for path in sorted(folder.glob("src/*/__init__.py"))]


def modules() -> list[Path]:
    """List every module that is shipped, by path from the root."""
    return [path.relative_to(ROOT) for package in import_packages() for path in sorted(package.rglob("*.py"))]


def committed_files() -> list[Path]:
    """List the files that git holds or would take up, by path from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()]
