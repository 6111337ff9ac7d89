"""What PostgreSQL's errors mean, and what to do about them.

Errors of a server that was reached have a code (https://www.postgresql.org/docs/current/errcodes-appendix.html); of those
that come before there is only the text of libpq, which is told by its signs, and as it is where none is known.
"""

from __future__ import annotations

import re
from typing import Any

from mainspring.storage.sql.backend import LOCK_TIMEOUT_SECONDS


def meaning_of(error: BaseException) -> str:
    """Return what an error says of the storage, as the end of a sentence that begins with its name."""
    state: str | None = getattr(error, "sqlstate", None)
    if state is not None:
        meaning = _BY_STATE.get(state) or _BY_STATE.get(state[:2])
        said = _said(error)
        return f"failed: {said}" if meaning is None else meaning.format(said=said)
    text = str(error)
    for sign, meaning in _BY_TEXT:
        if re.search(sign, text):
            return meaning
    return f"cannot be used: {_first_line(text)}"


def _said(error: Any) -> str:
    return error.diag.message_primary or _first_line(str(error))


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


_NOTHING_STORED = "nothing of the last write was stored; the next one connects again"

_BY_STATE = {
    "08": f"lost its connection; {_NOTHING_STORED}",
    "25006": "is read-only, as a standby is; name the primary server, or one that takes writes",
    "25P03": f"ended a transaction that stood still for {LOCK_TIMEOUT_SECONDS} s; {_NOTHING_STORED}",
    "28": "refused this user: {said}; correct the user and password in the settings",
    "3D000": "does not exist; make it with createdb, or name another database in the settings",
    "40": "refused a write that got in the way of another ({said}); nothing was written, so do it again",
    "42501": "does not give this user the rights that are needed: {said}; grant them",
    "53100": "cannot grow because its server's disk is full; make room, then run it again",
    "53200": "has no memory left on its server; make room, then run it again",
    "53300": "has no connection left for another process; raise its server's max_connections, or run fewer workers",
    "55P03": f"was locked by another process for {LOCK_TIMEOUT_SECONDS} s; end that process, or wait",
    "57P01": f"is being shut down; {_NOTHING_STORED}",
    "57P02": f"has crashed; {_NOTHING_STORED}",
    "57P03": "is starting up or shutting down; try again in a moment",
}
"""By code, or by class: the code's first two characters."""

_BY_TEXT = (
    (
        "password authentication failed|no password supplied",
        "refused the password of this user; correct it in the settings",
    ),
    (r"pg_hba\.conf", "lets nobody in from here as this user; see the server's pg_hba.conf"),
    (
        '(role|user) ".*" does not exist',
        "does not know this user; make it with createuser, or name another in the settings",
    ),
    ('database ".*" does not exist', _BY_STATE["3D000"]),
    ("too many clients|too many connections|connection slots", _BY_STATE["53300"]),
    ("database system is|not accepting connections", _BY_STATE["57P03"]),
    (
        "Connection refused|No such file or directory",
        "cannot be reached: no server listens there; start it, or correct the host and port in the settings",
    ),
    ("(resolve|translate) host", "cannot be reached: nobody knows its host; correct it in the settings"),
    ("timeout expired|timed out", "cannot be reached: its host does not answer; check the network and the settings"),
    ("closed the connection|connection is (closed|lost|bad)|consuming input failed", _BY_STATE["08"]),
)
"""By what the text has in it, the first that fits: of errors that come without a code."""
