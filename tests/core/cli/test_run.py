import json
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.location.code import CodeSource, loaded
from tests.core.cli.command import SALES, Command, Write


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home with three runs, and their ids in order: ingest, broken, ingest in prod."""
    folder = tmp_path_factory.mktemp("recorded")
    file = folder / "sales.py"
    file.write_text(SALES)
    with loaded(CodeSource(str(file))) as definitions, ms.Instance.open(folder / "home") as instance:
        ingest, broken = definitions.job("ingest"), definitions.job("broken")
        made = [
            ingest.execute(instance=instance, tags={"who": "me"}),
            broken.execute(instance=instance, raise_on_error=False),
            ingest.execute("prod", instance=instance),
        ]
    return folder / "home", [each.run_id for each in made]


@pytest.fixture
def runs(mainspring: Command, recorded: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the recorded runs, in the home of which commands look."""
    monkeypatch.setenv("MAINSPRING_HOME", str(recorded[0]))
    return recorded[1]


def listed(mainspring: Command, *words: str) -> list[str]:
    return [row["run_id"] for row in mainspring("run", "list", "--json", *words).json]


def test_runs_are_listed_newest_first_with_all_their_fields(mainspring: Command, runs: list[str]) -> None:
    rows = mainspring("run", "list", "--json").json

    assert [row["run_id"] for row in rows] == runs[::-1]
    assert {key: rows[2][key] for key in ("job_name", "mode", "status", "attempt", "tags", "reason")} == {
        "job_name": "ingest",
        "mode": "dev",
        "status": "SUCCESS",
        "attempt": 1,
        "tags": {"team": "data", "who": "me"},
        "reason": None,
    }
    assert rows[0]["created_at"].endswith("Z")
    assert rows[0]["duration_seconds"] >= 0


def test_runs_can_be_filtered(mainspring: Command, runs: list[str]) -> None:
    first, second, third = runs

    assert listed(mainspring, "--job", "ingest") == [third, first]
    assert listed(mainspring, "--status", "failure") == [second]
    assert listed(mainspring, "--status", "FAILURE", "--status", "SUCCESS") == [third, second, first]
    assert listed(mainspring, "--mode", "prod") == [third]
    assert listed(mainspring, "--tag", "team=data", "--tag", "who=me") == [first]
    assert listed(mainspring, "--before", third) == [second, first]
    assert listed(mainspring, "--limit", "1") == [third]
    assert listed(mainspring, "--job", "nothing") == []


def test_the_table_of_runs_says_where_the_next_page_begins(mainspring: Command, runs: list[str]) -> None:
    outcome = mainspring("run", "list", "--limit", "2")

    header, *rows = outcome.out.splitlines()
    assert header.split() == ["RUN", "JOB", "MODE", "STATUS", "CREATED", "DURATION", "TAGS"]
    assert [row.split()[0] for row in rows] == runs[:0:-1]
    assert f"--before {runs[1]}" in outcome.err
    assert mainspring("run", "list", "--job", "nothing").err == "note: there is no such run\n"


def test_a_run_is_shown_whole(mainspring: Command, runs: list[str]) -> None:
    out = mainspring("run", "show", runs[1]).out

    assert "status   FAILURE" in out
    assert "reason   step 'fail' failed: ValueError: cannot go on with 21" in out
    assert "    rows: 7" in out
    assert "warehouse/total  by total" in out
    assert "step 'fail', attempt 1:" in out
    assert "raise ValueError(" in out


def test_a_run_is_found_by_the_beginning_of_its_id(mainspring: Command, runs: list[str]) -> None:
    assert mainspring("run", "show", runs[0][:-1], "--json").json["run_id"] == runs[0]


def test_the_last_runs_are_found_without_their_ids(mainspring: Command, runs: list[str]) -> None:
    for reference, run_id in (("last", runs[2]), ("last~0", runs[2]), ("last~1", runs[1]), ("last~2", runs[0])):
        assert mainspring("run", "show", reference, "--json").json["run_id"] == run_id
    assert mainspring("run", "logs", "last~1", "--events", "--json").json[-1]["kind"] == "RUN_FAILURE"
    assert listed(mainspring, "--before", "last") == [runs[1], runs[0]]


def test_a_last_run_that_is_not_there_is_one_sentence(mainspring: Command, runs: list[str], home: str) -> None:
    assert mainspring("run", "show", "last~3").complaint.endswith("holds only 3 runs")
    mainspring("instance", "migrate", "--home", home)

    outcome = mainspring("run", "show", "last", "--home", home)

    assert outcome.complaint == f"there is no run last: sqlite:///{home}/mainspring.db holds no run yet"


@pytest.mark.parametrize("command", [["show"], ["logs"]])
@pytest.mark.parametrize("reference", ["nothing", "", "%", "_", "x" * 10_000, "'; drop table runs", "\x1b[31m"])
def test_a_run_that_is_not_there_is_one_sentence(
    mainspring: Command, runs: list[str], command: list[str], reference: str
) -> None:
    outcome = mainspring("run", *command, reference)

    assert outcome.code == 1
    assert outcome.complaint.startswith("there is no run ")
    assert "`mainspring run list`" in outcome.complaint


def test_a_beginning_that_runs_share_is_one_sentence(mainspring: Command, runs: list[str]) -> None:
    outcome = mainspring("run", "show", runs[0][:6])

    assert outcome.code == 1
    assert outcome.complaint.startswith(f"several runs begin with '{runs[0][:6]}': ")
    assert all(run_id in outcome.complaint for run_id in runs)


