"""Loads a file or a DataFrame into a table, quickly and all or nothing.

The rows travel as one stream of CSV that the engine takes by its bulk protocol. A table that is not there is made
from the source's own types; when anything fails, what was made is removed again. Replacing loads beside the old table
and swaps in one transaction, so the old rows stay until the new ones are in.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import secrets
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

import pyarrow as pa
import pyarrow.parquet as pq

from . import operations
from .columns import is_text, sql_type
from .csv_source import CsvFile
from .encoding import as_utf8
from .errors import DbaasError, UsageError, did_you_mean
from .frames import BATCH_ROWS, as_table, batches_to_csv, is_frame
from .progress import counted
from .sql_names import identifier

if TYPE_CHECKING:
    from .client import DatabaseClient

__all__ = ["Loaded", "Options", "load"]

LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer names off


@dataclass(frozen=True, slots=True)
class Options:
    """How to load.

    Attributes:
        existing: what to do when the table has rows already: refuse, add to them, put these in their place, or leave
            the table as it is.
        primary_key: columns of the primary key of a table that is made.
        schema: where the table is; None is the first of the search path.
        null: a word that stands for null in a CSV file, in text columns too.
        delimiter: between a CSV file's fields; None finds it.
        encoding: of a CSV file.
    """

    existing: Literal["refuse", "append", "replace", "keep"] = "refuse"
    primary_key: Sequence[str] = ()
    schema: str | None = None
    null: str | None = None
    delimiter: str | None = None
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was done."""

    table: str
    rows: int
    seconds: float
    created: bool
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        done = (
            f"{self.rows:,} row{'' if self.rows == 1 else 's'} → {self.table}"
            if self.rows or not self.notes
            else self.table
        )
        took = f" in {self.seconds:.1f} s" if self.rows else ""
        return "\n".join([f"{done}{took}{' (new table)' if self.created else ''}", *self.notes])


@dataclass(frozen=True, slots=True)
class Source:
    """Rows on their way.

    Attributes:
        names: of the columns.
        types: finds the SQL types that hold them; may read the whole source.
        chunks: CSV with a header line, from the start at each call; given the columns whose type is text.
        size: of what is sent, for the progress bar; None when unknown.
        notes: what a person should know; complete once the types were asked for.
    """

    names: list[str]
    types: Callable[[], list[str]]
    chunks: Callable[[frozenset[str]], Iterator[bytes]]
    size: int | None = None
    notes: list[str] = field(default_factory=list)


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
    opened = _source(source, options)
    _check(opened, options, known)
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
        return bool(self._database.query(text).scalar())

    def fill(self, table: str, source: Source, types: dict[str, str], progress: bool) -> int:
        """Send the rows into a table that is there."""
        text_columns = frozenset(name for name, kind in types.items() if is_text(kind))

        def body() -> Iterable[bytes]:
            return counted(source.chunks(text_columns), source.size, f"{table}", show=progress)

        transport, tenant = self._database.transport, self._database.tenant
        return transport.run(operations.load(tenant, self._database.name, table, self._schema, body))

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


def _check(source: Source, options: Options, known: dict[str, str]) -> None:
    """Refuse what the engine would refuse, before anything is made."""
    for name in source.names:
        if len(name.encode()) > LONGEST_NAME:
            raise DbaasError(f"The column name {name[:40]!r}… is longer than {LONGEST_NAME} bytes.", code="long_name")
    for name in options.primary_key:
        if name not in source.names:
            raise UsageError(f"The source has no column {name!r}.", hint=did_you_mean(name, source.names))
    if known and options.existing != "replace":
        if options.primary_key:
            raise UsageError("The table is there already; its primary key stays as it is.")
        for name in source.names:
            if name not in known:
                raise DbaasError(
                    f"The table has no column {name!r}.", code="unknown_column", hint=did_you_mean(name, known)
                )


# --- sources --------------------------------------------------------------------------------------------------------


def _source(source: Any, options: Options) -> Source:
    if isinstance(source, str | os.PathLike):
        path = Path(source).expanduser()
        if not path.is_file():
            raise DbaasError(f"There is no file {str(path)!r}.", code="no_file", hint=_neighbour(path))
        if path.suffix.lower() in (".parquet", ".pq"):
            return _parquet(path)
        size = path.stat().st_size if path.suffix.lower() not in (".gz", ".zip") else None
        return _csv(lambda: _opened(path), options, size)
    if hasattr(source, "read") and hasattr(source, "seek"):
        return _csv(lambda: _rewound(source), options, None)
    if is_frame(source):
        table = as_table(source)
        return Source(
            names=list(table.column_names),
            types=lambda: [sql_type(kind) for kind in table.schema.types],
            chunks=lambda _: batches_to_csv(table.column_names, iter(table.to_batches(max_chunksize=BATCH_ROWS))),
        )
    raise UsageError(
        f"A {type(source).__name__} cannot be loaded.", hint="Give a CSV or Parquet file, a DataFrame or Arrow data."
    )


def _csv(open_raw: Callable[[], BinaryIO], options: Options, size: int | None) -> Source:
    def opened() -> BinaryIO:
        return as_utf8(open_raw(), options.encoding)

    file = CsvFile(opened, null=options.null, delimiter=options.delimiter)
    notes: list[str] = []

    def types() -> list[str]:
        scan = file.scan()
        if scan.null_words and options.null is None:
            notes.append(
                "NA and the like were read as null, except in text columns, which keep them;"
                " `--null NA` makes them null there too."
            )
        return [sql_type(kind) for kind in scan.types]

    return Source(file.names, types, file.chunks, size, notes)


def _parquet(path: Path) -> Source:
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DbaasError(f"{path.name} is not a Parquet file.", code="bad_parquet", details=str(error)) from None

    def chunks(_: frozenset[str]) -> Iterator[bytes]:
        with pq.ParquetFile(path) as file:
            yield from batches_to_csv(list(schema.names), file.iter_batches(BATCH_ROWS))

    return Source(list(schema.names), lambda: [sql_type(kind) for kind in schema.types], chunks)


def _opened(path: Path) -> BinaryIO:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if suffix == ".zip":
        archive = zipfile.ZipFile(path)
        members = [member for member in archive.namelist() if not member.endswith("/")]
        if len(members) != 1:
            raise DbaasError(f"{path.name} holds {len(members)} files.", code="bad_zip", hint="Unpack it first.")
        return cast(BinaryIO, archive.open(members[0]))
    return path.open("rb")


def _rewound(stream: Any) -> BinaryIO:
    """An open file from its start, left open for its owner."""
    stream.seek(0)
    return cast(BinaryIO, contextlib.nullcontext(stream))


def _neighbour(path: Path) -> str | None:
    with contextlib.suppress(OSError):
        return did_you_mean(path.name, (other.name for other in path.parent.iterdir()))
    return None
