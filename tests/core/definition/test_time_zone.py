from zoneinfo import ZoneInfo

import pytest

import mainspring as ms


@ms.op
def look() -> None: ...


@ms.job
def looks() -> None:
    look()


def zone(given: object) -> str:
    return ms.Schedule(name="s", job=looks, cron="@daily", timezone=given).timezone  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Argentina/Buenos_Aires"])
def test_takes_the_names_of_iana(name: str) -> None:
    assert zone(name) == name
    assert zone(ZoneInfo(name)) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("europe/berlin", "did you mean 'Europe/Berlin'?"),
        ("berlin", "did you mean 'Europe/Berlin'?"),
        ("New York", "did you mean 'America/New_York'?"),
        ("", "use an IANA name such as 'UTC'"),
        ("Mars/Olympus", "use an IANA name such as 'UTC'"),
        ("America", "there is no time zone 'America'"),
        ("../etc/passwd", "there is no time zone"),
        ("/etc/localtime", "there is no time zone"),
        ("localtime", "there is no time zone"),
        ("a\0b", "there is no time zone"),
        ("\ud800", "there is no time zone"),
        ("x" * 100_000, "there is no time zone"),
        (None, "timezone must be the name of an IANA time zone, as 'Europe/Berlin', not None"),
        (2, "timezone must be the name of an IANA time zone"),
    ],
)
def test_says_which_is_unknown_and_suggests_one(name: object, said: str) -> None:
    with pytest.raises(ms.DefinitionError) as raised:
        zone(name)

    assert str(raised.value).startswith("schedule 's': ")
    assert said in str(raised.value)
    assert len(str(raised.value)) < 400
