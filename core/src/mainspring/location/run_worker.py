"""What a worker does: get ready, wait for the front's word, claim its run, carry it out."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

from mainspring.errors import MainspringError
from mainspring.execute.launched import prepare_launched
from mainspring.location import apart
from mainspring.location.frames import Channel
from mainspring.location.load import LoadedCode
from mainspring.location.outside_steps import OutsideSteps
from mainspring.location.worker_output import open_worker_file

REFUSED = 3
"""The exit code of a worker that did not begin its attempt; what is recorded says why, or who did."""


def serve(channel: Channel, code: LoadedCode) -> None:
    """Carry out the one attempt of a run that the front names; ends this process where it is not begun."""
    message = channel.receive()
    if message is None:
        return
    run_id, attempt = message["run_id"], message["attempt"]
    apart.lead_session()
    apart.outlive_parent()  # where it was spawned, it has loaded the code as one that ends with the front
    print_to_worker_file(code.home, run_id, attempt)
    try:
        launched = prepare_launched(code.definitions, run_id, attempt, code.open_instance())
        code.crash_point("worker.ready")
        channel.send(kind="up")
        if channel.receive() is None:
            return
        started = launched.claim()
    except MainspringError as error:
        with suppress(OSError):
            channel.send(kind="refused", message=str(error))
        sys.exit(REFUSED)
    with suppress(OSError):  # the front may have ended: the run goes on
        channel.send(kind="claimed")
    channel.close()
    with suppress(KeyboardInterrupt):  # it was asked to end, and that is recorded
        launched.carry_out(started)


def print_to_worker_file(home: Path, run_id: str, attempt: int) -> None:
    """Print to a file of the attempt's own; what steps print goes to their logs alone."""
    apart.print_to(open_worker_file(home, run_id, attempt))
    sys.stdout = cast("TextIO", OutsideSteps(sys.stdout))
    sys.stderr = cast("TextIO", OutsideSteps(sys.stderr))
