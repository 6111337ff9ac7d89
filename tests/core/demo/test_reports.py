from pathlib import Path

from pandas import DataFrame
from pandas.testing import assert_frame_equal

import mainspring as ms
from mainspring.demo.reports import CsvReports


def test_a_table_comes_back_as_it_was_from_a_file_that_people_can_read(tmp_path: Path) -> None:
    table = DataFrame({"month": [1, 2], "airline": ["Alaska", "JetBlue, the"], "delay": [0.1 + 0.2, -1 / 3]})

    @ms.op(out=ms.Out(io_manager="reports"))
    def report() -> DataFrame:
        return table

    files = ms.FilesystemIOManager(tmp_path, format="text")

    @ms.job(modes=[ms.Mode("dev", resources={"reports": CsvReports(), "text_files": files})])
    def daily() -> None:
        report()

    result = daily.execute()

    assert_frame_equal(result.output("report"), table, check_exact=True)
    (file,) = tmp_path.rglob("*.txt")
    assert file.read_text("utf-8").splitlines()[0] == "month,airline,delay"
