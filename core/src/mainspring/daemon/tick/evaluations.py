"""Evaluations under way: asked of locations off the loop, answered through a queue that the loop empties."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any, Protocol

from mainspring.daemon.hands import Hands, Threads
from mainspring.definition.evaluation import Evaluation
from mainspring.errors import MainspringError
from mainspring.event import ErrorInfo
from mainspring.location.evaluation import EvaluationReply, read_reply
from mainspring.location.frames import Message


class Evaluating(Protocol):
    """What evaluates schedules and sensors: the client of a location, or what stands in for it."""

    def evaluate(self, evaluations: Sequence[Mapping[str, Any]], /) -> Iterator[Mapping[str, Any]]:
        """Evaluate a batch, and yield a reply for each as soon as it is there."""


class Evaluations:
    """Asks locations to evaluate, and gathers what they reply.

    Args:
        on_reply: Called when there is a reply.
        hands: Who asks; threads unless given.
    """

    def __init__(self, on_reply: Callable[[], None], hands: Hands | None = None) -> None:
        self._on_reply = on_reply
        self._hands = hands or Threads()
        self._replies: SimpleQueue[EvaluationReply] = SimpleQueue()

    def ask(self, client: Evaluating, batch: Sequence[Message]) -> None:
        """Ask a location for a batch; each is replied to once, whatever becomes of the location."""
        self._hands.start(f"evaluations {batch[0]['id']}", partial(self._follow, client, list(batch)))

    def replies(self) -> list[EvaluationReply]:
        """Return the replies that have come in."""
        found: list[EvaluationReply] = []
        while not self._replies.empty():  # nobody else takes any
            found.append(self._replies.get_nowait())
        return found

    def refuse(self, id_: str, said: str) -> None:
        """Reply to an evaluation that cannot be asked for."""
        self._put(EvaluationReply(id_, "unavailable", Evaluation(), ErrorInfo("LocationError", said)))

    def _follow(self, client: Evaluating, batch: list[Message]) -> None:
        open_ids = {each["id"] for each in batch}
        said = "its location ended the evaluation"
        try:
            for message in client.evaluate(batch):
                reply = read_reply(message)
                open_ids.discard(reply.id)
                self._put(reply)
        except MainspringError as error:
            said = str(error)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise
        finally:
            for each in sorted(open_ids):
                self.refuse(each, said)

    def _put(self, reply: EvaluationReply) -> None:
        self._replies.put(reply)
        self._on_reply()
