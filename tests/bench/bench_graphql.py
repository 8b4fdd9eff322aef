"""GraphQL beside plain Ariadne resolvers and beside PostGraphile: one database, one row policy, one role, in turns.

Each of the three is one process; load comes from ``wrk`` with 32 connections. PostGraphile is installed from
``js/package-lock.json``.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
from bench_postgrest import ROUNDS, Side, free_port, load, serving
from figures import Bench, figure

here = Path(__file__).resolve().parent

ITEMS, MAKERS, REVIEWS = 20_000, 500, 3
CLAIMS = '{"role": "authenticated", "sub": "ann"}'

facts: dict[str, str] = {}


@dataclass(frozen=True)
class Question:
    """The same question in three schemas."""

    ours: str
    ariadne: str
    postgraphile: str


FIVE = "id name price made maker_id"
FIVE_POSTGRAPHILE = "rowId name price made makerId"
BY_MAKER, BY_ITEM = "makerByMakerId { rowId name }", "reviewsByItemId { nodes { rowId stars } }"


def listing(ours: str = "", ariadne: str = "", postgraphile: str = "") -> Question:
    """A hundred items of five fields, and what is nested below each."""
    return Question(
        f"{{ find_items(limit: 100, order_by: [{{id: asc}}]) {{ {FIVE} {ours} }} }}",
        f"{{ items(limit: 100) {{ {FIVE} {ariadne} }} }}",
        f"{{ allItems(first: 100, orderBy: ROW_ID_ASC) {{ nodes {{ {FIVE_POSTGRAPHILE} {postgraphile} }} }} }}",
    )


LIST = listing()
ONE = listing("maker { id name }", "maker { id name }", BY_MAKER)
TWO = listing(
    "maker { id name } reviews { id stars }", "maker { id name } reviews { id stars }", f"{BY_MAKER} {BY_ITEM}"
)
BY_ID = Question(
    f"{{ get_items_by_id(id: 4711) {{ {FIVE} }} }}",
    f"{{ item(id: 4711) {{ {FIVE} }} }}",
    f"{{ itemByRowId(rowId: 4711) {{ {FIVE_POSTGRAPHILE} }} }}",
)
INSERT = Question(
    'mutation { insert_notes(objects: [{words: "a new thing"}]) { affected_rows returning { id words } } }',
    'mutation { addNote(words: "a new thing") { id words } }',
    'mutation { createNote(input: {note: {words: "a new thing"}}) { note { rowId words } } }',
)


def prepare(bench: Bench) -> dict[str, str]:
    """Tables under row policies, a token that they let through, and a login for the others. Once per run."""
    if facts:
        return facts
    bench.dbaas("tenant", "create", "graphed")
    made = bench.dbaas("create", "postgres", "db", "--tenant", "graphed")["connection_string"]
    with psycopg.connect(made, autocommit=True) as owner:
        owner.execute("create table makers (id int primary key, name text)")
        owner.execute(
            "create table items (id int primary key, name text, price numeric, made date,"
            " maker_id int not null references makers, owner text not null)"
        )
        owner.execute("create table reviews (id int primary key, item_id int not null references items, stars int)")
        owner.execute("create table notes (id int generated always as identity primary key, words text)")
        owner.execute("insert into makers select n, 'maker ' || n from generate_series(1, %s) n", [MAKERS])
        owner.execute(
            "insert into items select n, 'item ' || n, n / 7.0, date '2020-01-01' + n %% 1000, 1 + n %% %s, 'ann'"
            " from generate_series(1, %s) n",
            [MAKERS, ITEMS],
        )
        owner.execute(
            "insert into reviews select n, 1 + n %% %s, n %% 6 from generate_series(1, %s) n", [ITEMS, ITEMS * REVIEWS]
        )
        owner.execute("create index on items (maker_id); create index on reviews (item_id)")
        for table, policy in (
            ("makers", "true"), ("items", "owner = auth.sub()"), ("reviews", "true"), ("notes", "true"),
        ):  # fmt: skip
            owner.execute(f"alter table {table} enable row level security")
            owner.execute(f"create policy mine on {table} using ({policy}) with check ({policy})")
        owner.execute("vacuum analyze")
    admin = bench.dbaas("connection-string", "graphed/db", "--admin")["connection_string"]
    with psycopg.connect(admin, autocommit=True) as administrator:
        administrator.execute("create role peer login noinherit password 'peer'")
        administrator.execute("grant anon, authenticated to peer")
        administrator.execute("grant connect on database db to peer")
    host = made.rpartition("@")[2]
    facts["dsn"] = f"postgresql://peer:peer@{host}"
    facts["token"] = bench.dbaas("jwt", "--tenant", "graphed", "--sub", "ann", "--expires-in", "86400")["token"]
    node = program("node")
    folder = here / "js"
    installed = folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (folder / "package-lock.json").stat().st_mtime:
        subprocess.run([program("npm"), "ci"], cwd=folder, check=True, capture_output=True)
    version = json.loads((folder / "node_modules" / "postgraphile" / "package.json").read_text())["version"]
    running = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    bench.versions["Ariadne"] = importlib.metadata.version("ariadne")
    bench.versions["PostGraphile"] = f"{version} (Node {running})"
    bench.note(
        f"GraphQL beside Ariadne {bench.versions['Ariadne']} with a resolver per field, rows batched per level, and"
        f" PostGraphile {bench.versions['PostGraphile']}: one process each, the same role, claims and row policies."
    )
    return facts


def program(name: str) -> str:
    """Of the environment, else of the machine."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return shutil.which(name, path=path) or name


