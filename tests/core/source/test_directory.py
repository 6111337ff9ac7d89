"""Files in a directory: new, changed, moved, linked, being written, gone, and with names that are hardly names."""

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.definition.request import plain_request
from mainspring.errors import SourceError
from mainspring.testing import sensor_context
from tests.core.source.watched import Watched


@ms.op
def look() -> None: ...


@ms.job
def looks() -> None:
    look()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "inbox")


def source(watched: Watched, **arguments: Any) -> ms.DirectorySource:
    return ms.DirectorySource(watched.folder, clock=watched.clock, **arguments)


def names(items: list[ms.Item]) -> list[str]:
    return [item.payload["name"] for item in items]


class Follower:
    """Polls from where it left off, and tells which keys it has not seen."""

    def __init__(self, source: ms.DirectorySource) -> None:
        self.source = source
        self.cursor: str | None = None
        self.seen: set[str] = set()

    def new(self) -> list[str]:
        items = list(self.source.poll(self.cursor))
        self.cursor = next((item.cursor for item in reversed(items) if item.cursor), self.cursor)
        new = [item for item in items if item.key not in self.seen]
        self.seen |= {item.key for item in items}
        return names(new)


def test_an_item_says_where_its_file_is_and_what_it_is_like(watched: Watched) -> None:
    path = watched.arrive("orders.csv", "12345")

    (item,) = source(watched).poll(None)
    assert item.payload == {
        "path": str(path),
        "name": "orders.csv",
        "modified_ns": path.stat().st_mtime_ns,
        "size_bytes": 5,
    }
    assert item.key == f"orders.csv@{path.stat().st_mtime_ns}.5"
    assert item.cursor == str(path.stat().st_ctime_ns)


def test_new_and_changed_files_come_once_each_and_deleted_ones_are_no_news(watched: Watched) -> None:
    follower = Follower(source(watched))
    watched.arrive("a")
    first = watched.arrive("b")
    assert follower.new() == ["a", "b"]
    assert follower.new() == []

    watched.arrive("a", "longer")
    first.unlink()
    assert follower.new() == ["a"]
    watched.arrive("a", "longes")
    assert follower.new() == ["a"]
    assert follower.new() == []


def test_a_file_that_is_being_written_waits_until_it_is_left_alone(watched: Watched) -> None:
    path = watched.arrive("a")
    watched.clock.jump(-1)
    half = source(watched)
    assert list(half.poll(None)) == []

    path.write_text("longer", encoding="utf-8")
    watched.later(path)
    watched.settle(path)
    watched.clock.jump(-0.001)
    assert list(half.poll(None)) == []
    watched.clock.jump(0.001)
    (item,) = half.poll(None)
    assert item.payload["size_bytes"] == 6


def test_how_long_that_is_can_be_said(watched: Watched) -> None:
    watched.arrive("a")

    assert names(list(source(watched, settle_seconds=timedelta(seconds=1)).poll(None))) == ["a"]
    assert names(list(source(watched, settle_seconds=60).poll(None))) == []
    watched.clock.advance(60)
    assert names(list(source(watched, settle_seconds=60).poll(None))) == ["a"]


def test_a_file_with_an_old_mtime_is_new_when_it_arrives(watched: Watched, tmp_path: Path) -> None:
    """As mv, cp -p, rsync and tar leave it."""
    old = tmp_path / "old"
    old.write_text("x", encoding="utf-8")
    follower = Follower(source(watched))
    watched.arrive("a")
    assert follower.new() == ["a"]

    moved = old.rename(watched.folder / "old")
    watched.later(moved)
    os.utime(moved, (1, 1))
    watched.settle(moved)
    assert follower.new() == ["old"]
    assert follower.new() == []


def test_touching_permissions_changes_no_file(watched: Watched) -> None:
    path = watched.arrive("a")
    follower = Follower(source(watched))
    assert follower.new() == ["a"]

    while path.stat().st_ctime_ns <= int(follower.cursor or 0):
        path.chmod(0o640)
    watched.settle(path)
    assert follower.new() == []


