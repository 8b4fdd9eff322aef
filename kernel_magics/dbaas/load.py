# Made from load_async.py by provisioning/scripts/twins.py. Change that file, then run `make format`.

"""Loads a file or a DataFrame into a table, quickly and all or nothing.

The rows travel as one stream of CSV that the engine takes by its bulk protocol. A table that is not there is made
from the source's own types; when anything fails, what was made is removed again. Replacing loads beside the old table
and swaps in one transaction, so the old rows stay until the new ones are in.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from . import operations, sources
from .columns import is_text
from .errors import DbaasError
from .progress import counted
from .sources import Loaded, Options, Source
from .sql_names import identifier

if TYPE_CHECKING:
    from .client import DatabaseClient

__all__ = ["Loaded", "Options", "load"]


def load(database: DatabaseClient, source: Any, table: str, options: Options, *, progress: bool = False) -> Loaded:
    """Load ``source`` into ``table``.

    Args:
        database: where.
        source: a path to a CSV (``.csv``, ``.csv.gz``, ``.csv.zip``) or Parquet file, an open binary file with CSV, a
            pandas or polars DataFrame, Arrow data.
        table: its name, as it is written in the engine.
        options: see :class:`Options`.
        progress: show a bar while the rows travel.

    Raises:
        DbaasError: the source cannot be read, the table is not as assumed, or the engine refused a row; then
            nothing has changed.
    """
    started = time.monotonic()
    target = _Target(database, table, options.schema)
    known = target.columns()
    if known and options.existing == "keep":
        return Loaded(table, 0, 0.0, created=False, notes=(f"The table {table} is there already: left as it is.",))
    if known and options.existing == "refuse" and target.has_rows():
        raise DbaasError(
            f"The table {table} has rows already.",
            code="table_not_empty",
            hint="Say --append to add to them, --replace to put these in their place, or --if-not-exists.",
        )
    opened = sources.opened(source, options)
    sources.check(opened, options, known)
    if known and options.existing == "replace":
        rows = target.replace(opened, options, known, progress)
    elif known:
        rows = target.fill(table, opened, known, progress)
    else:
        rows = target.make(table, opened, options.primary_key, progress)
    return Loaded(table, rows, time.monotonic() - started, created=not known, notes=tuple(opened.notes))


class _Target:
    """A table in a database, there or not."""

    def __init__(self, database: DatabaseClient, table: str, schema: str | None) -> None:
        self._database = database
        self._table = table
        self._schema = schema

    def columns(self) -> dict[str, str]:
        """Names and types of the table's columns; empty when there is no such table."""
        found = self._database.query(
            "select attname::text, format_type(atttypid, atttypmod) from pg_catalog.pg_attribute"
            " where attrelid = to_regclass(:name) and attnum > 0 and not attisdropped order by attnum",
            {"name": self._sql(self._table)},
        )
        return {str(name): str(kind) for name, kind in found}

    def has_rows(self) -> bool:
        text = f"select exists (select 1 from {self._sql(self._table)})"  # noqa: S608  quoted by _sql
        return bool((self._database.query(text)).scalar())

    def fill(self, table: str, source: Source, types: dict[str, str], progress: bool) -> int:
        """Send the rows into a table that is there."""
        text_columns = frozenset(name for name, kind in types.items() if is_text(kind))

        def body() -> Iterable[bytes]:
            return counted(source.chunks(text_columns), source.size, f"{table}", show=progress)

        transport, tenant = self._database.transport, self._database.tenant
        name = self._database.name
        return transport.run(operations.load(tenant, name, table, self._schema, body))

    def make(self, table: str, source: Source, primary_key: Sequence[str], progress: bool) -> int:
        """Make the table and fill it; when that fails there is no table."""
        types = dict(zip(source.names, source.types(), strict=True))
        columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in types.items())
        self._run(f"create table {self._sql(table)} ({columns})")
        with self._removed_on_failure(table):
            rows = self.fill(table, source, types, progress)
            if primary_key:
                self._run(f"alter table {self._sql(table)} add primary key ({_listed(primary_key)})")
        return rows

    def replace(self, source: Source, options: Options, known: dict[str, str], progress: bool) -> int:
        """Load beside the table, then swap.

        A table that has the source's columns keeps its definition, with its keys, policies and grants; otherwise it
        is made anew.
        """
        beside, swap = f"load_{secrets.token_hex(8)}", f"$swap_{secrets.token_hex(8)}$"
        old, new = self._sql(self._table), self._sql(beside)
        if set(source.names) <= set(known) and not options.primary_key:
            names = _listed(source.names)
            self._run(f"create table {new} as select {names} from {old} with no data")  # noqa: S608  quoted
            steps = f"truncate {old}; insert into {old} ({names}) select {names} from {new}; drop table {new};"  # noqa: S608
            with self._removed_on_failure(beside):
                rows = self.fill(beside, source, {name: known[name] for name in source.names}, progress)
                self._run(f"do {swap} begin {steps} end {swap}")
            return rows
        rows = self.make(beside, source, options.primary_key, progress)
        steps = f"drop table {old}; alter table {new} rename to {identifier(self._table)};"
        if options.primary_key:
            keys = (f"{beside}_pkey", f"{self._table}_pkey")
            schema = f"{identifier(self._schema)}." if self._schema else ""
            steps += f" alter index {schema}{identifier(keys[0])} rename to {identifier(keys[1])};"
        with self._removed_on_failure(beside):
            self._run(f"do {swap} begin {steps} end {swap}")
        return rows

    @contextlib.contextmanager
    def _removed_on_failure(self, table: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with contextlib.suppress(DbaasError):
                self._run(f"drop table if exists {self._sql(table)}")
            raise

    def _sql(self, table: str) -> str:
        return f"{identifier(self._schema)}.{identifier(table)}" if self._schema else identifier(table)

    def _run(self, text: str) -> None:
        self._database.query(text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(identifier(name) for name in names)
