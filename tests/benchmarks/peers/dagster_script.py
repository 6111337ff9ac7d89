"""Dagster: what the shortest script costs as a process: import, define a job of one op, run it."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

import dagster


@dagster.op
def work() -> int:
    return 1


@dagster.job
def one_op() -> None:
    work()


assert one_op.execute_in_process().success
print('{"work": "script"}')