def test_a_folder_that_is_moved_in_brings_its_files(watched: Watched, tmp_path: Path) -> None:
    batch = tmp_path / "batch" / "deep"
    batch.mkdir(parents=True)
    (batch / "old").write_text("x", encoding="utf-8")
    follower = Follower(source(watched, recursive=True))
    watched.arrive("a")
    assert follower.new() == ["a"]

    moved = (tmp_path / "batch").rename(watched.folder / "batch")
    watched.later(moved)
    watched.settle(moved)
    assert follower.new() == ["batch/deep/old"]
    assert follower.new() == []


def test_folders_are_looked_into_if_it_is_said(watched: Watched) -> None:
    for name in ("a.csv", "b.txt", "2026/c.csv", "2026/01/d.csv"):
        watched.arrive(name)

    assert names(list(source(watched).poll(None))) == ["a.csv", "b.txt"]
    assert names(list(source(watched, pattern="*.csv").poll(None))) == ["a.csv"]
    assert names(list(source(watched, pattern="*.csv", recursive=True).poll(None))) == [
        "a.csv",
        "2026/c.csv",
        "2026/01/d.csv",
    ]


def test_hidden_files_and_folders_are_left_out_unless_they_are_asked_for(watched: Watched) -> None:
    for name in (".orders.csv.part", ".git/config", "orders.csv"):
        watched.arrive(name)

    assert names(list(source(watched, recursive=True).poll(None))) == ["orders.csv"]
    assert names(list(source(watched, pattern=".*").poll(None))) == [".orders.csv.part"]


def test_links_to_files_are_followed_and_links_to_folders_and_nowhere_are_not(watched: Watched, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("x", encoding="utf-8")
    os.utime(target, (1, 1))
    follower = Follower(source(watched, recursive=True))
    watched.arrive("a")
    assert follower.new() == ["a"]

    for name, to in (
        ("link", target),
        ("loop", watched.folder),
        ("itself", watched.folder / "itself"),
        ("gone", tmp_path / "no"),
    ):
        (watched.folder / name).symlink_to(to)
        watched.later(watched.folder / name)
        watched.settle(watched.folder / name)
    assert follower.new() == ["link"]

    target.write_text("changed", encoding="utf-8")
    watched.later(target)
    watched.settle(target)
    assert follower.new() == ["link"]


def test_what_is_no_file_is_left_out(watched: Watched) -> None:
    os.mkfifo(watched.folder / "pipe")
    watched.arrive("a")

    assert names(list(source(watched).poll(None))) == ["a"]


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9",
        b"\xff\xfe",
        "Schlüssel 🔑".encode(),
        b"a\nb",
        b"a\\b",
        b"-rf",
        b"a@1.1",
        b"%2e%2e",
        b"x" * 255,
        b"\x1b[31m",
    ],
    ids=repr,
)
def test_names_of_any_bytes_have_keys_and_paths_that_can_be_used(watched: Watched, name: bytes) -> None:
    path = os.path.join(os.fsencode(watched.folder), name)  # noqa: PTH118 - pathlib takes no bytes
    with open(path, "wb") as file:  # noqa: PTH123 - as above
        file.write(b"12345")
    watched.settle(Path(os.fsdecode(path)))
    sensor = ms.Sensor(
        name="s",
        job=looks,
        source=source(watched),
        request=lambda item: ms.RunRequest(config={"ops": {"look": item.payload}}),
    )

    (request,) = sensor.evaluate(sensor_context()).requests
    plain = json.loads(json.dumps(plain_request(request)))
    assert os.fsencode(plain["config"]["ops"]["look"]["path"]) == path
    assert Path(plain["config"]["ops"]["look"]["path"]).read_bytes() == b"12345"


def test_ten_thousand_files_come_in_order_and_quickly(watched: Watched) -> None:
    for number in range(10_000):
        (watched.folder / f"{number:05}").touch()
    watched.arrive("last")
    follower = Follower(source(watched))
    began = time.process_time()
    new = follower.new()
    assert follower.new() == []
    used_seconds = time.process_time() - began

    assert new == sorted(new)
    assert len(new) == 10_001
    assert used_seconds < 2


