import json
from pathlib import Path

import pytest

import mainspring as ms
from tests.core.cli.command import Command, Write


def test_jobs_are_listed_with_their_modes(mainspring: Command, sales: str) -> None:
    outcome = mainspring("job", "list", "-f", sales)

    assert outcome.out.splitlines()[:2] == [
        "JOB     OPS  MODES      ABOUT",
        "ingest  2    dev, prod  Add up the rows.",
    ]


def test_jobs_are_listed_as_json(mainspring: Command, sales: str) -> None:
    rows = mainspring("job", "list", "-f", sales, "--json").json

    assert rows[0] == {
        "name": "ingest",
        "description": "Add up the rows.",
        "ops": 2,
        "modes": ["dev", "prod"],
        "tags": {"team": "data"},
    }
    assert [row["modes"] for row in rows[1:]] == [["default"], ["default"]]
    assert len(mainspring("job", "list", "-f", sales, "--json", "--limit", "2").json) == 2


def test_a_module_does_as_well_as_a_file(mainspring: Command, sales: str) -> None:
    assert [row["name"] for row in mainspring("job", "list", "-m", "sales", "--json").json] == [
        "ingest",
        "broken",
        "spread",
    ]


@pytest.mark.parametrize("command", ["list", "show", "run"])
@pytest.mark.parametrize("code", [[], ["-f", "a.py", "-m", "a"]])
def test_exactly_one_of_file_and_module_is_needed(mainspring: Command, command: str, code: list[str]) -> None:
    outcome = mainspring("job", command, *code)

    assert outcome.code == 2
    assert outcome.complaint.startswith("give either -f FILE or -m MODULE")


def test_a_job_is_shown_as_a_graph(mainspring: Command, sales: str) -> None:
    lines = mainspring("job", "show", "spread", "-f", sales).out.splitlines()

    for line in (
        "fetch",
        "    Fetch the rows.",
        "    config days: int = 7",
        "total <- rows=fetch",
        "    output result: int, stored with io_manager, asset warehouse/total",
        "doubled/",
        "  pieces <- number=total",
        "  double <- number=each of doubled.pieces",
        "  gather <- rows=all of doubled.double",
    ):
        assert line in lines


def test_a_job_is_shown_as_json(mainspring: Command, sales: str) -> None:
    document = mainspring("job", "show", "ingest", "-f", sales, "--json").json

    assert [mode["name"] for mode in document["modes"]] == ["dev", "prod"]
    assert document["modes"][1]["resources"] == {"region": "str"}
    fetch, total = document["ops"]
    assert fetch["config"] == [{"name": "days", "type": "int", "is_required": False, "default": "7"}]
    assert total["inputs"] == [{"name": "rows", "type": "list[int]", "source": "fetch"}]
    assert total["outputs"][0]["asset"] == "warehouse/total"


POOLED = """
import mainspring as ms

@ms.op(pool="warehouse")
def load() -> int:
    return 1

@ms.job
def only():
    load()
"""


def test_a_pool_is_shown(mainspring: Command, write: Write) -> None:
    file = write("pooled.py", POOLED)

    assert "    takes up a place in pool warehouse" in mainspring("job", "show", "-f", file).out.splitlines()
    assert mainspring("job", "show", "-f", file, "--json").json["ops"][0]["pool"] == "warehouse"


def test_modes_are_shown_as_the_home_overrides_them(mainspring: Command, write: Write, sales: str) -> None:
    write(
        "home/mainspring.toml",
        '[mode.prod.executor]\nuse = "multiprocess"\n[mode.prod.resources.lake]\nuse = "filesystem"\nbase = "lake"',
    )

    out = mainspring("job", "show", "ingest", "-f", sales, "--home", "home").out
    modes = mainspring("job", "show", "spread", "-f", sales, "--home", "home", "--json").json["modes"]

    assert "dev (unless another is named): one step after the other, in this process\n" in out
    assert "prod: MultiprocessExecutor, by the settings of the home\n" in out
    assert "    region: str\n    lake: FilesystemIOManager, by the settings of the home\n" in out
    assert [(each["name"], each["overridden"]) for each in modes] == [
        ("default", []),
        ("prod", ["executor", "resources.lake"]),
    ]
    assert "by the settings" not in mainspring("job", "show", "ingest", "-f", sales).out


def test_config_is_shown_with_nested_and_required_fields(mainspring: Command, write: Write) -> None:
    file = write(
        "nested.py",
        "from __future__ import annotations\n"
        "from attrs import define, field\n"
        "import mainspring as ms\n"
        "@define\n"
        "class Inner:\n    path: str\n    names: list[str] = field(factory=list)\n"
        "@define\n"
        "class Outer:\n    inner: Inner\n    again: Outer | None = None\n    when: object = field(factory=object)\n"
        "    strange: 'Nowhere' = 1\n"
        "@ms.op\n"
        "def read(number: int = 4, *, config: Outer = ms.config()) -> None: ...\n"
        "@ms.job\n"
        "def only():\n    read.alias('here')(5)\n    read()\n",
    )

    out = mainspring("job", "show", "-f", file).out

    for line in (
        "here <- number=5",
        "    config inner: Inner (required)",
        "    config inner.path: str (required)",
        "    config inner.names: list[str] = []",
        "    config when: object = made anew",
        "    config strange: Nowhere = 1",
        "    input number: int (left to its default)",
    ):
        assert line in out.splitlines(), line


