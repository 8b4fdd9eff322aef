"""What can be loaded: a file, a DataFrame or Arrow data becomes a :class:`Source`, rows as a stream of CSV."""

from __future__ import annotations

import contextlib
import gzip
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import pyarrow as pa
import pyarrow.parquet as pq

from .columns import sql_type
from .csv_source import CsvFile
from .encoding import as_utf8
from .errors import DbaasError, UsageError, did_you_mean
from .frames import BATCH_ROWS, as_table, batches_to_csv, is_frame

__all__ = ["Loaded", "Options", "Source", "check", "opened"]

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


def check(source: Source, options: Options, known: dict[str, str]) -> None:
    """Refuse what the engine would refuse, before anything is made.

    Args:
        known: the types of the columns of the table that is there; empty without one.
    """
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


def opened(source: Any, options: Options) -> Source:
    """What :func:`dbaas.load.load` takes, opened; reads a file's first lines.

    Raises:
        DbaasError: it cannot be read, or is of a kind that cannot be loaded.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source).expanduser()
        if not path.is_file():
            raise DbaasError(f"There is no file {str(path)!r}.", code="no_file", hint=_neighbour(path))
        if path.suffix.lower() in (".parquet", ".pq"):
            return _parquet(path)
        size = path.stat().st_size if path.suffix.lower() not in (".gz", ".zip") else None
        return _csv(lambda: _unpacked(path), options, size)
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
    def text() -> BinaryIO:
        return as_utf8(open_raw(), options.encoding)

    file = CsvFile(text, null=options.null, delimiter=options.delimiter)
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


def _unpacked(path: Path) -> BinaryIO:
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
