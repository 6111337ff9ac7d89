"""Run the examples of the documentation and of docstrings as tests, those of each file in an empty folder."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Document, Sybil
from sybil.document import PythonDocStringDocument
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser
from sybil.sybil import SybilCollection

ROOT = Path(__file__).parent

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so it is for what a shell starts in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests, and what they start, are interrupted all the same


def pages(folder: str, pattern: str) -> Sybil:
    """Take the Python in Markdown pages; one page is one story, told from top to bottom."""
    return Sybil(
        [PythonCodeBlockParser(), SkipParser()],
        pattern=pattern,
        excludes=["_build/*"],
        path=folder,
        fixtures=["empty_folder"],
    )


def docstrings(source: Path) -> Sybil:
    """Take the prompts (`>>>`) in the docstrings of a source folder."""
    types: dict[str | None, type[Document]] = {".py": PythonDocStringDocument}
    return Sybil([DocTestParser()], pattern="*.py", path=str(source), document_types=types, fixtures=["empty_folder"])


sources = [source.relative_to(ROOT) for source in (ROOT / "core" / "src", *ROOT.glob("plugins/*/src"))]
pytest_collect_file = SybilCollection(
    [pages(".", "README.md"), pages("docs", "*.md"), *(docstrings(source) for source in sources)]
).pytest()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the examples back into the order of their pages, since one builds on another; the tests stay shuffled."""
    examples = [item for item in items if isinstance(item, SybilItem)]
    in_order = iter(sorted(examples, key=lambda item: (item.path, item.example.line)))
    items[:] = [next(in_order) if isinstance(item, SybilItem) else item for item in items]


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Stand in an empty folder, so that an example leaves nothing behind and needs nothing that it doesn't make."""
    folder = tmp_path_factory.mktemp("example")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder
