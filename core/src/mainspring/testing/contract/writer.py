"""A process that stores values until it is killed: `python -m mainspring.testing.contract.writer`.

Reads a pickle of (IO manager, context, values, how often, largest file in bytes or None) from standard input, stores the
values in turn at the one address, and says a line after each.
"""

from __future__ import annotations

import os
import pickle
import sys
from itertools import cycle, islice


def main() -> None:
    """Store what is asked for."""
    io_manager, context, values, times, largest_file_bytes = pickle.load(sys.stdin.buffer)
    if largest_file_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file_bytes, largest_file_bytes))
    for value in islice(cycle(values), times):
        io_manager.handle_output(context, value)
        os.write(sys.stdout.fileno(), b"stored\n")


if __name__ == "__main__":
    main()
