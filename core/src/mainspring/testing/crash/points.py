"""The catalogue of crash points: each name that a process passes by, before or after a write or a call out."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.testing.crash.processes import Kind

POINTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.DAEMON: (
        "lease.take",
        "lease.taken",
        "location.record",
        "location.recorded",
        "heartbeat.write",
        "heartbeat.written",
        "evaluation.ask",
        "evaluation.asked",
        "tick.commit",
        "tick.committed",
        "items.acknowledge",
        "items.acknowledged",
        "outbox.expand",
        "outbox.expanded",
        "queue.admit",
        "queue.admitted",
        "launch.claimed",
        "launch.acknowledged",
        "launch.requeue",
        "launch.requeued",
        "attempt.end",
        "attempt.ended",
        "attempt.queue",
        "attempt.queued",
        "cancel.ask",
        "cancel.asked",
        "worker.terminate",
        "worker.terminated",
        "retention.delete",
        "retention.deleted",
    ),
    Kind.CODE: ("code.fork", "code.forked"),
    Kind.EVALUATOR: ("evaluator.begin", "evaluator.end", "evaluator.told"),
    Kind.WORKER: (
        "worker.ready",
        "run.claim",
        "run.claimed",
        "events.flush",
        "events.flushed",
        "run.end",
        "run.ended",
    ),
    Kind.STEP: ("step.start", "step.input", "step.output", "step.end"),
}
"""The points by the process that passes them. A worker passes those of a step as well, where it carries out steps itself;
a daemon passes those of events, where it records the end of an attempt."""
