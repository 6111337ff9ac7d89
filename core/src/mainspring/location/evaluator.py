"""What an evaluator does: call one schedule or sensor after the other, and tell what came of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainspring.location.frames import Channel, Message
from mainspring.location.load import LoadedCode


def serve(channel: Channel, code: LoadedCode) -> None:
    """Evaluate what the front asks for, one thing at a time, until it hangs up."""
    while (message := channel.receive()) is not None:
        channel.send(kind="evaluated", **evaluate(message, code))


def evaluate(request: Message, code: LoadedCode) -> Mapping[str, Any]:
    """Call one of them, and return what came of it."""
    return {"id": request["id"], "outcome": "evaluated", "requests": [], "skip_reason": "nothing"}
