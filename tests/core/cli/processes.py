"""Calling the command line in a process of its own, or on a terminal."""

import codecs
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PROGRAM = [sys.executable, "-m", "mainspring"]


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MAINSPRING") and key != "NO_COLOR"}
    return {**kept, "TERM": "xterm-256color", "COLUMNS": "100", **more}


def start(folder: Path, *words: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *words],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def call(folder: Path, *words: str, **more: str) -> tuple[int, str, str]:
    with start(folder, *words, **more) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def on_terminal(folder: Path, words: list[str], press: Mapping[str, bytes], **more: str) -> tuple[int, str]:
    """Call the command on a terminal, pressing keys once a text is seen; return its exit code and the screen's bytes."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(sys.executable, [*PROGRAM, *words], environment(**more))
    screen = ""
    waiting = dict(press)
    for text in _read(terminal):
        screen += text
        for sight in [each for each in waiting if each in screen]:
            os.write(terminal, waiting.pop(sight))
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), screen


def _read(terminal: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        try:
            found = os.read(terminal, 65536)
        except OSError:  # EIO: the other side was closed
            return
        if not found:
            return
        yield decoder.decode(found)
