"""What tests of ops, plugins and deployments are made of: contexts, a virtual clock, contract suites.

The suites need pytest, which is imported with them and by nothing else here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mainspring.testing.clock import VirtualClock
from mainspring.testing.contexts import op_context, schedule_context, sensor_context
from mainspring.testing.followed import materialization, run_event

if TYPE_CHECKING:
    from mainspring.testing.contract.concurrent_executor import ConcurrentExecutorContract as ConcurrentExecutorContract
    from mainspring.testing.contract.deployment import Deployment as Deployment
    from mainspring.testing.contract.executor import ExecutorContract as ExecutorContract
    from mainspring.testing.contract.io_manager import IOManagerContract as IOManagerContract
    from mainspring.testing.contract.log_store import LogStoreContract as LogStoreContract
    from mainspring.testing.contract.persistent_io_manager import (
        PersistentIOManagerContract as PersistentIOManagerContract,
    )
    from mainspring.testing.contract.run_launcher import RunLauncherContract as RunLauncherContract
    from mainspring.testing.contract.sensor_source import SensorSourceContract as SensorSourceContract
    from mainspring.testing.contract.sequential_executor import SequentialExecutorContract as SequentialExecutorContract
    from mainspring.testing.contract.storage import StorageContract as StorageContract

_CONTRACTS = {
    "ConcurrentExecutorContract": "concurrent_executor",
    "Deployment": "deployment",
    "ExecutorContract": "executor",
    "IOManagerContract": "io_manager",
    "LogStoreContract": "log_store",
    "PersistentIOManagerContract": "persistent_io_manager",
    "RunLauncherContract": "run_launcher",
    "SensorSourceContract": "sensor_source",
    "SequentialExecutorContract": "sequential_executor",
    "StorageContract": "storage",
}

__all__ = [
    "ConcurrentExecutorContract",
    "Deployment",
    "ExecutorContract",
    "IOManagerContract",
    "LogStoreContract",
    "PersistentIOManagerContract",
    "RunLauncherContract",
    "SensorSourceContract",
    "SequentialExecutorContract",
    "StorageContract",
    "VirtualClock",
    "materialization",
    "op_context",
    "run_event",
    "schedule_context",
    "sensor_context",
]


def __getattr__(name: str) -> Any:
    if name not in _CONTRACTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.contract.{_CONTRACTS[name]}"), name)
