"""A table's changes as they arrive, for a notebook: followed beside the kernel's own work, shown in a widget.

The following has a thread and an event loop of its own, so that cells may run, whether the kernel's loop does or not.
Where nobody sits at a front end (papermill, nbconvert, a terminal), what came is shown as a table that stays.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from contextlib import aclosing, suppress
from typing import Any, ClassVar

import ipywidgets
from IPython.core.getipython import get_ipython

from .changes import Changes, ChangesLost, Wanted
from .errors import DbaasError
from .live_view import STYLE, Gap, Rates, Row, page_html, page_text, status_html
from .pager import interactive
from .transport import Transport

__all__ = ["Live"]

KEPT = 500
"""Changes that the filter looks at; older ones are forgotten."""

_RENDER_SECONDS = 0.15


class Live(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Changes of a table, newest first, until it is stopped. Reconnects and resumes by itself."""

    _of_cells: ClassVar[dict[str, list[Live]]] = {}

    def __init__(self, transport: Transport, wanted: Wanted, since: str | None = None) -> None:
        self._transport = transport
        self._wanted = wanted
        self._rows: deque[Row | Gap] = deque(maxlen=KEPT)
        self._rates = Rates()
        self._state, self._reason = "connecting", ""
        self._stale = True
        self._shown_at = 0.0
        self._held: list[Row | Gap] | None = None
        self.table = ipywidgets.HTML()
        self.status = ipywidgets.HTML()
        self.pause = ipywidgets.ToggleButton(description="Pause", layout=ipywidgets.Layout(width="84px"))
        self.text = ipywidgets.Text(
            placeholder="Filter: rows that contain …", layout=ipywidgets.Layout(width="220px"), continuous_update=True
        )
        self.stop = ipywidgets.Button(description="Stop", layout=ipywidgets.Layout(width="84px"))
        self.stop.on_click(lambda _: self.close())
        self.text.observe(lambda _: self._render(), "value")
        self.pause.observe(lambda _: self._paused(), "value")
        bar = ipywidgets.HBox(
            [self.pause, self.stop, self.text, self.status],
            layout=ipywidgets.Layout(align_items="center", flex_flow="row wrap"),
        )
        super().__init__([ipywidgets.HTML(STYLE), bar, self.table])
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._render()
        self._run_of = ""
        self._began = threading.Event()
        self._error: DbaasError | None = None
        self._replace()
        self._thread = threading.Thread(target=self._run, args=(since,), name="dbaas-live", daemon=True)
        self._thread.start()

    def begin(self, seconds: float) -> None:
        """Wait until changes flow, but not for ever. Raises ``DbaasError``: they never will."""
        self._began.wait(seconds)
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Follow no more; what was shown stays in the notebook. Safe to repeat."""
        with suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._ending.set)

    @property
    def running(self) -> bool:
        """Whether changes are still followed."""
        return self._thread.is_alive()

    def _replace(self) -> None:
        """A cell that runs again follows once, not twice."""
        kernel = getattr(get_ipython(), "kernel", None)
        header = kernel.get_parent() if kernel is not None else {}
        cell = header.get("metadata", {}).get("cellId")
        if cell is not None:
            self._run_of = str(header["header"]["msg_id"])
            others = self._of_cells.setdefault(cell, [])
            for other in others:
                if other._run_of != self._run_of:  # a run of a cell may show several
                    other.close()
            others[:] = [other for other in others if other._run_of == self._run_of] + [self]

    # --- following --------------------------------------------------------------------------------------------------

    def _run(self, since: str | None) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._show(since))
        finally:
            self._loop.close()

    async def _show(self, since: str | None) -> None:
        tasks = [asyncio.ensure_future(work) for work in (self._follow(since), self._refresh(), self._ending.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._state != "failed":
            self._state = "stopped"
        self.pause.disabled = self.stop.disabled = True
        self._held = None
        self._render()

    async def _follow(self, since: str | None) -> None:
        while True:
            try:
                async with aclosing(Changes(self._transport, self._wanted, since, self._told)) as changes:
                    async for change in changes:
                        self._rates.add(change)
                        self._rows.appendleft(Row.of(change))
                        self._stale = True
            except ChangesLost as lost:
                since = lost.position
                self._rows.appendleft(Gap(lost.details or lost.message))
                self._stale = True
            except DbaasError as error:
                self._state, self._reason, self._error = "failed", str(error), error
                self._began.set()
                return

    def _told(self, live: bool) -> None:
        self._state = "live" if live else "reconnecting"
        if live:
            self._began.set()

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(_RENDER_SECONDS)
            if self._stale and self._held is None:
                self._render()
            else:
                self.status.value = self._status()

    # --- showing ----------------------------------------------------------------------------------------------------

    def _paused(self) -> None:
        self._held = list(self._rows) if self.pause.value else None
        self.pause.description = "Resume" if self.pause.value else "Pause"
        self._render()

    def _render(self) -> None:
        self._stale = False
        rows = list(self._rows) if self._held is None else self._held
        self.status.value = self._status()
        self.table.value = page_html(rows, self._wanted, self._state, self.text.value, since=self._shown_at)
        self._shown_at = time.time()

    def _status(self) -> str:
        return status_html(self._state, self._reason, self._rates.text(), paused=self._held is not None)

    def __repr__(self) -> str:
        return page_text(list(self._rows), self._wanted, self._state, self._reason, self._rates.text())

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if interactive():
            return super()._repr_mimebundle_(**kwargs)
        page = page_html(list(self._rows), self._wanted, self._state)
        status = status_html(self._state, self._reason, self._rates.text())
        return {"text/plain": repr(self), "text/html": f"{STYLE}<div>{status}</div>{page}"}
