"""Crons are read when they are written, and what is wrong with one is said in a sentence."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms


@ms.op
def look() -> None: ...


@ms.job
def looks() -> None:
    look()


def crons(*written: str) -> tuple[str, ...]:
    return ms.Schedule(name="s", job=looks, cron=list(written)).cron


@pytest.mark.parametrize(
    "cron",
    [
        "* * * * *",
        "0 3 * * MON-FRI",
        "0 3 * * mon,wed,fri",
        "*/15 8-18/2 1,15 JAN-MAR,DEC 1-5",
        "0 0 29 2 *",
        "0 0 29 2 SUN#5",
        "0 0 31 4 MON",
        "0 0 L * *",
        "0 0 * * L5",
        "0 0 * * MON#1",
        "0 0 * * 7",
        "0 0 * * SAT-SUN",
        "0 22-2 * * *",
        "5/10 * * * *",
        "@daily",
        "@Hourly",
        "@weekly",
        "@monthly",
        "@yearly",
        "@annually",
        "@midnight",
    ],
)
def test_takes_what_cron_takes(cron: str) -> None:
    assert crons(cron) == (cron,)


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("", "it has 0 fields, but five are taken: minute hour day month weekday"),
        ("0 3 * *", "it has 4 fields"),
        (
            "0 0 3 * * *",
            "it has 6 fields, but five are taken: minute hour day month weekday; it tells no seconds: use every=",
        ),
        ("60 * * * *", "'60' is no minute; give 0 to 59"),
        ("0 24 * * *", "'24' is no hour; give 0 to 23"),
        ("0 0 0 * *", "'0' is no day; give 1 to 31, or L for the last"),
        ("0 0 15W * *", "'15W' is no day"),
        ("0 0 * 13 *", "'13' is no month"),
        ("0 0 * JANU *", "'JANU' is no month; did you mean 'JAN'?"),
        ("0 3 * * MON-FIR", "'FIR' is no weekday; did you mean 'FRI'?"),
        ("0 3 * * MONDAY", "'MONDAY' is no weekday; did you mean 'MON'?"),
        ("0 0 * * 8", "'8' is no weekday"),
        ("0 0 * * MON#6", "'MON#6' is no weekday"),
        ("R * * * *", "'R' is no minute"),
        ("H * * * *", "'H' is no minute"),
        ("? * * * *", "'?' is no minute"),
        ("1,,2 * * * *", "'' is no minute"),
        ("-5 * * * *", "'-5' is no minute"),
        ("*;rm * * * *", "is no minute"),
        ("٣ * * * *", "is no minute"),
        ("1.5 * * * *", "is no minute"),
        ("9" * 5000 + " * * * *", "is no minute"),
        ("*/0 * * * *", "step 0 is beyond the 60 that a minute can be"),
        ("*/90 * * * *", "step 90 is beyond the 60 that a minute can be; every=… takes any seconds"),
        (f"*/{'9' * 5000} * * * *", "is beyond the 60"),
        ("0 5-5 * * *", "the range 5-5 is of one hour; write 5"),
        ("0 0 31 2 *", "it names a day that no year has"),
        ("0 0 30,31 2 *", "it names a day that no year has"),
        ("0 0 31 4,6,9,11 *", "it names a day that no year has"),
        ("@dialy", "there is no nickname @dialy; did you mean '@daily'?"),
        ("@reboot", "there is no nickname @reboot"),
    ],
)
def test_says_what_is_wrong_and_what_to_do(cron: str, said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        crons("@daily", cron)

    assert str(raised.value).startswith("schedule 's': cron ")
    assert said in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("cron", [5, b"* * * * *", [None], [["* * * * *"]], {"* * * * *"}, {"a": 1}])
def test_refuses_what_is_no_text(cron: object) -> None:
    with pytest.raises(ms.DefinitionError, match=r"schedule 's': cron must be text such as"):
        ms.Schedule(name="s", job=looks, cron=cron)  # type: ignore[arg-type]


def test_spaces_and_repetitions_mean_nothing() -> None:
    assert crons("  0\t3  * * * ", "0 3 * * *", "@daily") == ("0 3 * * *", "@daily")


@given(st.text(alphabet="0123456789*/,-#?LWHRMONFRIJan@ \n\x00é", max_size=30))
def test_any_text_is_taken_or_refused_in_one_sentence(text: str) -> None:
    try:
        taken = crons(text)
    except ms.DefinitionError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert crons(*taken) == taken


def test_croniter_is_imported_where_a_cron_is_read_and_nowhere_else() -> None:
    program = """if True:
        import sys
        import mainspring as ms
        @ms.op
        def look(): ...
        @ms.job
        def looks(): look()
        every = ms.Schedule(name="every", job=looks, every=5)
        @ms.sensor(job=looks)
        def sees(context): ...
        ms.Definitions(schedules=[every], sensors=[sees])
        print("croniter" in sys.modules, "cattrs" in sys.modules)
        ms.Schedule(name="daily", job=looks, cron="0 3 * * *")
        print("croniter" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False", "True"]
