"""Values as a tree that opens where one clicks, and as mongosh prints them. Pure; escaped everywhere, bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import Binary, Decimal128, Int64, ObjectId, Regex, Timestamp

from ..render import escape, shorten, visible

__all__ = ["as_tree", "text_of"]

_MOST_NODES = 2_000  # of one display
_MOST_CHILDREN = 200
_PREVIEW = 120  # characters
_WIDTH = 100
_LONGEST = 2_000  # characters of one value
_CHARACTERS_OF_A_NODE = 100
_QUIET = "opacity:.6"
_INDENT = "margin-left:1.2em"


def as_tree(value: Any, *, nodes: int = _MOST_NODES) -> str:
    """An HTML tree: containers are closed ``<details>`` with a line that says what is inside, the outermost is open."""
    return "".join(_Tree(nodes).node(None, value, is_open=True))


class _Tree:
    """Counts what it shows, so that no document makes a page of its own."""

    def __init__(self, nodes: int) -> None:
        self._left = nodes

    def node(self, name: str | None, value: Any, *, is_open: bool = False) -> Iterator[str]:
        self._left -= 1
        label = "" if name is None else f'<span style="{_QUIET}"><bdi>{escape(shorten(name))}</bdi>: </span>'
        items = _items(value)
        if not items:
            text = _leaf(value) if items is None else _on_one_line(value, 0)
            self._left -= len(text) // _CHARACTERS_OF_A_NODE
            yield f'<div style="{_INDENT}">{label}<code><bdi>{escape(text)}</bdi></code></div>'
            return
        preview = escape(shorten(_on_one_line(value, _PREVIEW), _PREVIEW))
        yield f'<details style="{_INDENT}"{" open" if is_open else ""}><summary>{label}<code>{preview}</code></summary>'
        for place, (key, each) in enumerate(items):
            if place == _MOST_CHILDREN or self._left <= 0:
                yield f'<div style="{_INDENT};{_QUIET}">… {len(items) - place:,} more</div>'
                break
            yield from self.node(key, each)
        yield "</details>"


def text_of(value: Any) -> str:
    """As mongosh prints it: on one line where that is short, else a line for each field. Nothing in it acts."""
    return "\n".join(_lines(value, ""))


def _lines(value: Any, indent: str) -> Iterator[str]:
    line = _on_one_line(value, _WIDTH)
    items = _items(value)
    if not items or len(indent) + len(line) <= _WIDTH:
        yield indent + line
        return
    is_object = isinstance(value, Mapping)
    yield indent + ("{" if is_object else "[")
    deeper = indent + "  "
    for place, (key, each) in enumerate(items):
        if place == _MOST_CHILDREN:
            yield f"{deeper}… {len(items) - place:,} more"
            break
        first, *rest = _lines(each, deeper)
        before = f"{deeper}{_key(key)}: " if is_object else deeper
        lines = [before + first[len(deeper) :], *rest]
        yield from lines[:-1]
        yield lines[-1] + ("," if place < len(items) - 1 else "")
    yield indent + ("}" if is_object else "]")


def _on_one_line(value: Any, limit: int) -> str:
    """Everything, or as much as fits; at most somewhat more than ``limit`` characters."""
    items = _items(value)
    if items is None:
        return _leaf(value)
    is_object = isinstance(value, Mapping)
    parts: list[str] = []
    size = 0
    for key, each in items:
        if size > limit:
            parts.append("…")
            break
        part = f"{_key(key)}: " if is_object else ""
        part += _on_one_line(each, limit - size)
        parts.append(part)
        size += len(part) + 2
    inside = ", ".join(parts)
    if is_object:
        return f"{{ {inside} }}" if inside else "{}"
    return f"[ {inside} ]" if inside else "[]"


def _items(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, Mapping):
        return [(str(key), each) for key, each in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [(str(place), each) for place, each in enumerate(value)]
    return None


def _key(key: str) -> str:
    return key if key.isidentifier() or (key[:1] == "$" and key[1:].isidentifier()) else _quoted(key)


def _quoted(text: str) -> str:
    return visible(json.dumps(shorten(text, _LONGEST), ensure_ascii=False))


def _leaf(value: Any) -> str:
    """One value as it would be written in a cell."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, ObjectId):
        return f"ObjectId('{value}')"
    if isinstance(value, datetime):
        return f"ISODate('{value.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z')"
    if isinstance(value, Int64):
        return str(int(value)) if abs(value) < 2**53 else f"NumberLong('{int(value)}')"
    if isinstance(value, Decimal128):
        return f"NumberDecimal('{value}')"
    if isinstance(value, Regex):
        return visible(shorten(f"/{value.pattern}/", _LONGEST))
    if isinstance(value, Timestamp):
        return f"Timestamp({value.time}, {value.inc})"
    if isinstance(value, Binary) and value.subtype == 4 and len(value) == 16:
        return f"UUID('{value.as_uuid()}')"
    if isinstance(value, bytes):
        return f"BinData({getattr(value, 'subtype', 0)}, {len(value):,} bytes)"
    return visible(shorten(str(value), _LONGEST))
