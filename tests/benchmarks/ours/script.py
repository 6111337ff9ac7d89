"""What the shortest script costs as a process: import, define a job of one op, run it."""

import mainspring as ms


@ms.op
def work() -> int:
    return 1


@ms.job
def one_op() -> None:
    work()


assert one_op.execute().success
print('{"work": "script"}')
