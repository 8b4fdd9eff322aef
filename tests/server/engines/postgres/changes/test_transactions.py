"""From messages to committed rows, against a model that knows nothing of messages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.changelog import Piece, Reached
from dbaas_server.engines.postgres.changes import messages as m
from dbaas_server.engines.postgres.changes.transactions import PIECE_ROWS, Transactions
from dbaas_server.engines.postgres.changes.types import Found, Types

from .pgoutput import encode, streamed

TABLE = m.Relation(7, "public", "t", "d", (m.RelationColumn("id", True, 23, -1),))
NOW = 1_700_000_000_000_000


async def names(table, keys):
    return Found(["integer"] * len(keys), [(1, "id", 23)])


def transactions(folder: Path) -> Transactions:
    return Transactions(Types(names), folder)


def read(folder: Path, data: list[bytes]) -> list[Piece | Reached]:
    async def run() -> list[Piece | Reached]:
        taking = transactions(folder)
        found: list[Piece | Reached] = []
        for one in data:
            if taking.commits_stream(one):
                found += [item async for item in taking.replay(one)]
            else:
                await taking.take(one)
                found += taking.ready
                taking.ready = []
        taking.close()
        return found

    return asyncio.run(run())


@dataclass
class Model:
    """Transactions that are written to a log as the server would, and what of them should be told."""

    data: list[bytes] = field(default_factory=list)
    expected: list[tuple[int, list[str]]] = field(default_factory=list)
    place: int = 100

    def commit_plain(self, rows: list[str]) -> None:
        self.place += 10
        self.data.append(encode(m.Begin(self.place, NOW, 1)))
        self.data += [encode(m.Insert(7, (row,))) for row in rows]
        self.data.append(encode(m.Commit(self.place, self.place + 5, NOW)))
        if rows:
            self.expected.append((self.place, rows))


@st.composite
def logs(draw: st.DrawFn) -> Model:
    """Several streamed transactions with subtransactions, in parts between which others commit."""
    model = Model([encode(TABLE)])
    counter = iter(range(1_000_000))
    open_parts = {
        xid: [
            [(xid + draw(st.integers(0, 3)), str(next(counter))) for _ in range(draw(st.integers(0, 4)))]
            for _ in range(draw(st.integers(1, 3)))
        ]
        for xid in (1000, 2000, 3000)
    }
    done: dict[int, list[tuple[int, str]]] = {xid: [] for xid in open_parts}
    while open_parts:
        xid = draw(st.sampled_from(sorted(open_parts)))
        if parts := open_parts[xid]:
            part = parts.pop(0)
            model.data.append(encode(m.StreamStart(xid, not done[xid])))
            model.data.append(streamed(xid, TABLE))
            model.data += [streamed(subxid, m.Insert(7, (row,))) for subxid, row in part]
            model.data.append(encode(m.StreamStop()))
            done[xid] += part
        else:
            del open_parts[xid]
            if draw(st.integers(0, 4)) == 0:
                model.data.append(encode(m.StreamAbort(xid, xid)))
                continue
            undone = draw(st.sets(st.integers(xid + 1, xid + 3)))
            model.data += [encode(m.StreamAbort(xid, subxid)) for subxid in sorted(undone)]
            model.place += 10
            model.data.append(encode(m.StreamCommit(xid, model.place, model.place + 5, NOW)))
            if rows := [row for subxid, row in done[xid] if subxid not in undone]:
                model.expected.append((model.place, rows))
        if draw(st.booleans()):
            model.commit_plain([str(next(counter)) for _ in range(draw(st.integers(0, 3)))])
    return model


@given(logs())
def test_committed_rows_come_once_in_commit_order_and_undone_ones_never(model: Model) -> None:
    found = read(Path("/tmp"), model.data)
    pieces = [item for item in found if isinstance(item, Piece)]
    assert [(piece.commit, [row.record[0] for row in piece.rows]) for piece in pieces] == model.expected
    assert all(piece.first == 1 and piece.end == piece.commit + 5 and piece.committed_at == NOW for piece in pieces)
    ends = [item.end for item in found]
    assert ends == sorted(ends)


@pytest.mark.parametrize("rows", [PIECE_ROWS - 1, PIECE_ROWS, 2 * PIECE_ROWS + 3])
def test_a_large_transaction_comes_in_pieces_with_one_numbering(tmp_path: Path, rows: int) -> None:
    model = Model([encode(TABLE)])
    model.commit_plain([str(number) for number in range(rows)])
    found = read(tmp_path, model.data)
    pieces = [item for item in found if isinstance(item, Piece)]
    assert [row.record for piece in pieces for row in piece.rows] == [(str(number),) for number in range(rows)]
    expected = 1
    for piece in pieces:
        assert piece.first == expected
        expected += len(piece.rows)
    assert [item.end for item in found][-1] == model.place + 5
    assert all(item.end is None for item in found[:-1])


def test_a_definition_that_came_with_what_was_undone_counts(tmp_path: Path) -> None:
    changed = TABLE._replace(name="renamed")
    data = [
        encode(TABLE), encode(m.StreamStart(5, True)), streamed(6, changed), streamed(6, m.Insert(7, ("1",))),
        streamed(5, m.Insert(7, ("2",))), encode(m.StreamStop()), encode(m.StreamAbort(5, 6)),
        encode(m.StreamCommit(5, 10, 15, NOW)),
    ]  # fmt: skip
    [piece] = read(tmp_path, data)
    assert [(row.table.ref.name, row.record) for row in piece.rows] == [("renamed", ("2",))]


@pytest.mark.parametrize(
    "data",
    [
        [encode(m.Begin(1, NOW, 1)), encode(m.Insert(9, ("1",)))],
        [encode(TABLE), encode(m.StreamCommit(5, 10, 15, NOW))],
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, data: list[bytes]) -> None:
    with pytest.raises(m.Malformed):
        read(tmp_path, data)
