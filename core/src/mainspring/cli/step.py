"""`mainspring step`: one step of a run, opened again."""

from __future__ import annotations

import click


@click.group
def step() -> None:
    """Open a step of a run in a debugger or a notebook."""
