"""Running the example project, and what is worth telling of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from mainspring.demo.tables import FILES, data_folder
from mainspring.errors import InstanceError
from mainspring.event import Event, StepOutput, StepSucceeded
from mainspring.execute import RunOptions, RunResult, execute_job
from mainspring.instance import Instance, locate
from mainspring.settings import FILE_NAME

if TYPE_CHECKING:
    from pandas import DataFrame

SETTINGS = """\
# The settings of this instance. Mode dev of the example keeps its reports in a folder beside this file: what stands
# here takes the place of what the code says of that mode.
[mode.dev.resources.text_files]
use = "filesystem"
base = "reports"
format = "text"
"""


@frozen(kw_only=True)
class Outcome:
    """What came of running the example.

    Attributes:
        run_id: The run.
        mode: The mode it ran in.
        home: The instance's folder.
        seconds: How long the run took.
        steps: How many steps succeeded.
        rows: How many rows each table had, by table.
        summary: A row for each month: `month`, `flights`, `late_share`, `bad_weather_share`, `best`, `best_delay`,
            `worst`, `worst_delay`; shares are from 0 to 1, delays mean minutes on arrival.
        reports: The files of the reports by step; empty in a mode that keeps them in memory.
        values: The folder of all other values, if they are kept in files.
    """

    run_id: str
    mode: str
    home: Path
    seconds: float
    steps: int
    rows: Mapping[str, int]
    summary: Sequence[Mapping[str, Any]]
    reports: Mapping[str, Path]
    values: Path | None


def demonstrate(home: Path, mode: str, follow: Callable[[Event], None]) -> Outcome:
    """Run the example and return what came of it.

    Args:
        home: The instance's folder; made where it is absent.
        mode: `dev` keeps every value in files under the home, `test` in memory.
        follow: Called with each event of the run.

    Raises:
        MissingExtraError: The packages that it needs are not installed.
        InstanceError: The home cannot be used.
        RunFailedError: The run failed.
    """
    data_folder()
    from mainspring.demo.flights import flights

    folder = prepare_home(home)
    with Instance.open(folder) as instance:
        return _outcome(folder, execute_job(flights, mode, RunOptions(), instance=instance, on_event=follow))


def prepare_home(home: Path) -> Path:
    """Make the home, with settings for the example where it has none, and return it as an absolute path.

    Raises:
        InstanceError: It cannot be made.
    """
    folder, _ = locate(home)
    settings = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if not settings.exists():
            settings.write_text(SETTINGS, "utf-8")
    except OSError as error:
        raise InstanceError(f"home {folder} cannot be prepared: {error.strerror}; name another with --home") from error
    return folder


def _outcome(home: Path, result: RunResult) -> Outcome:
    run = result.run
    events = result.events
    outputs = {event.step_key or "": event.fact for event in events if isinstance(event.fact, StepOutput)}
    files = {step: Path(fact.metadata["path"]) for step, fact in outputs.items() if "path" in fact.metadata}
    table: DataFrame = result.output("summary")
    return Outcome(
        run_id=run.run_id,
        mode=run.mode,
        home=home,
        seconds=(run.ended_at or 0.0) - (run.started_at or 0.0),
        steps=sum(isinstance(event.fact, StepSucceeded) for event in events),
        rows={name: outputs[name].metadata["rows"] for name in FILES},
        summary=[{str(key): value for key, value in row.items()} for row in table.to_dict("records")],
        reports={step: path for step, path in files.items() if outputs[step].io_manager == "reports"},
        values=files["flights"].parent if "flights" in files else None,
    )
