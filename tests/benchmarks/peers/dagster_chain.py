"""Dagster: a chain of N ops, each adding one to the last one's output, run in this process."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

import argparse
import json
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--storage", choices=["none", "sqlite"], default="none")
parser.add_argument(
    "--values", choices=["memory", "disk"], default="memory", help="what execute_in_process keeps in memory"
)
parser.add_argument("--repeat", type=int, default=3)
arguments = parser.parse_args()
steps: int = arguments.steps

began = time.perf_counter()
import dagster  # noqa: E402 - its cost is measured

import_seconds = time.perf_counter() - began
resources = {"io_manager": dagster.fs_io_manager} if arguments.values == "disk" else None


@dagster.op
def first() -> int:
    return 0


@dagster.op
def inc(x: int) -> int:
    return x + 1


@dagster.job(resource_defs=resources)
def chain() -> None:
    x = first()
    for i in range(steps - 1):
        x = inc.alias(f"inc_{i}")(x)


def once(instance: object = None) -> float:
    """Run the chain and return its cost a step in milliseconds."""
    start = time.perf_counter()
    result = chain.execute_in_process(instance=instance)
    took = time.perf_counter() - start
    assert result.success
    return took / steps * 1e3


if arguments.storage == "none":
    costs = [once() for _ in range(arguments.repeat)]
else:
    with dagster.DagsterInstance.local_temp(tempfile.mkdtemp()) as home:
        costs = [once(home) for _ in range(arguments.repeat)]
print(
    json.dumps(
        {
            "work": "chain",
            "system": f"dagster {dagster.__version__}",
            "steps": steps,
            "import_ms": round(import_seconds * 1e3, 1),
            "ms_per_step": costs,
        }
    )
)
