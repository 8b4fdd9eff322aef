"""A worker's memory over ten minutes of mixed load with 1 GB of exports. ``MEMORY_SECONDS`` shortens it."""

from __future__ import annotations

import asyncio
import os

from bench_postgrest import free_port
from figures import Bench, figure

from mixed_load import EXPORT_BYTES, make_tables, mixed_load, one_worker

SECONDS = float(os.environ.get("MEMORY_SECONDS", "600"))
BYTES = 1_000_000_000 * SECONDS / 600


@figure("memory of a worker, second half / first quarter", unit="×", target="≤ 1.10")
def memory_under_load(bench: Bench) -> list[float]:
    bench.run_file  # noqa: B018 - starts the platform, and has it stopped in the end
    bench.dbaas("tenant", "create", "loaded")
    make_tables(bench.dbaas("create", "postgres", "db", "--tenant", "loaded")["connection_string"])
    key = bench.dbaas("keys", "create", "--tenant", "loaded", "--role", "service_role")["key"]
    port = free_port()
    with one_worker(bench.home, port, bench.env) as worker:
        url = f"http://127.0.0.1:{port}/p/loaded/db/rest/v1"
        load = asyncio.run(mixed_load(url, key, worker, SECONDS, -int(-BYTES // EXPORT_BYTES)))
    if load.wrong:
        raise RuntimeError(f"wrong answers: {load.wrong[:5]}")
    bench.note(
        f"Memory of a worker over {SECONDS:.0f} s: {load.before / 1e6:.1f} MB in the first quarter after warm-up, "
        f"{load.after / 1e6:.1f} MB in the second half, {max(size for _, size in load.samples) / 1e6:.1f} MB at most; "
        f"{load.exported / 1e9:.2f} GB of exports, "
        + ", ".join(f"{count:,} × {kind}" for kind, count in sorted(load.answers.items()))
    )
    return [load.after / load.before]
