"""Running inside an event loop, as every cell of a notebook does: ops do not notice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def outside_event_loop() -> Iterator[None]:
    """Have `asyncio.run` work inside, though this thread's event loop may be running.

    That loop waits for us anyway: nothing of it runs until we return. So to the code inside it is as if there were none,
    and the loop and its current task are put back behind it.
    """
    asyncio = sys.modules.get("asyncio")  # where nobody has loaded it, no loop runs
    loop = None if asyncio is None else asyncio._get_running_loop()  # noqa: SLF001 - meant for event loops' authors
    if asyncio is None or loop is None:
        yield
        return
    task = asyncio.current_task(loop)
    if task is not None:
        asyncio._leave_task(loop, task)  # noqa: SLF001 - documented under "Extending" asyncio
    asyncio._set_running_loop(None)  # noqa: SLF001
    try:
        yield
    finally:
        asyncio.set_event_loop(loop)  # asyncio.run leaves none
        asyncio._set_running_loop(loop)  # noqa: SLF001
        if task is not None:
            asyncio._enter_task(loop, task)  # noqa: SLF001