def test_the_only_job_needs_no_name(mainspring: Command, write: Write) -> None:
    file = write(
        "one.py", "import mainspring as ms\n@ms.op\ndef f() -> int:\n    return 1\n@ms.job\ndef only():\n    f()"
    )

    assert mainspring("job", "show", "-f", file, "--json").json["name"] == "only"
    assert mainspring("job", "run", "-f", file, "--json").json["status"] == "SUCCESS"


def test_several_jobs_need_a_name(mainspring: Command, sales: str) -> None:
    outcome = mainspring("job", "run", "-f", sales)

    assert outcome.code == 2
    assert outcome.complaint.startswith("name one of the jobs: ingest, broken, spread")


def test_a_run_is_told_line_by_line_and_summed_up(mainspring: Command, sales: str, home: str) -> None:
    outcome = mainspring("job", "run", "ingest", "-f", sales, "--home", home)

    assert outcome.code == 0
    said = [line.split("  ", 1)[1] for line in outcome.out.splitlines() if line[:2] == "20"]
    assert "of job ingest in mode dev, 2 steps, started" in said[0]
    assert said[1] == "fetch  started"
    assert said[2].startswith("fetch  succeeded in ")
    assert "total  materialized warehouse/total" in said
    assert "fetching" in outcome.out.splitlines(), "what ops print goes on to where it went"
    assert "ended SUCCESS after" in outcome.out
    assert "2 steps (2 SUCCESS)" in outcome.out
    assert f"{home}/values/" in outcome.out
    assert outcome.out.splitlines()[-1].startswith("look further with: mainspring run show ")
    assert outcome.out.splitlines()[-1].endswith(f" --home {home}")


def test_a_run_is_told_as_json_and_nothing_else(mainspring: Command, sales: str, home: str) -> None:
    outcome = mainspring("job", "run", "spread", "-f", sales, "--home", home, "--json")

    document = outcome.json
    assert (document["job_name"], document["mode"], document["status"]) == ("spread", "default", "SUCCESS")
    assert [step["step_key"] for step in document["steps"]][-1] == "doubled.gather"
    assert "fetching" in outcome.err
    assert document == mainspring("run", "show", document["run_id"], "--home", home, "--json").json


def test_a_run_takes_what_it_is_given(mainspring: Command, sales: str, home: str) -> None:
    document = mainspring(
        *("job", "run", "ingest", "-f", sales, "--home", home, "--json", "--mode", "prod"),
        *("--config", '{"ops": {"fetch": {"days": 3}}}', "--select", "fetch", "--tag", "a=b=c", "--tag", "d="),
        *("--partition", "2024-01", "--run-key", "key-1"),
    ).json

    assert document["config"] == {"ops": {"fetch": {"days": 3}}}
    assert document["outputs"][0]["metadata"]["rows"] == 3
    assert document["selection"] == ["fetch"]
    assert document["tags"] == {"team": "data", "a": "b=c", "d": ""}
    assert (document["mode"], document["partition_key"], document["run_key"]) == ("prod", "2024-01", "key-1")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", '{"ops": {"fetch": {"days": 2}}}'),
        ("config.toml", "[ops.fetch]\ndays = 2"),
        ("config", '{"ops": {"fetch": {"days": 2}}}'),
        ("config", "ops.fetch.days = 2"),
        (None, "ops.fetch.days = 2"),
        (None, ' {"ops": {"fetch": {"days": 2}}}'),
    ],
)
def test_config_is_json_or_toml_in_place_or_in_a_file(
    mainspring: Command, sales: str, write: Write, name: str | None, text: str
) -> None:
    given = text if name is None else f"@{write(name, text)}"

    assert mainspring("job", "run", "ingest", "-f", sales, "--json", "--config", given).json["config"] == {
        "ops": {"fetch": {"days": 2}}
    }


def test_several_configs_are_merged_and_later_ones_win(mainspring: Command, write: Write, sales: str) -> None:
    file = write("config.json", '{"ops": {"doubled": {"ops": {}}, "fetch": {"days": 2}}}')
    given = ["--config", f"@{file}", "--config", "ops.fetch.days = 3"]

    document = mainspring("job", "run", "spread", "-f", sales, "--json", *given, "--select", "fetch").json

    assert document["config"] == {"ops": {"doubled": {"ops": {}}, "fetch": {"days": 3}}}


