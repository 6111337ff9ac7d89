"""What a step of a chain costs, to define, to plan or to run, in chains of several lengths; and how far these costs lie apart."""

import argparse
import gc
import json
import statistics
import time

import mainspring as ms
from mainspring.definition.job import Job
from mainspring.plan import bind, build_plan

VALUES, EXECUTOR = ms.MemoryIOManager(), ms.InProcessExecutor()


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


def cost(phase: str, length: int, steps: int) -> float:
    """Measure one phase of so many fresh chains that they have about so many steps; return the cost a step in milliseconds.

    Short chains are timed many in a row, as cold caches would else be most of what is measured.
    """
    count = max(1, steps // length)
    jobs = [] if phase == "define" else [define(length) for _ in range(count)]
    gc.collect()
    start = time.perf_counter()
    match phase:
        case "define":
            for _ in range(count):
                define(length)
        case "plan":
            for each in jobs:
                build_plan(bind(each, None, {}, VALUES, EXECUTOR))
        case _:
            for each in jobs:
                assert each.execute().success
    return (time.perf_counter() - start) / (count * length) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phase", choices=["define", "plan", "execute"], default="execute")
    parser.add_argument("--lengths", type=int, nargs="+", default=[10, 1_000, 10_000])
    parser.add_argument("--steps", type=int, default=2_000, help="how many steps are timed in one go, at least")
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    taken: dict[int, list[float]] = {length: [] for length in arguments.lengths}
    for _ in range(arguments.repeat):
        for length, costs in taken.items():
            costs.append(cost(arguments.phase, length, arguments.steps))
    medians = {length: statistics.median(costs) for length, costs in taken.items()}
    spread = max(medians.values()) / min(medians.values())
    print(json.dumps({"work": f"scaling of {arguments.phase}", "spread": spread, "ms_per_step": medians}))


if __name__ == "__main__":
    main()
