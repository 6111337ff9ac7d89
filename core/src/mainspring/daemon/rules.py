"""The queue's rules as the settings say them."""

from __future__ import annotations

from mainspring.run.queue import DEFAULT_MAX_CONCURRENT_RUNS, QueueRules, TagLimit
from mainspring.settings import Settings


def queue_rules(settings: Settings | None) -> QueueRules:
    """Return how many runs may be under way at a time."""
    if settings is None:
        return QueueRules()
    queue = settings.queue
    most = DEFAULT_MAX_CONCURRENT_RUNS if queue.max_concurrent_runs is None else queue.max_concurrent_runs
    limits = tuple(TagLimit(each.tag, each.limit, each.value, each.per_value) for each in queue.limits)
    return QueueRules(max_concurrent_runs=most, limits=limits)
