"""What a crash test came to: a tally, and where something is wrong what that is and how it came about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from attrs import field, frozen

from mainspring.audit import Finding
from mainspring.errors import MainspringError
from mainspring.testing.crash.history import Blow

_SHOWN = 20


@frozen
class Report:
    """What a crash test came to.

    Attributes:
        seed: Where its dice began.
        blows: What was done to which process, in order.
        findings: What is wrong.
        counted: How many things of each kind the bookkeeper looked at.
        runs: How many runs ended in each status, or have not.
        executions: How many executions of ops were witnessed.
    """

    seed: int
    blows: Sequence[Blow] = ()
    findings: Sequence[Finding] = ()
    counted: Mapping[str, int] = field(factory=dict)
    runs: Mapping[str, int] = field(factory=dict)
    executions: int = 0

    def __str__(self) -> str:
        blows = Counter(f"{each.kind} {each.how}" for each in self.blows)
        return "\n".join(
            (
                f"seed {self.seed}: {len(self.blows)} blows ({_said(blows)})",
                f"runs: {_said(self.runs)}; executions witnessed: {self.executions}; books: {_said(self.counted)}",
            )
        )

    def check(self) -> None:
        """Do nothing where all is well.

        Raises:
            CrashTestError: Something is wrong.
        """
        if self.findings:
            raise CrashTestError(self)


class CrashTestError(MainspringError):
    """Something does not add up after processes were killed; it tells what, the seed and what was killed.

    Attributes:
        report: What the crash test came to.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        first, *others = report.findings
        more = f" (and {len(others)} more)" if others else ""
        told = [f"{first.said}{more}", *(f"  {each.rule}: {each.said}" for each in others[:_SHOWN])]
        history = [f"  {each}" for each in report.blows]
        super().__init__("\n".join([*told, str(report), "what was done, in order:", *history]))


def _said(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "none"
