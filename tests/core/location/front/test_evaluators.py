"""The evaluators of one loading of the code, with processes that cannot be had."""

import asyncio
from typing import Any, NoReturn

from mainspring.location.front.evaluators import Evaluation, Evaluators
from mainspring.location.front.forked import RoleProcess
from mainspring.location.front.output import Output


async def never() -> tuple[RoleProcess, Output]:
    await asyncio.Event().wait()
    raise AssertionError("an event that nobody sets")


async def refused() -> NoReturn:
    raise OSError(24, "Too many open files")


def test_evaluations_are_replied_to_where_no_process_can_be_had() -> None:
    async def evaluate() -> list[Any]:
        replies: asyncio.Queue[Any] = asyncio.Queue()
        evaluators = Evaluators(refused, 2, 0)
        for name in "ab":
            evaluators.submit(Evaluation({"id": name}, replies.put_nowait))
        return [await replies.get() for _ in range(2)]

    replies = asyncio.run(asyncio.wait_for(evaluate(), 10))
    assert [(each["id"], each["outcome"]) for each in replies] == [("a", "unavailable"), ("b", "unavailable")]
    assert "Too many open files" in replies[0]["error"]["message"]


def test_retired_ones_settle_when_whoever_waited_waits_no_more() -> None:
    async def retire() -> None:
        evaluators = Evaluators(never, 2, 0)
        evaluation = Evaluation({"id": "a"}, lambda _: None)
        evaluators.submit(evaluation)
        evaluators.retire()
        evaluators.withdraw({evaluation})
        await evaluators.settled()
        evaluators.close("the end of the test")

    asyncio.run(asyncio.wait_for(retire(), 10))


def test_retired_ones_settle_when_no_process_can_be_had_for_the_last_evaluation() -> None:
    async def retire() -> None:
        evaluators = Evaluators(refused, 2, 0)
        evaluators.submit(Evaluation({"id": "a"}, lambda _: None))
        evaluators.retire()
        await evaluators.settled()

    asyncio.run(asyncio.wait_for(retire(), 10))
