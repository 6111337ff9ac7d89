"""What automations would ask for, as plain data and as text."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from mainspring.cli.show import echo, echo_facts, echo_table
from mainspring.cli.tick_page import echo_logs, echo_plain_error
from mainspring.daemon.tick.requests import Requester
from mainspring.errors import MainspringError
from mainspring.execute.recorded_job import RecordedJob, read_job
from mainspring.location.evaluation import EvaluationReply, plain_error
from mainspring.storage import DefinitionQuery

if TYPE_CHECKING:
    from mainspring.daemon.tick.offered import Offered
    from mainspring.instance import Instance
    from mainspring.location.frames import Message


def try_out(instance: Instance, offered: Offered, asked: list[Message]) -> list[EvaluationReply]:
    """Evaluate an automation, with nothing recorded.

    Raises:
        MainspringError: Its location is not in the settings, or its code cannot be called.
    """
    from mainspring.cli.home import located
    from mainspring.location.spec import find_spec, location_specs
    from mainspring.location.trial import try_evaluations

    folder, settings = located(None if instance.home is None else str(instance.home))
    spec = find_spec(location_specs(settings, folder), offered.location)
    return try_evaluations(spec, folder, asked)


def evaluation_document(
    instance: Instance, offered: Offered, reply: EvaluationReply, *, scheduled_time: float | None = None
) -> dict[str, Any]:
    """Return what an evaluation came to, with the runs as they would be queued.

    Args:
        instance: Whose settings, jobs and ledger count.
        offered: What was evaluated.
        reply: What came of it.
        scheduled_time: The time it was evaluated for.
    """
    error = None if reply.error is None else plain_error(reply.error)
    requests: list[dict[str, Any]] = []
    evaluation = reply.evaluation
    pairs = [(each.job or "", each.run_key) for each in evaluation.requests if each.run_key is not None]
    known = instance.storage.automations.known_keys(*offered.key, pairs)
    try:
        requester = _requester(instance, offered)
        runs = requester.runs(offered, evaluation.requests, instance.clock.time(), scheduled_time=scheduled_time)
        requests = [_request(run, known) for run in runs]
    except MainspringError as refused:
        error = {"type": type(refused).__name__, "message": str(refused), "traceback": "", "cause": None}
    return {
        "outcome": "failed" if error is not None and reply.outcome == "evaluated" else reply.outcome,
        "requests": requests,
        "skip_reason": evaluation.skip_reason,
        "duplicates": evaluation.duplicates,
        "error": error,
        "logs": dict(reply.logs),
    }


def echo_evaluation(document: Mapping[str, Any]) -> None:
    """Print what an evaluation came to."""
    if document["requests"]:
        echo_table(
            ("RUN KEY", "KNOWN", "JOB", "MODE", "TAGS", "CONFIG"),
            [
                (
                    each["run_key"] or "",
                    "yes" if each["is_known"] else "",
                    each["job"],
                    each["mode"],
                    ", ".join(f"{key}={value}" for key, value in each["tags"].items()),
                    json.dumps(each["config"], ensure_ascii=False) if each["config"] else "",
                )
                for each in document["requests"]
            ],
        )
    elif document["error"] is None and document["skip_reason"] is None:
        echo("it asks for nothing")
    echo_facts(
        {
            "skips": document["skip_reason"],
            "repeated keys": str(document["duplicates"]) if document["duplicates"] else None,
        }
    )
    if document["error"] is not None:
        echo_plain_error(document["error"])
    echo_logs(document["logs"])


def _requester(instance: Instance, offered: Offered) -> Requester:
    jobs: dict[str, RecordedJob] = {}
    for name in offered.jobs:
        for record in instance.storage.locations.definitions(
            DefinitionQuery(location=offered.location, kind="job", name=name)
        ):
            jobs[name] = read_job(record)
    settings = instance.settings
    if settings is None:
        return Requester(jobs, None, (), os.urandom)
    return Requester(jobs, settings.mode, settings.modes, os.urandom)


def _request(run: Any, known: Collection[tuple[str, str]]) -> dict[str, Any]:
    return {
        "run_key": run.run_key,
        "is_known": (run.job_name, run.run_key) in known,
        "job": run.job_name,
        "mode": run.mode,
        "tags": dict(run.tags),
        "config": run.config,
        "partition_key": run.partition_key,
        "priority": run.priority,
    }
