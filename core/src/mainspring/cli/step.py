"""`mainspring step`: one step of a run, opened again."""

from __future__ import annotations

import sys

import click

from mainspring.cli.options import code_options, code_source, home_option


@click.group
def step() -> None:
    """Open a step of a run in a debugger or a notebook."""


@step.command("debug")
@click.argument("run_id", metavar="RUN")
@click.argument("step_key", metavar="STEP")
@code_options
@click.option(
    "--mode", metavar="NAME", help="The mode whose resources the step is called with; the run's unless given."
)
@click.option("--notebook", metavar="PATH", help="Write a notebook that opens the step, and start no debugger.")
@home_option
def debug(
    *,
    run_id: str,
    step_key: str,
    file: str | None,
    module: str | None,
    with_traceback: bool,
    mode: str | None,
    notebook: str | None,
    home: str | None,
) -> None:
    """Open a step with the inputs and the config that it had, in pdb, at the first line of its op.

    Inputs are loaded as the run stored them; the op is called with the resources of the mode that is named. Nothing is
    recorded or stored. An exception is looked at where it was raised.

    \b
    Examples:
      mainspring step debug 0192f3 clean -f defs.py
      mainspring step debug 0192f3 'double[2013-01]' -m sales.definitions --mode dev
      mainspring step debug 0192f3 clean -f defs.py --notebook clean.ipynb
    """  # noqa: D301 - click's mark is a backspace
    source = code_source(file, module, with_traceback)
    if notebook is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(
            "a debugger needs a terminal; name a notebook with --notebook PATH instead", click.get_current_context()
        )
    from mainspring.cli.home import opened
    from mainspring.cli.run_reference import find_run
    from mainspring.location.code import loaded_module

    with loaded_module(source) as (definitions, loaded), opened(home) as instance:
        run_id = find_run(instance, run_id).run_id
        with definitions.debug_step(run_id, step_key, instance=instance, mode=mode) as opened_step:
            if notebook is None:
                from mainspring.cli.debugger import debug_on_terminal

                debug_on_terminal(opened_step)
            else:
                from mainspring.cli.debug_notebook import write_notebook

                write_notebook(notebook, opened_step, source, definitions, loaded, instance.home, mode)
