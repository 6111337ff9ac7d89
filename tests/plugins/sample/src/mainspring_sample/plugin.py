"""What the plugin registers; its things are imported when Mainspring asks for them."""

from collections.abc import Mapping
from typing import Any

import mainspring as ms


@ms.hookimpl
def mainspring_executors() -> Mapping[str, type[ms.Executor]]:
    """Register the executor."""
    from mainspring_sample.threads import ThreadExecutor

    return {"threads": ThreadExecutor}


@ms.hookimpl
def mainspring_io_managers() -> Mapping[str, type[ms.IOManager]]:
    """Register the IO manager."""
    from mainspring_sample.json_lines import JsonLinesIOManager

    return {"json_lines": JsonLinesIOManager}


@ms.hookimpl
def mainspring_resources() -> Mapping[str, type[ms.Resource[Any]]]:
    """Register the resource."""
    from mainspring_sample.connection import SqliteConnection

    return {"sqlite_connection": SqliteConnection}


@ms.hookimpl
def mainspring_sensor_sources() -> Mapping[str, type[ms.SensorSource]]:
    """Register the sensor source."""
    from mainspring_sample.inbox import SqliteInbox

    return {"sqlite_inbox": SqliteInbox}


@ms.hookimpl
def mainspring_run_launchers() -> Mapping[str, type[ms.RunLauncher]]:
    """Register the run launcher."""
    from mainspring_sample.subprocesses import SubprocessLauncher

    return {"subprocesses": SubprocessLauncher}
