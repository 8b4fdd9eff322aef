"""A file of a million rows is made in little memory, whoever reads it and however slowly."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq

from dbaas_server.editor.exporting import _file
from dbaas_server.editor.results.formats import encoder_of
from dbaas_server.nouns import Caller
from opened_session import opened_session

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
        extract = await session.extract(TEXT, (), Caller(uuid4(), "owner"), form=encoder.form)
        with path.open("wb") as file:
            async for part in _file(extract, encoder, "t"):
                file.write(part)
                most = max(most, resident() - before)
    assert most < MOST_MORE, f"{most / 1e6:.0f} MB more"
    told = pq.read_metadata(path)
    assert told.num_rows == ROWS and told.num_row_groups > 5
