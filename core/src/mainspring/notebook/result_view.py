"""What came of a run, as HTML: its steps, what failed, what was stored, and the job's graph in the colors of it all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from mainspring.event import AssetMaterialized, Event, HookFailed, RunFailed, RunState, StepFailed, StoredOutput, fold
from mainspring.notebook.elements import code, error_block, metadata_list, more, section, status_mark, table, view
from mainspring.notebook.graph.drawing import draw_graph
from mainspring.notebook.markup import Markup, element
from mainspring.notebook.run_view import counted, head_of
from mainspring.run import StepRecord, StepStatus
from mainspring.text import count, duration

if TYPE_CHECKING:
    from mainspring.execute import RunResult

FAILURES_SHOWN = 5
_WORST_FIRST = (
    StepStatus.FAILURE,
    StepStatus.CANCELED,
    StepStatus.STARTED,
    StepStatus.RETRY,
    StepStatus.SUCCESS,
    StepStatus.SKIPPED,
)


def result_html(result: RunResult) -> str:
    """Return what came of a run."""
    run, events = result.run, result.events
    records = result.instance.storage.events.steps(result.run_id)
    state = fold(events)
    begun = run.started_at if run.started_at is not None else run.created_at
    parts: list[object] = [head_of(run), *_failures(events), _steps(records, begun)]
    if state.outputs:
        outputs = table(("output", "type", "stored by", "metadata"), [_output(each) for each in state.outputs.values()])
        parts.append(section(count(len(state.outputs), "output"), outputs, is_open=True))
    written = [each for each in events if isinstance(each.fact, AssetMaterialized)]
    if written:
        parts.append(
            section(count(len(written), "materialization"), table(("asset", "step", "metadata"), _assets(written)))
        )
    parts.append(section("graph", draw_graph(result.job, node_statuses(state))))
    return view(*parts)


def node_statuses(state: RunState) -> dict[str, StepStatus]:
    """Return how each node's steps ended; of mapped ones the worst counts."""
    found: dict[str, StepStatus] = {}
    for key, status in state.steps.items():
        node = key.partition("[")[0]
        found[node] = min(found.get(node, status), status, key=_WORST_FIRST.index)
    return found


@frozen
class _Attempts:
    """The attempts of one step."""

    records: Sequence[StepRecord]

    @property
    def last(self) -> StepRecord:
        return self.records[-1]


def _steps(records: Sequence[StepRecord], begun: float) -> Markup:
    """Return the steps with their last attempts, those that ended badly first."""
    by_key: dict[str, list[StepRecord]] = {}
    for record in records:
        by_key.setdefault(record.step_key, []).append(record)
    steps = [_Attempts(sorted(each, key=lambda record: record.attempt)) for each in by_key.values()]
    rows = [_step(each, begun) for each in sorted(steps, key=lambda each: each.last.status is not StepStatus.FAILURE)]
    title = counted([each.last.status for each in steps])
    return section(title, table(("step", "status", "attempts", "began after", "took"), rows, "step"), is_open=True)


def _step(step: _Attempts, begun: float) -> tuple[object, ...]:
    last = step.last
    took = "" if last.ended_at is None else duration(last.ended_at - last.started_at)
    began = duration(last.started_at - begun)
    return (code(last.step_key), status_mark(last.status), len(step.records), began, took)


def _failures(events: Sequence[Event]) -> list[Markup]:
    """Return why steps failed for good; where none did, why the run did; and hooks that raised."""
    failed = [(each.step_key or "", each.fact.error) for each in events if isinstance(each.fact, StepFailed)]
    shown = [_failure(element("span", "step ", code(key), " failed"), error_block(error)) for key, error in failed]
    if not failed:
        errors = [each.fact.error for each in events if isinstance(each.fact, RunFailed)]
        shown = [_failure("the run failed", error_block(error)) for error in errors if error is not None]
    hooks = [
        _failure(
            element("span", each.fact.hook, " failed at ", code(each.step_key or "the run")),
            error_block(each.fact.error),
        )
        for each in events
        if isinstance(each.fact, HookFailed)
    ]
    return [*shown[:FAILURES_SHOWN], more(len(shown) - FAILURES_SHOWN, "failure"), *hooks[:FAILURES_SHOWN]]


def _failure(title: object, block: Markup) -> Markup:
    line = "border-left:3px solid #d1242f;padding-left:8px;margin:4px 0"
    return element("div", section(title, block, is_open=True), style=line)


def _output(stored: StoredOutput) -> tuple[object, ...]:
    fact = stored.fact
    name = stored.step_key if fact.output == "result" else f"{stored.step_key}.{fact.output}"
    key = "" if fact.mapping_key is None else f"[{fact.mapping_key}]"
    return (code(f"{name}{key}"), code(fact.type), fact.io_manager, metadata_list(fact.metadata))


def _assets(events: Sequence[Event]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for event in events:
        if isinstance(event.fact, AssetMaterialized):
            partition = "" if event.fact.partition_key is None else f" · {event.fact.partition_key}"
            rows.append(
                (code(f"{event.fact.asset}{partition}"), code(event.step_key), metadata_list(event.fact.metadata))
            )
    return rows
