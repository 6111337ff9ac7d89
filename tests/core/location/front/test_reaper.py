import asyncio

from mainspring.location.front import reaper
from mainspring.location.front.reaper import FRESH_SECONDS, Reaper


def ends_seen(age_seconds: float) -> list[int]:
    """Return what is heard of a process that is watched so long after an end of its number was told."""

    async def watch() -> list[int]:
        loop = asyncio.get_running_loop()
        now = 1000.0
        loop.time = lambda: now  # type: ignore[method-assign]
        found = Reaper()
        found.tell(4_000_000, 9)
        now += age_seconds
        heard: list[int] = []
        found.watch(4_000_000, heard.append)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return heard

    return asyncio.run(watch())


def test_an_end_that_came_just_before_it_was_asked_for_is_told() -> None:
    assert ends_seen(0.1) == [9]


def test_an_old_end_is_that_of_another_process_with_the_same_number() -> None:
    assert ends_seen(FRESH_SECONDS + 1) == []


def test_ends_that_nobody_asks_for_are_not_kept_for_ever() -> None:
    async def tell() -> int:
        found = Reaper()
        for pid in range(4_000_000, 4_005_000):
            found.tell(pid, 0)
        return len(vars(found)["_ended"])

    assert asyncio.run(tell()) <= reaper._KEPT  # noqa: SLF001 - how many that may be is its own business
