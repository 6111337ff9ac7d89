"""What results, runs and jobs show, and that nothing in it acts."""

import mainspring as ms
from mainspring.notebook.elements import ROWS_SHOWN
from mainspring.notebook.graph.drawing import NODES_DRAWN
from mainspring.run import Run
from tests.core.notebook.page import Page

EVIL = "</title></pre></svg><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x1b[31m"


@ms.op
def number() -> int:
    return 1


@ms.op
def double(value: int) -> int:
    """Twice the value."""
    return value * 2


@ms.op
def total(values: list[int]) -> int:
    return sum(values)


@ms.op(out=ms.DynamicOut())
def parts() -> dict[str, int]:
    return {"a": 1, "b": 2}


@ms.op(retry=ms.RetryPolicy(max_retries=2))
def fail(value: int) -> int:
    try:
        raise KeyError("deep below")
    except KeyError as error:
        raise ValueError("no such thing") from error


@ms.graph
def twice(value: int) -> int:
    return double(double(value))


@ms.job(modes=[ms.Mode("dev"), ms.Mode("prod")])
def mapped() -> None:
    """Adds up parts."""
    total(parts().map(double).collect())


@ms.job
def nested() -> None:
    total([twice(number()), twice(number())])


def page_of(shown: ms.Job | ms.RunResult | Run) -> Page:
    page = Page(shown._repr_html_())
    assert page.is_harmless
    return page


def test_a_result_shows_its_steps_outputs_and_graph() -> None:
    result = mapped.execute()
    page = page_of(result)

    assert f"SUCCESS run {result.run_id} of job mapped in mode dev" in page.text
    assert "4 steps (4 SUCCESS)" in page.text
    assert "double[a]SUCCESS1" in page.text
    assert "5 outputs" in page.text
    assert "parts[a]int" in page.text
    assert page.tags.count("svg") == 1


def test_a_failed_result_shows_why_with_all_causes_and_attempts() -> None:
    @ms.job
    def failing() -> None:
        total([fail(number()), number()])

    result = failing.execute(raise_on_error=False)
    page = page_of(result)

    assert "step fail failed" in page.text
    assert "ValueError: no such thing" in page.text
    assert "caused by" in page.text
    assert "KeyError: 'deep below'" in page.text
    assert "3 steps (1 FAILURE, 2 SUCCESS)" in page.text or "3 steps (2 SUCCESS, 1 FAILURE)" in page.text
    assert "failFAILURE3" in page.text
    assert "✗ fail" in page.text


def test_metadata_of_outputs_assets_and_failures_is_shown() -> None:
    @ms.op(out=ms.Out(asset="lake/orders"))
    def store(context: ms.OpContext) -> int:
        context.add_output_metadata({"rows": 42, "columns": ["id", "price"]})
        return 1

    @ms.op
    def refuse(value: int) -> None:
        raise ms.Failure("too few", metadata={"expected": 100})

    @ms.job
    def stored() -> None:
        refuse(store())

    page = page_of(stored.execute(raise_on_error=False))

    assert "rows: 42" in page.text
    assert 'columns: ["id", "price"]' in page.text
    assert "1 materialization" in page.text
    assert "lake/orders" in page.text
    assert "expected: 100" in page.text


def test_a_run_shows_what_it_was_given() -> None:
    result = mapped.execute(
        "prod", tags={"team": "data"}, run_key="2026-01-01", partition_key="north", selection="*", config={}
    )
    page = page_of(result.run)

    assert "in mode prod" in page.text
    assert "team: data" in page.text
    assert "run key2026-01-01" in page.text
    assert "partitionnorth" in page.text
    assert "selection*" in page.text


def test_a_job_shows_what_it_is_and_its_graph() -> None:
    page = page_of(mapped)

    assert page.text.startswith("job mapped · 3 ops · modes dev, prodAdds up parts.")
    assert "double[…]" in page.text
    assert "parts to double: each of result → value" in page.text
    assert "double to total: all of result → values" in page.text
    assert "Twice the value." in page.text
    assert "stacked: a step for each value" in page.text


def test_graphs_within_a_job_are_drawn_around_their_ops() -> None:
    page = page_of(nested)

    assert page.tags.count("rect") == 7 + 2
    assert "twice_2.double to twice_2.double_2: result → value" in page.text


def test_order_without_data_is_dashed() -> None:
    @ms.op
    def first() -> None: ...

    @ms.job
    def ordered() -> None:
        number.after(first())()

    page = page_of(ordered)

    assert ("stroke-dasharray", "5 4") in page.attributes
    assert "dashed: order without data" in page.text


def test_nothing_that_people_wrote_acts() -> None:
    @ms.op(description=EVIL)
    def evil(context: ms.OpContext) -> int:
        context.add_output_metadata({EVIL: EVIL, "nested": {EVIL: [EVIL]}})
        context.log_materialization(ms.Materialization("lake/orders", metadata={EVIL: EVIL}))
        return 1

    @ms.op
    def refuse(value: int) -> None:
        raise ms.Failure(EVIL, metadata={EVIL: EVIL}) from ValueError(EVIL)

    @ms.job(description=EVIL, tags={"note": EVIL.partition("\x1b")[0]})
    def harmless() -> None:
        refuse(evil())

    result = harmless.execute(raise_on_error=False, run_key=EVIL, partition_key="p")

    for shown in (result, result.run, harmless):
        page = page_of(shown)
        assert "<script>alert(1)</script>" in page.text
        assert "\x1b" not in page.text
        assert "script" not in page.tags


def test_a_name_of_a_class_that_is_markup_is_text() -> None:
    strange_class = type("<script>", (ValueError,), {})

    @ms.op
    def strange() -> None:
        raise strange_class("<b>")

    @ms.job
    def failing() -> None:
        strange()

    assert "<script>: <b>" in page_of(failing.execute(raise_on_error=False)).text


def test_long_lists_are_cut_and_say_so() -> None:
    @ms.op(out=ms.DynamicOut())
    def many() -> dict[str, int]:
        return {str(each): each for each in range(300)}

    @ms.job
    def wide() -> None:
        total(many().map(double).collect())

    page = page_of(wide.execute())

    assert "302 steps (302 SUCCESS)" in page.text
    assert f"and {302 - ROWS_SHOWN} more steps" in page.text
    assert len(page.text) < 30_000


def test_two_hundred_ops_are_drawn() -> None:
    @ms.job
    def large() -> None:
        values = [number()]
        for each in range(199):
            values.append(total([values[-1 - each % 8], values[max(0, each - 20)]]))

    page = page_of(large)

    assert page.tags.count("rect") == 200


def test_a_job_too_large_to_read_is_counted_instead() -> None:
    @ms.job
    def huge() -> None:
        total([number() for _ in range(NODES_DRAWN)])

    page = page_of(huge)

    assert "too many to draw" in page.text
    assert "svg" not in page.tags
