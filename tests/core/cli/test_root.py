import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from itertools import count
from pathlib import Path

import click
import pytest

from mainspring.cli.root import COMMANDS
from mainspring.cli.root import mainspring as group
from tests.core.cli.command import Command, Write

HEAVY = ("sqlalchemy", "alembic", "rich", "cattrs", "pluggy", "typeguard", "mainspring.execute", "mainspring.demo")
UNIQUE = count()

PLUGIN = """
import click
import mainspring as ms

@click.command()
@click.option("--fail", is_flag=True)
def greet(fail):
    '''Say hello.'''
    if fail:
        raise ms.MainspringError("no greeting today")
    click.echo("hello")
    return 7

@ms.hookimpl
def mainspring_commands():
    return {"greet": greet}
"""


@pytest.fixture
def install(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Install":
    """Put a distribution with one plugin where it is found as if it had been installed."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return Install(write)


class Install:
    def __init__(self, write: Write) -> None:
        self._write = write

    def __call__(self, name: str, text: str, requires: str = "mainspring") -> None:
        module = f"plugin_{next(UNIQUE)}"
        info = f"site/{name}-1.2.dist-info"
        self._write(f"site/{module}.py", text)
        self._write(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\nRequires-Dist: {requires}\n"
        )
        self._write(f"{info}/entry_points.txt", f"[mainspring]\n{name} = {module}\n")


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


@pytest.mark.parametrize("path", sorted(commands(group)), ids=" ".join)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_explains_itself(mainspring: Command, path: tuple[str, ...], option: str) -> None:
    outcome = mainspring(*path, option)

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Usage: {' '.join(('mainspring', *path))}")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_a_command_says_of_itself(name: str) -> None:
    lazy = COMMANDS[name]

    assert lazy.load().get_short_help_str(200) == lazy.summary or name == "demo"


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_and_version_load_nothing_heavy(words: list[str]) -> None:
    program = (
        f"import sys; from mainspring.cli import main; assert main({words!r}) == 0;"
        f"sys.stderr.write(' '.join(each for each in {HEAVY!r} if each in sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stderr == ""


def test_the_version_is_the_distributions(mainspring: Command) -> None:
    assert mainspring("--version").out == f"mainspring {version('mainspring')}\n"


def test_no_command_at_all_shows_the_help(mainspring: Command) -> None:
    outcome = mainspring()

    assert outcome.code == 2
    assert "Commands:" in outcome.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jobs"], "there is no command 'jobs'; did you mean 'job'?; see `mainspring --help`"),
        (["x" * 10_000], "there is no command"),
        (["\x1b[31m"], "there is no command"),
        (["--nope"], "no such option '--nope'"),
        (["job", "lst"], "no such command 'lst'"),
        (["run", "list", "--limit", "0"], "--limit"),
        (["run", "list", "--limit", "9" * 40], "--limit"),
        (["run", "list", "--status", "GREEN"], "--status"),
        (["run", "list", "--tag", "team"], "--tag takes key=value, not 'team'"),
        (["run", "show"], "missing argument 'RUN'"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(mainspring: Command, words: list[str], said: str) -> None:
    outcome = mainspring(*words)

    assert outcome.code == 2
    assert outcome.out == ""
    assert said.lower() in outcome.complaint.lower()
    assert "\x1b" not in outcome.err


def test_a_plugins_command_stands_among_the_others(mainspring: Command, install: Install) -> None:
    install("greeter", PLUGIN)

    assert "greet     Say hello." in mainspring("--help").out
    assert mainspring("greet").out == "hello\n"
    assert mainspring("greet").code == 0, "what a command returns is no exit code"
    assert mainspring("greet", "--fail").complaint == "no greeting today"


def test_a_broken_plugin_costs_its_own_commands_only(mainspring: Command, install: Install) -> None:
    install("greeter", PLUGIN)
    install("shaky", "raise RuntimeError('cannot \\x1b[31mimport')")

    outcome = mainspring("greet")

    assert (outcome.code, outcome.out) == (0, "hello\n")
    assert "warning: plugin shaky is disabled: RuntimeError: cannot \\x1b[31mimport" in outcome.err
    assert mainspring("plugins", "list").code == 0


def test_a_command_that_two_plugins_claim_is_none(mainspring: Command, install: Install) -> None:
    install("greeter", PLUGIN)
    install("welcomer", PLUGIN)

    outcome = mainspring("greet")

    assert outcome.code == 2
    assert "'greet' is registered by both" in outcome.err
    assert "there is no command 'greet'" in outcome.err


def test_plugins_are_listed_with_what_is_wrong_with_them(mainspring: Command, install: Install) -> None:
    install("greeter", PLUGIN)
    install("shaky", "raise RuntimeError('cannot import')")
    install("dated", PLUGIN, requires="mainspring<0.0.1")
    install("welcomer", PLUGIN)

    found = {each["name"]: each for each in mainspring("plugins", "list", "--json").json}

    assert found["mainspring"]["status"] == "loaded"
    assert found["greeter"]["registers"] == {"command": ["greet"]}
    assert (found["greeter"]["distribution"], found["greeter"]["version"]) == ("greeter", "1.2")
    assert found["greeter"]["conflicts"] == [{"kind": "command", "name": "greet", "plugin": "welcomer"}]
    assert (found["shaky"]["status"], "cannot import" in found["shaky"]["error"]) == ("failed", True)
    assert (found["dated"]["status"], "made for" in found["dated"]["error"]) == ("failed", True)


def test_the_table_of_plugins_says_the_same(mainspring: Command, install: Install) -> None:
    install("greeter", PLUGIN)
    install("welcomer", PLUGIN)
    install("shaky", "raise RuntimeError('cannot import')")

    outcome = mainspring("plugins", "list")

    assert outcome.code == 0
    assert "shaky: RuntimeError: cannot import" in outcome.out
    assert "warning: command 'greet' is registered by both" in outcome.err
    assert len(mainspring("plugins", "list", "--limit", "1").out.splitlines()) == 2


def test_a_blocked_plugin_is_shown_as_blocked(
    mainspring: Command, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("greeter", PLUGIN)
    monkeypatch.setenv("MAINSPRING_PLUGINS", "-greeter")

    found = {each["name"]: each["status"] for each in mainspring("plugins", "list", "--json").json}

    assert found["greeter"] == "blocked"
    assert mainspring("greet").code == 2


def test_a_bug_shows_its_traceback_and_says_that_it_is_one(mainspring: Command, install: Install) -> None:
    install("buggy", PLUGIN.replace('click.echo("hello")', "{}['missing']"))

    outcome = mainspring("greet")

    assert outcome.code == 1
    assert "Traceback (most recent call last)" in outcome.err
    assert "error: KeyError: 'missing': this is a bug in Mainspring, or in a plugin" in outcome.err


def test_what_the_system_refuses_is_no_bug(mainspring: Command, install: Install) -> None:
    install("reader", PLUGIN.replace('click.echo("hello")', "open('/nowhere/at/all')"))

    outcome = mainspring("greet")

    assert outcome.code == 1
    assert outcome.complaint.startswith("/nowhere/at/all: No such file or directory")


def test_an_interrupt_ends_with_130(mainspring: Command, install: Install) -> None:
    install("slow", PLUGIN.replace('click.echo("hello")', "raise KeyboardInterrupt"))

    outcome = mainspring("greet")

    assert outcome.code == 130
    assert "error: interrupted from the keyboard" in outcome.err
