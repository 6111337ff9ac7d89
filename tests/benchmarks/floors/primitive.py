"""What cannot be avoided: the price of a commit and of a small file, without anything of ours around it."""

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PAYLOAD = b"x" * 64


def commits(folder: Path, synchronous: str) -> Callable[[int], None]:
    """Prepare a SQLite file with a write-ahead log; return what commits one row to it."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute(f"pragma synchronous={synchronous}")
    connection.execute("create table fact (id integer primary key, body blob)")

    def commit(_index: int) -> None:
        connection.execute("begin immediate")
        connection.execute("insert into fact (body) values (?)", (PAYLOAD,))
        connection.execute("commit")

    return commit


def writes(folder: Path) -> Callable[[int], None]:
    """Return what writes a small new file."""

    def write(index: int) -> None:
        (folder / str(index)).write_bytes(PAYLOAD)

    return write


def durable_writes(folder: Path) -> Callable[[int], None]:
    """Return what writes a small new file such that a power cut leaves it there."""
    parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def write(index: int) -> None:
        with (folder / str(index)).open("wb") as file:
            file.write(PAYLOAD)
            file.flush()
            os.fsync(file.fileno())
        os.fsync(parent)

    return write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--of", choices=["commit-normal", "commit-full", "write", "write-durable"], required=True)
    parser.add_argument("--count", type=int, default=500)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    match arguments.of:
        case "commit-normal":
            act = commits(folder, "normal")
        case "commit-full":
            act = commits(folder, "full")
        case "write":
            act = writes(folder)
        case _:
            act = durable_writes(folder)
    costs = []
    for index in range(arguments.count):
        start = time.perf_counter()
        act(index)
        costs.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"work": arguments.of, "ms": statistics.median(costs)}))


if __name__ == "__main__":
    main()
