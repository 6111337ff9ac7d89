"""What goes to stderr: errors in one sentence, warnings, and the confession of a bug."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from mainspring.errors import MainspringError
from mainspring.text import visible

if TYPE_CHECKING:
    from logging import LogRecord

PLUGINS = "mainspring.plugin"
"""The logger of what plugins are warned of."""


def complain(sentence: str) -> None:
    """Say what is wrong, in one line."""
    _say("error", sentence, "red")


def note(sentence: str) -> None:
    """Say what a person should know, though nothing is wrong."""
    _say("note", sentence, "cyan")


def warn(sentence: str) -> None:
    """Say what looks wrong, though the command goes on."""
    _say("warning", sentence, "yellow")


def explain(error: MainspringError) -> None:
    """Say an error that was foreseen, behind the user's own traceback where one was asked for."""
    traceback = getattr(error, "user_traceback", "")
    if traceback:
        click.echo(visible(traceback, lines=True).rstrip("\n"), err=True)
    complain(str(error))


def confess(error: BaseException) -> None:
    """Show the traceback of an error that nobody foresaw, and say that it is a bug."""
    import traceback

    lines = "".join(traceback.format_exception(error))
    click.echo(visible(lines, lines=True).rstrip("\n"), err=True)
    complain(
        f"{type(error).__name__}: {error}: this is a bug in Mainspring, or in a plugin; please report it with the lines "
        "above"
    )


def usage_sentence(error: click.ClickException) -> str:
    """Return what click found wrong as a sentence of ours, with where to read on."""
    said = error.format_message().strip().rstrip(".")
    sentence = said[:1].lower() + said[1:]
    context = getattr(error, "ctx", None)
    return f"{sentence}; see `{context.command_path} --help`" if context is not None else sentence


def system_sentence(error: OSError) -> str:
    """Return what the operating system refused."""
    if error.strerror is None:
        return str(error) or type(error).__name__
    if error.filename is None:
        return f"the system refused: {error.strerror}"
    return f"{error.filename}: {error.strerror}; check that it exists and that this user may use it"


def prepare_streams() -> None:
    """Let text that the terminal's encoding lacks be shown as escapes rather than stop the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def abandon_stdout() -> None:
    """Let stdout lead nowhere if it takes no more, so that Python does not fail at it once more as it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        send_nowhere(sys.stdout)


def send_nowhere(stream: TextIO) -> None:
    """Let a stream lead nowhere, for all who write to it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def shown_warnings(name: str = PLUGINS) -> Iterator[None]:
    """Show what a logger is told as warnings of ours."""
    logger = logging.getLogger(name)
    handler = _WarningHandler()
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


@contextmanager
def silenced_warnings(name: str = PLUGINS) -> Iterator[None]:
    """Keep warnings back, those about plugins or of another logger, where the command itself shows what they say."""
    logger = logging.getLogger(name)
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


class _WarningHandler(logging.Handler):
    def emit(self, record: LogRecord) -> None:
        warn(record.getMessage())


def _say(kind: str, sentence: str, color: str) -> None:
    one_line = " ".join(sentence.split("\n"))
    head = click.style(f"{kind}:", fg=color, bold=True) if _has_color() else f"{kind}:"
    click.echo(f"{head} {visible(one_line)}", err=True)


def _has_color() -> bool:
    from mainspring.cli.terminal import has_color

    return has_color(sys.stderr)
