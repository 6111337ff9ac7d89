"""The instance: where its home is, what is in it, and what its settings put in place of the code's."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import AbsentSchemaError, ConfigError, InstanceError, StorageError, UnknownNameError
from mainspring.storage import RunQuery
from mainspring.testing import VirtualClock


@ms.op(out=ms.Out(io_manager="warehouse"))
def one() -> int:
    return 1


@ms.op
def two() -> int:
    return 2


@ms.job(
    modes=[
        ms.Mode("dev", resources={"warehouse": ms.MemoryIOManager()}),
        ms.Mode("prod", resources={"warehouse": ms.MemoryIOManager()}),
    ]
)
def job() -> None:
    one()
    two()


@pytest.fixture(autouse=True)
def _no_home_nearby(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MAINSPRING_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


def home_of(home: str | Path | None = None) -> Path:
    with ms.Instance.open(home) as instance:
        assert instance.home is not None
        return instance.home


def settings(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mainspring.toml").write_text(text)
    return folder


def test_the_argument_names_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSPRING_HOME", str(tmp_path / "other"))
    settings(tmp_path, "")

    assert home_of(tmp_path / "here") == tmp_path / "here"
    assert home_of("there") == tmp_path / "there"
    assert not (tmp_path / "other").exists()


def test_the_variable_names_it_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(tmp_path, "")
    monkeypatch.setenv("MAINSPRING_HOME", str(tmp_path / "other"))

    assert home_of() == tmp_path / "other"


def test_the_nearest_settings_upwards_name_it_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(tmp_path, "")
    deep = tmp_path / "project" / "src" / "deep"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    monkeypatch.setenv("MAINSPRING_HOME", "")  # set to nothing is not set
    assert home_of() == tmp_path

    (tmp_path / "project" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert home_of() == tmp_path

    (tmp_path / "project" / "pyproject.toml").write_text("[tool.mainspring.instance]\nmode = 'prod'\n")
    assert home_of() == tmp_path / "project"


def test_a_named_home_has_the_settings_that_a_found_one_has(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.mainspring.instance]\nstorage = 'sqlite:///of-the-project.db'\n")

    assert home_of() == home_of(tmp_path) == tmp_path
    assert (tmp_path / "of-the-project.db").exists()
    assert not (tmp_path / "mainspring.db").exists()


def test_no_home_at_all_says_how_to_have_one(tmp_path: Path) -> None:
    if any((each / "mainspring.toml").exists() for each in tmp_path.parents):
        pytest.skip("this machine has a home above the folder for temporary files")

    with pytest.raises(InstanceError, match=r"set MAINSPRING_HOME, name a folder .* or put a mainspring.toml"):
        ms.Instance.open()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no/such/home", "cannot be made, since .* does not exist; make that folder first"),
        ("a-file", "is a file; name a folder"),
        ("a-file/home", "a-file"),
        ("~no-such-user-here/home", "name its folder"),
        ("x" * 300, "cannot be used: File name too long"),
        ("nul\0", "null"),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_a_home_that_cannot_be_is_refused_in_one_sentence(name: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()

    with pytest.raises(InstanceError, match=sentence) as caught:
        ms.Instance.open(name)
    assert "\n" not in str(caught.value)
    assert [each.name for each in tmp_path.iterdir()] == ["a-file"]


def test_a_home_is_made_whole_and_used_again(tmp_path: Path) -> None:
    with ms.Instance.open(tmp_path / "home") as instance:
        run_id = job.execute("dev", instance=instance).run_id
        assert repr(instance) == f"<Instance {tmp_path / 'home'}>"
    with ms.Instance.open(tmp_path / "home") as instance:
        assert [run.run_id for run in instance.storage.runs.find(RunQuery())] == [run_id]
    assert {each.name for each in (tmp_path / "home").iterdir()} == {"mainspring.db", "logs", "values"} - (
        set() if (tmp_path / "home" / "logs").exists() else {"logs"}
    )


def test_paths_start_at_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = settings(
        tmp_path / "home",
        """
        [instance]
        storage = "sqlite:///data.db"
        [mode.prod.resources.warehouse]
        use = "filesystem"
        base = "lake"
        """,
    )
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with ms.Instance.open(home) as instance:
        result = job.execute("prod", instance=instance)
        assert result.output("one") == 1

    assert (home / "data.db").exists()
    assert any(each.is_file() for each in (home / "lake").rglob("*"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_absolute_path_stays_what_it_is(tmp_path: Path) -> None:
    home = settings(tmp_path / "home", f"[instance]\nstorage = 'sqlite:///{tmp_path}/far.db'\n")
    home_of(home)

    assert (tmp_path / "far.db").exists()


def test_settings_replace_parts_of_one_mode_only(tmp_path: Path) -> None:
    home = settings(
        tmp_path / "home",
        """
        [mode.prod.resources.warehouse]
        use = "filesystem"
        base = { env = "WAREHOUSE" }
        [mode.prod.executor]
        use = "in_process"
        """,
    )
    with ms.Instance.open(home) as instance, pytest.MonkeyPatch.context() as patch:
        assert job.execute("dev", instance=instance).success
        patch.delenv("WAREHOUSE", raising=False)
        with pytest.raises(ConfigError, match=r"mode.prod.resources.warehouse.base: environment variable WAREHOUSE"):
            job.execute("prod", instance=instance)
        patch.setenv("WAREHOUSE", str(tmp_path / "lake"))
        result = job.execute("prod", instance=instance)

    (pointer,) = [event.fact for event in result.events if event.kind == "STEP_OUTPUT" and event.step_key == "one"]
    told: Any = pointer
    assert Path(told.metadata["path"]).is_relative_to(tmp_path / "lake")
    assert isinstance(result.plan.mode.executor, ms.InProcessExecutor)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ('[mode.prod.executor]\nuse = "in_proces"', UnknownNameError, "did you mean 'in_process'"),
        (
            '[mode.prod.executor]\nuse = "in_process"\nmax_concurrent = 2',
            ConfigError,
            "'max_concurrent'; it takes none",
        ),
        (
            '[mode.prod.resources.warehouse]\nuse = "csv"',
            UnknownNameError,
            r"no IO manager or resource 'csv' in any plugin, though .*mainspring.toml uses it at mode.prod.*; there is: f",
        ),
        ('[mode.prod.resources.warehouse]\nuse = "filesystem"', ConfigError, "base: it is required"),
        ('[mode.prod.resources.warehouse]\nuse = "filesystem"\nbase = 7', ConfigError, "expected a path, got int"),
        ('[mode.prod.resources.warehouse]\nuse = "filesystem"\nbas = "x"', ConfigError, "unknown key 'bas'"),
    ],
)
def test_a_mode_whose_settings_are_wrong_costs_that_mode(
    text: str, error: type[Exception], sentence: str, tmp_path: Path
) -> None:
    with ms.Instance.open(settings(tmp_path / "home", text)) as instance:
        with pytest.raises(error, match=sentence):
            job.execute("prod", instance=instance)
        assert job.execute("dev", instance=instance).success


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("[instance", ConfigError, "it is not TOML"),
        ("[instance]\nstorag = 'x'", ConfigError, "did you mean 'storage'"),
        ("[instance]\nstorage = 'x'", StorageError, "must be a database URL"),
        ("[instance]\nstorage = { env = 'NO_SUCH_VARIABLE' }", ConfigError, "NO_SUCH_VARIABLE is not set"),
        ("[instance]\nstorage = 'mysql://user:secret@host/x'", StorageError, "not supported"),
    ],
)
def test_wrong_settings_are_refused(text: str, error: type[Exception], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=sentence) as caught:
        ms.Instance.open(settings(tmp_path / "home", text))
    assert "secret" not in str(caught.value)


def test_outputs_that_name_no_manager_are_files_of_the_home(tmp_path: Path) -> None:
    with ms.Instance.open(tmp_path / "home") as instance:
        result = job.execute("dev", instance=instance)
        assert isinstance(instance.io_manager, ms.FilesystemIOManager)

    files = [each for each in (tmp_path / "home" / "values").rglob("*") if each.is_file()]
    assert [each.name for each in files] == ["two.result.1.pickle"]
    assert files[0].parent.name == result.run_id


def test_an_ephemeral_instance_leaves_nothing_and_knows_nothing(tmp_path: Path) -> None:
    clock = VirtualClock()
    instance = ms.Instance.ephemeral(clock=clock)
    result = job.execute(instance=instance)

    assert result.run.created_at == clock.time()
    assert (instance.home, instance.settings, instance.plugins) == (None, None, None)
    assert repr(instance) == "<Instance in memory>"
    assert ms.Instance.ephemeral().storage.runs.find(RunQuery()) == []
    assert list(tmp_path.iterdir()) == []
    instance.close()
    assert result.output("two") == 2


_OPENING = """
import sys
import mainspring as ms
with ms.Instance.open(sys.argv[1]) as instance:
    instance.storage.runs.find(__import__("mainspring.storage").storage.RunQuery())
