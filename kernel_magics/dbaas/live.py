"""A widget that shows a table's changes as they arrive."""

from __future__ import annotations

import asyncio
import html
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import ipywidgets

from .changes import Change, ChangesLost, Wanted, follow
from .errors import DbaasError
from .render import visible
from .transport import Transport

__all__ = ["Live", "Rates", "table_html"]

_SHOWN = 20
_RENDER_SECONDS = 0.15
_COLOURS = {"INSERT": "#2e7d3233", "UPDATE": "#f9a82533", "DELETE": "#c6282833", "TRUNCATE": "#c6282833"}


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
        latency = f"{ages[len(ages) // 2] * 1000:.0f} ms" if ages else "–"
        return f"{self.count:,} changes · {len(ages) / self._seconds:.1f}/s · latency {latency}"


@dataclass(frozen=True, slots=True)
class Row:
    """A change as it is shown: its cells, and which of them changed."""

    change: Change
    cells: Mapping[str, Any]
    changed: frozenset[str]

    @classmethod
    def of(cls, change: Change) -> Row:
        """The row as it is now, else as it was."""
        cells = change.record if change.record is not None else change.old or {}
        old = change.old or {}
        changed = {
            name for name, value in cells.items() if change.type == "UPDATE" and name in old and old[name] != value
        }
        return cls(change, cells, frozenset(changed if old else ()))


def table_html(rows: list[Row], text: str = "") -> str:
    """The newest changes first; those that contain ``text`` when there is one."""
    shown = [row for row in rows if not text or any(text.lower() in str(cell).lower() for cell in row.cells.values())]
    names = list(dict.fromkeys(name for row in shown for name in row.cells))
    head = "".join(f'<th style="text-align:left">{_text(name)}</th>' for name in ("", "at", *names))
    body = "".join(_row_html(row, names) for row in shown)
    return f'<table class="mathjax_ignore tex2jax_ignore"><tr>{head}</tr>{body}</table>'


def _row_html(row: Row, names: list[str]) -> str:
    colour = _COLOURS.get(row.change.type, "transparent")
    cells = [_text(row.change.type), _text(f"{row.change.committed_at:%H:%M:%S.%f}"[:-3])]
    found = "".join(f'<td style="background:{colour}">{cell}</td>' for cell in cells)
    for name in names:
        style = f"background:{colour};font-weight:bold" if name in row.changed else ""
        found += f'<td style="text-align:left;{style}">{_text(row.cells.get(name, ""))}</td>'
    return f"<tr>{found}</tr>"


def _text(value: object) -> str:
    text = "" if value is None else str(value)
    return html.escape(visible(text if len(text) <= 80 else text[:79] + "…"))


class Live(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Changes of a table, newest first, until it is closed. Reconnects and resumes by itself."""

    def __init__(self, transport: Transport, wanted: Wanted, since: str | None = None) -> None:
        self._transport = transport
        self._wanted = wanted
        self._rows: deque[Row] = deque(maxlen=_SHOWN)
        self._rates = Rates()
        self._state = "connecting"
        self._stale = True
        self.table = ipywidgets.HTML()
        self.status = ipywidgets.HTML()
        self.pause = ipywidgets.ToggleButton(value=False, description="Pause")
        self.text = ipywidgets.Text(placeholder="show rows that contain …")
        stop = ipywidgets.Button(description="Stop")
        stop.on_click(lambda _: self.close())
        self.text.observe(lambda _: self._render(), "value")
        self.pause.observe(lambda _: self._render(), "value")
        super().__init__([ipywidgets.HBox([self.pause, self.text, stop, self.status]), self.table])
        self._loop = asyncio.new_event_loop()
        self._render()
        self._thread = threading.Thread(target=self._run, args=(since,), name="dbaas-live", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Follow no more; what was shown stays in the notebook."""
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(self._ending.set)

    @property
    def running(self) -> bool:
        """Whether changes are still followed."""
        return self._thread.is_alive()

    def _run(self, since: str | None) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._show(since))
        finally:
            self._loop.close()

    async def _show(self, since: str | None) -> None:
        self._ending = asyncio.Event()
        tasks = [asyncio.ensure_future(work) for work in (self._follow(since), self._refresh(), self._ending.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._state == "live":
            self._state = "stopped"
        self._render()

    async def _follow(self, since: str | None) -> None:
        self._state = "live"
        while True:
            try:
                async with aclosing(follow(self._transport, self._wanted, since)) as changes:
                    async for change in changes:
                        self._rates.add(change)
                        self._rows.appendleft(Row.of(change))
                        self._stale = True
            except ChangesLost as lost:
                self._state, since, self._stale = f"some changes were lost: {lost.details or lost.message}", None, True
            except DbaasError as error:
                self._state = str(error)
                return

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(_RENDER_SECONDS)
            if self._stale and not self.pause.value:
                self._render()
            else:
                self.status.value = self._status_html()

    def _render(self) -> None:
        self._stale = False
        self.status.value = self._status_html()
        self.table.value = table_html(list(self._rows), self.text.value)

    def _status_html(self) -> str:
        paused = " · paused" if self.pause.value else ""
        return f"<span>{_text(self._state)} · {_text(self._rates.text())}{paused}</span>"

    def __repr__(self) -> str:
        return f"<live changes of {self._wanted.table}: {self._state}, {self._rates.text()}>"
