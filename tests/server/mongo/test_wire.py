"""Messages by themselves: what is one, what is none, and what comes back."""

from __future__ import annotations

import contextlib
import struct

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.mongo.compression import COMPRESSORS
from dbaas_server.mongo.wire import (
    MAX_MESSAGE_BYTES,
    Malformed,
    Uninterpretable,
    length_of,
    parse,
    reply,
    weight_of,
)
from mongo_frames import compressed, frame, message, query

NONE: frozenset[int] = frozenset()
ALL = frozenset(COMPRESSORS)

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=10,
)
documents = st.dictionaries(names, values, max_size=5)


@given(documents, st.lists(documents, max_size=5), st.sampled_from([0, 1, 2, 3, 1 << 16, 1 << 20]))
def test_what_is_sent_is_what_is_read(body: dict, beside: list[dict], flags: int) -> None:
    body = {"ping": 1, **{name: value for name, value in body.items() if name not in ("ping", "beside")}}
    raws = [bson.encode(one) for one in beside]
    request = parse(message(body, {"beside": raws}, flags=flags, id=77), compressors=NONE)
    assert request.id == 77
    assert bson.encode(request.body) == bson.encode(body)
    assert list(request.sequences["beside"]) == raws
    assert request.wants_reply is not bool(flags & 2)


@given(st.sampled_from(sorted(COMPRESSORS)), documents)
def test_a_compressed_message_is_the_same_and_so_is_its_answer(compressor: int, body: dict) -> None:
    body = {"ping": 1, **body}
    whole = compressed(message(body, id=5), compressor)
    assert weight_of(whole) >= len(message(body))
    request = parse(whole, compressors=ALL)
    assert bson.encode(request.body) == bson.encode(body)
    answer = reply(request, bson.encode({"ok": 1.0}))
    assert struct.unpack_from("<i", answer, 8)[0] == 5
    assert struct.unpack_from("<i", answer, 12)[0] == 2012
    assert answer[24] == compressor


def test_documents_of_an_insert_come_out_whether_beside_or_within() -> None:
    inserted = [{"_id": place, "deep": {"insert": "no"}} for place in range(12)]
    within = parse(message({"insert": "c", "documents": inserted, "ordered": True, "$db": "d"}), compressors=NONE)
    beside = parse(
        message({"insert": "c", "ordered": True, "$db": "d"}, {"documents": [bson.encode(one) for one in inserted]}),
        compressors=NONE,
    )
    assert within.body == beside.body
    assert list(within.sequences["documents"]) == list(beside.sequences["documents"])


@given(documents, st.lists(documents, max_size=3), documents)
def test_documents_within_any_insert_come_out(before: dict, inserted: list[dict], after: dict) -> None:
    own = {"insert", "documents"}
    body = {
        "insert": "c",
        **{name: value for name, value in before.items() if name not in own},
        "documents": inserted,
        **{name: value for name, value in after.items() if name not in own | before.keys()},
    }
    request = parse(message(body), compressors=NONE)
    assert [bson.decode(raw) for raw in request.sequences["documents"]] == [
        bson.decode(bson.encode(one)) for one in inserted
    ]
    assert bson.encode(request.body) == bson.encode({name: body[name] for name in body if name != "documents"})


def test_an_insert_of_something_else_than_documents_is_left_to_be_refused() -> None:
    request = parse(message({"insert": "c", "documents": [{}, 1], "$db": "d"}), compressors=NONE)
    assert request.body["documents"] == [{}, 1]
    assert not request.sequences


def test_a_legacy_command_names_its_database_in_its_collection() -> None:
    request = parse(query({"ismaster": 1, "helloOk": True}), compressors=NONE)
    assert request.body["$db"] == "admin"
    assert request.is_legacy
    answer = reply(request, bson.encode({"ok": 1.0}))
    assert struct.unpack_from("<i", answer, 12)[0] == 1
    assert bson.decode(answer[36:]) == {"ok": 1.0}


@pytest.mark.parametrize("length", [-1, 0, 15, 16, MAX_MESSAGE_BYTES + 1, 2**31 - 1])
def test_a_length_that_cannot_be_is_refused_from_the_header_alone(length: int) -> None:
    with pytest.raises(Malformed):
        length_of(struct.pack("<iiii", length, 1, 0, 2013))


