"""A file of a million rows is made in little memory, whoever reads it and however slowly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from dbaas_server.editor.exporting import _file
from dbaas_server.editor.results.formats import encoder_of
from dbaas_server.nouns import Caller, ExtractForm
from opened_session import opened_session

OWNER = Caller(uuid4(), "owner")
MOST_MORE = 200 * 1024 * 1024  # of a file whose rows alone have 300 MB
ROWS = 1_000_000
TEXT = (
    "select g as id, md5(g::text) || repeat(md5((g % 1000)::text), 8) as v, g / 3.0::float8 as f"
    f" from generate_series(1, {ROWS}) g"
)


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


async def test_a_million_rows_are_never_held_together(database, tmp_path: Path) -> None:
    async with opened_session(database) as session:
        encoder = await encoder_of("parquet")
        path = tmp_path / "file"
        before, most = resident(), 0
        extract = await session.extract(TEXT, (), OWNER, form=encoder.form)
        with path.open("wb") as file:
            async for part in _file(extract, encoder, "t"):
                file.write(part)
                most = max(most, resident() - before)
    assert most < MOST_MORE, f"{most / 1e6:.0f} MB more"
    told = pq.read_metadata(path)
    assert told.num_rows == ROWS and told.num_row_groups > 5


async def most_more(work: Awaitable[object]) -> int:
    """By how many bytes some work made this process larger meanwhile."""
    before, most = resident(), 0
    task = asyncio.ensure_future(work)
    while not task.done():
        most = max(most, resident() - before)
        await asyncio.wait([task], timeout=0.01)
    await task
    return max(most, resident() - before)


@pytest.mark.parametrize("form", [ExtractForm.csv, ExtractForm.json])
async def test_long_rows_of_a_statement_with_parameters_are_handed_on_as_they_come(database, form) -> None:
    async with opened_session(database) as session:

        async def taken() -> None:
            text = "select repeat('x', 200000) as v, $1::int as n from generate_series(1, 1000)"  # 200 MB
            size = 0
            extract = await session.extract(text, (1,), OWNER, form=form)
            async for chunk in extract.chunks:
                size += len(chunk)
                assert len(chunk) < 16 * 1024 * 1024
            assert size > 200_000_000

        assert await most_more(taken()) < 100_000_000


async def test_long_values_of_a_text_that_runs_once_are_cut_as_they_come(database) -> None:
    async with opened_session(database) as session:

        async def ran() -> None:
            text = "select 1; select repeat('x', 2000000) as v from generate_series(1, 200)"  # 400 MB
            result = await session.run(text, (), OWNER, max_rows=10_000, cells=True)
            assert len(result.rows) == 200 and result.rows[199][0].length == 2_000_000

        assert await most_more(ran()) < 200_000_000


async def test_texts_and_cells_of_what_runs_once_are_bounded(database) -> None:
    async with opened_session(database, max_result_bytes=1_000_000) as session:
        text = "select 1; select repeat('x', 9000) as v from generate_series(1, 1000)"
        result = await session.run(text, (), OWNER, max_rows=10_000, cells=True)
        assert result.truncated and 100 < len(result.rows) < 130
        wide = "select 1; select " + ", ".join("1" for _ in range(500)) + " from generate_series(1, 2500)"
        result = await session.run(wide, (), OWNER, max_rows=10_000, cells=True)
        assert result.truncated and len(result.rows) == 2_000
        again = await session.run("select 1; select 2; select 3", (), OWNER, cells=True)
        assert again.rows == [(3,)] and not again.truncated


async def test_long_values_that_the_engine_does_not_cut_are_never_held_together(database) -> None:
    async with opened_session(database) as session:

        async def read() -> None:
            text = "select to_json(repeat('x', 4000000)) as v from generate_series(1, 60)"  # 240 MB
            scroll = await session.scroll(text, (), OWNER)
            page = await scroll.fetch(0, 60)
            assert len(page.rows) == 60 and page.rows[59][0].length == 4_000_002

        assert await most_more(read()) < 110_000_000
