"""How long it takes to plan N independent ops and one that gathers them."""

import argparse
import json
import time

import mainspring as ms
from mainspring.plan import bind, build_plan

VALUES, EXECUTOR = ms.MemoryIOManager(), ms.InProcessExecutor()


@ms.op
def work() -> int:
    return 1


@ms.op
def gather(xs: list[int]) -> int:
    return sum(xs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ops", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()

    @ms.job
    def fan() -> None:
        gather([work.alias(f"work_{i}")() for i in range(arguments.ops)])

    plans = []
    for _ in range(arguments.repeat):
        start = time.perf_counter()
        plan = build_plan(bind(fan, None, {}, VALUES, EXECUTOR))
        plans.append((time.perf_counter() - start) * 1e3)
        assert len(plan.steps) == arguments.ops + 1
    print(json.dumps({"work": "fan-out", "ops": arguments.ops, "plan_ms": plans}))


if __name__ == "__main__":
    main()
