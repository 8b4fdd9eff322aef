"""What a join asks for, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.feeds.hub import Binding
from dbaas_server.nouns import Position
from dbaas_server.realtime.joining import parse_join

TOPIC = "realtime:a"


def test_a_whole_join():
    wanted = [
        {"event": "INSERT", "schema": "public", "table": "a"},
        {"event": "*", "schema": "*", "filter": None, "extra": 1},
        {"event": "update", "schema": "s", "table": "t", "select": ["a", "b"]},
    ]
    join = parse_join(
        TOPIC,
        {
            "config": {
                "broadcast": {"ack": True, "self": True}, "presence": {"key": "me", "enabled": True},
                "postgres_changes": wanted, "private": False, "since": "1-ff",
            },
            "access_token": "a.b.c",
        },
    )  # fmt: skip
    assert join.bindings == (
        Binding("INSERT", "public", "a"), Binding("*", "*", "*"),
        Binding("UPDATE", "s", "t", select=frozenset({"a", "b"})),
    )  # fmt: skip
    assert [{name: value for name, value in one.items() if name != "id"} for one in join.echo] == wanted
    assert [one["id"] for one in join.echo] == [1, 2, 3]
    assert (join.ack, join.own, join.presence, join.presence_key) == (True, True, True, "me")
    assert (join.since, join.token, join.private) == (Position(1, 255), "a.b.c", False)


@pytest.mark.parametrize("payload", [None, {}, {"config": None}, {"config": {"broadcast": None, "presence": None}}])
def test_nothing_has_to_be_asked_for(payload):
    join = parse_join(TOPIC, payload)
    assert join.bindings == ()
    assert not (join.ack or join.own or join.presence or join.private)


def test_a_token_of_the_new_kind_is_none():
    assert parse_join(TOPIC, {"access_token": "sb_publishable_x"}).token is None
    assert parse_join(TOPIC, {"access_token": "dbk_a_x"}).token == "dbk_a_x"


def config(**fields: object) -> dict:
    return {"config": fields}


@pytest.mark.parametrize(
    "payload",
    [
        [], {"config": []}, config(postgres_changes={}), config(postgres_changes=[1]),
        config(postgres_changes=[{"event": "TRUNCATE"}]), config(postgres_changes=[{"event": 5}]),
        config(postgres_changes=[{"event": "*", "table": 5}]), config(postgres_changes=[{"event": "*", "filter": "x"}]),
        config(postgres_changes=[{"event": "*", "select": [5]}]), config(postgres_changes=[{}] * 101),
        config(since="later"), config(since=5), config(presence={"key": 5}), config(presence={"key": "x" * 300}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(payload):
    with pytest.raises(Invalid):
        parse_join(TOPIC, payload)


def test_topics_have_a_length():
    for topic in ("", "x" * 256, "é" * 128):
        with pytest.raises(Invalid):
            parse_join(topic, {})


things = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["config", "postgres_changes", "event", "table", "filter", "presence", "since", "select"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(things)
def test_any_payload_is_read_or_refused(payload):
    try:
        join = parse_join(TOPIC, payload)
    except Invalid:
        return
    assert len(join.bindings) == len(join.echo)
