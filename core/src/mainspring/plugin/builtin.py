"""What Mainspring itself brings, through the same hooks as everybody else."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.definition.executor import Executor
from mainspring.definition.io import IOManager
from mainspring.definition.sensor_source import SensorSource
from mainspring.launch import RunLauncher
from mainspring.log.port import LogStore
from mainspring.plugin.markers import hookimpl


@hookimpl
def mainspring_executors() -> Mapping[str, type[Executor]]:
    """Register the executors."""
    from mainspring.execute import InProcessExecutor
    from mainspring.execute.process.executor import MultiprocessExecutor

    return {"in_process": InProcessExecutor, "multiprocess": MultiprocessExecutor}


@hookimpl
def mainspring_io_managers() -> Mapping[str, type[IOManager]]:
    """Register the IO managers."""
    from mainspring.io.filesystem import FilesystemIOManager
    from mainspring.io.memory import MemoryIOManager

    return {"memory": MemoryIOManager, "filesystem": FilesystemIOManager}


@hookimpl
def mainspring_log_stores() -> Mapping[str, type[LogStore]]:
    """Register the log stores."""
    from mainspring.log.filesystem import FilesystemLogStore

    return {"filesystem": FilesystemLogStore}


@hookimpl
def mainspring_run_launchers() -> Mapping[str, type[RunLauncher]]:
    """Register the run launchers."""
    from mainspring.launch.local import LocalLauncher

    return {"local": LocalLauncher}


@hookimpl
def mainspring_sensor_sources() -> Mapping[str, type[SensorSource]]:
    """Register the sensor sources."""
    from mainspring.source.directory import DirectorySource

    return {"directory": DirectorySource}
