"""Check the changelog fragments of the distributions whose folders are given.

towncrier passes over a fragment whose name it does not know in silence; here that is an error, as is one that does not
render.
"""

import subprocess
import sys
import tomllib
from pathlib import Path


def misnamed(distribution: Path) -> list[str]:
    """Say which fragments towncrier would leave out."""
    configuration = tomllib.loads((distribution / "towncrier.toml").read_text(encoding="utf-8"))
    types = sorted(kind["directory"] for kind in configuration["tool"]["towncrier"]["type"])
    return [
        f"{path}: name a fragment ISSUE.TYPE.md or +WORD.TYPE.md, TYPE being one of {', '.join(types)}"
        for path in sorted((distribution / "changes").iterdir())
        if path.name != ".gitignore" and not (len(parts := path.name.split(".")) == 3 and parts[1] in types)
    ]


def unrendered(distribution: Path) -> list[str]:
    """Render the next release's notes and return what went wrong."""
    towncrier = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "next"]
    done = subprocess.run([*towncrier, "--dir", str(distribution)], capture_output=True, text=True, check=False)
    return [f"{distribution}: {done.stderr or done.stdout}"] if done.returncode else []


def main(distributions: list[str]) -> int:
    """Check each distribution and say what was found."""
    folders = [Path(name) for name in distributions]
    problems = [problem for folder in folders for problem in (*misnamed(folder), *unrendered(folder))]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print(f"Changelog fragments are in order: {', '.join(distributions)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
