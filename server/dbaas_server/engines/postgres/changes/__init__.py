"""PostgreSQL's log of changes: logical replication with pgoutput, on plain libpq.

1. ``messages`` is pure: bytes to messages. ``transactions`` makes committed rows of them. ``log`` and ``slot`` talk to
   the server.
2. A large transaction is sent before it is committed. Until then it waits in a file, as it came; what is rolled back,
   wholly or to a savepoint, is never told.
3. Values arrive as the text that PostgreSQL writes for them, in fixed formats, whatever a tenant sets.
4. A transaction is told once others can see it, which is a moment after its commit is in the log.
5. A replication slot holds the log for us. It belongs to the platform's administrator, one for each database.
"""

from __future__ import annotations

from .log import open_log

__all__ = ["open_log"]