"""


@pytest.mark.integration
def test_several_processes_may_make_one_home_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _OPENING, str(tmp_path / "home")]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [each.communicate(timeout=60)[1] for each in started]

    assert [each.returncode for each in started] == [0] * 4, said
    with closing(ms.Instance.open(tmp_path / "home")) as instance:
        assert instance.storage.runs.find(RunQuery()) == []


def test_a_home_may_be_given_as_any_path(tmp_path: Path) -> None:
    class Folder(os.PathLike[str]):
        def __fspath__(self) -> str:
            return str(tmp_path / "home")

    with ms.Instance.open(Folder()) as instance:
        assert instance.home == tmp_path / "home"


def test_a_folder_that_holds_other_things_can_be_a_home(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "shop.py").write_text("")

    assert home_of(tmp_path / "project") == tmp_path / "project"
    assert (tmp_path / "project" / "mainspring.db").exists()


@pytest.mark.parametrize("name", [".gitkeep", "values", "lost+found", "mainspring.toml"])
def test_a_folder_of_what_a_home_may_hold_is_filled(name: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / name).touch()

    assert home_of(tmp_path / "home") == tmp_path / "home"
    assert (tmp_path / "home" / "mainspring.db").exists()


def test_a_home_that_is_only_read_is_not_filled(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()

    for name in ("home", "absent"):
        with pytest.raises(AbsentSchemaError, match="does not exist; run `mainspring instance migrate`"):
            ms.Instance.open(tmp_path / name, create=False)

    assert [each.name for each in tmp_path.rglob("*")] == ["home"]


def test_the_pools_of_the_settings_are_known(tmp_path: Path) -> None:
    with ms.Instance.open(settings(tmp_path / "home", "[instance.pools]\nwarehouse = 2")) as instance:
        assert instance.pools == {"warehouse": 2}
    assert ms.Instance.ephemeral().pools == {}
