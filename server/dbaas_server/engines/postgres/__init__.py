"""PostgreSQL's data engine.

Design principles:

1. PostgreSQL does the work. It builds the JSON, applies the policies, sorts, counts and limits; Python passes bytes.
2. Compiling is pure. ``compile`` turns a shape (a ``Read`` or ``Write``) and a catalog snapshot into SQL text; it never
   sees a value. Values travel as parameters, names are quoted once, in ``compile.names``.
3. One shape is compiled once per catalog version and prepared once per connection and role.
4. Reads known to be quick share few connections (``multiplexer``): one pipeline and one sync per request, so that an
   error stays in its request. Nothing there is ever cancelled, since a cancel could hit a neighbour; time is bounded
   by a ``statement_timeout`` inside the pipeline. A shape of unknown cost proves itself on a connection of its own.
5. Writes, calls, slow reads, arbitrary SQL and COPY have a connection to themselves while they run (``pool``), from
   bounded pools. A write is acknowledged only after the sync that committed it: a deferred constraint fails there.
6. Role, claims, search path, time zone and time limit are set inside the request's own transaction, every time;
   nothing a tenant's function leaves behind in a session changes who the next request is.
7. The login that serves ``anon`` and ``authenticated`` is no member of ``service_role``, which has its own connections.
8. The catalog is a snapshot that is replaced, never changed. A reload runs beside the requests (``catalog``).
9. A lost connection is told honestly: reads are asked again, a write not yet sent did not happen, a write sent and not
   answered is ``OutcomeUnknown``.
"""

from __future__ import annotations

from .changes import open_log
from .session import open_session

__all__ = ["open_log", "open_session"]
