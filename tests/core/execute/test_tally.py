import mainspring as ms
from mainspring.event import Event
from mainspring.execute import RunOptions, execute_job, plan_job
from mainspring.execute.tally import Tally


@ms.op(out=ms.DynamicOut())
def pieces() -> dict[str, int]:
    return {"a": 1, "b": 2}


@ms.op
def double(number: int) -> int:
    return number * 2


@ms.op
def gather(numbers: list[int]) -> int:
    return sum(numbers)


@ms.op(retry=ms.RetryPolicy(max_retries=1))
def fail(number: int) -> int:
    raise ValueError(number)


@ms.job
def mapped() -> None:
    gather(pieces().map(double).collect())


@ms.job
def failing() -> None:
    gather([fail(double.alias("first")(1)), double.alias("second")(2)])


def tally_of(job: ms.Job) -> tuple[Tally, list[tuple[int, int]]]:
    instance = ms.Instance.ephemeral()
    tally = Tally(plan_job(job, None, RunOptions(), instance))
    seen: list[tuple[int, int]] = []

    def follow(event: Event) -> None:
        tally.count(event)
        seen.append((tally.done, tally.total))

    execute_job(job, None, RunOptions(), instance=instance, raise_on_error=False, on_event=follow)
    return tally, seen


def test_mapped_steps_count_once_they_are_known() -> None:
    tally, seen = tally_of(mapped)

    assert seen[0] == (0, 2)
    assert seen[-1] == (4, 4)
    assert tally.working == {}


def test_steps_that_never_ran_stay_open_and_retries_count_once() -> None:
    tally, seen = tally_of(failing)

    assert seen[-1] == (3, 4)
    assert tally.ended == {"succeeded": 2, "failed": 1}


def test_done_never_passes_the_total() -> None:
    assert all(done <= total for job in (mapped, failing) for done, total in tally_of(job)[1])
