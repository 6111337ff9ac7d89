"""A job, as HTML: what it is called, what it does, and its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.notebook.elements import muted, view
from mainspring.notebook.graph.drawing import draw_graph
from mainspring.notebook.markup import element
from mainspring.text import count

if TYPE_CHECKING:
    from mainspring.definition.job import Job


def job_html(job: Job) -> str:
    """Return a job with its graph drawn."""
    modes = f" · modes {', '.join(job.modes)}" if job.modes else ""
    head = element("div", "job ", element("b", job.name), muted(f" · {count(len(job.nodes), 'op')}{modes}"))
    return view(head, element("div", job.description) if job.description else "", draw_graph(job))
