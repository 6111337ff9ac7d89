import pytest

from tests.benchmarks.__main__ import main, parse
from tests.benchmarks.catalogue import FLOORS, ROWS
from tests.benchmarks.peer import PEERS
from tests.benchmarks.row import HERE, OURS, Row

EVERY_ROW = (*ROWS, *FLOORS)


def test_names_are_unique() -> None:
    names = [row.name for row in EVERY_ROW]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", EVERY_ROW, ids=lambda row: row.name)
def test_each_program_exists_and_belongs_to_a_known_system(row: Row) -> None:
    for program in row.programs:
        assert program.system in {OURS, *PEERS}
        assert program.script is None or (HERE / program.script).is_file()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_ratio_is_aimed_at_only_where_there_is_a_peer(row: Row) -> None:
    assert row.target.ratio is None or row.peer is not None


@pytest.mark.parametrize("name", PEERS)
def test_each_peer_is_pinned(name: str) -> None:
    lines = (HERE / "peers" / f"requirements-{name}.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]

    assert pins[0].startswith(f"{name}==")
    assert all("==" in pin for pin in pins)


def test_the_rows_can_be_listed_and_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--only=script", "--only=write"]) == 0

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["script", "write"]


@pytest.mark.parametrize("wrong", [["--only=nothing"], ["--rounds=0"], ["--rounds=many"]])
def test_what_cannot_be_measured_is_a_usage_error(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parse(wrong)

    assert refused.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_readme_explains_each_row() -> None:
    readme = (HERE / "README.md").read_text()

    assert [row.name for row in EVERY_ROW if f"`{row.name}`" not in readme] == []
