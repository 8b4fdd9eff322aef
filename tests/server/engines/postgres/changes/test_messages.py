"""Reading pgoutput's messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.changes import UNCHANGED
from dbaas_server.engines.postgres.changes import messages as m

from .pgoutput import encode, streamed

int32 = st.integers(0, 2**32 - 1)
int64 = st.integers(0, 2**64 - 1)
moment = st.integers(-(2**60), 2**60)
name = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
value = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
known = st.lists(value, max_size=6).map(tuple)
record = st.lists(value | st.just(UNCHANGED), max_size=6).map(tuple)
column = st.builds(m.RelationColumn, name, st.booleans(), int32, st.integers(-1, 2**31 - 1))

ROWS = st.one_of(
    st.builds(m.Relation, int32, name, name, st.sampled_from("dnfi"), st.lists(column, max_size=5).map(tuple)),
    st.builds(m.TypeName, int32, name, name),
    st.builds(m.Insert, int32, record),
    st.builds(m.Update, int32, record, st.none(), st.just(False)),
    st.builds(m.Update, int32, record, known, st.just(True)),
    st.builds(m.Update, int32, known, known, st.just(False)),
    st.builds(m.Delete, int32, known, st.booleans()),
    st.builds(m.Truncate, st.lists(int32, max_size=5).map(tuple), st.integers(0, 3)),
    st.builds(m.LogicalMessage, st.booleans(), int64, name, st.binary(max_size=50)),
)
MESSAGES = ROWS | st.one_of(
    st.builds(m.Begin, int64, moment, int32),
    st.builds(m.Commit, int64, int64, moment),
    st.builds(m.Origin, int64, name),
    st.builds(m.StreamStart, int32, st.booleans()),
    st.builds(m.StreamStop),
    st.builds(m.StreamCommit, int32, int64, int64, moment),
    st.builds(m.StreamAbort, int32, int32),
)


@given(MESSAGES)
def test_what_the_server_writes_is_what_is_read(message: m.Message) -> None:
    read = m.parse(encode(message))
    assert read == message and type(read) is type(message)


@given(int32, ROWS)
def test_a_message_within_a_stream_is_the_same_behind_its_transaction(xid: int, message: m.Message) -> None:
    assert m.without_xid(streamed(xid, message)) == (xid, encode(message))


@given(MESSAGES, st.data())
def test_half_a_message_and_one_with_more_behind_it_are_refused(message: m.Message, data: st.DataObject) -> None:
    whole = encode(message)
    cut = data.draw(st.integers(0, len(whole) - 1))
    for wrong in (whole[:cut], whole + b"\0"):
        with pytest.raises(m.Malformed):
            m.parse(wrong)


@given(st.binary(max_size=200), st.sampled_from(list("BCORYIUDTMSEcA")))
def test_any_bytes_are_a_message_or_are_refused(data: bytes, letter: str) -> None:
    for each in (data, letter.encode() + data):
        for read in (m.parse, m.without_xid):
            try:
                read(each)
            except m.Malformed:
                continue


def test_what_an_update_left_alone_comes_from_the_old_row_where_that_is_whole() -> None:
    written = m.Update(1, ("2", UNCHANGED, None), ("1", "large", "x"), old_is_key=False)
    assert m.parse(encode(written)).record == ("2", "large", None)
    keyed = m.Update(1, ("2", UNCHANGED, None), ("1", None, None), old_is_key=True)
    assert m.parse(encode(keyed)) == keyed


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    data = encode(m.Insert(1, ("ab",))).replace(b"ab", b"\xff\xfe")
    assert m.parse(data).record == ("\ufffd\ufffd",)
