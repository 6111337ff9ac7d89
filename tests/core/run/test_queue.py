"""The queue's rules, whatever waits and whatever is under way."""

from collections import Counter
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mainspring.run import Run, RunPolicy, RunStatus
from mainspring.run.queue import Places, QueueRules, Room, TagLimit, places_of, startable

NOW = 1000.0
TEAMS = st.sampled_from(["data", "ml", None])

rules = st.builds(
    QueueRules,
    max_concurrent_runs=st.one_of(st.none(), st.integers(1, 5)),
    limits=st.lists(
        st.one_of(
            st.builds(TagLimit, tag=st.just("team"), limit=st.integers(0, 3)),
            st.builds(TagLimit, tag=st.just("team"), limit=st.integers(0, 3), value=st.just("data")),
            st.builds(TagLimit, tag=st.just("team"), limit=st.integers(0, 3), per_value=st.just(True)),
        ),
        max_size=3,
        unique=True,
    ).map(tuple),
)


def run(number: int, status: RunStatus = RunStatus.QUEUED, **changes: Any) -> Run:
    given = {"job_name": "job", "mode": "dev", "location": "sales", **changes}
    return Run(run_id=f"run-{number:03}", status=status, **given)


def runs(status: RunStatus, first: int) -> st.SearchStrategy[list[Run]]:
    teams = st.lists(TEAMS, max_size=8)
    return teams.map(
        lambda found: [
            run(first + number, status, tags={} if team is None else {"team": team})
            for number, team in enumerate(found)
        ]
    )


@given(rules, runs(RunStatus.STARTED, 0), runs(RunStatus.QUEUED, 100))
def test_no_limit_is_passed_and_nothing_waits_that_could_start(
    rules: QueueRules, active: list[Run], waiting: list[Run]
) -> None:
    started = startable(waiting, places_of(active, rules), NOW)
    before, after = [*active], [*active, *started]

    assert [each.run_id for each in started] == [each.run_id for each in waiting if each in started]
    for limit, count in limits_of(rules, after).items():
        assert count <= max(limit[2], limits_of(rules, before)[limit])
    left = [each for each in waiting if each not in started]
    assert startable(left, places_of(after, rules), NOW) == []


def limits_of(rules: QueueRules, under_way: list[Run]) -> Counter[tuple[object, object, int]]:
    """Return how many runs take up places, by what limits them and by how many may."""
    taken: Counter[tuple[object, object, int]] = Counter()
    if rules.max_concurrent_runs is not None:
        taken["all", "", rules.max_concurrent_runs] = len(under_way)
    for limit in rules.limits:
        for each in under_way:
            place = limit.place_of(each)
            if place is not None:
                taken[limit, place, limit.limit] += 1
    return taken


def test_a_blocked_run_takes_up_no_place_of_another_limit() -> None:
    """The first one waits for its team's limit; the second may have the only place there is."""
    rules = QueueRules(max_concurrent_runs=2, limits=(TagLimit("team", 1, value="data"),))
    active = [run(1, RunStatus.STARTED, tags={"team": "data"})]
    waiting = [run(2, tags={"team": "data"}), run(3, tags={"team": "ml"}), run(4)]

    assert startable(waiting, places_of(active, rules), NOW) == [waiting[1]]


def test_each_value_of_a_tag_has_places_of_its_own() -> None:
    rules = QueueRules(max_concurrent_runs=None, limits=(TagLimit("customer", 1, per_value=True),))
    waiting = [run(number, tags={"customer": name}) for number, name in enumerate("abab")]

    assert startable(waiting, places_of([], rules), NOW) == waiting[:2]


def test_runs_that_nobody_launched_take_up_no_places() -> None:
    active = [run(number, RunStatus.STARTED, location=None) for number in range(5)]

    assert startable([run(9)], places_of(active, QueueRules(max_concurrent_runs=1)), NOW) == [run(9)]


def test_a_run_waits_for_its_next_attempt() -> None:
    places = places_of([], QueueRules())

    assert startable([run(1, not_before=NOW + 5)], places, NOW) == []
    assert places.obstacle(run(1, not_before=NOW + 5), NOW) == "its next attempt, in 5 s"
    assert startable([run(1, not_before=NOW + 5)], places, NOW + 5) != []


def test_runs_of_a_tick_start_together_and_after_those_of_the_last_one() -> None:
    policy = RunPolicy(waits_for_last=True)
    waiting = [run(number, automation="nightly", tick_id=2, policy=policy) for number in (2, 3)]
    last = run(1, RunStatus.STARTED, automation="nightly", tick_id=1)

    assert startable(waiting, places_of([last], QueueRules()), NOW) == []
    assert startable(waiting, places_of([evolve(last, automation="hourly")], QueueRules()), NOW) == waiting
    assert startable(waiting, places_of([], QueueRules()), NOW) == waiting


def test_a_location_that_is_slow_to_launch_holds_up_no_others() -> None:
    places = places_of([], QueueRules(max_concurrent_runs=None), Room(2, {"sales": 1}))
    waiting = [run(1), run(2), run(3, location="ml"), run(4, location="ml"), run(5, location="ml")]

    assert startable(waiting, places, NOW) == [waiting[0], waiting[2], waiting[3]]


def test_runs_that_are_to_be_left_alone_are() -> None:
    assert startable([run(1), run(2)], places_of([], QueueRules()), NOW, without={"run-001"}) == [run(2)]


@pytest.mark.parametrize(
    ("waiting", "rules", "active", "said"),
    [
        (
            run(9),
            QueueRules(max_concurrent_runs=1),
            [run(1)],
            "one of the 1 runs under way to end (max_concurrent_runs = 1)",
        ),
        (
            run(9, tags={"team": "data"}),
            QueueRules(limits=(TagLimit("team", 1, "data"),)),
            [run(1, tags={"team": "data"})],
            "one of the 1 runs with tag team=data to end (limit = 1)",
        ),
        (
            run(9, tags={"team": "ml"}),
            QueueRules(limits=(TagLimit("team", 1, per_value=True),)),
            [run(1, tags={"team": "ml"})],
            "one of the 1 runs with tag team=ml to end (limit = 1)",
        ),
        (run(9), QueueRules(), [], None),
    ],
)
def test_a_run_says_what_it_waits_for(waiting: Run, rules: QueueRules, active: list[Run], said: str | None) -> None:
    """Scar: D#25109."""
    places: Places = places_of(active, rules)

    assert places.obstacle(waiting, NOW) == said