def test_logs_are_shown_by_step_and_stream(mainspring: Command, runs: list[str]) -> None:
    out = mainspring("run", "logs", runs[0]).out

    assert "fetch, attempt 1, stdout\nfetching\n" in out
    assert "fetch, attempt 1, stderr\ncareful\n" in out
    assert "fetched 7 days" in out


def test_logs_can_be_narrowed(mainspring: Command, runs: list[str]) -> None:
    def streams(*words: str) -> list[tuple[str, str]]:
        return [(row["step_key"], row["stream"]) for row in mainspring("run", "logs", *words, "--json").json]

    assert streams(runs[0]) == [("fetch", "stdout"), ("fetch", "stderr"), ("fetch", "log")]
    assert streams(runs[0], "--stream", "stderr") == [("fetch", "stderr")]
    assert streams(runs[0], "--step", "total") == []
    assert streams(runs[0], "--step", "fetch", "--attempt", "1", "--stream", "log") == [("fetch", "log")]
    assert mainspring("run", "logs", runs[0], "--step", "total").err == "note: nothing was printed or logged there\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--step", "ftch"], 1, "there is no step 'ftch' in run"),
        (["--step", "fetch", "--attempt", "2"], 1, "there is no attempt '2' in step 'fetch'"),
        (["--events", "--step", "nope"], 1, "there is no step 'nope'"),
        (["--events", "--stream", "log"], 2, "--stream does not go with --events"),
        (["--attempt", "0"], 2, "--attempt"),
        (["--stream", "video"], 2, "--stream"),
    ],
)
def test_logs_that_are_not_there_are_one_sentence(
    mainspring: Command, runs: list[str], words: list[str], code: int, said: str
) -> None:
    outcome = mainspring("run", "logs", runs[0], *words)

    assert outcome.code == code
    assert said in outcome.complaint


def test_events_are_shown_in_order(mainspring: Command, runs: list[str]) -> None:
    kinds = [line.split()[1] for line in mainspring("run", "logs", runs[1], "--events").out.splitlines()]
    rows = mainspring("run", "logs", runs[1], "--events", "--json").json

    assert (kinds[0], kinds[-1]) == ("RUN_STARTED", "RUN_FAILURE")
    assert [row["kind"] for row in rows] == kinds
    assert rows == sorted(rows, key=lambda row: row["event_id"])
    assert rows[-1]["fact"]["reason"] == "step 'fail' failed: ValueError: cannot go on with 21"


def test_events_can_be_narrowed(mainspring: Command, runs: list[str]) -> None:
    def kinds(*words: str) -> list[str]:
        return [row["kind"] for row in mainspring("run", "logs", runs[1], "--events", "--json", *words).json]

    assert kinds("--step", "fail") == ["STEP_STARTED", "STEP_FAILURE"]
    assert kinds("--limit", "1") == ["RUN_FAILURE"]
    assert kinds("--step", "fetch", "--attempt", "1")[0] == "STEP_STARTED"


def test_the_last_lines_of_a_log_can_be_asked_for(mainspring: Command, write: Write, home: str) -> None:
    file = write(
        "talk.py",
        "import mainspring as ms\n"
        "@ms.op\ndef talk() -> None:\n    print('one\\ntwo\\nthree')\n"
        "@ms.job\ndef only():\n    talk()\n",
    )
    run_id = mainspring("job", "run", "-f", file, "--home", home, "--json").json["run_id"]

    (row,) = mainspring("run", "logs", run_id, "--home", home, "--limit", "2", "--json").json
    assert row["text"] == "two\nthree\n"


HOSTILE = "\x1b]0;owned\x07[bold red]name[/]\u202e\u2028 売上 " + "x" * 10_000


def test_hostile_text_is_shown_harmless_and_kept_whole(mainspring: Command, write: Write, home: str) -> None:
    file = write(
        "hostile.py",
        "import mainspring as ms\n"
        f"HOSTILE = {HOSTILE!r}\n"
        "@ms.op(tags={'note': HOSTILE})\n"
        "def talk(context: ms.OpContext) -> int:\n"
        "    print(HOSTILE)\n"
        "    context.add_output_metadata({'note': HOSTILE, 'odd': float('nan')})\n"
        "    context.log_materialization(ms.Materialization('a/b', metadata={'note': HOSTILE}))\n"
        "    return 1\n"
        "@ms.op\n"
        "def fail(number: int) -> int:\n    raise ValueError(HOSTILE)\n"
        "@ms.job(description=HOSTILE)\n"
        "def only():\n    fail(talk())\n",
    )
    arguments = ["--tag", f"note={HOSTILE}", "--partition", HOSTILE, "--run-key", HOSTILE, "--home", home]

    run_id = mainspring("job", "run", "-f", file, "--json", *arguments).json["run_id"]
    pages = [
        mainspring("job", "list", "-f", file),
        mainspring("job", "show", "-f", file),
        mainspring("run", "list", "--home", home),
        mainspring("run", "show", run_id, "--home", home),
        mainspring("run", "show", run_id, "--home", home, "--json"),
        mainspring("run", "logs", run_id, "--home", home),
        mainspring("run", "logs", run_id, "--home", home, "--events"),
        mainspring("run", "logs", run_id, "--home", home, "--events", "--json"),
    ]

    for page in pages:
        assert page.code == 0
        assert not {"\x1b", "\x07", "\u202e", "\u2028"} & set(page.out + page.err)
    assert "[bold red]name[/]" in pages[3].out
    document = json.loads(pages[4].out, parse_constant=pytest.fail)
    assert document["tags"]["note"] == HOSTILE
    assert document["run_key"] == document["partition_key"] == HOSTILE
    assert document["outputs"][0]["metadata"]["odd"] is None
    assert max(map(len, pages[2].out.splitlines())) < 500
