from collections.abc import Callable
from typing import Any

import pytest

import mainspring as ms

executor: Any = ms.MultiprocessExecutor
files: Any = ms.FilesystemIOManager


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: files("x", format="parquet"),
            "FilesystemIOManager(format='parquet'): give one of 'pickle', 'json', 'text', 'bytes'",
        ),
        (lambda: executor(max_concurrent=0), "MultiprocessExecutor(max_concurrent=0): give a number, 1 or more"),
        (lambda: executor(max_concurrent="2"), "MultiprocessExecutor(max_concurrent='2'): give a number, 1 or more"),
        (lambda: executor(start="thread"), "MultiprocessExecutor(start='thread'): give one of 'auto', 'fork', 'spawn'"),
        (lambda: executor(step_timeout=0), "MultiprocessExecutor(step_timeout=0): give a number above 0"),
        (lambda: executor(grace=True), "MultiprocessExecutor(grace=True): give a number, 0 or more"),
    ],
)
def test_a_wrong_setting_is_one_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        make()

    assert str(raised.value) == said


def test_right_settings_are_kept() -> None:
    made = ms.MultiprocessExecutor(max_concurrent=1, start="spawn", step_timeout=0.5, grace=0)

    assert (made.max_concurrent, made.start, made.step_timeout, made.grace) == (1, "spawn", 0.5, 0)
