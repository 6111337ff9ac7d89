import pytest

import mainspring as ms
from mainspring.testing import Deployment, EndlessError
from tests.core.testing.deployment.deployed import MONDAY, every_night, made_job, nightly, statuses

ingest = made_job("ingest", lambda: 1, out=ms.Out(asset="orders"))
clean = made_job("clean", lambda: 2, out=ms.Out(asset="orders/clean"))
report = made_job("report", lambda: 3)


@ms.asset_sensor(job=clean, asset="orders", default_status="running")
def on_orders(context: ms.SensorContext, materialization: ms.MaterializationEvent) -> ms.RunRequest:
    return ms.RunRequest(run_key=str(materialization.event_id))


@ms.run_status_sensor(job=report, of=[clean], statuses=["SUCCESS"], default_status="running")
def on_clean(context: ms.SensorContext, event: ms.RunStatusEvent) -> ms.RunRequest:
    return ms.RunRequest(tags={"after": event.run.job_name})


chain = ms.Definitions(schedules=[every_night(job=ingest)], sensors=[on_orders, on_clean])


def test_a_chain_of_runs_and_sensors_is_done_in_one_wakeup_and_a_few_rounds() -> None:
    with Deployment(chain, start=MONDAY) as deployment:
        rounds = deployment.rounds
        deployment.advance("3 hours")

        assert [run.job_name for run in deployment.runs()] == ["ingest", "clean", "report"]
        assert statuses(deployment.runs()) == ["SUCCESS"] * 3
        assert len({run.ended_at for run in deployment.runs()}) == 1
        assert (deployment.wakeups, deployment.rounds - rounds) == (1, 5)


def test_a_chain_goes_on_as_its_runs_end() -> None:
    with Deployment(chain, start=MONDAY, runs_take="1 hour") as deployment:
        deployment.advance("4 hours 30 minutes")
        assert [(run.job_name, run.status) for run in deployment.runs()] == [
            ("ingest", "SUCCESS"),
            ("clean", "STARTED"),
        ]

        deployment.advance("90 min")
        assert [(run.job_name, run.status) for run in deployment.runs()][1:] == [
            ("clean", "SUCCESS"),
            ("report", "SUCCESS"),
        ]


def test_a_chain_begins_with_what_a_person_launches() -> None:
    with Deployment(chain, start=MONDAY) as deployment:
        deployment.launch("ingest")

        assert [run.job_name for run in deployment.runs()] == ["ingest", "clean", "report"]
        assert [tick.status for tick in deployment.ticks("on_clean")] == ["REQUESTED"]


def test_a_sensor_is_evaluated_as_often_as_it_says_and_keeps_its_cursor() -> None:
    cursors: list[str | None] = []

    @ms.sensor(job=nightly, every=60.0, default_status="running")
    def uploads(context: ms.SensorContext) -> ms.RunRequest:
        cursors.append(context.cursor)
        context.set_cursor(str(len(cursors)))
        return ms.RunRequest(run_key=f"file-{len(cursors) // 2}")

    with Deployment(ms.Definitions(sensors=[uploads]), start=MONDAY) as deployment:
        deployment.advance("3 minutes 30 seconds")

        assert cursors == [None, "1", "2", "3"]
        assert [run.run_key for run in deployment.runs()] == ["file-0", "file-1", "file-2"]
        assert [tick.dropped for tick in deployment.ticks("uploads")] == [0, 0, 1, 0]


def test_a_source_is_told_what_was_recorded() -> None:
    taken: list[str] = []

    class Letters(ms.SensorSource):
        def poll(self, cursor: str | None) -> list[ms.Item]:
            return [ms.Item(key, None, key) for key in "ab" if key > (cursor or "")]

        def ack(self, items: object) -> None:
            taken.extend(item.key for item in items)  # type: ignore[attr-defined]

    letters = ms.Sensor(
        name="letters",
        job=nightly,
        source=Letters(),
        request=lambda item: ms.RunRequest(run_key=item.key),
        default_status="running",
    )
    with Deployment(ms.Definitions(sensors=[letters]), start=MONDAY) as deployment:
        deployment.advance("1 minute")

        assert [run.run_key for run in deployment.runs()] == ["a", "b"]
        assert taken == ["a", "b"]


def test_a_sensor_that_raises_fails_its_ticks_and_is_tried_again() -> None:
    calls: list[int] = []

    @ms.sensor(job=nightly, every=60.0, default_status="running")
    def flaky(context: ms.SensorContext) -> ms.RunRequest:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("no such bucket")
        return ms.RunRequest(run_key="once")

    with Deployment(ms.Definitions(sensors=[flaky]), start=MONDAY) as deployment:
        deployment.advance("10 minutes")

        assert [tick.status for tick in deployment.ticks("flaky")][:2] == ["FAILED", "REQUESTED"]
        assert statuses(deployment.runs()) == ["SUCCESS"]


def test_an_interrupt_ends_the_test_and_no_tick() -> None:
    @ms.sensor(job=nightly, default_status="running")
    def slow(context: ms.SensorContext) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Deployment(ms.Definitions(sensors=[slow]), start=MONDAY)


def test_runs_that_call_for_each_other_without_end_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainspring.testing.deployment.loop.ROUNDS_AT_A_MOMENT", 50)
    ping, pong = made_job("ping", lambda: 1), made_job("pong", lambda: 1)

    @ms.run_status_sensor(job=pong, of=[ping], statuses=["SUCCESS"], default_status="running")
    def to_pong(context: ms.SensorContext, event: ms.RunStatusEvent) -> ms.RunRequest:
        return ms.RunRequest()

    @ms.run_status_sensor(job=ping, of=[pong], statuses=["SUCCESS"], default_status="running")
    def to_ping(context: ms.SensorContext, event: ms.RunStatusEvent) -> ms.RunRequest:
        return ms.RunRequest()

    with (
        Deployment(ms.Definitions(sensors=[to_pong, to_ping]), start=MONDAY) as deployment,
        pytest.raises(EndlessError, match=r"after 50 rounds; look for sensors whose runs call for each other"),
    ):
        deployment.launch("ping")
