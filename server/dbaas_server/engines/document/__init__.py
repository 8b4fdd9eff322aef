"""Documents kept in PostgreSQL: the embedded store.

1. A space is a table of keys and values; a batch is one transaction and one round trip; what it demands is checked in
   the same statements that write.
2. Values travel as bytes in PostgreSQL's binary format and are never looked into there, except for the byte strings
   that a scan's ``containing`` asks for.
3. Who writes shares a lock with its collection's other writers until it has committed; who changes the metadata takes
   that lock alone. The check of the metadata's version comes after the lock, so none is missed.
4. Every statement goes by key. Planning is kept from choosing anything else while a table's statistics are young.
"""

from __future__ import annotations

from .store import PostgresStore, open_store

__all__ = ["PostgresStore", "open_store"]
