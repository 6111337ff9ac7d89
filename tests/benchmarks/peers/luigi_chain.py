"""Luigi: a chain of N tasks with the local scheduler, each adding one to what the last one wrote to its file."""

# mypy: disable-error-code="attr-defined, import-not-found, misc, no-any-return"

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

began = time.perf_counter()
import luigi  # noqa: E402 - its cost is measured

import_seconds = time.perf_counter() - began


class Inc(luigi.Task):
    folder = luigi.Parameter()
    i = luigi.IntParameter()

    def requires(self) -> Sequence[object]:
        return [Inc(folder=self.folder, i=self.i - 1)] if self.i else []

    def output(self) -> object:
        return luigi.LocalTarget(f"{self.folder}/{self.i}")

    def run(self) -> None:
        value = 0
        if self.i:
            with self.input()[0].open() as source:
                value = int(source.read()) + 1
        with self.output().open("w") as target:
            target.write(str(value))


def once(steps: int) -> float:
    """Run the chain and return its cost a step in milliseconds."""
    folder = tempfile.mkdtemp()
    start = time.perf_counter()
    success = luigi.build([Inc(folder=folder, i=steps - 1)], local_scheduler=True, log_level="ERROR")
    took = time.perf_counter() - start
    assert success
    assert int((Path(folder) / str(steps - 1)).read_text()) == steps - 1
    return took / steps * 1e3


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--repeat", type=int, default=3)
arguments = parser.parse_args()
print(
    json.dumps(
        {
            "work": "chain",
            "system": f"luigi {luigi.__version__}",
            "steps": arguments.steps,
            "import_ms": round(import_seconds * 1e3, 1),
            "ms_per_step": [once(arguments.steps) for _ in range(arguments.repeat)],
        }
    )
)
