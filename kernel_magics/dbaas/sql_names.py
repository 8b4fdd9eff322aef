"""Names as SQL writes them."""

from __future__ import annotations

import re

__all__ = ["identifier", "if_needed"]

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")

# PostgreSQL's reserved key words (its manual's appendix C): no column or table is called so without quotes.
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role current_schema
    current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch
    for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral
    leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer
    overlaps placing primary references returning right select session_user similar some symmetric system_user
    table tablesample then to trailing true union unique user using variadic verbose when where window with
    """.split()  # noqa: SIM905
)


def identifier(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def if_needed(name: str) -> str:
    """A name, in quotes only where it needs them."""
    return name if _PLAIN.match(name) and name not in _RESERVED else identifier(name)
