"""Mainspring: data jobs of typed functions, which keep what they make where you say and tell what they did.

The names below are the public ones; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mainspring import testing as testing
    from mainspring.clock import Clock as Clock
    from mainspring.definition.asset import AssetKey as AssetKey
    from mainspring.definition.asset import Materialization as Materialization
    from mainspring.definition.asset_sensor import AssetSensor as AssetSensor
    from mainspring.definition.asset_sensor import MaterializationEvent as MaterializationEvent
    from mainspring.definition.asset_sensor import asset_sensor as asset_sensor
    from mainspring.definition.automation_context import ScheduleContext as ScheduleContext
    from mainspring.definition.automation_context import SensorContext as SensorContext
    from mainspring.definition.catch_up import CatchUp as CatchUp
    from mainspring.definition.config import config as config
    from mainspring.definition.context import HookContext as HookContext
    from mainspring.definition.context import OpContext as OpContext
    from mainspring.definition.decorator import op as op
    from mainspring.definition.definitions import Definitions as Definitions
    from mainspring.definition.evaluation import Evaluation as Evaluation
    from mainspring.definition.evaluation import EvaluationFailedError as EvaluationFailedError
    from mainspring.definition.executor import Executor as Executor
    from mainspring.definition.graph import graph as graph
    from mainspring.definition.io import DynamicOut as DynamicOut
    from mainspring.definition.io import In as In
    from mainspring.definition.io import InputContext as InputContext
    from mainspring.definition.io import IOManager as IOManager
    from mainspring.definition.io import Out as Out
    from mainspring.definition.io import OutputContext as OutputContext
    from mainspring.definition.job import Job as Job
    from mainspring.definition.job import job as job
    from mainspring.definition.mode import Mode as Mode
    from mainspring.definition.request import RunRequest as RunRequest
    from mainspring.definition.request import SkipReason as SkipReason
    from mainspring.definition.resource import Resource as Resource
    from mainspring.definition.resource import resource as resource
    from mainspring.definition.retry import Failure as Failure
    from mainspring.definition.retry import RetryPolicy as RetryPolicy
    from mainspring.definition.retry import RetryRequested as RetryRequested
    from mainspring.definition.run_retry import RunRetryPolicy as RunRetryPolicy
    from mainspring.definition.run_status_sensor import RunStatusEvent as RunStatusEvent
    from mainspring.definition.run_status_sensor import RunStatusSensor as RunStatusSensor
    from mainspring.definition.run_status_sensor import run_status_sensor as run_status_sensor
    from mainspring.definition.schedule import Schedule as Schedule
    from mainspring.definition.schedule import schedule as schedule
    from mainspring.definition.sensor import Sensor as Sensor
    from mainspring.definition.sensor import sensor as sensor
    from mainspring.definition.sensor_source import AcknowledgingSource as AcknowledgingSource
    from mainspring.definition.sensor_source import Item as Item
    from mainspring.definition.sensor_source import SensorSource as SensorSource
    from mainspring.environment import EnvVar as EnvVar
    from mainspring.errors import ConfigError as ConfigError
    from mainspring.errors import DefinitionError as DefinitionError
    from mainspring.errors import LaunchError as LaunchError
    from mainspring.errors import MainspringError as MainspringError
    from mainspring.errors import RunFailedError as RunFailedError
    from mainspring.errors import ValueNotFound as ValueNotFound
    from mainspring.event import Event as Event
    from mainspring.execute import InProcessExecutor as InProcessExecutor
    from mainspring.execute import RunContext as RunContext
    from mainspring.execute import RunResult as RunResult
    from mainspring.execute import StepDebug as StepDebug
    from mainspring.execute import liveness as liveness
    from mainspring.execute.process.executor import MultiprocessExecutor as MultiprocessExecutor
    from mainspring.instance import Instance as Instance
    from mainspring.io.filesystem import FilesystemIOManager as FilesystemIOManager
    from mainspring.io.memory import MemoryIOManager as MemoryIOManager
    from mainspring.launch import Launch as Launch
    from mainspring.launch import RunLauncher as RunLauncher
    from mainspring.launch import WorkerHealth as WorkerHealth
    from mainspring.log.port import LogKey as LogKey
    from mainspring.log.port import LogPiece as LogPiece
    from mainspring.log.port import LogStore as LogStore
    from mainspring.plan import Plan as Plan
    from mainspring.plan import Step as Step
    from mainspring.plugin import hookimpl as hookimpl
    from mainspring.run import Run as Run
    from mainspring.run import RunStatus as RunStatus
    from mainspring.run import WorkerIdentity as WorkerIdentity
    from mainspring.source.directory import DirectorySource as DirectorySource

_HOMES = {
    "AcknowledgingSource": "definition.sensor_source",
    "AssetKey": "definition.asset",
    "AssetSensor": "definition.asset_sensor",
    "CatchUp": "definition.catch_up",
    "Clock": "clock",
    "ConfigError": "errors",
    "DefinitionError": "errors",
    "Definitions": "definition.definitions",
    "DirectorySource": "source.directory",
    "DynamicOut": "definition.io",
    "EnvVar": "environment",
    "Evaluation": "definition.evaluation",
    "EvaluationFailedError": "definition.evaluation",
    "Event": "event",
    "Executor": "definition.executor",
    "Failure": "definition.retry",
    "FilesystemIOManager": "io.filesystem",
    "HookContext": "definition.context",
    "IOManager": "definition.io",
    "In": "definition.io",
    "InProcessExecutor": "execute",
    "InputContext": "definition.io",
    "Instance": "instance",
    "Item": "definition.sensor_source",
    "Job": "definition.job",
    "Launch": "launch",
    "LaunchError": "errors",
    "LogKey": "log.port",
    "LogPiece": "log.port",
    "LogStore": "log.port",
    "MainspringError": "errors",
    "Materialization": "definition.asset",
    "MaterializationEvent": "definition.asset_sensor",
    "MemoryIOManager": "io.memory",
    "Mode": "definition.mode",
    "MultiprocessExecutor": "execute.process.executor",
    "OpContext": "definition.context",
    "Out": "definition.io",
    "OutputContext": "definition.io",
    "Plan": "plan",
    "Resource": "definition.resource",
    "RetryPolicy": "definition.retry",
    "RetryRequested": "definition.retry",
    "Run": "run",
    "RunContext": "execute",
    "RunFailedError": "errors",
    "RunLauncher": "launch",
    "RunRequest": "definition.request",
    "RunResult": "execute",
    "RunRetryPolicy": "definition.run_retry",
    "RunStatus": "run",
    "RunStatusEvent": "definition.run_status_sensor",
    "RunStatusSensor": "definition.run_status_sensor",
    "Schedule": "definition.schedule",
    "ScheduleContext": "definition.automation_context",
    "Sensor": "definition.sensor",
    "SensorContext": "definition.automation_context",
    "SensorSource": "definition.sensor_source",
    "SkipReason": "definition.request",
    "Step": "plan",
    "StepDebug": "execute",
    "ValueNotFound": "errors",
    "WorkerHealth": "launch",
    "WorkerIdentity": "run",
    "asset_sensor": "definition.asset_sensor",
    "config": "definition.config",
    "graph": "definition.graph",
    "hookimpl": "plugin",
    "job": "definition.job",
    "liveness": "execute",
    "op": "definition.decorator",
    "resource": "definition.resource",
    "run_status_sensor": "definition.run_status_sensor",
    "schedule": "definition.schedule",
    "sensor": "definition.sensor",
    "testing": "",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - the one list of public names


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES[name]
    found = import_module(f"{__name__}.{name}") if not home else getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
