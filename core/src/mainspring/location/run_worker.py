"""What a worker does: get ready, wait for the front's word, claim its run, carry it out."""

from __future__ import annotations

from mainspring.location.frames import Channel
from mainspring.location.load import LoadedCode


def serve(channel: Channel, code: LoadedCode) -> None:
    """Carry out the one run that the front names."""
