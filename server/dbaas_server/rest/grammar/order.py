"""``order=a.desc.nullslast,rel(b).asc``."""

from __future__ import annotations

from ...nouns import Order
from .scanner import Scanner

__all__ = ["order"]


def order(text: str) -> tuple[Order, ...]:
    """The sort keys, first the most significant. An empty text is no order."""
    if not text:
        return ()
    scan = Scanner(text, "order")
    keys = [_key(scan)]
    while not scan.done:
        scan.expect(",")
        keys.append(_key(scan))
    return tuple(keys)


def _key(scan: Scanner) -> Order:
    path = scan.path()
    embed = None
    if not path.steps and scan.take("("):
        embed = path.column
        path = scan.path()
        scan.expect(")")
    descending = False
    nulls_first = None
    if scan.take(".desc"):
        descending = True
    else:
        scan.take(".asc")
    if scan.take(".nullsfirst"):
        nulls_first = True
    elif scan.take(".nullslast"):
        nulls_first = False
    if not scan.done and not scan.peek(","):
        raise scan.error('asc, desc, nullsfirst, nullslast or ","')
    return Order(path, descending, nulls_first, embed)
