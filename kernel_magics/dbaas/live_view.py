"""Changes as a page and as text. Pure.

Nothing of a database's reaches the page unescaped (:mod:`~dbaas.render`). Colours are laid over the notebook's own, so
that they suit its light and its dark theme.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .changes import Change, Wanted
from .render import as_text, escape, shorten, text_table, visible

__all__ = ["SHOWN", "STYLE", "Gap", "Rates", "Row", "page_html", "page_text", "status_html"]

SHOWN = 20
"""Rows on the page."""

_CELL = 80
_COLUMNS = 30

STYLE = """<style>
.dbaas-live { font-size: var(--jp-ui-font-size1, 13px); line-height: 1.5; color: var(--jp-ui-font-color1, inherit); }
.dbaas-live-rows { overflow-x: auto; max-width: 100%; }
.dbaas-live table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.dbaas-live th { text-align: left; font-weight: 600; padding: 2px 10px; white-space: pre;
  border-bottom: 1px solid #8888; }
.dbaas-live td { text-align: left; padding: 2px 10px; white-space: pre; border-bottom: 1px solid #8883; }
.dbaas-live td.cell { max-width: 22em; overflow: hidden; text-overflow: ellipsis; }
.dbaas-live .quiet { opacity: .65; }
.dbaas-live .kind { font-size: 85%; font-weight: 600; letter-spacing: .03em; padding: 1px 6px; border-radius: 4px; }
.dbaas-live .insert .kind { background: #2ea04340; }
.dbaas-live .update .kind { background: #d2992259; }
.dbaas-live .delete .kind, .dbaas-live .truncate .kind { background: #f8514947; }
.dbaas-live .delete td.cell { text-decoration: line-through; opacity: .7; }
.dbaas-live td.changed { background: #d2992259; font-weight: 600; }
.dbaas-live tr.gap td { background: #f8514933; white-space: normal; }
.dbaas-live tr.new { animation: dbaas-live-new 1.2s ease-out; }
@keyframes dbaas-live-new { from { background: #388bfd59; } to { background: transparent; } }
@media (prefers-reduced-motion: reduce) { .dbaas-live tr.new { animation: none; } }
.dbaas-live .dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin: 0 6px 0 8px;
  background: #8b949e; }
.dbaas-live .dot.live { background: #2ea043; }
.dbaas-live .dot.connecting, .dbaas-live .dot.reconnecting { background: #d29922; }
.dbaas-live .dot.failed { background: #f85149; }
.dbaas-live .empty { padding: 10px 4px; }
</style>"""

_STATES = {
    "connecting": "connecting",
    "live": "live",
    "reconnecting": "connection lost, trying again",
    "stopped": "stopped",
    "failed": "stopped by an error",
}


class Rates:
    """How many changes came in the last seconds, and how old they were when they came."""

    def __init__(self, seconds: float = 5.0, clock: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._clock = clock
        self._seen: deque[tuple[float, float]] = deque()
        self.count = 0

    def add(self, change: Change) -> None:
        """One more."""
        now = self._clock()
        self.count += 1
        self._seen.append((now, max(0.0, now - change.committed_at.timestamp())))

    def text(self) -> str:
        """Total, rate and median latency."""
        now = self._clock()
        while self._seen and now - self._seen[0][0] > self._seconds:
            self._seen.popleft()
        ages = sorted(age for _, age in self._seen)
        latency = f"{_seconds(ages[len(ages) // 2])}" if ages else "–"
        changes = f"{self.count:,} change{'' if self.count == 1 else 's'}"
        return f"{changes} · {len(ages) / self._seconds:.1f}/s · latency {latency}"


def _seconds(age: float) -> str:
    if age < 1:
        return f"{age * 1000:.0f} ms"
    return f"{age:.1f} s" if age < 120 else f"{age / 60:,.0f} min"


@dataclass(frozen=True, slots=True)
class Gap:
    """Some changes are not known: what came before it and after it does not follow on each other."""

    reason: str
    came_at: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True)
class Row:
    """A change as it is shown: its cells, and which of them changed.

    Attributes:
        was: cells that changed, as they were.
    """

    change: Change
    cells: Mapping[str, Any]
    was: Mapping[str, Any]
    came_at: float

    @classmethod
    def of(cls, change: Change) -> Row:
        """The row as it is now, else as it was."""
        cells = change.record if change.record is not None else change.old or {}
        old = change.old or {}
        was = {
            name: old[name]
            for name, value in cells.items()
            if change.type == "UPDATE" and name in old and old[name] != value
        }
        return cls(change, cells, was, time.time())

    def contains(self, text: str) -> bool:
        """Whether a cell, a column's name or the kind contains it, in upper or lower case."""
        text = text.casefold()
        values = (self.change.type, *(as_text(value) for value in self.cells.values()))
        return any(text in value.casefold() for value in values)


def page_html(
    rows: Sequence[Row | Gap], wanted: Wanted, state: str = "live", text: str = "", *, since: float | None = None
) -> str:
    """The newest changes, or what is waited for.

    Args:
        rows: newest first.
        text: only rows that contain it.
        since: rows that came later are marked as new.
    """
    found = [row for row in rows if not text or isinstance(row, Gap) or row.contains(text)]
    if not any(isinstance(row, Row) for row in found) and not (found and not text):
        return _frame(f'<div class="empty quiet">{_nothing(rows, wanted, state, text)}</div>')
    shown = found[:SHOWN]
    names = list(dict.fromkeys(name for row in shown if isinstance(row, Row) for name in row.cells))[:_COLUMNS]
    head = "".join(f"<th>{_text(name)}</th>" for name in ("", "committed", *names))
    body = "".join(_row_html(row, names, since) for row in shown)
    more = len(found) - len(shown)
    older = f'<div class="quiet">{more:,} older {"ones are" if more > 1 else "one is"} not shown</div>' if more else ""
    return _frame(f'<div class="dbaas-live-rows"><table><tr>{head}</tr>{body}</table></div>{older}')


def _frame(content: str) -> str:
    return f'<div class="dbaas-live mathjax_ignore tex2jax_ignore">{content}</div>'


def _nothing(rows: Sequence[Row | Gap], wanted: Wanted, state: str, text: str) -> str:
    if text and rows:
        return f"None of the last {len(rows):,} changes contains <b>{_text(text)}</b>."
    where = f" where <code>{_text(wanted.where)}</code>" if wanted.where else ""
    kind = {"INSERT": "inserts into", "UPDATE": "updates of", "DELETE": "deletes from"}.get(wanted.event or "", "")
    table = "every table" if wanted.table == "*" else f"<b>{_text(wanted.table)}</b>"
    what = f"{kind or 'changes of'} {table} in {_text(f'{wanted.tenant}/{wanted.database}')}{where}"
    if state in ("stopped", "failed"):
        return f"No {what} came."
    return f"Waiting for {what}. Whatever is committed from now on appears here."


def _row_html(row: Row | Gap, names: Sequence[str], since: float | None) -> str:
    new = " new" if since is not None and row.came_at > since else ""
    if isinstance(row, Gap):
        said = f"Some changes are missing here ({_text(row.reason)}). Read the table again to know what it holds."
        return f'<tr class="gap{new}"><td colspan="{len(names) + 2}">{said}</td></tr>'
    kind = row.change.type
    at = _clock(row.change.committed_at)
    cells = [f'<td><span class="kind">{_text(kind)}</span></td><td class="quiet">{at}</td>']
    cells += [_cell_html(row, name) for name in names]
    known = kind.lower() if kind in ("INSERT", "UPDATE", "DELETE", "TRUNCATE") else ""
    return f'<tr class="{known}{new}">{"".join(cells)}</tr>'


def _cell_html(row: Row, name: str) -> str:
    if name not in row.cells:
        return '<td class="cell"></td>'
    value = row.cells[name]
    shown = '<i class="quiet">null</i>' if value is None else f"<bdi>{_text(as_text(value))}</bdi>"
    if name not in row.was:
        return f'<td class="cell">{shown}</td>'
    was = visible(shorten(as_text(row.was[name]), _CELL))
    return f'<td class="cell changed" title="{escape(f"was {was}")}">{shown}</td>'


def _clock(at: datetime) -> str:
    """In the time zone of the kernel, to the millisecond."""
    return f"{at.astimezone():%H:%M:%S.%f}"[:-3]


def _text(value: str) -> str:
    return escape(visible(value if len(value) <= _CELL else value[: _CELL - 1] + "…"))


def status_html(state: str, reason: str, rates: str, *, paused: bool = False) -> str:
    """One line: what goes on, and how fast."""
    said = escape(visible(reason)) if reason else escape(_STATES[state])
    held = " · <b>paused</b>" if paused else ""
    return (
        f'<span class="dbaas-live"><span class="dot {state}"></span>{said}{held}'
        f'<span class="quiet"> · {escape(rates)}</span></span>'
    )


def page_text(rows: Sequence[Row | Gap], wanted: Wanted, state: str, reason: str, rates: str) -> str:
    """The same for terminals, logs and stored notebooks."""
    first = f"{wanted.tenant}/{wanted.database} {wanted.table}: {reason or _STATES[state]} · {rates}"
    shown = [row for row in rows if isinstance(row, Row)][:SHOWN]
    if not shown:
        return visible(first)
    names = list(dict.fromkeys(name for row in shown for name in row.cells))[:_COLUMNS]
    lines = [
        [row.change.type, _clock(row.change.committed_at), *(row.cells.get(name, "") for name in names)]
        for row in shown
    ]
    return f"{visible(first)}\n{text_table(['', 'committed', *names], lines, 40)}"
