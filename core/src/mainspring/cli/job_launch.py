"""`mainspring job launch`: a run that waits in the queue until it is started where its code location is open."""

from __future__ import annotations

import click

from mainspring.cli.options import home_option, json_option, key_value_pairs, run_options
from mainspring.cli.show import echo, echo_json


@click.command("launch")
@click.argument("name")
@click.option("--mode", metavar="NAME", help="The mode; that of the instance unless given, else the job's first.")
@run_options
@click.option("--priority", type=click.IntRange(-(2**31), 2**31 - 1), default=0, help="Higher ones start first.")
@json_option
@home_option
def launch_job(
    *,
    name: str,
    mode: str | None,
    configs: tuple[str, ...],
    selection: tuple[str, ...],
    tags: tuple[str, ...],
    partition: str | None,
    run_key: str | None,
    priority: int,
    as_json: bool,
    home: str | None,
) -> None:
    """Queue a run of a job; `mainspring daemon` starts it, in a process of the job's code location.

    NAME is the job's, or LOCATION:NAME where several locations have one of that name. Only the storage is needed: the
    run waits if neither the daemon nor the location is there.

    \b
    Examples:
      mainspring job launch ingest
      mainspring job launch sales:ingest --mode prod --tag team=data --priority 5
      mainspring job launch ingest --config '{"ops": {"fetch": {"days": 1}}}' --json
    """  # noqa: D301 - click's mark is a backspace
    given_tags = key_value_pairs(tags, "--tag")
    from mainspring.cli.act import note_act
    from mainspring.cli.home import opened
    from mainspring.cli.run_document import run_row
    from mainspring.cli.run_input import read_options
    from mainspring.execute.recorded_job import find_recorded_job, queue_recorded

    options = read_options(configs, selection, given_tags, partition, run_key, priority)
    with opened(home) as instance:
        job = find_recorded_job(instance.storage, name)
        settings = instance.settings
        deployed = () if settings is None else settings.modes
        chosen = mode or (None if settings is None or settings.mode not in (*job.modes, *deployed) else settings.mode)
        run = queue_recorded(job, chosen, options, instance=instance, deployed_modes=deployed)
        note_act(instance, "job launch", f"run:{run.run_id}", job=name, mode=run.mode)
    if as_json:
        echo_json(run_row(run))
    else:
        echo(
            f"queued run {run.run_id} of job {run.job_name}, mode {run.mode}; follow it with `mainspring run logs -f last`"
        )
