"""Compare schedules with cronsim's in every IANA zone, through ten years or through those that are given.

usage: python -m tests.zones [FIRST_YEAR END_YEAR]
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from multiprocessing import Pool

from mainspring.clock import SystemClock
from tests.zones.changes import by_history, year
from tests.zones.oracle import CRONS, EXPECTED_STEPPED_OVER, GAP_END, STEPPED_OVER, Difference, differences

Work = tuple[str, str, int, int]


def main(arguments: list[str]) -> int:
    """Print how Mainspring and cronsim differ; return 1 if that is not as expected."""
    first, end = map(int, arguments or ("2020", "2030"))
    clock = SystemClock()
    began = clock.monotonic()
    groups = by_history(year(first), year(end))
    names = sum(map(len, groups.values()))
    print(f"{first} to {end}: {names} zones, whose clocks differ in {len(groups)} ways; {len(CRONS)} crons in each")
    work: list[Work] = [(cron, zones[-1], year(first), year(end)) for zones in groups.values() for cron in CRONS]
    with Pool(2) as pool:
        found = _gather(pool.imap_unordered(_differences, work), len(work))
    _report(found)
    minutes = (clock.monotonic() - began) / 60
    unexpected = [each for each in found if not each.is_expected()]
    for each in unexpected:
        print(f"unexpected: {each}")
    print(f"{len(found)} differences, {len(unexpected)} of them unexpected, in {minutes:.1f} minutes")
    return 1 if unexpected else 0


def _differences(work: Work) -> list[Difference]:
    return differences(*work)


def _gather(results: Iterable[list[Difference]], total: int) -> list[Difference]:
    found: list[Difference] = []
    for done, each in enumerate(results, start=1):
        found.extend(each)
        if done % 50 == 0 or done == total:
            print(f"  {done} of {total}, {len(found)} differences", flush=True)
    return found


def _report(found: list[Difference]) -> None:
    """Print them, grouped by why they are and by cron; by zone, too, where few have them."""
    for reason in (GAP_END, STEPPED_OVER):
        print(f"\n{reason}")
        groups: dict[tuple[str, str], list[Difference]] = {}
        for each in found:
            if each.reason == reason:
                groups.setdefault((each.cron, "" if reason == GAP_END else each.zone), []).append(each)
        for (cron, zone), alike in sorted(groups.items()):
            place = zone or f"{len({each.zone for each in alike})} zones"
            print(f"  {cron:14} {place:20} {len(alike):4} times, as at {alike[0].local} in {alike[0].zone}")
    missing = EXPECTED_STEPPED_OVER - {(each.cron, each.zone) for each in found}
    if missing:
        print(f"\nexpected, but not met in these years: {sorted(missing)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
