"""A plugin's log store takes the place of the files, where the settings say so."""

import sys
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.errors import ConfigError, PluginError, UnknownNameError
from mainspring.log.filesystem import FilesystemLogStore
from mainspring.plugin import load_plugins
from tests.core.plugin.site import Site

LINES = """
from pathlib import Path

import attrs
import mainspring as ms

@attrs.frozen
class OneFile(ms.LogStore):
    base: Path
    mark: str = "-"

    def append(self, key, text):
        with self.base.open("a") as file:
            file.write(f"{self.mark} {key.step_key} {text}")

    def piece(self, key, start=0):
        return ms.LogPiece("", start)

@ms.hookimpl
def mainspring_log_stores():
    return {"one_file": OneFile}
"""


@ms.op
def talk() -> None:
    sys.stdout.write("talking\n")


@ms.job
def talks() -> None:
    talk()


def settings(home: Path, text: str) -> Path:
    home.mkdir()
    (home / "mainspring.toml").write_text(text)
    return home


def test_the_built_in_keeps_files() -> None:
    assert load_plugins([], "").find("log store", "filesystem") is FilesystemLogStore


def test_without_settings_logs_are_files_in_the_home(tmp_path: Path) -> None:
    with ms.Instance.open(tmp_path / "home") as instance:
        assert instance.logs == FilesystemLogStore(tmp_path / "home" / "logs")


def test_the_built_in_can_be_set_up(tmp_path: Path) -> None:
    home = settings(tmp_path / "home", '[instance.logs]\nuse = "filesystem"\nbase = "prints"\nlimit_bytes = 5\n')

    with ms.Instance.open(home) as instance:
        assert instance.logs == FilesystemLogStore(home / "prints", 5)
        assert talks.execute(instance=instance).logs("talk").startswith("talki\n…")


def test_a_plugins_store_is_picked_by_its_name(site: Site, tmp_path: Path) -> None:
    site.install("one_file", LINES)
    home = settings(tmp_path / "home", '[instance.logs]\nuse = "one_file"\nbase = "all.txt"\nmark = "+"\n')

    with ms.Instance.open(home) as instance:
        assert type(instance.logs).__name__ == "OneFile"
        talks.execute(instance=instance)

    assert (home / "all.txt").read_text() == "+ talk talking\n"
    assert not (home / "logs").exists()


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ('logs = "files"', ConfigError, "instance.logs: expected a table, got str"),
        ("logs = {}", ConfigError, 'instance.logs: it needs use = "…"'),
        (
            'logs = {use = "filesytem"}',
            UnknownNameError,
            "there is no log store 'filesytem'.*did you mean 'filesystem'",
        ),
        ('logs = {use = "filesystem", limit = 5}', ConfigError, "instance.logs.*limit"),
        ('logs = {use = "filesystem", limit_bytes = "x"}', ConfigError, "instance.logs.limit_bytes"),
    ],
)
def test_a_store_that_cannot_be_built_is_one_sentence(
    text: str, error: type[Exception], sentence: str, tmp_path: Path
) -> None:
    home = settings(tmp_path / "home", f"[instance]\n{text}\n")

    with pytest.raises(error, match=sentence):
        ms.Instance.open(home)
    assert [each.name for each in home.iterdir()] == ["mainspring.toml"]


def test_a_store_that_is_none_disables_its_plugin(site: Site) -> None:
    site.install("bad", "import mainspring as ms\n@ms.hookimpl\ndef mainspring_log_stores():\n    return {'x': dict}\n")
    plugins = site.load()

    assert "does not derive from LogStore" in (plugins.infos["bad"].error or "")
    with pytest.raises(UnknownNameError):
        plugins.find("log store", "x")


def test_a_name_that_two_plugins_claim_is_refused(site: Site) -> None:
    site.install("one", LINES)
    site.install("two", LINES.replace('"one_file"', '"filesystem"'))

    with pytest.raises(PluginError, match="log store 'filesystem' is registered by both"):
        site.load().find("log store", "filesystem")
