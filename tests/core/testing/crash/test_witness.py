"""What ops say of their execution."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.execute.worker import start_time
from mainspring.testing import op_context
from mainspring.testing.crash import witness
from mainspring.testing.crash.folder import AT_WORK, VARIABLE, WITNESS
from mainspring.testing.crash.witness import Line, parse, read_witness, unparse

LINES = st.builds(
    Line, st.sampled_from(["begin", "end"]), st.text(), st.text(), st.integers(1), st.lists(st.text()).map(tuple)
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a crash test, of which this process is told."""
    (tmp_path / AT_WORK).mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


@given(LINES)
def test_a_line_is_read_as_it_was_written(line: Line) -> None:
    text = unparse(line)

    assert "\n" not in text
    assert parse(text) == line


def test_an_execution_is_a_beginning_and_an_end(folder: Path) -> None:
    context = op_context()
    with witness(context):
        pass

    begun, ended = read_witness(folder)
    assert (begun.moment, ended.moment) == ("begin", "end")
    assert begun.execution == ended.execution == (context.run_id, context.step_key, context.attempt)
    assert begun.alongside == (context.run_id,)
    assert list((folder / AT_WORK).iterdir()) == []


def test_an_op_that_raises_has_no_end(folder: Path) -> None:
    with pytest.raises(ValueError, match="no"), witness(op_context()):
        raise ValueError("no")

    assert [line.moment for line in read_witness(folder)] == ["begin"]
    assert list((folder / AT_WORK).iterdir()) == []


def test_who_is_at_work_too_is_told_unless_it_is_dead(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        place = folder / AT_WORK / f"{other.pid}~{start_time(other.pid)}~0~other"
        place.touch()
        with witness(op_context()):
            pass
        other.send_signal(signal.SIGKILL)
    with witness(op_context()):
        pass

    first, _, second, _ = read_witness(folder)
    assert "other" in first.alongside
    assert "other" not in second.alongside
    assert not place.exists()


def test_nothing_is_noted_where_nothing_is_tested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    with witness(op_context()):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["{", "[]", "7", '["begin", "a", "b", 1, 2]'])
def test_a_line_of_somebody_else_is_refused(folder: Path, text: str) -> None:
    (folder / WITNESS).write_text(f"{text}\n")

    with pytest.raises(ms.MainspringError, match="no witness has written"):
        read_witness(folder)
