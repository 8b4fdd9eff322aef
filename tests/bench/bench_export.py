"""A million rows as a Parquet file over HTTP, in turns with programs that sit at the database and write the file there.

The peers are ADBC's PostgreSQL driver (COPY in binary, decoded in C++) and psycopg's COPY with pyarrow's CSV reader.
All compress with the same codec.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import psycopg
import pyarrow as pa
from figures import Bench, figure, in_turns
from pyarrow import csv, parquet

ROWS = 1_000_000
MAKE = f"""
create table export_million as select g as id, g * 7919::bigint as big, g / 7.0::float8 as ratio, md5(g::text) as name,
 'group ' || g % 1000 as label, timestamptz '2020-01-01 00:00+00' + g * interval '1 minute' as at,
 date '2020-01-01' + g % 3650 as day, g % 3 = 0 as flag, nullif(g % 10, 0) as sparse from generate_series(1, {ROWS}) g
"""
QUERY = "select * from export_million"
CODEC = "zstd"
TYPES = {
    "id": pa.int32(), "big": pa.int64(), "ratio": pa.float64(), "name": pa.string(), "label": pa.string(),
    "at": pa.timestamp("us", tz="UTC"), "day": pa.date32(), "flag": pa.bool_(), "sparse": pa.int32(),
}  # fmt: skip


_made: dict[Path, str] = {}


def connection_string(bench: Bench) -> str:
    """A database with the table."""
    if bench.home not in _made:
        _made[bench.home] = _make(bench)
    return _made[bench.home]


def _make(bench: Bench) -> str:
    bench.run_file  # noqa: B018 - starts the platform, and has it stopped in the end
    bench.dbaas("tenant", "create", "exporting")
    made: str = bench.dbaas("create", "postgres", "db", "--tenant", "exporting")["connection_string"]
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute(MAKE)
        connection.execute("vacuum analyze export_million")
    return made


def ours(bench: Bench, path: Path) -> None:
    """The editor's door, to a file."""
    with (
        bench.http.stream(
            "POST",
            "/v1/exporting/databases/db/editor/export",
            json={"text": QUERY, "format": "parquet"},
        ) as answer,
        path.open("wb") as file,
    ):
        answer.raise_for_status()
        for chunk in answer.iter_raw():
            file.write(chunk)


def adbc(dsn: str, path: Path) -> None:
    """ADBC's driver and pyarrow's writer."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(QUERY)
        reader = cursor.fetch_record_batch()
        with parquet.ParquetWriter(path, reader.schema, compression=CODEC) as writer:
            for batch in reader:
                writer.write_batch(batch)


def copied(dsn: str, path: Path) -> None:
    """psycopg's COPY, pyarrow's CSV reader and its writer, all rows at once."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        sink = pa.BufferOutputStream()
        with cursor.copy(f"copy ({QUERY}) to stdout (format csv)") as rows:
            for part in rows:
                sink.write(part)
    table = csv.read_csv(
        pa.BufferReader(sink.getvalue()),
        read_options=csv.ReadOptions(column_names=list(TYPES)),
        convert_options=csv.ConvertOptions(
            column_types=TYPES, strings_can_be_null=True, quoted_strings_can_be_null=False, true_values=["t"],
            false_values=["f"], null_values=[""],
        ),
    )  # fmt: skip
    parquet.write_table(table, path, compression=CODEC)


def _compared(bench: Bench, peer: Callable[[str, Path], None]) -> list[float]:
    dsn = connection_string(bench)
    mine, other = bench.folder / "ours.parquet", bench.folder / "theirs.parquet"
    ours(bench, mine)  # the first one imports pyarrow
    peer(dsn, other)
    ratios = in_turns(lambda: ours(bench, mine), lambda: peer(dsn, other), rounds=3)
    rows = [parquet.read_metadata(path).num_rows for path in (mine, other)]
    if rows != [ROWS, ROWS]:
        raise RuntimeError(f"{rows} rows")
    return ratios


@figure("Parquet export of 1M rows / ADBC's driver at the database", unit="×", target="")
def export_against_adbc(bench: Bench) -> list[float]:
    bench.versions["adbc-driver-postgresql"] = version("adbc-driver-postgresql")
    return _compared(bench, adbc)


@figure("Parquet export of 1M rows / psycopg's COPY and pyarrow at the database", unit="×", target="")
def export_against_copy(bench: Bench) -> list[float]:
    return _compared(bench, copied)
