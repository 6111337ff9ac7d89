"""The life of resources in a run: opened late, once, closed in reverse; and what becomes of it when that fails."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import field, frozen

import mainspring as ms
from mainspring.errors import DefinitionError, ResourceError, RunFailedError
from mainspring.event import HookFailed

SECRET = "s3cr3t-Pa55w0rd-7781"


class Diary:
    def __init__(self) -> None:
        self.lines: list[str] = []


@frozen(eq=False)
class Noted(ms.Resource[str]):
    """Notes when it is opened and closed."""

    name: str
    diary: Diary
    open_error: BaseException | None = None
    close_error: BaseException | None = None

    @contextmanager
    def opened(self) -> Iterator[str]:
        self.diary.lines.append(f"+{self.name}")
        if self.open_error is not None:
            raise self.open_error
        try:
            yield self.name
        finally:
            self.diary.lines.append(f"-{self.name}")
            if self.close_error is not None:
                raise self.close_error

    def open(self) -> AbstractContextManager[str]:
        return self.opened()


@frozen(eq=False)
class OnTop(Noted):
    def open(self, *, base: str = ms.resource()) -> AbstractContextManager[str]:
        self.diary.lines.append(f"{self.name} on {base}")
        return self.opened()


@ms.op
def use(*, db: str = ms.resource()) -> str:
    return db


@ms.op
def use_both(x: str, *, db: str = ms.resource(), api: str = ms.resource()) -> str:
    return x + db + api


@ms.op
def plain() -> int:
    return 1


def job_with(resources: Mapping[str, Any], *ops: Any) -> ms.Job:
    @ms.job(modes=[ms.Mode("default", resources=resources)])
    def job() -> None:
        for each in ops:
            each()

    return job


def test_resources_open_late_once_and_close_in_reverse() -> None:
    diary = Diary()

    @ms.job(
        modes=[
            ms.Mode("default", resources={name: Noted(name, diary) for name in ("api", "db", "unused")}),
        ]
    )
    def job() -> None:
        use_both(use())

    result = job.execute()

    assert diary.lines == ["+db", "+api", "-api", "-db"]
    assert result.output("use_both") == "dbdbapi"


def test_a_resource_gets_the_resources_it_needs() -> None:
    diary = Diary()
    job = job_with({"db": OnTop("db", diary), "base": Noted("base", diary)}, use)

    job.execute()

    assert diary.lines == ["+base", "db on base", "+db", "-db", "-base"]


def test_a_resource_that_cannot_be_opened_is_named() -> None:
    diary = Diary()
    job = job_with({"db": Noted("db", diary, ConnectionError("refused\nby the peer"))}, use, plain)

    with pytest.raises(RunFailedError) as caught:
        job.execute()

    assert isinstance(caught.value.__cause__, ResourceError)
    assert str(caught.value.__cause__) == ("resource 'db' (Noted) could not be opened: ConnectionError: refused")
    assert isinstance(caught.value.__cause__.__cause__, ConnectionError)


def test_a_resource_is_opened_again_for_a_retry() -> None:
    diary = Diary()
    attempts: list[int] = []

    @frozen(eq=False)
    class Late(Noted):
        def open(self) -> AbstractContextManager[str]:
            attempts.append(1)
            if len(attempts) < 3:
                raise ConnectionError("not yet")
            return self.opened()

    @ms.op(retry=ms.RetryPolicy(max_retries=2))
    def patient(*, db: str = ms.resource()) -> str:
        return db

    assert job_with({"db": Late("db", diary)}, patient).execute().output("patient") == "db"


@pytest.mark.parametrize("error", [OSError("cannot close"), SystemExit("no")], ids=lambda each: type(each).__name__)
def test_an_error_of_closing_is_recorded_and_success_stays(error: BaseException) -> None:
    diary = Diary()
    job = job_with({"db": Noted("db", diary, None, error)}, use)

    result = job.execute()
    (failed,) = [event.fact for event in result.events if isinstance(event.fact, HookFailed)]

    assert result.success
    assert failed.hook == "closing the resources"
    assert failed.error.type == type(error).__name__
    assert [event.kind for event in result.events][-2:] == ["HOOK_FAILED", "RUN_SUCCESS"]


def test_the_others_are_closed_all_the_same() -> None:
    diary = Diary()

    @ms.job(
        modes=[ms.Mode("default", resources={"api": Noted("api", diary, None, OSError()), "db": Noted("db", diary)})]
    )
    def job() -> None:
        use_both("")

    assert job.execute().success
    assert diary.lines == ["+db", "+api", "-api", "-db"]


def test_resources_are_closed_when_a_step_fails() -> None:
    diary = Diary()

    @ms.op
    def broken(*, db: str = ms.resource()) -> str:
        raise ValueError(db)

    job_with({"db": Noted("db", diary)}, broken).execute(raise_on_error=False)

    assert diary.lines == ["+db", "-db"]


def test_open_must_return_a_context_manager() -> None:
    class NoContext(ms.Resource[int]):
        def open(self) -> Any:
            return 5

    with pytest.raises(RunFailedError) as caught:
        job_with({"db": NoContext()}, use).execute()
    assert isinstance(caught.value.__cause__, DefinitionError)
    assert "resource 'db'" in str(caught.value.__cause__)


def test_each_run_has_its_own() -> None:
    diary = Diary()
    job = job_with({"db": Noted("db", diary)}, use)
    job.execute()
    job.execute()

    assert diary.lines == ["+db", "-db"] * 2


_OUTLIVING = """
from contextlib import contextmanager
from attrs import frozen
import mainspring as ms

