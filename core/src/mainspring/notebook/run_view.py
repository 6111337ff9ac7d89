"""A run as recorded, as HTML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mainspring.notebook.elements import code, muted, pre, status_mark, table, view
from mainspring.notebook.markup import Markup, element, join
from mainspring.text import count, duration, utc

if TYPE_CHECKING:
    from mainspring.run import Run


def run_html(run: Run) -> str:
    """Return a run: its head, and what it was given."""
    given: list[tuple[str, object]] = [
        ("run key", run.run_key),
        ("scheduled for", utc(run.scheduled_time, precise=False)),
        ("partition", run.partition_key),
        ("parent", None if run.parent_run_id is None else code(run.parent_run_id)),
        ("selection", ", ".join(run.selection) if run.selection else None),
        ("tags", ", ".join(f"{key}: {value}" for key, value in run.tags.items()) or None),
        ("config", pre(json.dumps(run.config, indent=2, ensure_ascii=False, default=str)) if run.config else None),
    ]
    rows = [(muted(name), value) for name, value in given if value is not None]
    return view(head_of(run), table((), rows) if rows else "")


def head_of(run: Run) -> Markup:
    """Return what a run is, how it stands, when it was and why it ended so."""
    parts: list[object] = [
        status_mark(run.status),
        " run ",
        code(run.run_id),
        " of job ",
        element("b", run.job_name),
        f" in mode {run.mode}",
    ]
    facts: list[str] = [] if run.attempt == 1 else [f"attempt {run.attempt}"]
    if run.started_at is not None:
        facts.append(f"started {utc(run.started_at, precise=False)}")
        if run.ended_at is not None:
            facts.append(f"took {duration(run.ended_at - run.started_at)}")
    line = element("div", *parts, muted(f" · {' · '.join(facts)}") if facts else "")
    return join([line, element("div", run.reason)]) if run.reason else line


def counted(statuses: list[str]) -> str:
    """Say how many steps there are and how they stand."""
    said = ", ".join(f"{statuses.count(each):,} {each}" for each in dict.fromkeys(statuses))
    return count(len(statuses), "step") + (f" ({said})" if said else "")
