"""What runs after what: optional and dynamic outputs, failures among mapped steps, fan-in and selections."""

import pytest

import mainspring as ms
from mainspring.errors import SelectionError


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(x: int) -> int:
    return x + 1


@ms.op
def add(numbers: list[int]) -> int:
    return sum(numbers)


@ms.op(out={"even": ms.Out(optional=True), "odd": ms.Out(optional=True)})
def sort_out(x: int) -> dict[str, int]:
    return {"odd" if x % 2 else "even": x}


@ms.op(out=ms.DynamicOut())
def count_to(limit: int) -> dict[str, int]:
    return {f"n{number}": number for number in range(1, limit + 1)}


@ms.op
def invert(x: int) -> float:
    return 1 / (x - 2)


@ms.op
def gather(values: list[float]) -> int:
    return len(values)


def statuses(result: ms.RunResult) -> dict[str, str]:
    return {key: str(status) for key, status in result.state.steps.items()}


def test_a_left_out_output_skips_its_readers_and_theirs() -> None:
    @ms.job
    def job() -> None:
        sorted_ = sort_out(one())
        inc.alias("after_even")(inc.alias("even")(sorted_["even"]))
        inc.alias("odd")(sorted_["odd"])

    result = job.execute()

    assert result.success
    assert statuses(result) == {
        "one": "SUCCESS",
        "sort_out": "SUCCESS",
        "even": "SKIPPED",
        "after_even": "SKIPPED",
        "odd": "SUCCESS",
    }
    assert result.output("odd") == 2
    with pytest.raises(ms.ValueNotFound, match="the step left it out; an optional output may be left out"):
        result.output("sort_out", "even")
    with pytest.raises(ms.ValueNotFound, match="the step ended SKIPPED"):
        result.output("even")


def test_fan_in_takes_what_there_is() -> None:
    @ms.job
    def job() -> None:
        sorted_ = sort_out(one())
        add([one.alias("first")(), inc.alias("even")(sorted_["even"]), inc.alias("odd")(sorted_["odd"])])

    result = job.execute()

    assert result.output("add") == 3
    assert statuses(result)["even"] == "SKIPPED"


def test_fan_in_of_nothing_at_all_is_skipped() -> None:
    @ms.job
    def job() -> None:
        sorted_ = sort_out(one())
        add([inc.alias("a")(sorted_["even"]), inc.alias("b")(sorted_["even"])])

    assert statuses(job.execute())["add"] == "SKIPPED"


def test_order_without_data_holds_after_a_skip() -> None:
    @ms.job
    def job() -> None:
        skipped = inc(sort_out(one())["even"])
        one.alias("last").after(skipped)()

    assert statuses(job.execute())["last"] == "SUCCESS"


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_dynamic_output_runs_a_step_for_each_key(limit: int) -> None:
    @ms.job
    def job() -> None:
        add(count_to(limit).map(inc).collect())

    result = job.execute()

    assert result.output("add") == sum(range(2, limit + 2))
    assert result.output("inc") == {f"n{number}": number + 1 for number in range(1, limit + 1)}
    assert result.output("count_to") == {f"n{number}": number for number in range(1, limit + 1)}
    assert [key for key in result.state.steps if key.startswith("inc[")] == [
        f"inc[n{number}]" for number in range(1, limit + 1)
    ]


def test_one_value_of_many_is_loaded_by_its_key() -> None:
    @ms.job
    def job() -> None:
        count_to(2).map(inc)

    result = job.execute()

    assert result.output("inc[n2]") == 3
    with pytest.raises(ms.MainspringError, match="there is no key 'zz' in step 'inc'; there is: n1, n2"):
        result.output("inc[zz]")


def test_a_failure_among_mapped_steps_spares_the_others_and_stops_who_gathers() -> None:
    @ms.job
    def job() -> None:
        gather(count_to(3).map(invert).collect())
        one()

    result = job.execute(raise_on_error=False)

    assert result.run.reason == "step 'invert[n2]' failed: ZeroDivisionError: division by zero"
    assert statuses(result) == {
        "count_to": "SUCCESS",
        "invert[n1]": "SUCCESS",
        "invert[n2]": "FAILURE",
        "invert[n3]": "SUCCESS",
        "one": "SUCCESS",
    }
    assert result.output("invert") == {"n1": -1.0, "n3": 1.0}


