"""What a crash test tells."""

import pytest

from mainspring.audit import Finding
from mainspring.testing.crash import Blow, CrashTestError, Kind, Report

BLOWS = (Blow(0.5, "killed", Kind.DAEMON, 7, "tick.commit"), Blow(2.25, "stopped", Kind.WORKER, 9))


def test_a_tally_says_what_was_done_and_what_came_of_it() -> None:
    report = Report(5, BLOWS, (), {"runs": 3}, {"SUCCESS": 2, "FAILURE": 1}, 4)

    assert str(report) == (
        "seed 5: 2 blows (1 daemon killed, 1 worker stopped)\n"
        "runs: 1 FAILURE, 2 SUCCESS; executions witnessed: 4; books: 3 runs"
    )
    report.check()


def test_a_failure_says_in_its_first_line_what_went_wrong_and_then_the_history() -> None:
    findings = (Finding("once", "a", "run a was executed twice"), Finding("left", "b", "socket b is left behind"))

    with pytest.raises(CrashTestError) as caught:
        Report(5, BLOWS, findings).check()

    lines = str(caught.value).splitlines()
    assert lines[0] == "run a was executed twice (and 1 more)"
    assert lines[1] == "  left: socket b is left behind"
    assert lines[2].startswith("seed 5: ")
    assert lines[-2:] == ["     0.500 s  killed daemon 7 at tick.commit", "     2.250 s  stopped worker 9"]
