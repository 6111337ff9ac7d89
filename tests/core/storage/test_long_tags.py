"""Tags of any length can be stored, and runs found by them: the index holds what fits."""

import random
from contextlib import closing
from pathlib import Path

from mainspring.run import Run, RunStatus
from mainspring.storage import RunQuery, open_storage


def test_runs_are_found_by_long_tags(storage_url: str) -> None:
    text = "".join(random.Random(0).choices([chr(each) for each in range(0x4E00, 0x9FFF)], k=20_000))
    tags = {"run-1": {text: text}, "run-2": {text: f"{text}."}, "run-3": {text[:300]: text[:300]}}
    with closing(open_storage(storage_url, Path())) as storage:
        for run_id, each in tags.items():
            storage.runs.create(Run(run_id=run_id, job_name="j", mode="m", status=RunStatus.QUEUED, tags=each), [])

        for run_id, each in tags.items():
            (found,) = storage.runs.find(RunQuery(tags=each))
            assert (found.run_id, found.tags) == (run_id, each)
