"""What the crash tests share."""

from collections.abc import Callable

import pytest


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Show the seed and the tally, whatever else is captured."""

    def shown(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", end=" ")  # noqa: T201 - to see a history again

    return shown
