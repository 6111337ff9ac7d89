"""The snapshot: what a location offers, as plain data that stays readable while its code is not there.

Each definition is hashed by its content, so that only what has changed needs to travel and to be stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from mainspring.definition.definitions import Definitions
from mainspring.definition.job import Job
from mainspring.errors import MainspringError
from mainspring.location.automation_document import schedule_document, sensor_document
from mainspring.location.job_document import job_document, job_row

PAGE_BYTES = 512 * 1024
"""How much of a snapshot goes into one message, about."""


@frozen
class Entry:
    """One definition: its kind (`job`, `schedule`, `sensor`), its name, the hash of its body, and its body as JSON."""

    kind: str
    name: str
    hash: str
    body: str


def take_snapshot(definitions: Definitions) -> list[Entry]:
    """Return all that a location's definitions offer, by kind and name."""
    found = [
        *(_entry("job", job.name, _job(job)) for job in definitions.jobs.values()),
        *(_entry("schedule", each.name, schedule_document(each)) for each in definitions.schedules.values()),
        *(_entry("sensor", each.name, sensor_document(each)) for each in definitions.sensors.values()),
    ]
    return sorted(found, key=lambda each: (each.kind, each.name))


def snapshot_hash(hashes: Mapping[tuple[str, str], str]) -> str:
    """Return the hash of a snapshot from the hashes of what is in it."""
    listed = sorted((kind, name, each) for (kind, name), each in hashes.items())
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:32]


def pages(entries: Iterable[Entry], limit_bytes: int = PAGE_BYTES) -> Iterator[list[Entry]]:
    """Part entries into pages; one that is larger than a page by itself has one of its own."""
    page: list[Entry] = []
    size = 0
    for entry in entries:
        length = len(entry.body)
        if page and size + length > limit_bytes:
            yield page
            page, size = [], 0
        page.append(entry)
        size += length
    if page:
        yield page


def _entry(kind: str, name: str, document: Mapping[str, Any]) -> Entry:
    body = json.dumps(document, sort_keys=True, default=repr, separators=(",", ":"))
    return Entry(kind, name, hashlib.sha256(body.encode("utf-8", "backslashreplace")).hexdigest()[:32], body)


def _job(job: Job) -> dict[str, Any]:
    """Return all that is known of a job; of one that cannot be bound, what its author wrote and why not."""
    try:
        return job_document(job, {})
    except MainspringError as error:
        return {**job_row(job), "modes": [], "ops": [], "error": str(error)}
