"""The jobs that executors are tried with. Their ops stand in a module, so that steps in other processes find them.

Each op notes its execution in a file, whose path the run bears as a tag: what is noted there happened, whatever the event
log says.
"""

from __future__ import annotations

import os
import socket

import mainspring as ms

WITNESS = "witness"
"""The tag that names the file in which ops note that they were executed."""

MEETING = "meeting"
"""The tag that names the port at which steps wait for each other."""


def note(context: ms.OpContext) -> None:
    """Add a line to the witness file; short appends do not mingle."""
    target = os.open(context.run_tags[WITNESS], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(target, f"{context.step_key} {context.attempt}\n".encode())
    finally:
        os.close(target)


@ms.op
def one(context: ms.OpContext) -> int:
    """Begin."""
    note(context)
    return 1


@ms.op
def add_one(context: ms.OpContext, value: int) -> int:
    """Go on."""
    note(context)
    return value + 1


@ms.op
def total(context: ms.OpContext, values: list[int]) -> int:
    """Gather."""
    note(context)
    return sum(values)


@ms.op
def finish(context: ms.OpContext) -> None:
    """End."""
    note(context)


@ms.op(out=ms.DynamicOut())
def three(context: ms.OpContext) -> dict[str, int]:
    """Give a value for each of three keys."""
    note(context)
    return {"a": 1, "b": 2, "c": 3}


@ms.op(out=ms.DynamicOut())
def none(context: ms.OpContext) -> dict[str, int]:
    """Give no value at all."""
    note(context)
    return {}


@ms.op(out={"good": ms.Out(), "bad": ms.Out(optional=True)})
def sort_out(context: ms.OpContext) -> dict[str, int]:
    """Leave the optional output out."""
    note(context)
    return {"good": 1}


@ms.op
def fail(context: ms.OpContext, value: int) -> int:
    """Fail."""
    note(context)
    raise ValueError(f"{value} is refused")


RETRY_DELAY_SECONDS = 0.25


@ms.op(retry=ms.RetryPolicy(max_retries=2, delay=RETRY_DELAY_SECONDS))
def succeed_at_last(context: ms.OpContext) -> int:
    """Fail twice, then succeed."""
    note(context)
    if context.attempt < 3:
        raise ConnectionError("not yet")
    return context.attempt


@ms.op(retry=ms.RetryPolicy(max_retries=1))
def fail_twice(context: ms.OpContext) -> int:
    """Fail for good, after one retry."""
    note(context)
    raise ConnectionError("not ever")


@ms.op(priority=-1)
def low(context: ms.OpContext) -> int:
    """Run when nothing else is to be done."""
    note(context)
    return 1


@ms.op(priority=1)
def high(context: ms.OpContext) -> int:
    """Run first."""
    note(context)
    return 3


POOL = "warehouse"
"""The pool of the ops that belong to one."""


@ms.op(pool=POOL, priority=1)
def load(context: ms.OpContext) -> int:
    """Take up a place in the pool, before anything else."""
    note(context)
    return 1


@ms.op(pool=POOL)
def reload(context: ms.OpContext, value: int) -> int:
    """Take up a place in the pool."""
    note(context)
    return value


@ms.op
def meet(context: ms.OpContext) -> int:
    """Wait at the meeting until as many steps are there as are expected."""
    note(context)
    with socket.create_connection(("127.0.0.1", int(context.run_tags[MEETING])), timeout=30) as line:
        return int(line.recv(16))


@ms.job
def chain() -> None:
    """Run five steps, each after the other."""
    value = one()
    for _ in range(4):
        value = add_one(value)


@ms.job
def diamond() -> None:
    """Fan out to twenty steps and in again, and end after all, without taking a value."""
    start = one()
    gathered = total([add_one.alias(f"branch_{number}")(start) for number in range(20)])
    finish.after(gathered)()


@ms.job
def mapped() -> None:
    """Map over three values, twice."""
    total(three().map(add_one).map(add_one.alias("again")).collect())


@ms.job
def mapped_over_nothing() -> None:
    """Map over no values."""
    total(none().map(add_one).collect())


@ms.job
def sorting() -> None:
    """Read an output that is there and one that is left out, and what comes of that."""
    sorted_out = sort_out()
    add_one.alias("read_good")(sorted_out["good"])
    add_one.alias("after_bad")(add_one.alias("read_bad")(sorted_out["bad"]))


@ms.job
def failing() -> None:
    """Fail in one of two branches."""
    start = one()
    add_one.alias("needs_failed")(fail(start))
    add_one.alias("other_2")(add_one.alias("other")(start))


@ms.job
def retrying() -> None:
    """Need three attempts of one step."""
    add_one(succeed_at_last())


@ms.job
def retrying_in_vain() -> None:
    """Fail in spite of a retry."""
    add_one(fail_twice())


@ms.job
def ranked() -> None:
    """Offer steps of three priorities at once."""
    total([low(), one(), high()])


@ms.job
def pooled() -> None:
    """Offer a step that belongs to a pool and one that does not."""
    finish.after(load(), one())()


@ms.job
def crowded() -> None:
    """Map steps that belong to a pool, beside one that does not."""
    one()
    total(three().map(reload).collect())


@ms.job
def meeting() -> None:
    """Have two steps wait for each other."""
    total([meet.alias("first")(), meet.alias("second")()])
