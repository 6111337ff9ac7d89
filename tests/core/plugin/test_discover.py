"""Finding plugins, and whether they are made for this version of Mainspring."""

from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from mainspring.plugin import load_plugins
from mainspring.plugin.discover import check_range, installed
from mainspring.version import own_version
from tests.core.plugin.site import EXECUTORS, Site


@pytest.mark.parametrize(
    "requires",
    [
        (),
        ("attrs",),
        ("mainspring",),
        ("mainspring>=0.1,<9",),
        ("mainspring[demo]>=0.0.1",),
        ("mainspring>=99; extra == 'next'",),
        ("mainspring>=99; python_version < '3'",),
        ("mainspring-aws>=99",),
        ("this is no requirement at all",),
    ],
    ids=str,
)
def test_a_plugin_made_for_this_version_loads(site: Site, requires: tuple[str, ...]) -> None:
    site.install("fitting", EXECUTORS, requires=requires)

    assert site.load().infos["fitting"].error is None


@pytest.mark.parametrize("requires", ["mainspring>=9", "Mainspring>=9", "mainspring[demo]>=9; python_version > '3'"])
def test_a_plugin_made_for_another_version_is_not_imported(site: Site, requires: str) -> None:
    site.install("later", "raise RuntimeError('imported')", requires=("attrs", requires))
    error = site.load().infos["later"].error or ""

    assert f"it is made for mainspring>=9, but this is {own_version()}; upgrade one of the two" in error


def test_a_plugin_built_on_the_last_release_works_on_this_one() -> None:
    """Scar: D#9431. A range that begins at an older version admits newer ones, their pre-releases too."""
    plugin = _requiring("mainspring>=0.1,<1")

    for own in ("0.1.0", "0.2.0", "0.9.9", "0.3.0rc1", "0.2.0.dev1+local"):
        check_range(plugin, own)


def test_where_the_own_version_is_unknown_no_range_is_checked() -> None:
    check_range(_requiring("mainspring>=9"), None)


def test_a_plugin_shows_where_it_comes_from(site: Site) -> None:
    site.install("threads", EXECUTORS)
    info = site.load().infos["threads"]

    assert (info.distribution, info.version, info.registers) == ("threads", "1.0", {"executor": ["threads"]})


@pytest.mark.parametrize("metadata", ["\x00", "Metadata-Version: 2.1\n", "Name\nVersion: x"])
def test_damaged_papers_cost_nobody_else(site: Site, metadata: str) -> None:
    site.install("good", EXECUTORS)
    site.install("damaged", EXECUTORS.replace('"threads"', '"others"'), metadata=metadata)
    plugins = site.load()

    assert plugins.infos["good"].status == "loaded"
    assert plugins.infos["damaged"].status in ("loaded", "failed")


def test_a_damaged_list_of_entry_points_costs_nobody_else(site: Site) -> None:
    """Scar: A#8732. The standard library gives up on all distributions for the sake of one."""
    site.install("good", EXECUTORS)
    site.install("damaged", EXECUTORS)
    (site.folder / "damaged-1.0.dist-info" / "entry_points.txt").write_text("[mainspring]\nno equals sign\n")

    assert "good" in {entry_point.name for entry_point in installed()}
    assert load_plugins(selection="good").infos["good"].status == "loaded"


def test_what_is_not_a_module_is_disabled(site: Site) -> None:
    site.install("odd", EXECUTORS)
    (site.folder / "odd-1.0.dist-info" / "entry_points.txt").write_text("[mainspring]\nodd = not a module!\n")

    assert site.load().infos["odd"].status == "failed"


def _requiring(text: str) -> Distribution:
    class Fake(Distribution):
        @property
        def requires(self) -> list[str]:
            return [text]

        def read_text(self, filename: str) -> str | None:
            return None

        def locate_file(self, path: object) -> Path:
            raise FileNotFoundError(path)

    return Fake()


def test_installed_plugins_are_found_on_the_path(site: Site) -> None:
    site.install("good", EXECUTORS)

    assert [each.name for found in distributions(path=[str(site.folder)]) for each in found.entry_points] == ["good"]
    assert "good" in {entry_point.name for entry_point in installed()}
