"""What the bookkeeper has found."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from mainspring.audit.horizon import EVERYTHING, Horizon


@frozen
class Finding:
    """Something that does not balance.

    Attributes:
        rule: The rule that is broken, in a word or two: `one decision a tick`.
        name: What breaks it: a run's id, or `location:automation`.
        said: What is wrong, in one sentence that names the thing.
    """

    rule: str
    name: str
    said: str


@frozen
class Books:
    """The books at one moment.

    Attributes:
        findings: What does not balance.
        counted: How many things of each kind were looked at: `runs`, `ticks`, `run keys`, `steps`.
        pending: What is under way, by kind; that is no error.
        horizon: Since when all is there; what is older was left out.
    """

    findings: tuple[Finding, ...] = ()
    counted: Mapping[str, int] = field(factory=dict)
    pending: Mapping[str, int] = field(factory=dict)
    horizon: Horizon = EVERYTHING

    @property
    def balance(self) -> bool:
        """Whether all adds up."""
        return not self.findings
