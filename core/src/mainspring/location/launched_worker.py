"""A worker that a launcher starts by its command line: a process of its own, which no front watches."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from mainspring.definition.definitions import Definitions
from mainspring.errors import MainspringError
from mainspring.event import Event
from mainspring.execute.launched import LaunchedRun, fail_launched, find_waiting, prepare_launched
from mainspring.location import apart
from mainspring.location.code import CodeSource, loaded
from mainspring.location.load import open_home
from mainspring.location.run_worker import print_to_worker_file
from mainspring.location.spec import find_spec, location_specs
from mainspring.settings import Settings


def begin(
    home: Path, settings: Settings, run_id: str, attempt: int, code: CodeSource | str
) -> tuple[LaunchedRun, Event]:
    """Make this process the worker of an attempt: apart from others, printing to its file, with the attempt claimed.

    What cannot be loaded, or cannot be run so, fails the attempt. One that does not wait for a worker, or not any more, is
    left alone before any code is loaded.

    Args:
        home: The home.
        settings: Its settings.
        run_id: The run.
        attempt: The attempt that was launched.
        code: Where the code is, or the name of its location in the settings.

    Returns:
        The attempt, and the event that says that it has begun.

    Raises:
        MainspringError: The attempt was not begun.
    """
    apart.lead_session()
    apart.forget_signals()
    instance = open_home(home)
    run = find_waiting(instance, run_id, attempt)
    print_to_worker_file(home, run_id, attempt)
    apart.explain_on_signal()
    try:
        definitions = _load(home, settings, code)
    except MainspringError as error:
        fail_launched(instance, run, error)
        raise
    launched = prepare_launched(definitions, run_id, attempt, instance)
    return launched, launched.claim()


def _load(home: Path, settings: Settings, code: CodeSource | str) -> Definitions:
    """Load the code; a location's is loaded from its home as the working folder."""
    if isinstance(code, str):
        code = find_spec(location_specs(settings, home), code).source
        os.chdir(home)
    keep = ExitStack()  # imports find what lies beside the code for as long as this process lives
    definitions = keep.enter_context(loaded(code))
    keep.pop_all()
    return definitions
