"""Completion of half-typed SQL on 1,000 tables with 20,000 columns, beside pgcli's completer on the same catalog.

The work is pure, so what is measured is CPU time: that of a request on an idle machine, whatever else runs beside the
bench. pgcli is installed for it alone, in an environment of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

from figures import Bench, figure

from dbaas_server.editor.sql.complete import complete
from dbaas_server.editor.sql.schema import Schema
from dbaas_server.nouns import Catalog, Column, Key, Relation, Table, TableRef

here = Path(__file__).resolve().parent

TABLES, COLUMNS = 1_000, 20
ROUNDS = 11
PGCLI = "4.7.1"

ORDINARY = (
    "select | from table_0001_orders a join table_0002_orders b on b.id = a.parent_id",
    "select a.col| from table_0001_orders a where a.id = 1",
    "select col| from table_0001_orders a join table_0002_orders b on true",
    "select * from |",
    "select * from tab|",
    "select * from t0123|",
    "select * from table_0001_orders a join |",
    "select * from table_0001_orders a join table_0002_orders b on |",
    "select * from table_0001_orders where column_3_of_1 = 'x' and col|",
    "with x as (select id, column_1_of_1 as one from table_0001_orders) select x.| from x",
    "update table_0001_orders set |",
    "insert into table_0001_orders (id, |",
    "select column_1_of_1, count(*) from table_0001_orders group by |",
    "select * from table_0001_orders a where exists (select 1 from table_0002_orders b where b.parent_id = a.|)",
    "select low|",
)


def tables() -> dict[str, list[str]]:
    """The tables and their columns."""
    return {
        f"table_{number:04d}_orders": [
            "id", "parent_id", *(f"column_{place}_of_{number % 50}" for place in range(COLUMNS - 2)),
        ]
        for number in range(TABLES)
    }  # fmt: skip


def links() -> list[tuple[str, str, str, str]]:
    """The foreign keys: table, column, the table it points at, its column."""
    return [(f"table_{n:04d}_orders", "parent_id", f"table_{n // 2:04d}_orders", "id") for n in range(1, TABLES)]


@cache
def schema() -> Schema:
    """The catalog, arranged as it is once per version."""
    made = {}
    for name, names in tables().items():
        columns = {column: Column(column, "bigint" if column.endswith("id") else "text", True) for column in names}
        ref = TableRef(name, "public")
        made[ref] = Table(ref, "table", columns, (Key(f"{name}_pkey", ("id",), True),))
    relations = tuple(
        Relation(f"{table}_parent", TableRef(table, "public"), (column,), TableRef(parent, "public"), (other,))
        for table, column, parent, other in links()
    )
    return Schema(Catalog(1, ("public",), made, relations, {}))


def long_statement() -> str:
    """One statement of 50 kB, half typed at its end."""
    items = ", ".join(f"a.column_{place % 18}_of_1 || '{place}' as c{place}" for place in range(1_300))
    return f"select {items} from table_0001_orders a where a.col|"


def seconds(half: str) -> list[float]:
    """What each of some completions of one text takes."""
    position = half.index("|")
    text = half.replace("|", "", 1)
    complete(text, position, schema())  # what is made once per catalog version, and on a module's first use
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        found = complete(text, position, schema())
        taken.append(time.process_time() - started)
        if not found.items:
            raise RuntimeError(f"nothing was proposed for {half[:80]}")
    return taken


@figure("completion, 1,000 tables and 20,000 columns: median", unit="ms", target="≤ 100")
def ordinary(bench: Bench) -> list[float]:
    taken = [seconds(half) for half in ORDINARY]
    every = sorted(each for own in taken for each in own)
    bench.note(
        f"Completion of {len(ORDINARY)} half-typed statements: median {statistics.median(every) * 1000:.1f} ms, "
        f"99th percentile {every[int(len(every) * 0.99)] * 1000:.1f} ms."
    )
    return [statistics.median(own) * 1000 for own in taken]


@figure("completion in a statement of 50 kB: median", unit="ms", target="≤ 100")
def long(bench: Bench) -> list[float]:
    return [each * 1000 for each in seconds(long_statement())]


@figure("completion by pgcli / by us, 1,000 tables and 20,000 columns", unit="×", target="≥ 1")
def beside_pgcli(bench: Bench) -> list[float]:
    bench.versions["pgcli"] = PGCLI
    texts = [*ORDINARY, long_statement()]
    theirs = through_pgcli(bench, texts)
    return [
        statistics.median(peer) / statistics.median(seconds(half)) for peer, half in zip(theirs, texts, strict=True)
    ]


def through_pgcli(bench: Bench, texts: list[str]) -> list[list[float]]:
    """What pgcli's completer takes for each text."""
    folder = bench.folder / "pgcli"
    python = folder / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    subprocess.run([*uv, "pip", "install", "-q", "--python", str(python), f"pgcli=={PGCLI}"], check=True)
    asked = {"tables": tables(), "links": links(), "texts": texts, "rounds": ROUNDS}
    done = subprocess.run(
        [str(python), str(here / "pgcli_peer.py")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOME": str(folder)},  # it looks for a person's configuration
    )
    taken: list[list[float]] = json.loads(done.stdout)
    return taken
