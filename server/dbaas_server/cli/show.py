"""What the command prints: JSON for programs, aligned text for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from dbaas_provisioning.errors import DbaasError

__all__ = ["error_text", "print_fields", "print_rows", "size_text"]

_JSON = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_UNITS = ("B", "kB", "MB", "GB", "TB")


def print_fields(fields: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing: a JSON object, or a line per field."""
    if as_json:
        _write(fields)
        return
    width = max((len(name) for name in fields), default=0)
    for name, value in fields.items():
        sys.stdout.write(f"{name:<{width}}  {'' if value is None else _clean(value)}\n")


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Many things: a JSON array, or a table; ``empty`` says what to do when there are none."""
    if as_json:
        _write(list(rows))
        return
    if not rows:
        sys.stdout.write(empty + "\n")
        return
    lines = [list(columns), *([("" if row[name] is None else _clean(row[name])) for name in columns] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        text = "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        sys.stdout.write(text.rstrip() + "\n")


def error_text(error: DbaasError, *, as_json: bool) -> str:
    """An error as one readable line, or as the API's body."""
    if as_json:
        return orjson.dumps(error.as_dict(), option=orjson.OPT_APPEND_NEWLINE).decode()
    parts = [error.message, error.details, error.hint]
    return " ".join(_clean(part) for part in parts if part) + f" [{error.code}]\n"


def size_text(size: int | None) -> str:
    """Bytes for people."""
    if size is None:
        return "-"
    amount = float(size)
    for unit in _UNITS:
        if amount < 1000 or unit == _UNITS[-1]:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("unreachable")


def _clean(value: Any) -> str:
    """Text that cannot move a terminal's cursor."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(value))


def _write(value: Any) -> None:
    sys.stdout.write(orjson.dumps(value, default=str, option=_JSON).decode())