def test_without_a_config_the_parents_is_taken(mainspring: Command, sales: str, home: str) -> None:
    words = ["job", "run", "ingest", "-f", sales, "--json", "--select", "fetch", "--home", home]
    mainspring(*words, "--config", "ops.fetch.days = 3")

    assert mainspring(*words, "--parent", "last").json["config"] == {"ops": {"fetch": {"days": 3}}}
    assert mainspring(*words, "--parent", "last", "--config", "{}").json["config"] == {}


def test_without_a_home_nothing_is_kept_and_that_is_said(mainspring: Command, sales: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())

    outcome = mainspring("job", "run", "ingest", "-f", sales)

    assert outcome.code == 0
    assert "note: no home was found, so nothing of this run is kept; name a folder with --home" in outcome.err
    assert "look further" not in outcome.out
    assert [each for each in sorted(tmp_path.iterdir()) if each.name != "__pycache__"] == before


def test_an_ephemeral_run_leaves_a_home_alone(
    mainspring: Command, sales: str, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAINSPRING_HOME", home)

    outcome = mainspring("job", "run", "ingest", "-f", sales, "--ephemeral")

    assert outcome.code == 0
    assert "no home" not in outcome.err
    assert not Path(home).exists()
    assert mainspring("job", "run", "-f", sales, "--ephemeral", "--home", home).code == 2


def test_the_home_may_come_from_the_environment_or_a_settings_file(
    mainspring: Command, sales: str, home: str, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("mainspring.toml", "")
    mainspring("job", "run", "ingest", "-f", sales)
    assert (tmp_path / "mainspring.db").exists()

    monkeypatch.setenv("MAINSPRING_HOME", home)
    mainspring("job", "run", "ingest", "-f", sales)
    assert (Path(home) / "mainspring.db").exists()


def test_a_failed_run_shows_why_and_ends_with_1(mainspring: Command, sales: str, home: str) -> None:
    outcome = mainspring("job", "run", "broken", "-f", sales, "--home", home)

    assert outcome.code == 1
    assert "step 'fail', attempt 1:\n    ValueError: cannot go on with 21\n" in outcome.out
    assert f'      File "{sales}", line ' in outcome.out
    assert "ended FAILURE" in outcome.out
    (error,) = [line for line in outcome.err.splitlines() if line.startswith("error: ")]
    assert error.endswith("of job broken failed: step 'fail' failed: ValueError: cannot go on with 21")


def test_a_failed_run_is_told_as_json_too(mainspring: Command, sales: str) -> None:
    outcome = mainspring("job", "run", "broken", "-f", sales, "--json")

    assert outcome.code == 1
    (failure,) = json.loads(outcome.out)["failures"]
    assert (failure["step_key"], failure["error"]["type"]) == ("fail", "ValueError")


def test_many_failures_are_counted_and_the_first_shown(mainspring: Command, write: Write) -> None:
    file = write(
        "many.py",
        "import mainspring as ms\n"
        "@ms.op(out=ms.DynamicOut())\n"
        "def pieces() -> dict[str, int]:\n    return {str(i): i for i in range(9)}\n"
        "@ms.op\n"
        "def work(n: int) -> int:\n    raise ms.Failure('bad piece', metadata={'n': n}) from ValueError('deep')\n"
        "@ms.job\n"
        "def only():\n    pieces().map(work)\n",
    )

    outcome = mainspring("job", "run", "-f", file)

    assert outcome.out.count("Failure: bad piece") == 9 + 5
    assert "caused by ValueError: deep" in outcome.out
    assert "and 4 more; --json shows them all" in outcome.out


def test_an_interrupted_run_is_canceled_and_ends_with_130(mainspring: Command, write: Write, home: str) -> None:
    file = write(
        "interrupted.py",
        "import mainspring as ms\n"
        "@ms.op\n"
        "def stop() -> int:\n    raise KeyboardInterrupt\n"
        "@ms.job\n"
        "def only():\n    stop()\n",
    )

    outcome = mainspring("job", "run", "-f", file, "--home", home)

    assert outcome.code == 130
    assert "of job only was canceled: interrupted" in outcome.complaint
    (run,) = mainspring("run", "list", "--home", home, "--json").json
    assert run["status"] == "CANCELED"


def test_a_shared_mode_and_a_deployments_override_are_used(mainspring: Command, write: Write, tmp_path: Path) -> None:
    write("mainspring.toml", '[mode.dev.resources.io_manager]\nuse = "filesystem"\nbase = "elsewhere"\nformat = "json"')
    file = write(
        "shared.py",
        "import mainspring as ms\n"
        "@ms.op\ndef one() -> int:\n    return 1\n"
        "@ms.job\ndef only():\n    one()\n"
        "defs = ms.Definitions(jobs=[only], modes=[ms.Mode('dev')])",
    )

    run_id = mainspring("job", "run", "-f", file, "--json").json["run_id"]

    assert [each.read_text() for each in (tmp_path / "elsewhere" / run_id).iterdir()] == ["1"]
    with ms.Instance.open(tmp_path) as instance:
        assert instance.storage.runs.get(run_id) is not None
