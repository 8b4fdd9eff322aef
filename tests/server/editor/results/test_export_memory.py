"""A file of a million rows is made in little memory, whoever reads it and however slowly."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from dbaas_server.editor.exporting import _file
from dbaas_server.editor.results.formats import encoder_of
from dbaas_server.nouns import Caller
from opened_session import opened_session

MOST_MORE = 200 * 1024 * 1024  # of a file whose rows alone have 600 MB
ROWS = 1_000_000
TEXT = (
    "select g as id, md5(g::text) || repeat(md5((g % 1000)::text), 17) as v, g / 3.0::float8 as f"
    f" from generate_series(1, {ROWS}) g"
)


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.parametrize("format", ["parquet", "arrow"])
async def test_a_million_rows_are_never_held_together(database, tmp_path: Path, format: str) -> None:
    async with opened_session(database) as session:
        encoder = await encoder_of(format)
        path = tmp_path / "file"
        before, most, passed = resident(), 0, 0
        extract = await session.extract(TEXT, (), Caller(uuid4(), "owner"), form=encoder.form)
        with path.open("wb") as file:
            async for part in _file(extract, encoder, "t"):
                passed += len(part)
                file.write(part)
                most = max(most, resident() - before)
                await asyncio.sleep(0)
    assert most < MOST_MORE, f"{most / 1e6:.0f} MB more"
    if format == "parquet":
        told = pq.read_metadata(path)
        assert (told.num_rows, told.num_row_groups > 5) == (ROWS, True)
    else:
        assert passed > 500_000_000
