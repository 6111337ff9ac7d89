"""The process that loads a location's code, where it cannot be had."""

import asyncio
import sys
from pathlib import Path

import pytest

from mainspring.location.front.code_process import CodeProcess
from mainspring.location.front.reaper import Reaper
from mainspring.location.spec import LocationSpec


def test_a_process_that_the_system_refuses_counts_as_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))

    async def start() -> None:
        process = CodeProcess({"spec": LocationSpec(name="sales", module="sales").plain()}, Reaper())
        await process.start()

        assert process.has_ended
        outcome = await process.outcome(60.0)
        assert outcome["kind"] == "failed"
        assert outcome["error"]["message"] == (
            "the process that loads it could not be started: No such file or directory"
        )

    asyncio.run(start())
