"""Loading a location's code, and all that its runs will need, in the process that evaluators and workers come from."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from attrs import frozen

from mainspring.crashpoint import CrashPoint, pass_by
from mainspring.definition.definitions import Definitions
from mainspring.errors import MainspringError
from mainspring.execute.launched import prepare_launched, queue_run
from mainspring.execute.options import RunOptions
from mainspring.execute.process.rehearsal import TIMES, rehearsal_job
from mainspring.execute.process.safety import os_threads
from mainspring.instance import Instance
from mainspring.io.filesystem import FilesystemIOManager
from mainspring.location.code import loaded_module
from mainspring.location.spec import LocationSpec
from mainspring.location.uncached import import_uncached
from mainspring.log.filesystem import FilesystemLogStore
from mainspring.storage import scratch_storage


@frozen(eq=False)
class LoadedCode:
    """A location's code in this process.

    Attributes:
        spec: The location.
        home: Its home.
        definitions: What the code defines.
        instance: The home's instance, with no connection open; None where its storage cannot be used yet.
        crash_point: Where tests stop a process.
    """

    spec: LocationSpec
    home: Path
    definitions: Definitions
    instance: Instance | None
    crash_point: CrashPoint = pass_by

    def open_instance(self) -> Instance:
        """Return the home's instance.

        Raises:
            MainspringError: It cannot be opened.
        """
        return self.instance or open_home(self.home, self.crash_point)


def load_code(spec: LocationSpec, home: Path, crash_point: CrashPoint = pass_by) -> LoadedCode:
    """Load a location's code, from its home as the working folder.

    Raises:
        CodeError: It fails to load; the error has the code's own traceback.
    """
    os.chdir(home)
    import_uncached(home)
    keep = ExitStack()  # imports find what lies beside the code for as long as this process lives
    definitions, _ = keep.enter_context(loaded_module(spec.source))
    keep.pop_all()
    return LoadedCode(spec, home, definitions, _prepared_instance(home, crash_point), crash_point)


def count_threads() -> int:
    """Return how many threads this process has, once short-lived ones have had the chance to end."""
    gc.collect()
    return os_threads()


def source_files(home: Path) -> list[str]:
    """Return the files of the code that was loaded from the home: who mends the code changes one of them."""
    base = f"{home.resolve()}{os.sep}"
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return sorted(
        file for file in files if isinstance(file, str) and file.startswith(base) and "site-packages" not in file
    )


def _prepared_instance(home: Path, crash_point: CrashPoint) -> Instance | None:
    """Open the instance and let go of its connection: who is forked from here opens one of its own."""
    try:
        instance = open_home(home, crash_point)
    except (MainspringError, OSError):
        return None  # a run will say what is wrong
    instance.storage.runs.get("")  # has the statements that each run needs compiled
    instance.close()
    return instance


def rehearse() -> None:
    """Carry out a run for nobody, in a folder that is thrown away, as often as Python needs to adapt its code to it.

    What happens for the first time in a worker costs it pages of memory of its own, which all runs would pay for.
    """
    job = rehearsal_job()
    definitions = Definitions(jobs=[job])
    with tempfile.TemporaryDirectory(prefix="mainspring-") as name:
        folder = Path(name)
        instance = Instance(
            storage=scratch_storage(folder),
            logs=FilesystemLogStore(folder / "logs"),
            io_manager=FilesystemIOManager(folder / "values"),
            home=folder,
        )
        with instance:
            for _ in range(TIMES):
                run = queue_run(job, None, RunOptions(), instance=instance)
                launched = prepare_launched(definitions, run.run_id, run.attempt, instance)
                launched.carry_out(launched.claim())


def open_home(home: Path, crash_point: CrashPoint = pass_by) -> Instance:
    """Open a home's instance, which has to be there.

    Raises:
        MainspringError: It cannot be opened.
    """
    return Instance.open(home, create=False, crash_point=crash_point)
