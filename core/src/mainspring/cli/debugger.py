"""A step in pdb, on a terminal."""

from __future__ import annotations

import bdb
import pdb  # noqa: T100 - this is the debugger's own command
import reprlib
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from mainspring.cli.complaint import note
from mainspring.cli.show import echo
from mainspring.location.user_frames import user_traceback
from mainspring.text import visible

if TYPE_CHECKING:
    from mainspring.execute import StepDebug


class _Debugger(pdb.Pdb):
    """The debugger, which remembers whether it was left before the op's end."""

    was_left = False

    def set_quit(self) -> None:
        self.was_left = True
        super().set_quit()


def debug_on_terminal(step: StepDebug) -> None:
    """Call a step's op in pdb from its first line on; what it raises is looked at where it was raised."""
    context = step.context
    echo(f"step {context.step_key} of run {context.run_id}, with the resources of mode {context.mode}")
    if step.error is not None:
        echo(f"its last attempt raised {step.error.summary}")
    for name, value in step.inputs.items():
        echo(f"  {name} = {reprlib.repr(value)}")
    if step.config is not None:
        echo(f"  config = {reprlib.repr(step.config)}")
    args, kwargs = step.arguments()
    debugger = _Debugger(skip=["bdb"])
    result: object = None
    try:
        with suppress(bdb.BdbQuit):
            result = debugger.runcall(step.op.function, *args, **kwargs)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what the op raises is what the person came to see
        click.echo(visible(user_traceback(error), lines=True), err=True)
        pdb.post_mortem(error.__traceback__)
        return
    if debugger.was_left:
        note("the debugger was left; nothing was recorded")
        return
    echo(f"the op returned {reprlib.repr(result)}; nothing was recorded")
