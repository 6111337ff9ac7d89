"""Prefect: a flow that calls N tasks in turn, each adding one to the last one's result, with its own ephemeral server.

The first flow also starts the server, which is no cost of a step; so one flow of one task comes before those that are measured.
"""

# mypy: disable-error-code="import-not-found, untyped-decorator"

import argparse
import json
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--repeat", type=int, default=2)
arguments = parser.parse_args()

began = time.perf_counter()
import prefect  # noqa: E402 - its cost is measured

import_seconds = time.perf_counter() - began


@prefect.task
def first() -> int:
    return 0


@prefect.task
def inc(x: int) -> int:
    return x + 1


@prefect.flow
def chain(steps: int) -> int:
    x: int = first()
    for _ in range(steps - 1):
        x = inc(x)
    return x


def once(steps: int) -> float:
    """Run the chain and return its cost a step in milliseconds."""
    start = time.perf_counter()
    value = chain(steps)
    took = time.perf_counter() - start
    assert value == steps - 1
    return took / steps * 1e3


once(1)
print(
    json.dumps(
        {
            "work": "chain",
            "system": f"prefect {prefect.__version__}",
            "steps": arguments.steps,
            "import_ms": round(import_seconds * 1e3, 1),
            "ms_per_step": [once(arguments.steps) for _ in range(arguments.repeat)],
        }
    )
)
