"""Names in the path: ``{database}.{table}``, ``{database}.{function}`` and composite ids."""

from __future__ import annotations

import re

from dbaas_provisioning.errors import Invalid

from .grammar.scanner import unquote

__all__ = ["path_segment", "record_id_text", "split_database", "split_record_id"]

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)+)"\Z', re.DOTALL)
_PART = re.compile(r'"((?:[^"\\]|\\.)*)"(?=,|\Z)|([^,]*)', re.DOTALL)


def split_database(segment: str) -> tuple[str | None, str]:
    """The database and the table or function that a path segment names.

    The first dot splits; a name in double quotes is the table's or the function's, whole.

    Args:
        segment: percent-decoded, such as ``flights``, ``shop.flights``, ``"odd.name"``, ``shop."odd.name"``.

    Returns:
        ``(database or None for the tenant's default, table or function)``.

    Raises:
        Invalid: ``invalid_name`` when either part is empty, or a quote is not closed.
    """
    database: str | None = None
    name = segment
    if not segment.startswith('"') and "." in segment:
        database, _, name = segment.partition(".")
    if name.startswith('"'):
        found = _QUOTED.match(name)
        name = unquote(found.group(1)) if found is not None else ""
    if not name or database == "" or "\0" in name:
        raise Invalid(
            "invalid_name",
            "The path names neither a table nor a function.",
            hint="Write {name} or {database}.{name}; put a name that holds a dot in double quotes.",
        )
    return database, name


def path_segment(name: str) -> str:
    """The segment, before percent-encoding, that names a table or function of the tenant's default database."""
    return _quote(name) if "." in name or name.startswith('"') else name


def split_record_id(text: str) -> tuple[str, ...]:
    """The parts of a row's id, in key order: ``7``, ``AA,2013``, ``"Oslo, Norway",7``.

    Args:
        text: percent-decoded.

    Raises:
        Invalid: ``invalid_id`` for NUL.
    """
    if "\0" in text:
        raise Invalid("invalid_id", "The id in the path is not text.")
    if "," not in text and not text.startswith('"'):
        return (text,)
    parts: list[str] = []
    at = 0
    while True:
        found = _PART.match(text, at)
        assert found is not None  # the second alternative matches anywhere
        parts.append(unquote(found.group(1)) if found.group(1) is not None else found.group(2))
        at = found.end()
        if at >= len(text):
            return tuple(parts)
        at += 1


def record_id_text(parts: tuple[str, ...]) -> str:
    """The inverse of :func:`split_record_id`."""
    return ",".join(_quote(part) if "," in part or part.startswith('"') else part for part in parts)


def _quote(part: str) -> str:
    return '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
