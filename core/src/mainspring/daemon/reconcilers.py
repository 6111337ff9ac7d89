"""The reconcilers of ticks, of runs that wait and of runs under way, put together as a daemon has them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from mainspring.daemon.hands import Hands
from mainspring.daemon.monitor import Monitor
from mainspring.daemon.rules import queue_rules
from mainspring.daemon.starter import Starter
from mainspring.daemon.tick.automations import Automations
from mainspring.daemon.tick.committing import Committer
from mainspring.daemon.tick.evaluations import Evaluating
from mainspring.daemon.tick.tail import LOOK_SECONDS
from mainspring.daemon.tick.work import InHand
from mainspring.launch import RunLauncher
from mainspring.run import Run
from mainspring.settings import MonitorSettings
from mainspring.storage import Duty, Topic

if TYPE_CHECKING:
    from mainspring.instance import Instance


class Reconcilers:
    """Decides ticks, starts runs and watches them, each when it is called.

    Args:
        instance: The instance.
        launcher: What starts the workers of runs.
        command: Returns the command line of a run's worker.
        client: Returns who speaks with a location, or None while it is not open.
        duty: Returns the lease under which a location's ticks are decided.
        lose: Called with a location when somebody else has that lease.
        on_change: Called when there may be more to do; from any thread.
        hands: Who does what takes its time; threads unless given.
        pause_seconds: How long the end of the log is left alone after followers were told what is there.

    Attributes:
        automations: Decides ticks.
        starter: Starts the runs that wait.
        monitor: Watches those under way.
    """

    def __init__(
        self,
        instance: Instance,
        launcher: RunLauncher,
        command: Callable[[Run], Sequence[str]],
        client: Callable[[str], Evaluating | None],
        duty: Callable[[str], Duty],
        lose: Callable[[str], None],
        on_change: Callable[[], None],
        hands: Hands | None = None,
        pause_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._clock = instance.clock
        self.starter = Starter(instance, launcher, command, queue_rules(instance.settings), on_change, hands)
        committer = Committer(instance, self.starter.admission, duty, lose)
        in_hand = InHand(client, on_change, hands)
        self.automations = Automations(instance, committer, in_hand, pause_seconds)
        watching = MonitorSettings() if instance.settings is None else instance.settings.monitor
        self.monitor = Monitor(instance, launcher, watching, on_change, hands)

    def take_up(self, topic: Topic) -> None:
        """Note what has changed in storage."""
        match topic:
            case Topic.RUNS:
                self.automations.runs_changed()
            case Topic.AUTOMATIONS:
                self.starter.location_changed()
                self.automations.look_again()

    def decide(self, locations: Collection[str]) -> float | None:
        """Decide the ticks of locations that are due, and launch the runs that start with them.

        Returns:
            In how many seconds something is due next; None for not before something happens.
        """
        self.starter.launch(self.automations.reconcile(locations))
        now = self._clock.time()
        next_at = self.automations.next_at(now)
        return None if next_at is None else max(next_at - now, 0.0)

    def start(self) -> bool:
        """Have runs leave the queue; return whether some have, as others may follow."""
        return self.starter.reconcile() > 0

    def watch(self) -> float:
        """Look at the runs under way, and return how many seconds may pass until the next look."""
        return self.monitor.reconcile()
