"""The rehearsal before the first fork: it goes well, and leaves nothing for the children to load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.event import StepOutput, StepSucceeded
from mainspring.execute.process.rehearsal import rehearse
from mainspring.plan import bind, build_plan


@ms.op
def lacking() -> "Nowhere":  # type: ignore[name-defined] # noqa: F821, UP037 - what cannot be resolved is the point
    return 1


@ms.job
def job() -> None:
    lacking()


def test_a_step_is_carried_out_well_whatever_the_annotations_of_the_plan() -> None:
    plan = build_plan(bind(job, None, {}, ms.MemoryIOManager(), ms.InProcessExecutor()))
    output, succeeded = rehearse(plan)
    assert isinstance(output, StepOutput)
    assert output.metadata["path"] == "text"
    assert succeeded == StepSucceeded()


SCRIPT = """
import sys
import mainspring as ms

@ms.op
def look() -> list[str]:
    before = set(sys.modules)
    from mainspring.execute.typecheck import check_value
    check_value("look", "output", "result", [1], list[int])
    return sorted(set(sys.modules) - before)

@ms.job(modes=[ms.Mode("processes", executor=ms.MultiprocessExecutor(start="fork"))])
def job():
    look()

with ms.Instance.open(sys.argv[1]) as instance:
    print(job.execute(instance=instance).output("look"), "typeguard" in sys.modules)
"""


@pytest.mark.slow
def test_a_forked_child_imports_nothing_to_check_its_values(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, timeout=120, check=True
    )
    assert ended.stdout.split() == ["[]", "False"], "nor does the process of the run, which checks none"
