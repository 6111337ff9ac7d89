"""Evaluating schedules and sensors to see what they would ask for, with nothing recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mainspring.errors import LocationError
from mainspring.location.address import socket_path
from mainspring.location.check import opened_apart
from mainspring.location.client import LocationClient
from mainspring.location.evaluation import EvaluationReply, read_reply
from mainspring.location.frames import Message
from mainspring.location.spec import LocationSpec

_ANSWER_SECONDS = 5.0


def try_evaluations(spec: LocationSpec, home: Path, asked: Sequence[Message]) -> list[EvaluationReply]:
    """Evaluate a batch where a location is open, else in processes of its own, and return the replies as they were asked for.

    Raises:
        LocationError: Its code does not load, or its processes have ended.
        InstanceError: A folder has too long a path for a socket.
    """
    client = _open_client(spec, home)
    if client is not None:
        try:
            return _replies(client, asked)
        finally:
            client.close()
    with opened_apart(spec, home) as (client, status):
        if status["status"] != "LOADED":
            raise LocationError(spec.name, f"location {spec.name!r} is {status['status']}: {status['error']}")
        return _replies(client, asked)


def _open_client(spec: LocationSpec, home: Path) -> LocationClient | None:
    """Return who speaks with a location that is open; None where it is not."""
    socket = socket_path(home, spec.name)
    if not socket.exists():
        return None
    client = LocationClient(spec.name, f"unix:{socket}")
    try:
        client.hello(_ANSWER_SECONDS)
    except LocationError as error:
        client.close()
        if error.is_answer:
            raise
        return None
    return client


def _replies(client: LocationClient, asked: Sequence[Message]) -> list[EvaluationReply]:
    replies = {reply.id: reply for reply in map(read_reply, client.evaluate(asked))}
    return [replies[each["id"]] for each in asked]
