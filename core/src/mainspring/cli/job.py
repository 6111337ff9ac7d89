"""`mainspring job`: which jobs a file or module holds, what they are made of, and running one here."""

from __future__ import annotations

import click

from mainspring.cli.job_launch import launch_job
from mainspring.cli.options import (
    code_options,
    code_source,
    home_option,
    json_option,
    key_value_pairs,
    limit_option,
    run_options,
)
from mainspring.cli.show import echo_json, echo_table


@click.group
def job() -> None:
    """List, show and run the jobs of a file or module, and queue runs of those of code locations.

    The code is named with -f FILE or -m MODULE, and holds one `ms.Definitions`, or just jobs; `job launch` takes jobs
    that code locations offer.
    """


job.add_command(launch_job)


@job.command("list")
@code_options
@limit_option(None, "jobs")
@json_option
def list_jobs(*, file: str | None, module: str | None, with_traceback: bool, limit: int | None, as_json: bool) -> None:
    """List the jobs of a file or module.

    \b
    Examples:
      mainspring job list -f defs.py
      mainspring job list -m sales.definitions --json
    """  # noqa: D301 - click's mark is a backspace
    source = code_source(file, module, with_traceback)
    from mainspring.location.code import loaded
    from mainspring.location.job_document import job_row

    with loaded(source) as definitions:
        rows = [job_row(each) for each in definitions.jobs.values()][:limit]
    if as_json:
        echo_json(rows)
        return
    echo_table(
        ("JOB", "OPS", "MODES", "ABOUT"),
        [
            (row["name"], str(row["ops"]), ", ".join(row["modes"]), row["description"].partition("\n")[0])
            for row in rows
        ],
    )


@job.command("show")
@click.argument("name", required=False)
@code_options
@json_option
@home_option
def show_job(
    *, name: str | None, file: str | None, module: str | None, with_traceback: bool, as_json: bool, home: str | None
) -> None:
    """Show a job: its modes, its ops, what each takes, is configured with and stores.

    NAME may be left out where there is only one job. Modes are shown with what the settings of the home put in place of
    their parts, as a run there has them.

    \b
    Examples:
      mainspring job show -f defs.py
      mainspring job show ingest -m sales.definitions --json
    """  # noqa: D301 - click's mark is a backspace
    source = code_source(file, module, with_traceback)
    from mainspring.cli.home import overrides_of
    from mainspring.cli.job_page import echo_job
    from mainspring.cli.run_here import pick_job
    from mainspring.location.code import loaded
    from mainspring.location.job_document import job_document

    with loaded(source) as definitions:
        document = job_document(pick_job(definitions, name), overrides_of(home))
    if as_json:
        echo_json(document)
    else:
        echo_job(document)


@job.command("run")
@click.argument("name", required=False)
@code_options
@click.option("--mode", metavar="NAME", help="The mode; the job's first unless given.")
@run_options
@click.option("--parent", metavar="RUN", help="A run to execute again: what it has done well is taken from it.")
@click.option("--ephemeral", is_flag=True, help="Keep nothing: record the run and its outputs in memory.")
@json_option
@home_option
def run_job(
    *,
    name: str | None,
    file: str | None,
    module: str | None,
    with_traceback: bool,
    mode: str | None,
    configs: tuple[str, ...],
    selection: tuple[str, ...],
    tags: tuple[str, ...],
    partition: str | None,
    run_key: str | None,
    parent: str | None,
    ephemeral: bool,
    as_json: bool,
    home: str | None,
) -> None:
    """Run a job here and now, and show it.

    NAME may be left out where there is only one job. Ends with 0 when the run succeeds, with 1 when it fails, with 130
    when Ctrl-C ends it and with 143 when a SIGTERM does. Where no home is found, nothing is kept.

    With --parent, a new run does what did not end well in that one; with --select too, just the selected steps. Mode and
    config are the parent's unless given.

    \b
    Examples:
      mainspring job run -f defs.py
      mainspring job run ingest -m sales.definitions --mode prod --tag team=data
      mainspring job run ingest -f defs.py --config '{"ops": {"fetch": {"days": 1}}}'
      mainspring job run ingest -f defs.py --config 'ops.fetch.days = 1' --select '*clean'
      mainspring job run ingest -f defs.py --parent last --select 'clean*'
    """  # noqa: D301 - click's mark is a backspace
    source = code_source(file, module, with_traceback)
    if ephemeral and home is not None:
        raise click.UsageError("--ephemeral keeps nothing, so it does not go with --home", click.get_current_context())
    if ephemeral and parent is not None:
        said = "--parent names a run that a home keeps, so it does not go with --ephemeral"
        raise click.UsageError(said, click.get_current_context())
    given_tags = key_value_pairs(tags, "--tag")
    from mainspring.cli.run_here import pick_job, run_again_here, run_here
    from mainspring.cli.run_input import read_options
    from mainspring.location.code import loaded

    options = read_options(configs, selection, given_tags, partition, run_key)
    with loaded(source) as definitions:
        job = pick_job(definitions, name)
        if parent is None:
            run_here(job, mode, options, home, ephemeral=ephemeral, as_json=as_json)
        else:
            run_again_here(job, mode, options, parent, home, as_json=as_json)