def test_an_announced_size_that_cannot_be_is_refused_before_it_is_unpacked() -> None:
    whole = compressed(message({"ping": 1}), 2, size=MAX_MESSAGE_BYTES + 1)
    with pytest.raises(Malformed):
        weight_of(whole)
    with pytest.raises(Malformed):
        parse(whole, compressors=ALL)


@pytest.mark.parametrize("size", [0, 5, 10_000])
def test_what_is_packed_is_as_long_as_announced_or_refused(size: int) -> None:
    with pytest.raises(Malformed):
        parse(compressed(message({"ping": 1}), 2, size=size), compressors=ALL)


RAW = bson.encode({"ping": 1, "$db": "x"})
FLAGS = struct.pack("<I", 0)

BROKEN = {
    "an unknown operation": frame(2010, RAW),
    "an unknown required flag": frame(2013, struct.pack("<I", 1 << 2) + b"\0" + RAW),
    "no body": frame(2013, FLAGS),
    "no flags": frame(2013, b"\0\0"),
    "two bodies": frame(2013, FLAGS + b"\0" + RAW + b"\0" + RAW),
    "an unknown section": frame(2013, FLAGS + b"\2" + RAW),
    "a body longer than the message": frame(2013, FLAGS + b"\0" + struct.pack("<i", 99) + RAW[4:]),
    "a body of no length": frame(2013, FLAGS + b"\0" + struct.pack("<i", 0) + RAW[4:]),
    "a sequence without a name": frame(2013, FLAGS + b"\0" + RAW + b"\1" + struct.pack("<i", 8) + b"abcd"),
    "a sequence cut in a document": message({"ping": 1}, {"documents": [RAW[:-3]]}),
    "two sequences of a name": message({"ping": 1}, {"documents": [RAW]}) + b"",
    "an argument twice": message({"x": 1, "documents": []}, {"documents": [RAW]}),
    "a wrong checksum": message({"ping": 1}, flags=1)[:-1] + b"\0",
    "a compressor that was not agreed on": compressed(message({"ping": 1}), 2),
    "a query on a collection": query({"ping": 1}, "app.things"),
    "another length than it says": message({"ping": 1}) + b"\0",
}
BROKEN["two sequences of a name"] = frame(
    2013, BROKEN["two sequences of a name"][16:] + b"\1" + struct.pack("<i", 14) + b"documents\0"
)


@pytest.mark.parametrize("why", BROKEN)
def test_what_is_no_message_ends_the_connection(why: str) -> None:
    with pytest.raises(Malformed):
        parse(BROKEN[why], compressors=NONE)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x0c\0\0\0\x02a\0\2\0\0\0\0",  # a string that does not end
        bson.encode({"a": "x"})[:-4] + b"\xff\0\0" + b"",
        struct.pack("<i", 8) + b"\x7ea\0\0",  # an unknown type
    ],
)
def test_a_command_that_is_no_bson_can_still_be_answered(raw: bytes) -> None:
    raw = struct.pack("<i", len(raw)) + raw[4:]
    with pytest.raises(Uninterpretable) as caught:
        parse(message(raw, id=9), compressors=NONE)
    assert caught.value.request.id == 9
    assert caught.value.number == Code.InvalidBSON


def test_nesting_without_an_end_is_no_bson() -> None:
    sizes = [5]
    for _ in range(100_000):
        sizes.append(sizes[-1] + 8)
    raw = b"".join(struct.pack("<i", size) + b"\x03a\0" for size in reversed(sizes[1:])) + struct.pack("<ix", 5)
    with pytest.raises(Uninterpretable):
        parse(message(raw + b"\0" * 100_000), compressors=NONE)


@given(st.binary(max_size=200), st.sampled_from([2013, 2012, 2004, 1, 0]))
def test_any_bytes_are_a_message_or_are_not(payload: bytes, operation: int) -> None:
    with contextlib.suppress(Malformed, DocumentError):
        parse(frame(operation, payload), compressors=ALL)


@given(st.data())
def test_a_message_with_a_few_bytes_changed_is_a_message_or_is_not(data: st.DataObject) -> None:
    whole = bytearray(message({"insert": "c", "$db": "d", "documents": [{"_id": 1}]}, {"more": [RAW, RAW]}, flags=0))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(16, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed, DocumentError):
        parse(bytes(whole), compressors=ALL)