def test_chains_of_mapped_steps_go_on_key_by_key() -> None:
    @ms.op
    def halve(x: float) -> float:
        return x / 2

    @ms.job
    def job() -> None:
        gather(count_to(3).map(invert).map(halve).collect())

    result = job.execute(raise_on_error=False)

    assert result.output("halve") == {"n1": -0.5, "n3": 0.5}
    assert "halve[n2]" not in result.state.steps


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({1: 1}, "is a int; use text"),
        ({"": 1}, "must be 1 to 200 printable characters"),
        ({"a\nb": 1}, "must be 1 to 200 printable characters"),
        ({"x" * 201: 1}, "must be 1 to 200 printable characters"),
        ({"\ud800": 1}, "must be 1 to 200 printable characters"),
        ([1, 2], "returned a list for its DynamicOut"),
        (None, "returned a NoneType for its DynamicOut"),
    ],
    ids=ascii,
)
def test_a_key_that_cannot_name_a_step_is_refused(keys: object, sentence: str) -> None:
    @ms.op(out=ms.DynamicOut())
    def odd() -> dict[str, int]:
        return keys  # type: ignore[return-value]

    @ms.job
    def job() -> None:
        odd()

    result = job.execute(raise_on_error=False)

    assert sentence in (result.run.reason or "")
    assert not result.state.outputs


@pytest.mark.parametrize("key", ["a/b", "..", "a.b", "[x]", "Ключ", "a" * 200, "A", "a", " ", "~", "🔑"], ids=ascii)
def test_any_printable_key_finds_its_value_again(key: str, instance: ms.Instance) -> None:
    @ms.op(out=ms.DynamicOut())
    def odd() -> dict[str, int]:
        return {key: 1, "other": 2}

    @ms.job
    def job() -> None:
        odd().map(inc)

    assert job.execute(instance=instance).output("inc") == {key: 2, "other": 3}


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        ({"even": 2, "od": 1}, "returned 'od', which is none of its outputs 'even', 'odd'"),
        (7, "returned a int; return a dict with its outputs 'even', 'odd'"),
        (None, "returned a NoneType; return a dict"),
    ],
    ids=repr,
)
def test_what_is_no_output_is_refused(returned: object, sentence: str) -> None:
    @ms.op(out={"even": ms.Out(), "odd": ms.Out()})
    def wrong() -> dict[str, int]:
        return returned  # type: ignore[return-value]

    @ms.job
    def job() -> None:
        wrong()

    assert sentence in (job.execute(raise_on_error=False).run.reason or "")


def test_a_missing_output_that_is_not_optional_fails_the_step() -> None:
    @ms.op(out={"a": ms.Out(), "b": ms.Out()})
    def half() -> dict[str, int]:
        return {"a": 1}

    @ms.job
    def job() -> None:
        half()

    assert "did not return its output 'b'" in (job.execute(raise_on_error=False).run.reason or "")


@ms.job
def chain() -> None:
    inc.alias("third")(inc.alias("second")(one.alias("first")()))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [("first", ["first"]), ("*second", ["first", "second"]), (["first", "first+"], ["first", "second"])],
    ids=str,
)
def test_a_selection_runs_its_steps_only(selection: str | list[str], expected: list[str]) -> None:
    result = chain.execute(selection=selection)

    assert result.success
    assert list(result.state.steps) == expected
    assert result.run.selection == ((selection,) if isinstance(selection, str) else tuple(selection))


def test_a_selection_that_lacks_an_input_runs_nothing() -> None:
    instance = ms.Instance.ephemeral()

    with pytest.raises(SelectionError, match="takes its input from 'first'"):
        chain.execute(selection="second", instance=instance)
    assert not instance.storage.runs.get("")
