"""Dagster: N independent ops and one that gathers them, a process a step, two at a time."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

import argparse
import json
import tempfile
import time

import dagster

# Each step's process imports this file, so the number of ops cannot come from the command line.
OPS = 20


@dagster.op
def work() -> int:
    return 1


@dagster.op(ins={"xs": dagster.In(list)})
def gather(xs: list[int]) -> int:
    return sum(xs)


@dagster.job(executor_def=dagster.multiprocess_executor.configured({"max_concurrent": 2}))
def fan() -> None:
    gather([work.alias(f"work_{i}")() for i in range(OPS)])


def once(instance: object) -> float:
    """Run the fan and return its cost a step in milliseconds."""
    start = time.perf_counter()
    result = dagster.execute_job(dagster.reconstructable(fan), instance=instance)
    took = time.perf_counter() - start
    assert result.success
    return took / (OPS + 1) * 1e3


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=2)
    arguments = parser.parse_args()
    with dagster.DagsterInstance.local_temp(tempfile.mkdtemp()) as home:
        costs = [once(home) for _ in range(arguments.repeat)]
    print(json.dumps({"work": "fan", "steps": OPS + 1, "ms_per_step": costs, "warm_ms_per_step": costs[-1]}))
