"""A chain of N ops, each adding one to the last one's output, run in this process."""

import argparse
import json
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--storage", choices=["none", "sqlite"], default="none")
parser.add_argument("--repeat", type=int, default=3)
arguments = parser.parse_args()
steps: int = arguments.steps

began = time.perf_counter()
import mainspring as ms  # noqa: E402 - its cost is measured

import_seconds = time.perf_counter() - began


@ms.op
def first() -> int:
    return 0


@ms.op
def inc(x: int) -> int:
    return x + 1


@ms.job
def chain() -> None:
    x = first()
    for i in range(steps - 1):
        x = inc.alias(f"inc_{i}")(x)


def once(instance: ms.Instance | None = None) -> float:
    """Run the chain and return its cost a step in milliseconds."""
    start = time.perf_counter()
    result = chain.execute(instance=instance)
    took = time.perf_counter() - start
    assert result.success
    last = f"inc_{steps - 2}" if steps > 1 else "first"
    assert result.output(last) == steps - 1
    return took / steps * 1e3


if arguments.storage == "none":
    costs = [once() for _ in range(arguments.repeat)]
else:
    with ms.Instance.open(tempfile.mkdtemp()) as home:
        costs = [once(home) for _ in range(arguments.repeat)]
print(
    json.dumps(
        {
            "work": "chain",
            "steps": steps,
            "import_ms": round(import_seconds * 1e3, 1),
            "ms_per_step": costs,
        }
    )
)
