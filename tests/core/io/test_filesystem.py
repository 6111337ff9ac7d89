"""Values in files: where they lie, and what a bad disk does to them."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

import mainspring as ms
from mainspring.errors import OutputError
from mainspring.testing.contract.io_manager import HOSTILE_KEYS

NOBODY = 65534


def address(**changes: Any) -> ms.OutputContext:
    return ms.OutputContext(**{"run_id": "run-1", "step_key": "clean", "attempt": 1, **changes})


def load(manager: ms.IOManager, upstream: ms.OutputContext) -> Any:
    return manager.load_input(
        ms.InputContext(run_id="run-1", step_key="reader", attempt=1, name="x", upstream=upstream)
    )


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_layout_can_be_browsed(tmp_path: Path) -> None:
    manager = ms.FilesystemIOManager(tmp_path / "values")
    manager.handle_output(address(), 1)
    manager.handle_output(address(step_key="outer.clean[2013-01]", attempt=2, name="good"), 1)
    manager.handle_output(address(mapping_key="a b"), 1)
    ms.FilesystemIOManager(tmp_path / "values", format="json").handle_output(address(), {})

    assert files(tmp_path) == [
        "values/run-1/clean.result.1.json",
        "values/run-1/clean.result.1.pickle",
        "values/run-1/clean.result.[a b].1.pickle",
        "values/run-1/outer.clean[2013-01].good.2.pickle",
    ]
    assert (tmp_path / "values" / "run-1").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "values" / "run-1" / "clean.result.1.pickle").stat().st_mode & 0o777 == 0o600


def test_no_address_leads_out_of_the_folder(tmp_path: Path) -> None:
    base = tmp_path / "inner" / "values"
    manager = ms.FilesystemIOManager(base)
    for key in HOSTILE_KEYS:
        manager.handle_output(address(run_id=key, step_key=key, name=key, mapping_key=key), key)

    assert len(files(tmp_path)) == len(HOSTILE_KEYS)
    assert all(name.startswith("inner/values/") and name.count("/") == 3 for name in files(tmp_path))


def test_names_stay_apart_where_capitals_count_as_small_letters(tmp_path: Path) -> None:
    manager = ms.FilesystemIOManager(tmp_path)
    for key in ("key", "Key", "KEY", "ÄB", "äb"):
        manager.handle_output(address(mapping_key=key), key)

    assert len({name.lower() for name in files(tmp_path)}) == 5


def test_a_link_in_the_place_of_a_value_is_replaced_not_followed(tmp_path: Path) -> None:
    manager = ms.FilesystemIOManager(tmp_path / "values", format="text")
    (tmp_path / "precious").write_text("mine")
    path = manager.path(address())
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "precious")
    manager.handle_output(address(), "yours")

    assert (tmp_path / "precious").read_text() == "mine"
    assert not path.is_symlink()
    assert load(manager, address()) == "yours"


def test_a_file_that_someone_changed_is_not_read(tmp_path: Path) -> None:
    manager = ms.FilesystemIOManager(tmp_path)
    context = address()
    manager.handle_output(context, [1])
    manager.path(context).write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    upstream = address(metadata=context.added_metadata)

    with pytest.raises(ms.ValueNotFound, match="is not what the step wrote"):
        load(manager, upstream)
    assert files(tmp_path) == ["run-1/clean.result.1.pickle"]


@pytest.mark.parametrize("content", [b"", b"\x80\x05", b"cmissing_module\nThing\n."])
def test_what_cannot_be_unpickled_is_one_error(tmp_path: Path, content: bytes) -> None:
    manager = ms.FilesystemIOManager(tmp_path)
    manager.handle_output(address(), 1)
    manager.path(address()).write_bytes(content)

    with pytest.raises(ms.ValueNotFound, match="it cannot be read as pickle"):
        load(manager, address())


def test_a_folder_in_the_place_of_a_value_is_one_error(tmp_path: Path) -> None:
    manager = ms.FilesystemIOManager(tmp_path)
    manager.path(address()).mkdir(parents=True)

    with pytest.raises(ms.ValueNotFound, match="it cannot be read: Is a directory"):
        load(manager, address())
    with pytest.raises(OutputError, match=r"cannot be written to .*: Is a directory; check the folder"):
        manager.handle_output(address(), 1)
    assert files(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "values").write_text("")
    manager = ms.FilesystemIOManager(tmp_path / "values")

    with pytest.raises(OutputError, match="cannot be written to"):
        manager.handle_output(address(), 1)
    with pytest.raises(ms.ValueNotFound):
        load(manager, address())


@pytest.mark.parametrize(
    ("format_", "value", "said"),
    [
        ("pickle", lambda: None, "a function, cannot be pickled"),
        ("json", {1, 2}, "a set, cannot be written as JSON"),
        ("json", float("nan"), "a float, cannot be written as JSON"),
        ("text", 1, "is a int, but its IO manager stores text"),
        ("bytes", "text", "is a str, but its IO manager stores bytes"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_and_leaves_no_file(
    tmp_path: Path, format_: Any, value: object, said: str
) -> None:
    manager = ms.FilesystemIOManager(tmp_path, format=format_)

    with pytest.raises(OutputError, match=said):
        manager.handle_output(address(), value)
    assert files(tmp_path) == []


class Interrupting:
    """Is interrupted half-way through being pickled, some megabytes after its neighbours were written."""

    def __reduce__(self) -> Any:
        raise KeyboardInterrupt


def test_an_interrupt_half_way_leaves_the_old_value_and_no_litter(tmp_path: Path) -> None:
    manager = ms.FilesystemIOManager(tmp_path)
    manager.handle_output(address(), "old")

    with pytest.raises(KeyboardInterrupt):
        manager.handle_output(address(), [b"x" * 2_000_000, Interrupting()])
    assert load(manager, address()) == "old"
    assert files(tmp_path) == ["run-1/clean.result.1.pickle"]


def test_a_read_only_folder_is_one_sentence() -> None:
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        if user == 0:
            os.seteuid(NOBODY)  # root writes everywhere
        try:
            with pytest.raises(OutputError, match="Permission denied; check the folder"):
                ms.FilesystemIOManager(Path(folder) / "values").handle_output(address(), 1)
        finally:
            os.seteuid(user)
            Path(folder).chmod(0o700)


FULL_DISK = """
import sys
import mainspring as ms

