"""What plugins register is found under its name, kind by kind."""

import attrs
import pytest

from mainspring.errors import UnknownNameError
from mainspring.plugin import KINDS
from tests.core.plugin.site import Site

EVERYTHING = """
import contextlib
import attrs
import click
import mainspring as ms

@attrs.frozen
class Steps(ms.Executor):
    def execute(self, plan, run):
        yield from ()

@attrs.frozen
class Csv(ms.IOManager):
    base: str
    def handle_output(self, context, obj): ...
    def load_input(self, context): ...

@attrs.frozen
class Connection(ms.Resource[int]):
    port: int = 1
    @contextlib.contextmanager
    def open(self):
        yield self.port

@attrs.frozen
class Printed(ms.LogStore):
    def append(self, key, text): ...
    def piece(self, key, start=0): ...

@attrs.frozen
class Nowhere(ms.RunLauncher):
    def launch(self, launch): ...
    def terminate(self, run): return False
    def check(self, run): return ms.WorkerHealth("NOT_FOUND")

@attrs.frozen
class Mailbox(ms.SensorSource):
    def poll(self, cursor):
        yield from ()

@click.command()
def sweep(): ...

@ms.hookimpl
def mainspring_executors():
    return {"each": Steps}

@ms.hookimpl
def mainspring_io_managers():
    return {"each": Csv}

@ms.hookimpl
def mainspring_resources():
    return {"each": Connection, "other": Connection}

@ms.hookimpl
def mainspring_log_stores():
    return {"each": Printed}

@ms.hookimpl
def mainspring_run_launchers():
    return {"each": Nowhere}

@ms.hookimpl
def mainspring_sensor_sources():
    return {"each": Mailbox}

@ms.hookimpl
def mainspring_commands():
    return {"each": sweep}
"""


def test_each_kind_has_names_of_its_own(site: Site) -> None:
    site.install("everything", EVERYTHING)
    plugins = site.load()

    assert plugins.infos["everything"].error is None
    assert plugins.infos["everything"].registers == {
        "executor": ["each"],
        "IO manager": ["each"],
        "resource": ["each", "other"],
        "log store": ["each"],
        "run launcher": ["each"],
        "sensor source": ["each"],
        "command": ["each"],
    }
    assert plugins.find("executor", "each").__name__ == "Steps"
    assert attrs.fields(plugins.find("IO manager", "each")).base.name == "base"
    assert plugins.find("resource", "each")(port=5).port == 5
    assert plugins.find("command", "each").name == "sweep"
    assert plugins.conflicts() == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_name_tells_the_known_ones(site: Site, kind: str) -> None:
    site.install("everything", EVERYTHING)

    with pytest.raises(UnknownNameError, match=rf"there is no {kind} 'eech' in any plugin; did you mean 'each'\?"):
        site.load().find(kind, "eech")


def test_hooks_may_be_methods_of_an_object_and_bear_other_names(site: Site) -> None:
    site.install(
        "object",
        """
        import mainspring as ms

        class Plugin:
            @ms.hookimpl(specname="mainspring_executors")
            def own_executors(self):
                return {"again": ms.InProcessExecutor}

        plugin = Plugin()
        """,
    )
    (site.folder / "object-1.0.dist-info" / "entry_points.txt").write_text(
        "[mainspring]\nobject = object_module:plugin\n"
    )

    assert site.load().names("executor") == ["again", "in_process", "multiprocess"]
