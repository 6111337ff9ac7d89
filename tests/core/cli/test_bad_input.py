"""Whatever is wrong with what a command is given: one clear sentence, the right exit code, and nothing half done."""

import sqlite3
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.run import Run
from mainspring.storage import RunQuery
from tests.core.cli.command import Command, Write

FEW = """
import mainspring as ms

@ms.op
def one() -> int:
    return 1

@ms.op
def two(number: int) -> int:
    return number + 1

@ms.job(modes=[ms.Mode("dev")])
def only():
    two(one())
"""


@pytest.fixture
def few(write: Write) -> str:
    return write("few.py", FEW)


def runs_in(home: str) -> list[Run]:
    if not Path(home).exists():
        return []
    with ms.Instance.open(home) as instance:
        return instance.storage.runs.find(RunQuery())


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothing"], 1, "there is no job 'nothing'; there is: only"),
        (["onyl"], 1, "there is no job 'onyl'; did you mean 'only'?"),
        (["x" * 10_000], 1, "there is no job 'xxx"),
        (["--mode", "prod"], 1, "there is no mode 'prod' in job 'only'"),
        (["--mode", "\x1b[31m"], 1, "there is no mode"),
        (["--select", "three"], 1, "no step is named 'three'"),
        (["--select", "one*two"], 1, "cannot read"),
        (["--select", ","], 1, "the selection is empty"),
        (["--select", "two"], 1, "'two' takes its input from 'one', which the selection leaves out; select '*two'"),
        (["--select", "x" * 10_000], 1, "no step is named 'xxx"),
        (["--config", '{"ops": {"on": {}}}'], 1, "ops: there is no op 'on'; did you mean 'one'?"),
        (["--config", '{"ops": {"one": {"days": 1}}}'], 1, "ops.one: op 'one' takes no config; remove it"),
        (["--config", '{"opps": {}}'], 1, "unknown key 'opps'"),
        (["--config", '{"ops": 3}'], 1, "expected a mapping of ops, got int"),
        (["--config", "[1]"], 1, "--config is not valid: expected an object"),
        (["--config", "{"], 1, "--config is not valid: it is not JSON: "),
        (["--config", '{"a": NaN}'], 1, "NaN is not a number of JSON"),
        (["--config", "ops = "], 1, "--config is not valid: it is not TOML: "),
        (["--config", "[" * 100_000], 1, "it is not JSON: "),
        (["--config", "@nowhere.json"], 1, "config file nowhere.json is not valid: it cannot be read: No such file"),
        (["--config", "@."], 1, "config file . is not valid: it cannot be read: Is a directory"),
        (["--config", f"@{'x' * 10_000}"], 1, "it cannot be read: File name too long"),
        (["--config", "@broken.toml"], 1, "config file broken.toml is not valid: it is not TOML: "),
        (["--config", "@latin.toml"], 1, "config file latin.toml is not valid: it is not UTF-8 text"),
        (["--tag", "team"], 2, "--tag takes key=value, not 'team'"),
        (["--tag", "=data"], 2, "--tag takes key=value, not '=data'"),
        (["--tag", "team=\udcff"], 2, "--tag is not UTF-8 text"),
        (["--run-key", "\udcff"], 2, "--run-key is not UTF-8 text"),
        (["--partition", "\udcff"], 2, "--partition is not UTF-8 text"),
    ],
)
def test_what_a_run_cannot_be_given_is_refused_before_it_is_recorded(
    mainspring: Command, write: Write, few: str, home: str, words: list[str], code: int, said: str
) -> None:
    write("broken.toml", "a = [1,")
    Path("latin.toml").write_bytes(b"a = '\xe9'")

    outcome = mainspring("job", "run", "-f", few, "--home", home, *words)

    assert outcome.code == code
    assert said in outcome.complaint
    assert outcome.out == ""
    assert runs_in(home) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("[instance", "mainspring.toml is not valid: it is not TOML: "),
        ("[instance]\nstorge = 'x'", "instance: unknown key 'storge'; did you mean 'storage'?"),
        ("[instance]\nstorage = 3", "instance.storage: expected text, got int"),
        ("[instance]\nstorage = 'nonsense'", "storage must be a database URL"),
        ("[instance]\nstorage = { env = 'NOT_SET_ANYWHERE' }", "NOT_SET_ANYWHERE is not set"),
        ("[mode.dev]\nexecutor = 'fast'", "mode.dev.executor: expected a table, got str"),
        ("[mode.dev.executor]\nuse = 'warp'", "there is no executor 'warp'"),
        ("[mode.dev.resources.io_manager]\nuse = 'filesystem'\nbse = 'x'", "unknown key 'bse'; did you mean 'base'?"),
        ("[mode.dev.resources.io_manager]\nbase = 'x'", "mode.dev.resources.io_manager: it needs use ="),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    mainspring: Command, write: Write, few: str, tmp_path: Path, settings: str, said: str
) -> None:
    write("mainspring.toml", settings)

    outcome = mainspring("job", "run", "-f", few)

    assert outcome.code == 1
    assert said in outcome.complaint
    assert not (tmp_path / "mainspring.db").exists()


