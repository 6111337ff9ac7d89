# ruff: noqa: PLW0108 - the body of a job is a function, and not the op that it calls
from collections.abc import Callable
from typing import Any

import pytest

import mainspring as ms
from mainspring.definition.handle import Dynamic
from mainspring.definition.source import Collected, ItemOf, OutputOf


@ms.op(out=ms.DynamicOut())
def pieces() -> dict[str, int]:
    return {"a": 1, "b": 2}


@ms.op(out=ms.DynamicOut())
def parts(value: int = 0) -> dict[str, int]:
    return {"c": value}


@ms.op
def one() -> int:
    return 1


@ms.op
def inc(value: int) -> int:
    return value + 1


@ms.op
def add(left: int, right: int) -> int:
    return left + right


@ms.op
def total(values: list[int]) -> int:
    return sum(values)


@ms.op
def store(value: int) -> None: ...


@ms.op
def report() -> None: ...


@ms.op(out={"good": ms.Out(), "bad": ms.Out()})
def split(value: int) -> dict[str, int]:
    return {"good": value, "bad": -value}


@ms.graph
def twice(value: int) -> int:
    return inc(inc(value))


@ms.graph
def quietly(value: int) -> None:
    store(value)


any_pieces: Any = pieces
any_split: Any = split
any_one: Any = one
ITEM = ItemOf("pieces", "result")


def output(body: Callable[[], object], key: str) -> Any:
    return ms.job(name="wired")(body).execute().output(key)


def refused(body: Callable[[], object]) -> str:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.job(name="wired")(body)
    assert str(raised.value).startswith("job 'wired': ")
    return str(raised.value)


def test_map_wires_an_op_once_for_each_value() -> None:
    node = ms.job(name="j")(lambda: pieces().map(inc)).nodes["inc"]

    assert node.mapped_over == ITEM
    assert node.inputs == {"value": ITEM}


def test_collect_gathers_what_was_mapped_or_found() -> None:
    nodes = ms.job(name="j")(lambda: [total(pieces().map(inc).collect()), total(pieces().collect())]).nodes

    assert nodes["total"].inputs == {"values": Collected("inc", "result")}
    assert nodes["total_2"].inputs == {"values": Collected("pieces_2", "result")}
    assert nodes["total"].mapped_over is None


def test_maps_can_be_chained() -> None:
    assert output(lambda: total(pieces().map(inc).map(inc).map(twice).collect()), "total") == 11


def test_map_takes_a_graph_or_any_function() -> None:
    assert output(lambda: total(pieces().map(twice).collect()), "total") == 7
    assert output(lambda: total(pieces().map(lambda each: add(each, inc(each))).collect()), "total") == 8


def test_within_a_map_a_step_reads_the_steps_of_its_own_value() -> None:
    node = ms.job(name="j")(lambda: pieces().map(lambda each: add(inc(each), inc(each)))).nodes["add"]

    assert node.inputs == {"left": OutputOf("inc", "result"), "right": OutputOf("inc_2", "result")}
    assert node.mapped_over == ITEM


def test_within_a_map_values_from_outside_can_be_used() -> None:
    def body() -> None:
        other = one()
        total(pieces().map(lambda each: add(each, other)).collect())

    assert output(body, "total") == 5


def test_one_of_several_outputs_of_mapped_work_is_picked_by_name() -> None:
    assert output(lambda: total(any_pieces().map(split)["bad"].collect()), "total") == -3
    assert "the outputs of 'split' are several; pick one by name before .collect()" in refused(
        lambda: pieces().map(split).collect()
    )


def test_order_within_a_map_is_by_value() -> None:
    def body() -> None:
        pieces().map(lambda each: report.after(store(each))())

    node = ms.job(name="j")(body).nodes["report"]

    assert node.after == ("store",)
    assert node.mapped_over == ITEM


