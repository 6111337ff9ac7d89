"""A bad plugin costs itself, visibly, and nothing else. Scars: A#8732, A#55142."""

import logging

import pytest

import mainspring as ms
from mainspring.errors import PluginError, UnknownNameError
from mainspring.plugin import load_plugins
from tests.core.plugin.site import EXECUTORS, Site

HEAD = "import attrs\nimport mainspring as ms\n"
BAD = {
    "raises": ("raise RuntimeError('no driver\\nhere')", "RuntimeError: no driver here"),
    "syntax": ("def (", "SyntaxError: "),
    "needs": ("import a_module_that_is_not_there", "ModuleNotFoundError: "),
    "exits": ("import sys\nsys.exit(3)", "SystemExit: 3"),
    "generator_exits": ("raise GeneratorExit", "GeneratorExit"),
    "speechless": ("class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute", "Mute"),
    "recurses": ("def f(): f()\nf()", "RecursionError: "),
    "hook_raises": (f"{HEAD}@ms.hookimpl\ndef mainspring_executors(): raise OSError('gone')", "OSError: gone"),
    "hook_exits": (f"{HEAD}@ms.hookimpl\ndef mainspring_executors(): raise SystemExit", "SystemExit"),
    "no_mapping": (
        f"{HEAD}@ms.hookimpl\ndef mainspring_executors(): return [1]",
        "mainspring_executors returned a list; return a mapping of name to executor",
    ),
    "none": (f"{HEAD}@ms.hookimpl\ndef mainspring_executors(): return None", "returned a NoneType"),
    "bad_name": (f"{HEAD}@ms.hookimpl\ndef mainspring_executors(): return {{1: int}}", "registers 1; names are text"),
    "no_class": (
        f"{HEAD}@ms.hookimpl\ndef mainspring_executors(): return {{'x': ms.InProcessExecutor()}}",
        "does not derive from Executor",
    ),
    "other_class": (
        f"{HEAD}@ms.hookimpl\ndef mainspring_resources(): return {{'x': ms.InProcessExecutor}}",
        "does not derive from Resource",
    ),
    "abstract": (
        f"{HEAD}@ms.hookimpl\ndef mainspring_io_managers(): return {{'x': ms.IOManager}}",
        "is abstract; define handle_output, load_input",
    ),
    "no_fields": (
        f"""{HEAD}class Plain(ms.Executor):
    def execute(self, plan, run): yield from ()
@ms.hookimpl
def mainspring_executors(): return {{'x': Plain}}""",
        "is no attrs class",
    ),
    "unmarked": (f"{HEAD}def mainspring_executors(): return {{}}", "decorate it with @mainspring.hookimpl"),
    "unknown_hook": (f"{HEAD}@ms.hookimpl\ndef mainspring_exekutors(): return {{}}", "mainspring_exekutors"),
    "bad_parameter": (f"{HEAD}@ms.hookimpl\ndef mainspring_executors(config): return {{}}", "config"),
    "wrapper": (
        f"{HEAD}@ms.hookimpl(wrapper=True)\ndef mainspring_executors():\n    return (yield)",
        "is a wrapper",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_plugin_is_disabled_and_shown_and_costs_no_other(
    site: Site, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    code, said = BAD[name]
    site.install("good", EXECUTORS)
    site.install(name, code)
    plugins = site.load()

    assert plugins.infos["good"].status == "loaded"
    assert plugins.find("executor", "threads").__name__ == "Threads"
    assert plugins.find("executor", "in_process") is ms.InProcessExecutor
    assert plugins.infos[name].status == "failed"
    assert plugins.infos[name].registers == {}
    assert said in (plugins.infos[name].error or "")
    assert "\n" not in (plugins.infos[name].error or "")
    assert f"plugin {name} is disabled: " in caplog.text


def test_a_plugin_that_registers_something_bad_registers_nothing(site: Site) -> None:
    site.install("half", f"{EXECUTORS}\n@ms.hookimpl\ndef mainspring_resources():\n    return {{'x': int}}")
    plugins = site.load()

    assert plugins.names("executor") == ["in_process", "multiprocess"]
    assert plugins.conflicts() == []
    assert plugins.observers == ()


def test_ctrl_c_while_a_plugin_loads_is_no_fault_of_the_plugin(site: Site) -> None:
    site.install("slow", "raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        site.load()


def test_a_name_that_two_plugins_register_is_an_error_that_names_both(site: Site) -> None:
    site.install("first", EXECUTORS)
    site.install("second", EXECUTORS)
    plugins = site.load()

    with pytest.raises(PluginError, match=r"executor 'threads' is registered by both 'first' and 'second'; .*=-second"):
        plugins.find("executor", "threads")
    assert len(plugins.conflicts()) == 1
    assert plugins.find("executor", "in_process") is ms.InProcessExecutor
    assert site.load("-second").find("executor", "threads").__module__ == "first_module"


def test_a_plugin_does_not_silently_replace_a_built_in(site: Site) -> None:
    site.install("usurper", EXECUTORS.replace('"threads"', '"in_process"'))

    with pytest.raises(PluginError, match="'mainspring' and 'usurper'"):
        site.load().find("executor", "in_process")


def test_two_distributions_cannot_share_a_plugins_name(site: Site) -> None:
    site.install("first", EXECUTORS, entry_point="threads")
    site.install("second", EXECUTORS, entry_point="threads")
    plugins = site.load()
    failed = [each for each in plugins.infos.values() if each.status == "failed"]

    assert [each.error for each in failed] in (
        ["its name is taken by distribution first; uninstall one of them"],
        ["its name is taken by distribution second; uninstall one of them"],
    )
    assert plugins.names("executor") == ["in_process", "multiprocess", "threads"]


def test_one_module_is_one_plugin(site: Site) -> None:
    site.install("first", EXECUTORS)
    (site.folder / "first-1.0.dist-info" / "entry_points.txt").write_text(
        "[mainspring]\none = first_module\ntwo = first_module\n"
    )
    plugins = site.load()

    assert plugins.infos["one"].status == "loaded"
    assert "the same object as plugin 'one'" in (plugins.infos["two"].error or "")


def test_an_unknown_name_tells_which_plugins_are_out_of_use(site: Site) -> None:
    site.install("broken", "import a_module_that_is_not_there")
    site.install("unwanted", EXECUTORS)

    with pytest.raises(UnknownNameError) as caught:
        site.load("-unwanted").find("executor", "threads")

    assert "there is no executor 'threads' in any plugin (broken is disabled, ModuleNotFoundError: " in str(
        caught.value
    )
    assert "unwanted is blocked" in str(caught.value)


@pytest.mark.parametrize(
    ("selection", "loaded"),
    [
        ("", {"a", "b", "c"}),
        ("a, c", {"a", "c"}),
        ("-a", {"b", "c"}),
        (" - a ,, -b ", {"c"}),
        ("a,b,-b", {"a"}),
        ("mainspring", set()),
    ],
)
def test_plugins_are_allowed_and_blocked_by_name(site: Site, selection: str, loaded: set[str]) -> None:
    for name in "abc":
        site.install(name, EXECUTORS)
    plugins = site.load(selection)

    assert {name for name, info in plugins.infos.items() if info.status == "loaded"} == {*loaded, "mainspring"}
    assert all(info.status in ("loaded", "blocked") for info in plugins.infos.values())


def test_a_blocked_plugin_is_not_even_imported(site: Site) -> None:
    site.install("broken", "raise RuntimeError")

    assert site.load("-broken").infos["broken"].error is None


def test_the_selection_stands_in_the_environment(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.install("a", EXECUTORS)
    site.install("b", EXECUTORS)
    monkeypatch.setenv("MAINSPRING_PLUGINS", "-a,-absent")
    plugins = load_plugins(site.entry_points())

    assert plugins.infos["a"].status == "blocked"
    assert plugins.infos["b"].status == "loaded"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "MAINSPRING_PLUGINS names absent, which is not installed"
    ]