@frozen
class Engine(ms.Resource):
    name: str
    outlives_runs = True
    @contextmanager
    def open(self):
        print("open", self.name)
        yield self.name
        print("close", self.name)

@ms.op
def use(*, engine: str = ms.resource()) -> str:
    return engine

def job(engine):
    @ms.job(modes=[ms.Mode("default", resources={"engine": engine})])
    def made():
        use()
    return made

job(Engine("a")).execute()
job(Engine("a")).execute()
job(Engine("b")).execute()
print("done")
"""


@pytest.mark.integration
def test_a_resource_that_outlives_runs_is_one_a_process_and_closed_at_its_end() -> None:
    said = subprocess.run([sys.executable, "-c", _OUTLIVING], capture_output=True, text=True, check=True).stdout

    assert said.split("\n") == ["open a", "open b", "done", "close b", "close a", ""]


@frozen
class Database(ms.Resource[str]):
    password: str
    port: int = 5432
    opened: ClassVar[list[tuple[str, int]]] = []

    @contextmanager
    def open(self) -> Iterator[str]:
        self.opened.append((self.password, self.port))
        yield "connected"


def env(name: str) -> Any:
    return ms.EnvVar(name)


def test_environment_variables_are_read_when_the_resource_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_with({"db": Database(env("DB_PASSWORD"), env("DB_PORT"))}, use)
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    monkeypatch.setenv("DB_PORT", " 99 ")
    Database.opened.clear()

    assert job.execute().output("use") == "connected"
    assert Database.opened == [(SECRET, 99)]


@pytest.mark.parametrize(
    ("port", "sentence"),
    [(None, "DB_PORT is not set"), (SECRET, "expected int")],
    ids=["unset", "no number"],
)
def test_a_variable_that_does_not_fit_is_named_without_its_value(
    port: str | None, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    if port is None:
        monkeypatch.delenv("DB_PORT", raising=False)
    else:
        monkeypatch.setenv("DB_PORT", port)
    job = job_with({"db": Database(env("DB_PASSWORD"), env("DB_PORT"))}, use)
    result = job.execute(raise_on_error=False)
    reason = result.run.reason or ""

    assert sentence in reason
    assert "resource 'db', field 'port'" in reason
    assert SECRET not in str(result.events)


@frozen
class Login:
    user: str
    password: str = field(repr=False)
    pin: int = 0


@ms.op
def log_in(*, config: Login = ms.config(), db: str = ms.resource()) -> str:
    if config.password != SECRET:
        raise ValueError("the password did not come through")
    return config.user


def test_secrets_are_stored_nowhere(instance: ms.Instance, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Config and resources keep references to the environment; no file of the home holds what they stand for."""
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    monkeypatch.setenv("PIN", "123454321")
    job = job_with({"db": Database(env("DB_PASSWORD"))}, log_in)
    login = {"user": "ada", "password": env("DB_PASSWORD"), "pin": {"env": "PIN"}}

    good = job.execute(config={"ops": {"log_in": login}}, instance=instance)
    monkeypatch.setenv("DB_PASSWORD", f"{SECRET} but wrong")
    bad = job.execute(config={"ops": {"log_in": login}}, instance=instance, raise_on_error=False)

    assert good.run.config == {
        "ops": {"log_in": {"user": "ada", "password": {"env": "DB_PASSWORD"}, "pin": {"env": "PIN"}}}
    }
    assert not bad.success
    instance.close()
    files = [each for each in home.rglob("*") if each.is_file()]
    assert any(each.name == "mainspring.db" for each in files)
    for each in files:
        assert SECRET.encode() not in each.read_bytes()
        assert b"123454321" not in each.read_bytes()
    with sqlite3.connect(home / "mainspring.db") as connection:
        assert SECRET not in "".join(connection.iterdump())
    connection.close()


def test_a_config_that_does_not_fit_does_not_tell_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIN", SECRET)
    job = job_with({"db": "none"}, log_in)

    with pytest.raises(ms.ConfigError) as caught:
        job.execute(config={"ops": {"log_in": {"user": "ada", "password": "x", "pin": env("PIN")}}})

    assert "pin" in str(caught.value)
    assert SECRET not in str(caught.value)
