"""What a daemon says while it works: notes for people, or a JSON object a line for machines."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import click

from mainspring.cli.complaint import note, warn
from mainspring.text import utc, visible_json

LogFormat = Literal["text", "json"]

OWN = logging.getLogger("mainspring.cli.daemon")
"""What the command itself says."""


@contextmanager
def said_on_stderr(log_format: LogFormat) -> Iterator[None]:
    """Print what Mainspring's loggers say: warnings as text, or all of it as JSON, what plugins are warned of too."""
    ours, plugins = logging.getLogger("mainspring"), logging.getLogger("mainspring.plugin")
    handler = _Notes() if log_format == "text" else _Lines()
    before = {ours: ours.level, OWN: OWN.level}
    handlers, propagate = list(plugins.handlers), plugins.propagate
    ours.addHandler(handler)
    OWN.setLevel(logging.INFO)
    if log_format == "json":
        ours.setLevel(logging.INFO)
        plugins.handlers, plugins.propagate = [], True
    try:
        yield
    finally:
        ours.removeHandler(handler)
        for logger, level in before.items():
            logger.setLevel(level)
        plugins.handlers, plugins.propagate = handlers, propagate


class _Notes(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        (warn if record.levelno >= logging.WARNING else note)(record.getMessage())


class _Lines(logging.Handler):
    """Prints a JSON object a line: `time`, `level`, `logger`, `message`, and `exception` where there was one."""

    def emit(self, record: logging.LogRecord) -> None:
        said = {
            "time": utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["exception"] = logging.Formatter().formatException(record.exc_info)
        click.echo(visible_json(json.dumps(said, ensure_ascii=False)), err=True)
