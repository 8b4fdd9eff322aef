"""The protocol's frames: any bytes are either read or refused, and what is read was what was sent."""

from __future__ import annotations

import json
import struct

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.realtime.wire import VERSIONS, Message, broadcast_frame, decode, message_frame
from dbaas_server.rooms import Broadcast

texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
short = texts.filter(lambda text: len(text.encode()) < 256)
refs = st.none() | short.filter(bool)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def unframed(frame: bytes) -> tuple[int, bytes]:
    """Opcode and payload of one whole unmasked frame."""
    size, at = frame[1], 2
    if size == 126:
        (size,), at = struct.unpack("!H", frame[2:4]), 4
    elif size == 127:
        (size,), at = struct.unpack("!Q", frame[2:10]), 10
    assert frame[0] & 0x80 and len(frame) == at + size
    return frame[0] & 0x0F, frame[at:]


@given(st.sampled_from(VERSIONS), texts, texts, values, refs, refs)
def test_a_text_message_is_read_as_it_was_sent(version, topic, event, payload, ref, join_ref):
    if version == "2.0.0":
        data = json.dumps([join_ref, ref, topic, event, payload])
    else:
        data = json.dumps({"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": join_ref})
    assert decode(version, data) == Message(topic, event, payload, ref, join_ref)


@given(st.sampled_from(VERSIONS), st.text() | st.binary() | values.map(json.dumps))
def test_whatever_comes_is_read_or_refused(version, data):
    try:
        message = decode(version, data)
    except Invalid as error:
        assert error.code == "malformed_message"
    else:
        assert isinstance(message.topic, str) and isinstance(message.event, str)


def push(join_ref: str, ref: str, topic: str, event: str, meta: str, encoding: int, payload: bytes) -> bytes:
    parts = [part.encode() for part in (join_ref, ref, topic, event, meta)]
    return bytes([3, *map(len, parts), encoding]) + b"".join(parts) + payload


@given(short, short, short, short, short, st.binary(max_size=100))
def test_a_binary_broadcast_is_read_as_it_was_sent(join_ref, ref, topic, event, meta, payload):
    message = decode("2.0.0", push(join_ref, ref, topic, event, meta, 0, payload))
    assert message == Message(topic, "broadcast", Broadcast(event, payload, binary=True), ref or None, join_ref or None)


@given(short, short, values)
def test_a_broadcast_in_json_may_come_as_a_binary_frame(topic, event, payload):
    message = decode("2.0.0", push("1", "2", topic, event, "", 1, orjson.dumps(payload)))
    assert message.payload == Broadcast(event, orjson.dumps(payload))


@given(st.binary(max_size=60))
def test_a_cut_binary_frame_is_refused(tail):
    with pytest.raises(Invalid):
        decode("2.0.0", bytes([3, 255, 255, 255, 255, 255, 0]) + tail)


@pytest.mark.parametrize(
    "data", [b"", b"\x03", b"\x04" * 20, push("", "", "t", "e", "", 2, b""), push("", "", "t", "e", "", 1, b"{"),
             bytes([3, 0, 0, 1, 0, 0, 0, 0xFF])],
)  # fmt: skip
def test_what_is_no_binary_broadcast_is_refused(data):
    with pytest.raises(Invalid):
        decode("2.0.0", data)


@given(texts, texts, values, refs, refs)
def test_messages_to_a_client_have_the_form_of_its_version(topic, event, payload, ref, join_ref):
    data = orjson.dumps(payload)
    opcode, text = unframed(message_frame("2.0.0", topic, event, data, ref, join_ref))
    assert (opcode, json.loads(text)) == (1, [join_ref, ref, topic, event, payload])
    opcode, text = unframed(message_frame("1.0.0", topic, event, data, ref, join_ref))
    whole = {"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": join_ref}
    assert (opcode, json.loads(text)) == (1, whole)


@given(short, short, st.binary(max_size=70_000))
def test_a_binary_broadcast_goes_out_as_kind_4_to_those_who_can_read_it(topic, event, payload):
    frame = broadcast_frame("2.0.0", topic, Broadcast(event, payload, binary=True))
    assert frame is not None
    opcode, data = unframed(frame)
    kind, topic_size, event_size, meta_size, encoding = data[:5]
    assert (opcode, kind, meta_size, encoding) == (2, 4, 0, 0)
    assert data[5 : 5 + topic_size].decode() == topic
    assert data[5 + topic_size : 5 + topic_size + event_size].decode() == event
    assert data[5 + topic_size + event_size :] == payload
    assert broadcast_frame("1.0.0", topic, Broadcast(event, payload, binary=True)) is None


def test_a_json_broadcast_goes_out_as_text():
    for version in VERSIONS:
        frame = broadcast_frame(version, "realtime:a", Broadcast("e", b'{"x":1}'))
        assert frame is not None
        message = decode(version, unframed(frame)[1].decode())
        assert message == Message("realtime:a", "broadcast", {"type": "broadcast", "event": "e", "payload": {"x": 1}})
