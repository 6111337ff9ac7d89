"""How much is killed: a little in CI, and what CRASH_KILLS says by `make crash`, on each database."""

import os

KILLS = int(os.environ.get("CRASH_KILLS", "0"))
"""How many random kills there are on each database, over all tests; 0 for the few of CI."""

SEED = int(os.environ["CRASH_SEED"]) if os.environ.get("CRASH_SEED") else None


def chosen(names: tuple[str, ...], url: str) -> tuple[str, ...]:
    """Return all points for `make crash`, else every other one, so that each is tried on one of the databases."""
    return names if KILLS else names[url.startswith("sqlite") :: 2]
