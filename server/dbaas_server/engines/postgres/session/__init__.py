"""An open database: what each request goes through.

1. ``session`` is the seam's face and holds no logic; ``opened`` holds what requests share: the connections, the
   catalog, the compiled shapes. Everything else is a function of it.
2. A request is told in order: compile (against the newest catalog, once more when that turns out to be old), open the
   transaction as the caller, send, render. ``reading``, ``writing`` and ``bulk`` are one way each of doing that.
3. ``rows`` (results to answers) and ``verdicts`` (what takes a transaction back) are pure.
"""

from __future__ import annotations

from .session import PostgresSession, open_session

__all__ = ["PostgresSession", "open_session"]