@contextmanager
def ours(bench: Bench) -> Iterator[Side]:
    prepare(bench)
    port = free_port()
    words = [sys.executable, "-m", "dbaas_server.cli", "serve", "--port", str(port), "--workers", "1"]
    with serving(words, f"http://127.0.0.1:{port}/healthz", bench.env):
        headers = {"Authorization": f"Bearer {facts['token']}", "Content-Type": "application/json"}
        yield Side("ours", f"http://127.0.0.1:{port}/p/graphed/db/graphql/v1", headers)


@contextmanager
def ariadne(bench: Bench) -> Iterator[Side]:
    port = free_port()
    env = {**os.environ, "PEER_DSN": facts["dsn"], "PEER_CLAIMS": CLAIMS}
    with serving([sys.executable, str(here / "ariadne_peer.py"), str(port)], f"http://127.0.0.1:{port}/", env):
        yield Side("Ariadne", f"http://127.0.0.1:{port}/graphql", {"Content-Type": "application/json"})


@contextmanager
def postgraphile(bench: Bench) -> Iterator[Side]:
    port = free_port()
    env = {
        **os.environ, "PEER_DSN": facts["dsn"], "PEER_CLAIMS": CLAIMS, "PEER_PORT": str(port),
        "NODE_ENV": "production", "GRAPHILE_ENV": "production",
    }  # fmt: skip
    with serving([program("node"), str(here / "js" / "postgraphile.mjs")], f"http://127.0.0.1:{port}/", env):
        yield Side("PostGraphile", f"http://127.0.0.1:{port}/graphql", {"Content-Type": "application/json"})


def ask(side: Side, document: str) -> str:
    """The request's body, once the answer to it was seen to be right."""
    body = json.dumps({"query": document})
    answer = httpx.post(side.url, content=body, headers=side.headers, timeout=30)
    if answer.status_code != 200 or "errors" in answer.json():
        raise RuntimeError(f"{side.name}: {answer.status_code} {answer.text[:500]}")
    return body


def ratios(bench: Bench, question: Question, *, beside: str) -> list[float]:
    """How many times as many requests a second; one ratio per round."""
    with ours(bench) as here_, (ariadne if beside == "ariadne" else postgraphile)(bench) as there:
        mine, theirs = ask(here_, question.ours), ask(there, getattr(question, beside))
        return [load(here_, "", post=mine) / load(there, "", post=theirs) for _ in range(ROUNDS)]


@figure("GraphQL 100×5 list / plain Ariadne", unit="×")
def list_ariadne(bench: Bench) -> list[float]:
    return ratios(bench, LIST, beside="ariadne")


@figure("GraphQL 100×5 list / PostGraphile", unit="×")
def list_postgraphile(bench: Bench) -> list[float]:
    return ratios(bench, LIST, beside="postgraphile")


@figure("GraphQL by id / plain Ariadne", unit="×")
def by_id_ariadne(bench: Bench) -> list[float]:
    return ratios(bench, BY_ID, beside="ariadne")


@figure("GraphQL by id / PostGraphile", unit="×")
def by_id_postgraphile(bench: Bench) -> list[float]:
    return ratios(bench, BY_ID, beside="postgraphile")


@figure("GraphQL 100×5, one nested relation / plain Ariadne", unit="×", target="≥ 8")
def one_ariadne(bench: Bench) -> list[float]:
    return ratios(bench, ONE, beside="ariadne")


@figure("GraphQL 100×5, one nested relation / PostGraphile", unit="×", target="≥ 2")
def one_postgraphile(bench: Bench) -> list[float]:
    return ratios(bench, ONE, beside="postgraphile")


@figure("GraphQL 100×5, two nested relations / plain Ariadne", unit="×")
def two_ariadne(bench: Bench) -> list[float]:
    return ratios(bench, TWO, beside="ariadne")


@figure("GraphQL 100×5, two nested relations / PostGraphile", unit="×")
def two_postgraphile(bench: Bench) -> list[float]:
    return ratios(bench, TWO, beside="postgraphile")


@figure("GraphQL insert with returning / plain Ariadne", unit="×")
def insert_ariadne(bench: Bench) -> list[float]:
    return ratios(bench, INSERT, beside="ariadne")


@figure("GraphQL insert with returning / PostGraphile", unit="×")
def insert_postgraphile(bench: Bench) -> list[float]:
    return ratios(bench, INSERT, beside="postgraphile")
