"""Facts about runs as those read them who follow all runs."""

from __future__ import annotations

from attrs import frozen

from mainspring.event import Event


@frozen
class RunFact:
    """A change of a run's status, with what tells the run from others.

    Attributes:
        event: The change.
        job_name: The run's job.
        location: The code location that has its job; None for a run of code that was at hand where it was made.
        automation: The schedule or sensor that asked for the run, if one did.
    """

    event: Event
    job_name: str
    location: str | None
    automation: str | None