def test_a_settings_file_that_is_no_text_is_refused(mainspring: Command, few: str) -> None:
    Path("mainspring.toml").write_bytes(b"\xff\xfe")

    assert "is not UTF-8 text" in mainspring("run", "list").complaint


@pytest.mark.parametrize("words", [["run", "list"], ["instance", "info"], ["instance", "migrate"], ["job", "run"]])
@pytest.mark.parametrize(
    "content", [b"this is no database, whatever it may say" * 200, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_corrupt_database_is_told_of_and_left_alone(
    mainspring: Command, few: str, tmp_path: Path, words: list[str], content: bytes
) -> None:
    database = tmp_path / "mainspring.db"
    database.write_bytes(content)
    code = ["-f", few] if words[0] == "job" else []

    outcome = mainspring(*words, *code, "--home", str(tmp_path))

    assert outcome.code == 1
    assert str(database) in outcome.complaint
    assert database.read_bytes() == content


def test_a_database_of_something_else_is_left_alone(mainspring: Command, few: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "mainspring.db")
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.close()

    outcome = mainspring("job", "run", "-f", few, "--home", str(tmp_path))

    assert outcome.code == 1
    assert "holds tables of something else (customers" in outcome.complaint


@pytest.mark.parametrize(
    ("home", "said"),
    [
        ("few.py", "is a file; name a folder"),
        ("no/such/folder", "does not exist; make that folder first"),
        ("x" * 10_000, "File name too long"),
    ],
)
def test_a_home_that_cannot_be_is_refused(mainspring: Command, few: str, home: str, said: str) -> None:
    for words in (["job", "run", "-f", few], ["run", "list"], ["instance", "migrate"]):
        outcome = mainspring(*words, "--home", home)

        assert outcome.code == 1
        assert said in outcome.complaint


def test_an_absent_home_is_made_where_its_parent_is(mainspring: Command, few: str, home: str) -> None:
    assert mainspring("job", "run", "-f", few, "--home", home).code == 0
    assert len(runs_in(home)) == 1


def test_an_output_that_cannot_be_pickled_fails_its_step(mainspring: Command, write: Write, home: str) -> None:
    file = write(
        "unpicklable.py",
        "import mainspring as ms\n"
        "@ms.op\ndef make() -> object:\n    return lambda: 1\n"
        "@ms.job\ndef only():\n    make()\n",
    )

    outcome = mainspring("job", "run", "-f", file, "--home", home, "--json")

    assert outcome.code == 1
    assert outcome.json["status"] == "FAILURE"
    assert outcome.json["failures"][0]["error"]["type"] == "OutputError"
    assert outcome.json["outputs"] == []
    assert [each for each in Path(home).rglob("*") if each.suffix in {".pickle", ".part"}] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@ms.job\ndef empty():\n    pass", "job 'empty' has no ops; call at least one in its body"),
        ("@ms.job(tags={'a': 1})\ndef only():\n    one()", "must be text with a text value"),
        ("@ms.job(name='x' * 10_000)\ndef only():\n    one()", "has 10000 characters; use at most 100"),
        ("@ms.job(name='a b')\ndef only():\n    one()", "cannot be called 'a b'"),
        ("@ms.op(name='x' * 10_000)\ndef only() -> int: ...", "has 10000 characters"),
    ],
)
def test_a_definition_that_cannot_be_is_one_sentence(mainspring: Command, write: Write, text: str, said: str) -> None:
    file = write("wrong.py", f"import mainspring as ms\n@ms.op\ndef one() -> int:\n    return 1\n{text}\n")

    outcome = mainspring("job", "run", "-f", file)

    assert outcome.code == 1
    assert outcome.complaint.startswith(f"{file}:")
    assert said in outcome.complaint


def test_names_of_any_script_are_fine(mainspring: Command, write: Write, home: str) -> None:
    name = "売上" * 50
    file = write(
        "any_script.py",
        "import mainspring as ms\n"
        f"@ms.op(name={name!r})\ndef f() -> str:\n    return 'ü'\n"
        f"@ms.job(name={name!r})\ndef only():\n    f()\n",
    )

    assert mainspring("job", "run", name, "-f", file, "--home", home).code == 0
    (run,) = mainspring("run", "list", "--job", name, "--home", home, "--json").json
    assert name in mainspring("run", "show", run["run_id"], "--home", home).out


def test_definitions_without_jobs_are_shown_as_none(mainspring: Command, write: Write) -> None:
    file = write("none.py", "import mainspring as ms\ndefs = ms.Definitions()")

    assert mainspring("job", "list", "-f", file, "--json").json == []
    outcome = mainspring("job", "run", "-f", file)
    assert outcome.code == 2
    assert "there is no job to name" in outcome.complaint


def test_the_users_traceback_comes_on_request_and_by_variable(
    mainspring: Command, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write("raises.py", "def inner():\n    raise ValueError('\\x1b[31mred')\ninner()")

    assert len(mainspring("job", "list", "-f", file).err.splitlines()) == 1
    shown = mainspring("job", "list", "-f", file, "--traceback")
    monkeypatch.setenv("MAINSPRING_TRACEBACK", "1")

    assert "in inner" in shown.err
    assert "\x1b" not in shown.err
    assert mainspring("job", "list", "-f", file).err == shown.err
