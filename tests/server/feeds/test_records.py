"""Changes as bytes and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import NotFound
from dbaas_server.changelog import Piece, Row
from dbaas_server.changes import UNCHANGED, Change, ChangedColumn, ChangedTable, ChangeKind
from dbaas_server.feeds.records import Damaged, Decoder, encode_ended, encode_mark, encode_rows, encode_table, order_of
from dbaas_server.nouns import Position, TableRef

name = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
columns = st.lists(st.builds(ChangedColumn, name, name, st.booleans()), max_size=4).map(tuple)
tables = st.builds(ChangedTable, st.integers(0, 2**32), st.builds(TableRef, name, name), columns)
value = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.just(UNCHANGED)
values = st.lists(value, max_size=5).map(tuple)


@st.composite
def row(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(list(ChangeKind)))
    record = draw(values) if kind in (ChangeKind.insert, ChangeKind.update) else None
    old = draw(values) if kind is ChangeKind.delete else draw(st.none() | values) if kind is ChangeKind.update else None
    return Row(kind, draw(tables), record, old, old is not None and draw(st.booleans()))


@st.composite
def logs(draw: st.DrawFn) -> list[Piece]:
    pieces = []
    commit = 0
    for rows in draw(st.lists(st.lists(row(), min_size=1, max_size=4), max_size=5)):
        commit += draw(st.integers(1, 2**40))
        pieces.append(Piece(commit, draw(st.integers(0, 2**52)), 1, rows, commit + 1))
    return pieces


def encoded(pieces: list[Piece]) -> bytes:
    numbers: dict[ChangedTable, int] = {}
    data = b""
    for piece in pieces:
        for each in piece.rows:
            if each.table not in numbers:
                numbers[each.table] = len(numbers)
                data += encode_table(each.table, numbers[each.table])
        data += encode_rows(piece, numbers.__getitem__) + encode_mark(piece.commit)
    return data


def expected(pieces: list[Piece]) -> list[Change]:
    return [
        Change(
            Position(3, order_of(piece.commit, number)), each.kind, each.table,
            datetime.fromtimestamp(0, UTC) + timedelta(microseconds=piece.committed_at),
            each.record, each.old, each.old_is_key,
        )
        for piece in pieces
        for number, each in enumerate(piece.rows, 1)
    ]  # fmt: skip


@given(logs(), st.data())
def test_changes_come_out_as_they_went_in_however_the_bytes_are_cut(pieces: list[Piece], data: st.DataObject) -> None:
    raw = encoded(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=5)))
    decoder = Decoder(3, 0)
    found = [
        change
        for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)
        for change in decoder.feed(raw[start:end])
    ]
    assert found == expected(pieces)


@given(logs(), st.data())
def test_what_was_told_already_is_passed_over(pieces: list[Piece], data: st.DataObject) -> None:
    changes = expected(pieces)
    known = data.draw(st.integers(0, len(changes)))
    after = changes[known - 1].position.order if known else 0
    assert Decoder(3, after).feed(encoded(pieces)) == changes[known:]


@given(logs().filter(bool), st.data())
def test_a_changed_byte_is_noticed(pieces: list[Piece], data: st.DataObject) -> None:
    raw = bytearray(encoded(pieces))
    place = data.draw(st.integers(4, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    decoder = Decoder(3, 0)
    try:
        found = decoder.feed(bytes(raw))
    except Damaged:
        return
    assert len(found) < len(expected(pieces)), "a size that was changed hides what follows, and nothing else"
    assert found == expected(pieces)[: len(found)]


def test_the_end_of_a_stream_says_why() -> None:
    decoder = Decoder(1, 0)
    assert decoder.feed(encode_ended(NotFound("gone", "It is gone.", hint="Look elsewhere."))) == []
    assert decoder.ended == {
        "kind": "NotFound", "code": "gone", "message": "It is gone.", "details": None, "hint": "Look elsewhere.",
    }  # fmt: skip


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(Damaged):
        Decoder(1, 0).feed(b"\xff" * 100)