@pytest.mark.parametrize("work", [split, quietly], ids=repr)
def test_order_within_a_map_is_by_value_for_all_that_calls_return(work: Callable[[int], object]) -> None:
    def body() -> None:
        pieces().map(lambda each: report.after(work(each))())

    assert ms.job(name="j")(body).nodes["report"].mapped_over == ITEM


def test_a_graph_within_a_map_may_come_after_a_mapped_step() -> None:
    @ms.graph
    def closing() -> None:
        report()

    def body() -> None:
        pieces().map(lambda each: closing.after(store(each))())

    assert ms.job(name="j")(body).nodes["closing.report"].mapped_over == ITEM


def test_order_after_a_map_is_after_all_of_it() -> None:
    def body() -> None:
        report.after(pieces().map(store))()

    node = ms.job(name="j")(body).nodes["report"]

    assert node.after == ("store",)
    assert node.mapped_over is None


def test_order_after_a_graph_that_maps_is_after_all_of_it() -> None:
    @ms.graph
    def mapping() -> None:
        pieces().map(store)

    node = ms.job(name="j")(lambda: report.after(mapping())()).nodes["report"]

    assert node.after == ("mapping.pieces", "mapping.store")
    assert node.mapped_over is None


def two_at_once() -> None:
    pieces().map(lambda left: parts().map(lambda right: add(left, right)))


def within_itself() -> None:
    pieces().map(parts)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            two_at_once,
            "'add' is mapped over two dynamic outputs at once, those of 'pieces' and 'parts'; collect one of them first",
        ),
        (within_itself, "'parts' is mapped and has a dynamic output itself; collect before you map again"),
        (lambda: any_pieces().map(3), ".map(…) takes an op, a graph or a function that calls them, not int"),
        (
            lambda: any_pieces().map(lambda _: one()),
            "'one' is mapped over the output of 'pieces' but takes nothing of it, so it would run only once",
        ),
        (lambda: any_pieces().map(store).collect(), "what was mapped over the output of 'pieces' returns nothing"),
        (lambda: any_pieces().map(store).map(inc), "returns nothing to map; return the value of an op from it"),
        (lambda: any_pieces().map(lambda _: None).collect(), "returns nothing to collect"),
        (lambda: any_pieces().map(lambda each: each).collect(), "is the mapped value itself: call .collect() on the"),
        (
            lambda: inc(any_pieces().map(inc)),
            "'value' of 'inc_2' is given the mapped form of the output of 'inc'; use .map(inc) ",
        ),
    ],
)
def test_refuses_wrong_maps_in_one_sentence(body: Callable[[], object], said: str) -> None:
    assert said in refused(body)


def test_a_dynamic_value_outside_a_job_maps_and_collects() -> None:
    found = Dynamic({"a": 1, "b": 2})

    assert found.map(str) == {"a": "1", "b": "2"}
    assert found.map(str).collect() == ["1", "2"]


@pytest.mark.parametrize("to_text", [str, "value {}".format, "value %s".__mod__])
def test_a_handle_in_a_text_is_refused_rather_than_written_out(to_text: Callable[[object], str]) -> None:
    with pytest.raises(ms.DefinitionError, match="the output of 'one' has no value yet to turn into text"):
        ms.job(name="wired")(lambda: inc(to_text(one())))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (lambda: list(any_split(1)), "no value yet to unpack; pick an output by name, split(…)['good']"),
        (lambda: list(any_pieces()), "no value yet to iterate over; use .map(…) or .collect()"),
        (lambda: list(any_pieces().map(inc)), "of 'inc' has no value yet to iterate over; use .map(…) or .collect()"),
        (
            lambda: any_one().map(inc),
            "no value yet to map; only an output that is declared out=ms.DynamicOut() can be mapped over and collected",
        ),
    ],
)
def test_what_a_handle_cannot_do_comes_with_what_it_can(body: Callable[[], object], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.job(name="wired")(body)

    assert str(raised.value).endswith(said)
