"""Since when nothing was deleted: by the settings, and by what people did."""

import math

from mainspring.audit import Horizon
from mainspring.audit.horizon import horizon_of
from mainspring.settings import RetentionSettings
from mainspring.storage import AuditEntry

DAY = 86_400.0
NOW = 1_799_971_200.0


def pruning(at: float, older_than: float | None) -> AuditEntry:
    return AuditEntry(at=at, who="a", action="instance prune", subject="instance:/h", detail={"older_than": older_than})


def test_what_is_kept_for_ever_is_all_there() -> None:
    assert horizon_of(RetentionSettings(), [], NOW) == Horizon(-math.inf, -math.inf)


def test_the_shortest_time_that_runs_are_kept_decides() -> None:
    kept = RetentionSettings(runs=30 * DAY, failed_runs=90 * DAY, ticks=None)

    assert horizon_of(kept, [], NOW) == Horizon(NOW - 30 * DAY, -math.inf)


def test_runs_are_looked_at_beside_their_ticks() -> None:
    assert horizon_of(RetentionSettings(ticks=7 * DAY), [], NOW) == Horizon(NOW - 7 * DAY, NOW - 7 * DAY)


def test_what_people_deleted_is_left_out() -> None:
    by_age, by_settings = pruning(NOW - DAY, 5 * DAY), pruning(NOW - 2 * DAY, None)

    assert horizon_of(RetentionSettings(), [by_age], NOW) == Horizon(NOW - 6 * DAY, NOW - 6 * DAY)
    assert horizon_of(RetentionSettings(), [by_age, by_settings], NOW) == Horizon(NOW - 2 * DAY, NOW - 2 * DAY)


def test_a_person_may_ask_for_less() -> None:
    assert Horizon(5.0, 7.0).no_earlier_than(6.0) == Horizon(6.0, 7.0)


def test_a_pruning_by_the_settings_says_how_long_they_kept_things() -> None:
    nothing = AuditEntry(at=NOW, who="a", action="instance prune", subject="instance:/h", detail={"ages": []})
    months = AuditEntry(
        at=NOW - DAY, who="a", action="instance prune", subject="instance:/h", detail={"ages": [90 * DAY, 30 * DAY]}
    )

    assert horizon_of(RetentionSettings(), [nothing], NOW) == Horizon(-math.inf, -math.inf)
    assert horizon_of(RetentionSettings(), [nothing, months], NOW) == Horizon(NOW - 31 * DAY, NOW - 31 * DAY)
