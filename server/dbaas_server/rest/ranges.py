"""``Range`` and ``Content-Range`` as PostgREST uses them: rows, counted from zero."""

from __future__ import annotations

import re

from dbaas_provisioning.errors import Invalid

__all__ = ["RowRange", "content_range", "intersect", "parse_range"]

_RANGE = re.compile(r"(?:items=)?([0-9]{1,18})-([0-9]{0,18})\Z")

RowRange = tuple[int, int | None]
"""The first row, and how many (None: all that follow)."""


def parse_range(header: str) -> RowRange | None:
    """Read the header; what is not a range of rows (such as ``bytes=…``) is ignored.

    Raises:
        Invalid: ``PGRST103`` when it ends before it begins.
    """
    found = _RANGE.match(header.strip())
    if found is None:
        return None
    first = int(found.group(1))
    if not found.group(2):
        return first, None
    last = int(found.group(2))
    if last < first:
        raise _not_satisfiable(
            "The lower boundary must be lower than or equal to the upper boundary in the Range header."
        )
    return first, last - first + 1


def intersect(one: RowRange, other: RowRange) -> RowRange:
    """The rows that are in both. Raises ``Invalid`` (``PGRST103``) when there are none."""
    first = max(one[0], other[0])
    ends = [start + count for start, count in (one, other) if count is not None]
    if not ends:
        return first, None
    count = min(ends) - first
    if count < 0:
        raise _not_satisfiable("The Range header and the limit and offset parameters have no row in common.")
    return first, count


def content_range(first: int, returned: int, total: int | None) -> str:
    """The header of an answer. Raises ``Invalid`` (``PGRST103``) when ``first`` is past a known ``total``."""
    if total is not None and first > total:
        raise _not_satisfiable(f"An offset of {first} was requested, but there are only {total} rows.")
    rows = f"{first}-{first + returned - 1}" if returned else "*"
    return f"{rows}/{'*' if total is None else total}"


def _not_satisfiable(details: str) -> Invalid:
    return Invalid("PGRST103", "Requested range not satisfiable", details=details)
