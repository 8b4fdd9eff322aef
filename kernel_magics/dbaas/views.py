"""What commands answer with: a line, a card, a listing. Escaped in HTML, plain in text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from .render import escape, html_table, text_table, visible

__all__ = ["Card", "Listing", "Note", "masked"]

_QUIET = "opacity:.7"
_FRAME = "border:1px solid #8886;border-radius:6px;padding:8px 14px;display:inline-block"


def masked(connection_string: str) -> str:
    """A connection string without its password."""
    parts = urlsplit(connection_string)
    if parts.password is None:
        return connection_string
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:•••@{place}"))


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, perhaps with what to do next: a command, shown as code."""

    text: str
    next: Sequence[str] = ()

    def __repr__(self) -> str:
        return "\n".join([visible(self.text), *(f"  {visible(line)}" for line in self.next)])

    def _repr_html_(self) -> str:
        lines = "".join(f"<div><code>{escape(line)}</code></div>" for line in self.next)
        return f'<div class="mathjax_ignore tex2jax_ignore"><div>{escape(self.text)}</div>{lines}</div>'


@dataclass(frozen=True, slots=True)
class Card:
    """One thing and its facts."""

    title: str
    facts: Sequence[tuple[str, str]]
    note: str | None = None

    def __repr__(self) -> str:
        width = max((len(name) for name, _ in self.facts), default=0)
        lines = [visible(self.title), *(f"  {visible(name):<{width}}  {visible(value)}" for name, value in self.facts)]
        return "\n".join([*lines, *([visible(self.note)] if self.note else [])])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="{_QUIET};text-align:left;padding:1px 12px 1px 0">{escape(name)}</td>'
            f'<td style="text-align:left"><code>{escape(value)}</code></td></tr>'
            for name, value in self.facts
        )
        note = f'<div style="{_QUIET}">{escape(self.note)}</div>' if self.note else ""
        return (
            f'<div class="mathjax_ignore tex2jax_ignore" style="{_FRAME}"><b>{escape(self.title)}</b>'
            f'<table style="margin:4px 0">{rows}</table>{note}</div>'
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows under headers, or what to do when there are none.

    Attributes:
        items: the objects behind the rows.
        note: a sentence below them.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    items: Sequence[Any]
    empty: Note
    note: str | None = None

    def __repr__(self) -> str:
        shown = text_table(self.headers, self.rows, 100) if self.rows else repr(self.empty)
        return f"{shown}\n{visible(self.note)}" if self.note else shown

    def _repr_html_(self) -> str:
        shown = html_table(self.headers, self.rows) if self.rows else self.empty._repr_html_()
        return f'{shown}<div style="{_QUIET}">{escape(self.note)}</div>' if self.note else shown

    def __iter__(self) -> Any:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
