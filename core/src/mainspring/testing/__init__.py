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
    from mainspring.testing.contract.executor import ExecutorContract as ExecutorContract
    from mainspring.testing.contract.io_manager import IOManagerContract as IOManagerContract
    from mainspring.testing.contract.launch_deployment import LaunchDeployment as LaunchDeployment
    from mainspring.testing.contract.log_store import LogStoreContract as LogStoreContract
    from mainspring.testing.contract.persistent_io_manager import (
        PersistentIOManagerContract as PersistentIOManagerContract,
    )
    from mainspring.testing.contract.run_launcher import RunLauncherContract as RunLauncherContract
    from mainspring.testing.contract.sensor_source import SensorSourceContract as SensorSourceContract
    from mainspring.testing.contract.sequential_executor import SequentialExecutorContract as SequentialExecutorContract
    from mainspring.testing.contract.storage import StorageContract as StorageContract
    from mainspring.testing.deployment.deployment import Deployment as Deployment
    from mainspring.testing.deployment.duration import MomentError as MomentError
    from mainspring.testing.deployment.loop import EndlessError as EndlessError

_LATER = {
    "ConcurrentExecutorContract": "contract.concurrent_executor",
    "Deployment": "deployment.deployment",
    "EndlessError": "deployment.loop",
    "ExecutorContract": "contract.executor",
    "IOManagerContract": "contract.io_manager",
    "LaunchDeployment": "contract.launch_deployment",
    "LogStoreContract": "contract.log_store",
    "MomentError": "deployment.duration",
    "PersistentIOManagerContract": "contract.persistent_io_manager",
    "RunLauncherContract": "contract.run_launcher",
    "SensorSourceContract": "contract.sensor_source",
    "SequentialExecutorContract": "contract.sequential_executor",
    "StorageContract": "contract.storage",
}
"""Where the names are that are imported once they are used."""

__all__ = [
    "ConcurrentExecutorContract",
    "Deployment",
    "EndlessError",
    "ExecutorContract",
    "IOManagerContract",
    "LaunchDeployment",
    "LogStoreContract",
    "MomentError",
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
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
