from pathlib import Path

from pandas import DataFrame

from mainspring.demo.months import MONTHS, MonthFiles, Months


def test_months_are_kept_one_a_file_and_read_as_one(tmp_path: Path) -> None:
    months = Months(tmp_path / "season")
    months.keep(DataFrame({"month": [2], "flights": [7]}))
    months.keep(DataFrame({"month": [1, 1], "flights": [3, 4]}))
    months.keep(DataFrame({"month": [2], "flights": [8]}))

    assert months.kept() == ("2013-01", "2013-02")
    assert months.read()["flights"].tolist() == [3, 4, 8]
    assert sorted(path.name for path in months.folder.iterdir()) == ["2013-01.csv", "2013-02.csv"]


def test_a_report_says_of_which_months_it_tells(tmp_path: Path) -> None:
    months = Months(tmp_path)
    assert months.reported() == ()

    months.publish(DataFrame({"month": [1, 12], "best": ["Alaska", "JetBlue, the"]}))

    assert months.reported() == ("2013-01", "2013-12")


def test_clearing_where_nothing_is_does_nothing(tmp_path: Path) -> None:
    Months(tmp_path / "absent").clear()

    assert len(MONTHS) == 12
    assert list(tmp_path.iterdir()) == []


def test_the_resource_hands_out_its_folder(tmp_path: Path) -> None:
    with MonthFiles(tmp_path).open() as months:
        assert months.folder == tmp_path
