"""A result as JSON beside its HTML, for front ends that have a grid of their own. Pure.

``application/vnd.dbaas.result+json`` is what JupyterLab with our extension shows: rows as far as they are here, and
what was asked, so that the grid can ask the server for more. It is stored with the notebook: so it is small, and holds
no parameter's value. Front ends without the extension show ``text/html`` or ``text/plain`` of the same bundle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["MIME", "Origin", "result_json"]

MIME = "application/vnd.dbaas.result+json"

MOST_ROWS = 1_000
MOST_BYTES = 256_000
MOST_TEXT = 32_000  # characters of a statement
LONG_CELL, CUT_CELL = 10_000, 1_000
SAFE_INTEGER = 2**53 - 1  # JavaScript's Number.MAX_SAFE_INTEGER
NOTICES = 20

_PLAIN_ELEMENT = re.compile(r'[^\s{}",\\]+\Z')
_OFFSET = re.compile(r"([+-]\d\d):00\Z")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a result comes from.

    Attributes:
        text: the statement as it was written.
        repeatable: it only reads, and takes no parameters: whoever has the text can ask for all of its rows.
    """

    tenant: str
    database: str
    text: str
    repeatable: bool


def result_json(
    origin: Origin,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[Any]],
    *,
    complete: bool,
    total: int | None,
    notices: Iterable[str] = (),
) -> dict[str, Any] | None:
    """The bundle; None where it would be too large to hold a row.

    Args:
        columns: name and the engine's type name of each.
        rows: the first ones, as the server's JSON has them.
        complete: these are all.
        total: how many there are, if somebody counted.
    """
    told = [_whole(notice[:CUT_CELL]) for notice in notices][:NOTICES]
    data: dict[str, Any] = {
        "version": 1,
        "tenant": origin.tenant,
        "database": origin.database,
        "text": origin.text,
        "columns": [{"name": name, "type": kind} for name, kind in columns],
        "rows": [],
        "complete": False,
        "total": len(rows) if complete else total,
        "pageable": origin.repeatable,
        "notices": told,
    }
    left = MOST_BYTES - _size(data)
    write = [_writer(kind) for _, kind in columns]
    for row in rows[:MOST_ROWS]:
        cells = [_cell(value, into) for value, into in zip(row, write, strict=True)]
        left -= _size(cells) + 1
        if left < 0:
            break
        data["rows"].append(cells)
    data["complete"] = complete and len(data["rows"]) == len(rows)
    too_large = len(origin.text) > MOST_TEXT or (len(rows) > 0 and not data["rows"])
    return None if too_large else data


def _size(data: Any) -> int:
    return len(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


def _writer(kind: str) -> Callable[[Any], Any]:
    """How a value of a type is written: as its engine does."""
    if kind.endswith("[]"):
        return _array
    if kind in ("json", "jsonb"):
        return _json
    if kind.startswith("numeric"):
        return str
    if kind.startswith("timestamp"):
        return _moment
    return _plain


def _cell(value: Any, write: Callable[[Any], Any]) -> Any:
    if value is None:
        return None
    written = write(value)
    if not isinstance(written, str):
        return written
    text = _whole(written)
    return {"text": text[:CUT_CELL], "length": len(text)} if len(text) > LONG_CELL else text


def _plain(value: Any) -> Any:
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else str(value)
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _moment(value: str) -> str:
    return _OFFSET.sub(r"\1", value.replace("T", " ", 1))


def _array(value: Any) -> str:
    """PostgreSQL's text of an array."""
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "{" + ",".join(map(_array, value)) + "}"
    text = ("t" if value else "f") if isinstance(value, bool) else value if isinstance(value, str) else _json(value)
    if _PLAIN_ELEMENT.match(text) and text.upper() != "NULL":
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _whole(text: str) -> str:
    """The text with what is no character (a lone surrogate) marked: a message could not carry it."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
