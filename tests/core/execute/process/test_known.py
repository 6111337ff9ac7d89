"""What both sides of a fork have travels as a number, whether or not it could be pickled."""

from __future__ import annotations

import threading
from typing import Any

from attrs import define

import mainspring as ms
from mainspring.definition.source import Constant
from mainspring.event import StepOutput, StoredOutput
from mainspring.execute.process.known import Known
from mainspring.execute.task import StepTask, ValueList, ValuePointer
from mainspring.plan import Plan, bind, build_plan
from mainspring.run import Run, RunStatus


@define
class Settings:
    size: int = 1


LOCK = threading.Lock()


@ms.op(out=ms.DynamicOut())
def keys() -> dict[str, int]:
    return {}


@ms.op
def read(item: int, lock: Any, *, config: Settings = ms.config()) -> int:
    return 1


@ms.job
def job() -> None:
    keys().map(lambda item: read(item, LOCK))


RUN = Run(run_id="r", job_name="job", mode="default", status=RunStatus.STARTED)


def plan() -> Plan:
    return build_plan(bind(job, None, {}, ms.MemoryIOManager(), ms.InProcessExecutor()))


def sent(known: Known, task: StepTask) -> StepTask:
    return known.load(known.dump(task))


def test_a_step_of_the_plan_arrives_as_itself() -> None:
    made = plan()
    known = Known(RUN, made)
    task = StepTask(RUN, made.steps["keys"], 3, is_ephemeral=True)
    found = sent(known, task)
    assert found.run is RUN
    assert found.step is made.steps["keys"]
    assert (found.attempt, found.inputs, found.is_ephemeral) == (3, {}, True)


def test_a_mapped_step_brings_only_what_its_template_has_not() -> None:
    made = plan()
    known = Known(RUN, made)
    template = made.steps["read"]
    step = template.mapped("a")
    constant = template.inputs["lock"]
    assert isinstance(constant, Constant)
    stored = StoredOutput(
        "r", "keys", 1, StepOutput("result", "a", "int", "io_manager", {"path": "é/\x00", "n": 2**70})
    )
    pointer = ValuePointer(made.steps["keys"].op, stored)
    found = sent(known, StepTask(RUN, step, 1, {"item": ValueList((pointer, constant)), "lock": constant}))
    assert (found.step.key, found.step.mapping_key) == ("read[a]", "a")
    assert found.step.op is template.op
    assert found.step.config is template.config
    assert found.inputs["lock"] is constant
    values = found.inputs["item"]
    assert isinstance(values, ValueList)
    assert values.items[1] is constant
    arrived = values.items[0]
    assert isinstance(arrived, ValuePointer)
    assert arrived.producer is pointer.producer
    assert arrived.stored == stored
    assert len(known.dump(StepTask(RUN, step, 1))) < 1500