@ms.op
def big() -> bytes:
    return b"x" * 5_000_000

@ms.job(modes=[ms.Mode("test", {"io_manager": ms.FilesystemIOManager(sys.argv[1])})])
def fill():
    big()

print(fill.execute(raise_on_error=False).run.reason)
"""


@pytest.mark.integration
def test_a_full_disk_fails_the_step_in_one_sentence_and_keeps_nothing_half(tmp_path: Path) -> None:
    """In a mount namespace of its own, on a file system of one megabyte."""
    script = tmp_path / "fill.py"
    script.write_text(FULL_DISK)
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=1m tmpfs {disk} && {sys.executable} {script} {disk} && find {disk} -type f"
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c", mount]
    try:
        done = subprocess.run(unshare, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("file systems cannot be mounted here")

    assert "output 'result' of step 'big' cannot be written to" in done.stdout, done.stderr
    assert "No space left on device; check the folder and the free space" in done.stdout
    assert done.stdout.count("\n") == 1, "no file is left behind"


LARGE = """
import resource, sys
import mainspring as ms

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

value = bytearray(200_000_000)
before = peak()
ms.FilesystemIOManager(sys.argv[1]).handle_output(ms.OutputContext(run_id="r", step_key="s", attempt=1), value)
print(peak() - before)
"""


@pytest.mark.integration
@pytest.mark.slow
def test_storing_a_large_value_takes_no_second_copy(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LARGE, str(tmp_path)], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 50_000_000
