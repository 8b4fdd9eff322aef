"""Formats that people read: a Markdown table, INSERT statements."""

from __future__ import annotations

import re

from .encoder import Encoder
from .texts import text_rows

__all__ = ["Inserts", "Markdown"]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NUMERIC = frozenset({"smallint", "integer", "bigint", "oid", "real", "double precision", "numeric"})
_PART = r'(?:"(?:[^"]|"")+"|[^".]+)'
_NAME = re.compile(rf"{_PART}(?:\.{_PART})*")
_ROWS_TOGETHER = 100
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_MEANING = str.maketrans(
    {"\\": "\\\\", "|": "\\|", "<": "&lt;", ">": "&gt;", "&": "&amp;", "`": "\\`", "*": "\\*", "_": "\\_", "[": "\\[",
     "]": "\\]", "\n": "<br>", "\t": " "}
)  # fmt: skip


class Markdown(Encoder):
    """A table in GitHub's dialect. No value means anything there; what cannot be seen is shown as its code."""

    content_type = "text/markdown; charset=utf-8"
    suffix = "md"

    def begin(self) -> bytes:
        """The header and the line below it; numbers stand on the right."""
        names = " | ".join(_marked(column.name) for column in self.sheet.columns)
        lines = " | ".join("---:" if column.type in _NUMERIC else "---" for column in self.sheet.columns)
        return f"| {names} |\n| {lines} |\n".encode()

    def rows(self, chunk: bytes) -> bytes:
        """A line each; a null is empty."""
        lines = [
            "| " + " | ".join("" if value is None else _marked(value) for value in row) + " |\n"
            for row in text_rows(chunk, len(self.sheet.columns))
        ]
        return "".join(lines).encode()


class Inserts(Encoder):
    """INSERT statements, a hundred rows each."""

    content_type = "application/sql; charset=utf-8"
    suffix = "sql"

    def rows(self, chunk: bytes) -> bytes:
        """The statements of some rows."""
        numeric = [column.type in _NUMERIC for column in self.sheet.columns]
        logical = [column.type == "boolean" for column in self.sheet.columns]
        columns = ", ".join(_quoted(name) for name in self.sheet.names)
        head = f"insert into {_table(self.sheet.table)} ({columns}) values\n"
        rows = [
            "("
            + ", ".join(
                _literal(value, number, truth) for value, number, truth in zip(row, numeric, logical, strict=True)
            )
            + ")"
            for row in text_rows(chunk, len(self.sheet.columns))
        ]
        parts = [rows[at : at + _ROWS_TOGETHER] for at in range(0, len(rows), _ROWS_TOGETHER)]
        return "".join(head + ",\n".join(part) + ";\n" for part in parts).encode()


def _marked(text: str) -> str:
    shown = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r\n", "\n"))
    return shown.translate(_MEANING)


def _literal(value: str | None, number: bool, truth: bool) -> str:
    if value is None:
        return "null"
    if truth:
        return "true" if value == "t" else "false"
    if number and _NUMBER.fullmatch(value):
        return value
    doubled = value.replace("'", "''")
    if "\\" in doubled:  # means the same whatever standard_conforming_strings says
        escaped = doubled.replace("\\", "\\\\")
        return f"E'{escaped}'"
    return f"'{doubled}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(name: str) -> str:
    """A name as somebody writes it, its parts quoted or not, with all of them quoted."""
    if not _NAME.fullmatch(name):
        return _quoted(name)
    parts = re.findall(_PART, name)
    return ".".join(part if part.startswith('"') else _quoted(part) for part in parts)
