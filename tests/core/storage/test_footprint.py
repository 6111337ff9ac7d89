"""What an instance leaves on the machine: files for their owner only, and no connection or descriptor too many."""

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.storage import RunQuery, open_storage


@ms.op(out=ms.Out(asset="lake/one"))
def one(context: ms.OpContext) -> int:
    context.log.info("told")
    return 1


@ms.job
def job() -> None:
    one()


def descriptors() -> list[str]:
    found = []
    for each in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(each.readlink()))
        except OSError:
            continue  # the one that lists the folder
    return sorted(found)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077], ids=oct)
def test_everything_in_a_home_is_its_owners_alone(mask: int, tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = os.umask(mask)
    try:
        with ms.Instance.open(home) as instance:
            job.execute(instance=instance)
            made = [home, *home.rglob("*")]
            modes = {each.relative_to(tmp_path): stat.S_IMODE(each.stat().st_mode) for each in made}
    finally:
        os.umask(before)

    assert {path.suffix for path in modes} >= {".db", ".db-wal", ".pickle", ".txt"}
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted in /proc")
def test_opening_and_closing_leaks_nothing(tmp_path: Path) -> None:
    """Scars: D#20325, D#33054."""
    home = tmp_path / "home"
    with ms.Instance.open(home) as instance:
        job.execute(instance=instance)
        (first,) = instance.storage.runs.find(RunQuery())
    before = descriptors()
    for _ in range(200):
        with closing(open_storage("sqlite:///mainspring.db", home)) as storage:
            assert storage.runs.get(first.run_id) == first
            storage.close()
            assert storage.events.read(first.run_id)

    assert descriptors() == before
    assert not any(str(home) in each for each in before)


def test_one_connection_serves_a_whole_run(tmp_path: Path) -> None:
    @ms.op(out=ms.DynamicOut())
    def many() -> dict[str, int]:
        return {f"n{number}": number for number in range(20)}

    @ms.op
    def look(x: int) -> int:
        return descriptors().count(str(tmp_path / "home" / "mainspring.db"))

    @ms.job
    def wide() -> None:
        many().map(look)

    with ms.Instance.open(tmp_path / "home") as instance:
        seen = wide.execute(instance=instance).output("look")

    assert set(seen.values()) == {1}


def test_an_instance_can_be_used_again_after_it_was_closed(tmp_path: Path) -> None:
    instance = ms.Instance.open(tmp_path / "home")
    run_id = job.execute(instance=instance).run_id
    instance.close()
    instance.close()

    assert instance.storage.runs.get(run_id) is not None
    instance.close()
