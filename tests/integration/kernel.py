"""A real kernel for tests: it runs cells, and knows nothing of the machine's own Jupyter."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

PATIENCE_SECONDS = 120.0


@frozen
class Cell:
    """What came of a cell: the messages of its outputs, those that were drawn again in the last state."""

    outputs: tuple[Mapping[str, Any], ...]
    updates: int

    @property
    def text(self) -> str:
        """What it printed and its result as text."""
        parts = [
            each.get("text", "") if each["output_type"] == "stream" else each.get("data", {}).get("text/plain", "")
            for each in self.outputs
            if each["output_type"] in ("stream", "execute_result")
        ]
        return "".join(parts)

    @property
    def html(self) -> str:
        """All HTML that it shows."""
        return "\n".join(each.get("data", {}).get("text/html", "") for each in self.outputs)

    @property
    def error(self) -> tuple[str, str] | None:
        """What it raised: the class and what it says."""
        found = [each for each in self.outputs if each["output_type"] == "error"]
        return (found[0]["ename"], found[0]["evalue"]) if found else None


class Kernel:
    """A kernel at work."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager = manager
        self._client = client

    def run(self, code: str, *, interrupt_when: str | None = None) -> Cell:
        """Run a cell to its end.

        Args:
            code: The cell.
            interrupt_when: What the cell prints when the kernel is to be interrupted, as by the stop button.
        """
        outputs: list[dict[str, Any]] = []
        displays: dict[str, dict[str, Any]] = {}
        updates = 0

        def take(message: dict[str, Any]) -> None:
            nonlocal updates
            kind, content = message["msg_type"], message["content"]
            if kind == "update_display_data":
                updates += 1
                displays[content["transient"]["display_id"]]["data"] = content["data"]
            elif kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append({"output_type": kind, **content})
                if "display_id" in content.get("transient", {}):
                    displays[content["transient"]["display_id"]] = outputs[-1]
                if kind == "stream" and interrupt_when is not None and interrupt_when in content["text"]:
                    self._manager.interrupt_kernel()

        self._client.execute_interactive(code, timeout=PATIENCE_SECONDS, output_hook=take, allow_stdin=False)
        return Cell(tuple(outputs), updates)


@contextmanager
def kernel(folder: Path) -> Iterator[Kernel]:
    """Start a kernel that stands in a folder, and end it."""
    manager = KernelManager(connection_file=str(folder / "connection.json"))
    manager._kernel_spec = KernelSpec(  # noqa: SLF001 - what is installed on the machine does not matter
        argv=[sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        language="python",
    )
    manager.start_kernel(cwd=str(folder), env=environment(folder))
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE_SECONDS)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
        manager.context.destroy()


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which Jupyter and IPython find nothing but what they bring."""
    own = {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_CONFIG_DIR": str(folder / "jupyter"), "HOME": str(folder)}
    return {**os.environ, **own}
