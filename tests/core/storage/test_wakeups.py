"""Wake-ups between connections to one database."""

import threading
from pathlib import Path

from mainspring.storage import Topic, open_storage


def test_whoever_has_told_something_keeps_nothing_open(tmp_path: Path) -> None:
    """A socket that nobody closes is a warning, which is an error here; and what was closed can tell again."""
    heard = threading.Event()
    listens, tells = (open_storage("sqlite:///mainspring.db", tmp_path) for _ in range(2))
    with listens.wakeups.listen(lambda _: heard.set()):
        for _ in range(2):
            tells.wakeups.tell(Topic.AUTOMATIONS)
            assert heard.wait(30)
            heard.clear()
            tells.close()
    listens.close()
