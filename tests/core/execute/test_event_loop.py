"""Jobs that run inside a running event loop, as in a notebook, and ops that use asyncio themselves."""

import asyncio

import pytest

import mainspring as ms
from mainspring.execute.event_loop import outside_event_loop


@ms.op
def wait_for_it() -> str:
    async def answer() -> str:
        await asyncio.sleep(0)
        return "answered"

    return asyncio.run(answer())


@ms.op
def fail(text: str) -> str:
    raise ValueError(text)


@ms.job
def asynchronous() -> None:
    wait_for_it()


@ms.job
def failing() -> None:
    fail(wait_for_it())


def test_an_op_may_run_a_loop_of_its_own_inside_a_running_one() -> None:
    async def cell() -> str:
        result = asynchronous.execute()
        return str(result.output("wait_for_it"))

    assert asyncio.run(cell()) == "answered"


def test_the_loop_goes_on_behind_the_run() -> None:
    async def cell() -> list[object]:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        other = asyncio.create_task(asyncio.sleep(0, "the other task"))
        asynchronous.execute()
        assert asyncio.get_running_loop() is loop
        assert asyncio.current_task() is task
        return [await other, await asyncio.to_thread(str, "a thread"), await asyncio.wait_for(asyncio.sleep(0, 1), 60)]

    assert asyncio.run(cell()) == ["the other task", "a thread", 1]


def test_the_loop_goes_on_behind_a_run_that_fails() -> None:
    async def cell() -> str:
        with pytest.raises(ms.RunFailedError, match="answered"):
            failing.execute()
        return await asyncio.sleep(0, "alive")

    assert asyncio.run(cell()) == "alive"


def test_the_loop_is_the_threads_current_one_afterwards() -> None:
    loop = asyncio.new_event_loop()

    async def cell() -> None:
        asynchronous.execute()

    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(cell())

        assert asyncio.get_event_loop_policy().get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_where_no_loop_runs_nothing_changes() -> None:
    with outside_event_loop():
        assert asyncio.run(asyncio.sleep(0, "ran")) == "ran"


def test_an_io_manager_may_run_a_loop_when_a_cell_asks_for_a_value() -> None:
    class Remote(ms.MemoryIOManager):
        def load_input(self, context: ms.InputContext) -> object:
            return asyncio.run(asyncio.sleep(0, super().load_input(context)))

    @ms.job(modes=[ms.Mode("test", resources={"io_manager": Remote()})])
    def stored() -> None:
        wait_for_it()

    instance = ms.Instance.ephemeral()

    async def cell() -> tuple[object, object]:
        result = stored.execute(instance=instance)
        later = ms.Definitions(jobs=[stored]).load_output(result.run_id, "wait_for_it", instance=instance)
        return result.output("wait_for_it"), later

    assert asyncio.run(cell()) == ("answered", "answered")
