"""Markup that is safe by construction: whatever is not markup already is escaped when it is put into some."""

from __future__ import annotations

import html
from collections.abc import Iterable

from mainspring.text import visible


class Markup(str):
    """Text that is HTML or SVG already; only `element` and `join` make it."""

    __slots__ = ()


def escaped(value: object) -> Markup:
    """Return anything as markup: markup as it is, all else as text that shows what it is.

    >>> escaped("<b>")
    '&lt;b&gt;'
    """
    return value if isinstance(value, Markup) else _escape(value)


def join(parts: Iterable[object]) -> Markup:
    """Return parts one behind the other."""
    return Markup("".join(map(escaped, parts)))


def element(name: str, *children: object, **attributes: object) -> Markup:
    """Return an element.

    >>> element("td", "a < b", colspan=2)
    '<td colspan="2">a &lt; b</td>'

    Args:
        name: Its tag.
        children: What is in it, escaped unless it is markup.
        attributes: Its attributes, escaped; underscores stand for hyphens, and those that are None are left out.
    """
    given = "".join(
        f' {key.replace("_", "-")}="{_escape(value)}"' for key, value in attributes.items() if value is not None
    )
    return Markup(f"<{name}{given}>{join(children)}</{name}>")


def _escape(value: object) -> Markup:
    return Markup(html.escape(visible(str(value), lines=True)))
