"""Witnesses: what ops say of their own execution, outside the database that is doubted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import frozen

from mainspring.definition.context import OpContext
from mainspring.errors import MainspringError
from mainspring.execute.worker import start_time
from mainspring.testing.crash.folder import AT_WORK, WITNESS, append, named_folder

Moment: TypeAlias = Literal["begin", "end"]

_NUMBERS = count()


@frozen
class Line:
    """What an op has said.

    Attributes:
        moment: Whether it began or had come to its end.
        run_id: The run.
        step_key: The step.
        attempt: The step's attempt.
        alongside: Of a beginning, the runs with an op at work at that moment, this one among them.
    """

    moment: Moment
    run_id: str
    step_key: str
    attempt: int
    alongside: tuple[str, ...] = ()

    @property
    def execution(self) -> tuple[str, str, int]:
        """What it is about: a run, a step and its attempt."""
        return self.run_id, self.step_key, self.attempt


@contextmanager
def witness(context: OpContext) -> Iterator[None]:
    """Note that an op is executed, in a file that the bookkeeping of a crash test trusts; elsewhere nothing happens.

    Args:
        context: The op's context.
    """
    folder = named_folder()
    if folder is None:
        yield
        return
    place = _take_place(folder, context.run_id)
    try:
        _say(folder, Line("begin", context.run_id, context.step_key, context.attempt, _at_work(folder)))
        yield
        _say(folder, Line("end", context.run_id, context.step_key, context.attempt))
    finally:
        place.unlink(missing_ok=True)


def read_witness(folder: Path) -> list[Line]:
    """Return what ops have said, in order.

    Args:
        folder: The folder of the crash test.

    Raises:
        MainspringError: The file has something else in it.
    """
    path = folder / WITNESS
    try:
        return [parse(text) for text in path.read_text("utf-8").splitlines()]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise MainspringError(
            f"{path} holds a line that no witness has written: {error}; nothing can be told"
        ) from error


def parse(text: str) -> Line:
    """Return what a line says.

    Raises:
        ValueError: It is no line of a witness.
        TypeError: It is not the whole of one.
    """
    moment, run_id, step_key, attempt, alongside = json.loads(text)
    return Line(moment, run_id, step_key, attempt, tuple(alongside))


def unparse(line: Line) -> str:
    """Return a line as it is written."""
    return json.dumps([line.moment, line.run_id, line.step_key, line.attempt, line.alongside])


def _say(folder: Path, line: Line) -> None:
    append(folder / WITNESS, unparse(line))


def _take_place(folder: Path, run_id: str) -> Path:
    pid = os.getpid()
    place = folder / AT_WORK / f"{pid}~{start_time(pid) or 0}~{next(_NUMBERS)}~{run_id}"
    place.touch()
    return place


def _at_work(folder: Path) -> tuple[str, ...]:
    """Return the runs with an op at work; places of the dead are cleared away."""
    found: set[str] = set()
    for place in (folder / AT_WORK).iterdir():
        pid, began, _, run_id = place.name.split("~", 3)
        if start_time(int(pid)) == int(began):
            found.add(run_id)
        else:
            with suppress(FileNotFoundError):
                place.unlink()
    return tuple(sorted(found))
