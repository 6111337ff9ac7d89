"""The home of the demonstration: its settings, and beginning the year anew in it."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring.demo.delivery import take_back
from mainspring.demo.months import Months
from mainspring.errors import InstanceError
from mainspring.instance import locate
from mainspring.location.spec import location_specs
from mainspring.settings import FILE_NAME

if TYPE_CHECKING:
    from mainspring.settings import Settings

LOCATION = "flights"
"""The code location that has the example's definitions."""

MODULE = "mainspring.demo.season"

ARRIVALS = "arrivals"
"""The folder that the sensor watches."""

SEASON = "season"
"""The folder of the months that are done."""

_START = """\
# pandas leaves threads behind when it is imported, of libraries that are made to be forked: so it is forked all the same.
start = "fork"
"""

SETTINGS = f"""\
# The settings of this instance. Its one code location is the example project.
[[location]]
name = "{LOCATION}"
module = "{MODULE}"
{_START if sys.platform == "linux" else ""}
# The example keeps its reports in a folder beside this file: what stands here takes the place of what the code says of
# these modes.
[mode.dev.resources.text_files]
use = "filesystem"
base = "reports"
format = "text"

[mode.test.resources.text_files]
use = "filesystem"
base = "reports"
format = "text"
"""


def prepare_home(home: Path) -> tuple[Path, Settings]:
    """Make the home, with settings for the example where it has none, and return it as an absolute path, with these.

    Raises:
        InstanceError: It cannot be made, or is the home of something else.
    """
    folder, _ = locate(home)
    settings = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not settings.exists():
            settings.write_text(SETTINGS, "utf-8")
    except OSError as error:
        raise _unusable(folder, error) from error
    _, found = locate(home)
    spec = location_specs(found, folder).get(LOCATION)
    if spec is None or spec.module != MODULE:
        raise InstanceError(
            f"home {folder} is no demo's: its {FILE_NAME} has no location {LOCATION!r} of module {MODULE}; name another "
            "folder, or one that is not there yet"
        )
    return folder, found


@contextmanager
def one_demo(folder: Path) -> Iterator[None]:
    """Hold a home for one demonstration at a time, in which the year begins anew: what arrived is taken back.

    Runs, ticks and reports of earlier times stay.

    Raises:
        InstanceError: Another one is at work there, or it cannot be written.
    """
    with ExitStack() as held:
        try:
            lock = held.enter_context((folder / "demo.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (folder / ARRIVALS).mkdir(exist_ok=True)
            take_back(folder / ARRIVALS)
            Months(folder / SEASON).clear()
        except BlockingIOError as error:
            raise InstanceError(f"another demo is at work in home {folder}; end it, or name another folder") from error
        except OSError as error:
            raise _unusable(folder, error) from error
        yield


def _unusable(folder: Path, error: OSError) -> InstanceError:
    return InstanceError(f"home {folder} cannot be prepared: {error.strerror}; name another folder")
