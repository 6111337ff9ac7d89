"""Mainspring's own things come through the same hooks as everybody else's."""

import mainspring as ms
from mainspring.plugin import load_plugins


def test_the_built_ins_are_a_plugin() -> None:
    plugins = load_plugins([], "")
    info = plugins.infos["mainspring"]

    assert info.status == "loaded"
    assert info.distribution == "mainspring"
    assert plugins.find("IO manager", "memory") is ms.MemoryIOManager
    assert plugins.find("IO manager", "filesystem") is ms.FilesystemIOManager
    assert plugins.find("executor", "in_process") is ms.InProcessExecutor
    assert plugins.find("sensor source", "directory") is ms.DirectorySource


def test_the_built_ins_cannot_be_blocked() -> None:
    assert load_plugins([], "-mainspring").infos["mainspring"].status == "loaded"
