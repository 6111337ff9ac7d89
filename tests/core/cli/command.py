"""Calling the command line inside the test's own process, through its real entrance."""

import json
from typing import Any, Protocol

from attrs import frozen


@frozen
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr, which is an error in one sentence."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: "), self.err
        assert "Traceback" not in self.err
        return lines[0].removeprefix("error: ")


class Command(Protocol):
    def __call__(self, *words: str) -> Outcome: ...


class Write(Protocol):
    def __call__(self, name: str, text: str) -> str: ...


SALES = '''
import sys

from attrs import define

import mainspring as ms


@define
class Window:
    days: int = 7


@ms.op
def fetch(context: ms.OpContext, *, config: Window = ms.config()) -> list[int]:
    """Fetch the rows."""
    print("fetching")
    print("careful", file=sys.stderr)
    context.log.info("fetched %s days", config.days)
    context.add_output_metadata({"rows": config.days})
    return list(range(config.days))


@ms.op(out=ms.Out(asset="warehouse/total"))
def total(rows: list[int]) -> int:
    return sum(rows)


@ms.op
def fail(number: int) -> int:
    raise ValueError(f"cannot go on with {number}")


@ms.op(out=ms.DynamicOut())
def pieces(number: int) -> dict[str, int]:
    return {"a": 1, "b": 2}


@ms.op
def double(number: int) -> int:
    return number * 2


@ms.graph
def doubled(number: int):
    return total.alias("gather")(pieces(number).map(double).collect())


MODES = [ms.Mode("dev"), ms.Mode("prod", resources={"region": "eu"})]


@ms.job(modes=MODES, tags={"team": "data"})
def ingest():
    """Add up the rows."""
    total(fetch())


@ms.job
def broken():
    fail(total(fetch()))


@ms.job
def spread():
    doubled(total(fetch()))


defs = ms.Definitions(jobs=[ingest, broken, spread])
'''
