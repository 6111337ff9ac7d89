"""What a step of a chain costs, to define, to plan or to run, in chains of several lengths; and how far these costs lie apart."""

import argparse
import gc
import json
import statistics
import time

import mainspring as ms
from mainspring.definition.job import Job
from mainspring.plan import bind, build_plan


@ms.op
def first() -> int:
    return 0


@ms.op
def inc(x: int) -> int:
    return x + 1


def define(length: int) -> Job:
    @ms.job
    def chain() -> None:
        x = first()
        for i in range(length - 1):
            x = inc.alias(f"inc_{i}")(x)

    return chain


def cost(phase: str, length: int) -> float:
    """Measure one phase of a fresh chain and return its cost a step in milliseconds."""
    gc.collect()
    if phase == "define":
        start = time.perf_counter()
        define(length)
        return (time.perf_counter() - start) / length * 1e3
    chain = define(length)
    start = time.perf_counter()
    if phase == "plan":
        build_plan(bind(chain, None, {}, ms.MemoryIOManager(), ms.InProcessExecutor()))
    else:
        assert chain.execute().success
    return (time.perf_counter() - start) / length * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phase", choices=["define", "plan", "execute"], default="execute")
    parser.add_argument("--lengths", type=int, nargs="+", default=[10, 1_000, 10_000])
    parser.add_argument(
        "--steps", type=int, default=20_000, help="how many to measure of each length, at least three chains"
    )
    arguments = parser.parse_args()
    cost(arguments.phase, min(arguments.lengths))
    costs = {
        length: statistics.median(
            cost(arguments.phase, length) for _ in range(max(3, min(200, arguments.steps // length)))
        )
        for length in arguments.lengths
    }
    spread = max(costs.values()) / min(costs.values())
    print(json.dumps({"work": f"scaling of {arguments.phase}", "spread": spread, "ms_per_step": costs}))


if __name__ == "__main__":
    main()
