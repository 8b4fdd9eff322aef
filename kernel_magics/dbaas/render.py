"""Values as a person reads them: escaped HTML and aligned text. Pure.

Nothing of a database's reaches a page or a terminal unescaped: not a cell, not a header, not a name. Control
characters, bidirectional overrides and lone surrogates are shown as what they are instead of acting. Mathematics in
dollars stays dollars.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

__all__ = ["CELL_LIMIT", "as_text", "bytes_of", "escape", "html_table", "shorten", "text_table", "visible"]

CELL_LIMIT = 300
"""Characters of a cell that are shown."""

# C0 and C1 controls, invisible and bidirectional formatting, line separators, surrogates. Emoji's joiner stays.
_ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NUMBER = int | float

_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
_HEAD = "text-align:{align};border-bottom:1px solid #8888;padding:2px 8px;white-space:pre"
_CELL = "text-align:{align};padding:2px 8px;white-space:pre-wrap;max-width:40em;overflow-wrap:anywhere"
_MARK = "opacity:.55"
_NULL = f'<i style="{_MARK}">null</i>'


def as_text(value: Any) -> str:
    """A value as text: JSON for lists and objects, ``null`` for nothing."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def shorten(text: str, limit: int = CELL_LIMIT) -> str:
    """At most ``limit`` characters, and how many there are when that is not all."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def visible(text: str) -> str:
    """The text on one line, with every character that would act instead of being seen written out."""
    return _ACTING.sub(_written_out, text)


def escape(text: str) -> str:
    """Text for an HTML page: markup escaped, acting characters marked, line breaks kept."""
    parts: list[str] = []
    at = 0
    for match in _ACTING.finditer(text):
        parts.append(html.escape(text[at : match.start()]))
        mark = f'<span style="{_MARK}">{html.escape(_written_out(match))}</span>'
        parts.append("\n" if match.group() == "\n" else mark)
        at = match.end()
    parts.append(html.escape(text[at:]))
    return "".join(parts)


def html_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], titles: Sequence[str] = ()) -> str:
    """A table. ``titles`` are shown when the pointer rests on a header."""
    right = [_is_numeric(rows, index) for index in range(len(headers))]
    out = [f'<table class="mathjax_ignore tex2jax_ignore" style="{_TABLE}"><thead><tr>']
    for index, header in enumerate(headers):
        title = f' title="{html.escape(visible(titles[index]))}"' if index < len(titles) else ""
        style = _HEAD.format(align="right" if right[index] else "left")
        out.append(f'<th{title} style="{style}"><bdi>{escape(shorten(header))}</bdi></th>')
    out.append("</tr></thead><tbody>")
    for row in rows:
        out.append("<tr>")
        for index, value in enumerate(row):
            shown = _NULL if value is None else f"<bdi>{escape(shorten(as_text(value)))}</bdi>"
            style = _CELL.format(align="right" if index < len(right) and right[index] else "left")
            out.append(f'<td style="{style}">{shown}</td>')
        out.append("</tr>")
    out.append("</tbody></table>")
    return "".join(out)


def text_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], limit: int = 60) -> str:
    """Aligned columns for terminals. Cells are cut at ``limit`` characters."""
    right = [_is_numeric(rows, index) for index in range(len(headers))]
    cells = [[visible(shorten(header, limit)) for header in headers]]
    cells += [[visible(shorten(as_text(value), limit)) for value in row] for row in rows]
    widths = [max(_width(line[index]) for line in cells) for index in range(len(headers))]
    shapes = list(zip(widths, right, strict=True))
    lines = [
        "  ".join(_padded(cell, width, left=not numeric) for cell, (width, numeric) in zip(line, shapes, strict=True))
        for line in cells
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def bytes_of(size: int | None) -> str:
    """A size in bytes as people say it."""
    if size is None:
        return "–"
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def _written_out(match: re.Match[str]) -> str:
    character = match.group()
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _is_numeric(rows: Sequence[Sequence[Any]], index: int) -> bool:
    values = [row[index] for row in rows if row[index] is not None]
    return bool(values) and all(isinstance(value, _NUMBER) and not isinstance(value, bool) for value in values)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text
