"""Whatever state runs are found in, the reconcilers bring all of them to an end, and the books balance."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring.audit import examine
from mainspring.run import RunStatus
from mainspring.testing import Deployment
from mainspring.testing.contract.stored_runs import given_run

LOCATION = "testing"


@ms.op
def one() -> int:
    return 1


@ms.job
def ingest() -> None:
    one()


@ms.sensor(job=ingest, every=60, default_status="running")
def each_minute() -> ms.SkipReason:
    """Have the reconcilers look once a minute; a real daemon does so by itself."""
    return ms.SkipReason("nothing new")


DEFINITIONS = ms.Definitions(jobs=[ingest], sensors=[each_minute])

STATUSES = [each for each in RunStatus if each is not RunStatus.STARTED]
"""A run that has STARTED on a host that says nothing is given up by policy only, and none is set here."""

FOUND = st.tuples(st.sampled_from(STATUSES), st.sampled_from(["ingest", "gone"]), st.integers(-1, 1))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=st.lists(FOUND, max_size=12))
def test_runs_end_from_any_state(found: list[tuple[RunStatus, str, int]]) -> None:
    with Deployment(DEFINITIONS, queue={"max_concurrent_runs": 2}) as d:
        for number, (status, job, priority) in enumerate(found):
            given_run(
                d.instance.storage,
                status,
                f"run-{number:03}",
                job_name=job,
                mode="default",
                location=LOCATION,
                priority=priority,
                created_at=d.now.timestamp(),
            )
        d.advance("2 hours")

        assert [(run.run_id, run.status) for run in d.runs() if not run.status.is_final] == []
        for run, (status, job, _) in zip(sorted(d.runs(), key=lambda run: run.run_id), found, strict=True):
            if status.is_final:
                assert run.status is status
            if status is RunStatus.QUEUED and job == "ingest":
                assert run.status is RunStatus.SUCCESS
        assert examine(d.instance.storage).findings == ()
