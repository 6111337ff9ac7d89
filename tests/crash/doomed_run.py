"""A run that is killed at a named point: started by the tests beside it, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from attrs import frozen

import mainspring as ms


@frozen
class Doom:
    """Kills the process that reaches a point for the n-th time.

    Attributes:
        point: The point's name.
        hit: Which time, from 1.
        in_child: Whether the children of the run's process are meant, rather than itself.
        run_process: The number of the run's process.
        count: A file with as many bytes as hits so far, by all processes together.
    """

    point: str
    hit: int
    in_child: bool
    run_process: int
    count: Path

    def __call__(self, name: str) -> None:
        if name != self.point or self.in_child == (os.getpid() == self.run_process):
            return
        if append(self.count, "x") == self.hit:
            os.kill(os.getpid(), signal.SIGKILL)


def append(path: Path, text: str) -> int:
    """Add to a file in one write, which several processes may do at once, and return where it ends."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, text.encode())
    end = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.close(descriptor)
    return end


def witness(context: ms.OpContext) -> None:
    """Note, outside the database, that this attempt of the step is executed."""
    append(Path(os.environ["WITNESS"]), json.dumps([context.step_key, context.attempt]) + "\n")


@ms.op
def first(context: ms.OpContext) -> int:
    witness(context)
    return 1


@ms.op(out=ms.DynamicOut())
def pieces(context: ms.OpContext, number: int) -> dict[str, int]:
    witness(context)
    return {"a": number, "b": number + 1}


@ms.op
def double(context: ms.OpContext, number: int) -> int:
    witness(context)
    return number * 2


@ms.op(out=ms.Out(asset="crash/total"))
def total(context: ms.OpContext, numbers: list[int]) -> int:
    witness(context)
    return sum(numbers)


@ms.job(
    modes=[
        ms.Mode("in_process"),
        ms.Mode("fork", executor=ms.MultiprocessExecutor(max_concurrent=2, start="fork")),
        ms.Mode("spawn", executor=ms.MultiprocessExecutor(max_concurrent=2, start="spawn")),
    ]
)
def doomed() -> None:
    total(pieces(first()).map(double).collect())


if __name__ == "__main__":
    home, mode, point, hit, in_child = sys.argv[1:]
    doom = Doom(point, int(hit), in_child == "child", os.getpid(), Path(home) / "hits")
    with ms.Instance.open(home, crash_point=doom) as instance:
        doomed.execute(mode, instance=instance, raise_on_error=False)