def test_a_directory_that_is_not_there_fails_the_tick_and_the_next_one_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    sensor = ms.Sensor(name="s", job=looks, source=ms.DirectorySource(folder))
    with pytest.raises(ms.EvaluationFailedError) as raised:
        sensor.evaluate(sensor_context(cursor="5"))
    assert isinstance(raised.value.__cause__, SourceError)
    assert f"directory '{folder}/' cannot be read: No such file or directory; see to it, or correct the path" in str(
        raised.value
    )
    assert raised.value.partial == ms.Evaluation(cursor="5")

    watched = Watched(folder)
    watched.arrive("a")
    sensor = ms.Sensor(name="s", job=looks, source=source(watched))
    assert len(sensor.evaluate(sensor_context(cursor="5")).requests) == 1


def test_a_file_in_the_place_of_the_directory_is_told(watched: Watched) -> None:
    path = watched.arrive("a")

    with pytest.raises(SourceError, match="cannot be read: Not a directory"):
        list(ms.DirectorySource(path).poll(None))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_told(watched: Watched) -> None:
    locked = watched.arrive("locked/a").parent
    locked.chmod(0)
    try:
        with pytest.raises(SourceError, match=r"locked/' cannot be read: Permission denied"):
            list(source(watched, recursive=True).poll(None))
    finally:
        locked.chmod(0o700)


def test_a_folder_too_deep_for_its_path_is_told(watched: Watched) -> None:
    at = os.open(watched.folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=at)
        inner = os.open("x" * 250, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)

    with pytest.raises(SourceError, match=r"cannot be (read|looked at): File name too long; see to it") as raised:
        list(source(watched, recursive=True).poll(None))
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("cursor", ["", "x", "-5", "1.5", "٣", "9" * 5000, '{"a": 1}'])
def test_another_ones_cursor_is_refused(watched: Watched, cursor: str) -> None:
    with pytest.raises(SourceError, match="is not one of DirectorySource") as raised:
        list(source(watched).poll(cursor))

    assert len(str(raised.value)) < 500


def test_files_that_come_after_the_clock_was_set_back_are_found(watched: Watched) -> None:
    """What was seen before comes again, and its key says that it is old."""
    watched.arrive("a")
    follower = Follower(source(watched))
    assert follower.new() == ["a"]
    ahead_ns = int(follower.cursor or 0) + 3_600_000_000_000

    watched.arrive("b")
    follower.cursor = str(ahead_ns)
    assert follower.new() == ["b"]
    assert int(follower.cursor) < ahead_ns
    assert list(follower.source.poll(follower.cursor)) == []


def test_a_relative_path_is_made_whole(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    path = watched.arrive("a")
    monkeypatch.chdir(watched.folder.parent)

    (item,) = ms.DirectorySource("inbox", clock=watched.clock).poll(None)
    assert item.payload["path"] == str(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"path": None}, "DirectorySource(path=None): give the path of a directory"),
        ({"path": ms.EnvVar("INBOX")}, "DirectorySource(path=EnvVar(name='INBOX', default=None)): give the path"),
        ({"pattern": ""}, "DirectorySource(pattern=''): give a pattern of file names"),
        ({"pattern": "a/*.csv"}, "recursive=True looks into folders"),
        ({"pattern": None}, "DirectorySource(pattern=None)"),
        ({"recursive": "yes"}, "DirectorySource(recursive='yes'): give True or False"),
        ({"settle_seconds": -1}, "DirectorySource: settle_seconds=-1.0 must be seconds"),
        ({"settle_seconds": "1"}, "DirectorySource: settle_seconds='1' must be seconds"),
        ({"settle_seconds": float("inf")}, "DirectorySource: settle_seconds=inf must be seconds"),
    ],
)
def test_refuses_what_is_wrong_in_one_sentence(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        ms.DirectorySource(**{"path": Path(), **arguments})

    assert said in str(raised.value)
