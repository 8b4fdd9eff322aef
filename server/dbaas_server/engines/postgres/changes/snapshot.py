"""Whether others can see what a transaction did.

A commit is in the log, where we read it, before the server lets others see it: for a moment, longer on a busy machine,
and for as long as a standby that has to confirm does not. Whoever is told of a row that early does not find it, and who
asks for its table, its grants or what a policy looks up is answered from before. Source: PostgreSQL's
``CommitTransaction``, which writes and flushes the commit record, waits for standbys, and leaves the list of running
transactions last.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["CURRENT", "hidden"]

CURRENT = b"select pg_current_snapshot()::text"
"""``xmin:xmax:xip,…``: from ``xmax`` on and in the list nothing is visible. Numbers of 64 bits."""

_BITS = 0xFFFF_FFFF
_HALF = 1 << 31


def hidden(snapshot: str, xids: Iterable[int]) -> set[int]:
    """Those of these transactions that others cannot see yet.

    Args:
        snapshot: what ``CURRENT`` gave.
        xids: of committed transactions, the lower 32 bits, as the log tells them.
    """
    _, end, running = snapshot.split(":")
    listed = {int(xid) & _BITS for xid in running.split(",") if xid}
    return {xid for xid in xids if xid in listed or (xid - int(end)) & _BITS < _HALF}
