"""Anything at all, over a real connection: nothing crashes, nothing hangs, and the door stays open for others."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import bson
from bson import Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbaas_server.mongo.registry import COMMANDS, GENERIC
from mongo_door import PASSWORD, Served, serve
from mongo_frames import Wire, compressed, frame, message, query

PATIENCE = 60.0  # seconds, of a machine that others load
PING = {"ping": 1, "$db": "admin"}

many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def served(story: Callable[[Served, Wire], Awaitable[None]]) -> None:
    """Run a test against a door of its own, with somebody logged in to it."""

    async def run() -> None:
        async with serve() as door:
            wire = await Wire.open(door.port)
            await wire.log_in("acme", PASSWORD)
            await wire.ask({"hello": 1, "compression": ["zlib", "snappy", "zstd"], "$db": "admin"})
            await wire.ask({"insert": "things", "documents": [{"_id": 1, "a": [1, 2], "b": "x"}], "$db": "app"})
            await story(door, wire)
            await wire.close()

    asyncio.run(asyncio.wait_for(run(), PATIENCE))


VALID = [
    message(PING),
    message(PING, flags=1),
    message({"insert": "things", "$db": "app"}, {"documents": [bson.encode({"a": 1})] * 3}),
    message({"insert": "things", "documents": [{"a": 1}], "$db": "app"}, flags=2),
    message({"find": "things", "batchSize": 1, "$db": "app"}),
    query({"ismaster": 1}),
    compressed(message({"find": "things", "$db": "app"}), 1),
    compressed(message({"find": "things", "$db": "app"}), 2),
    compressed(message({"find": "things", "$db": "app"}), 3),
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message of which some bytes are others, or that is cut."""
    whole = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 3))):
        whole[draw(st.integers(0, len(whole) - 1))] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        struct.pack_into("<i", whole, 0, len(whole))
    return bytes(whole[: draw(st.integers(1, len(whole)))] if draw(st.integers(0, 4)) == 0 else whole)


anything = st.one_of(
    st.sampled_from(VALID),
    damaged(),
    st.binary(max_size=100),
    st.builds(frame, st.sampled_from([2013, 2012, 2004, 1, 2001, 2010]), st.binary(max_size=100)),
)


@many
@given(st.lists(anything, min_size=1, max_size=6))
def test_any_frames_are_answered_or_end_their_own_connection(frames: list[bytes]) -> None:
    async def story(door: Served, wire: Wire) -> None:
        wire.send(b"".join(frames))
        wire.writer.write_eof()
        assert await wire.ends()
        other = await Wire.open(door.port)
        assert (await other.log_in("acme", PASSWORD))["done"]
        assert (await other.ask(PING))["ok"] == 1.0
        await other.close()

    served(story)


OPERATORS = [
    *("$set", "$inc", "$push", "$unset", "$pull", "$rename", "$min", "$mul", "$addToSet", "$pop", "$bit", "$each"),
    *("$gt", "$in", "$and", "$or", "$not", "$expr", "$regex", "$elemMatch", "$type", "$size", "$mod", "$exists"),
    *("$match", "$group", "$sort", "$project", "$unwind", "$limit", "$lookup", "$facet", "$sum", "$add", "$concat"),
    *("$natural", "$meta", "$slice", "$jsonSchema", "$comment", "$where", "$text", "$near", "$ref", "$id", "$"),
]
names = st.sampled_from([*OPERATORS, "a", "b", "_id", "a.0", "a.b", "a.$[x]", "", ".", "things", "name", "key"])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([Int64(2**63 - 1), Int64(-(2**63)), 2**31, 1.5, float("nan"), float("inf"), -0.0]),
    st.sampled_from(["", "a", "$a", "$$ROOT", "things", "app.things", "*", "x" * 300, "ä"]),
    st.sampled_from(
        [b"", ObjectId(b"0" * 12), Decimal128("1.5"), Decimal128("NaN"), Timestamp(1, 1), MinKey(), MaxKey()]
    ),
    st.sampled_from([Regex("a+", "i"), bson.Code("x"), bson.Binary(b"0" * 16, 4), bson.DatetimeMS(2**62)]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
LEFT_OUT = {"logout", "configureFailPoint"}
COMMON = sorted(GENERIC - {"$db"})


@st.composite
def commands(draw: st.DrawFn) -> dict[str, Any]:
    """A command with fields that it knows, and values that it may not."""
    name = draw(st.sampled_from(sorted(COMMANDS.keys() - LEFT_OUT)))
    known = COMMANDS[name].fields
    own = sorted((known or frozenset()) - GENERIC - {name})
    body: dict[str, Any] = {name: draw(st.sampled_from(["things", "others", 1]) | values)}
    for field in draw(st.lists(st.sampled_from(own or COMMON), unique=True, max_size=4)):
        body[field] = draw(values)
    if draw(st.integers(0, 4)) == 0:
        body[draw(st.sampled_from(COMMON))] = draw(values)
    if name == "aggregate":
        body.setdefault("cursor", {})
    if draw(st.integers(0, 9)) == 0:
        body = {"explain": body}
    return {**body, "$db": draw(st.sampled_from(["app", "app", "app", "admin", "new"]))}


@st.composite
def reads_and_writes(draw: st.DrawFn) -> dict[str, Any]:
    """A command that is right but for what it is about."""
    some = st.dictionaries(names, values, max_size=3)
    body = draw(
        st.one_of(
            st.fixed_dictionaries(
                {"find": st.just("things"), "filter": some}, optional={"projection": some, "sort": some}
            ),
            st.fixed_dictionaries(
                {"aggregate": st.just("things"), "pipeline": st.lists(some, max_size=3), "cursor": st.just({})}
            ),
            st.builds(lambda q, u: {"update": "things", "updates": [{"q": q, "u": u}]}, some, some | st.lists(some)),
            st.builds(
                lambda q, u: {"update": "things", "updates": [{"q": q, "u": u, "upsert": True, "multi": True}]},
                some,
                some,
            ),
            st.builds(lambda q: {"delete": "things", "deletes": [{"q": q, "limit": 0}]}, some),
            st.fixed_dictionaries({"findAndModify": st.just("things"), "query": some, "update": some, "sort": some}),
            st.builds(lambda documents: {"insert": "things", "documents": documents}, st.lists(some, min_size=1)),
            st.builds(lambda key: {"createIndexes": "things", "indexes": [{"key": key, "name": "i"}]}, some),
            st.fixed_dictionaries({"distinct": st.just("things"), "key": names, "query": some}),
            st.fixed_dictionaries({"count": st.just("things"), "query": some}),
            st.builds(lambda validator: {"create": "others", "validator": validator}, some),
        )
    )
    return {**body, "$db": "app"}


@settings(many, max_examples=150)
@given(st.lists(commands() | reads_and_writes(), min_size=1, max_size=8))
def test_any_commands_are_answered_and_the_connection_goes_on(bodies: list[dict[str, Any]]) -> None:
    async def story(door: Served, wire: Wire) -> None:
        for body in bodies:
            found = await wire.ask(body)
            assert found["ok"] in (0.0, 1.0)
            assert found.get("code") != 1, (body, found)
            if not found["ok"]:
                assert {"errmsg", "code", "codeName"} <= found.keys()
            for failed in found.get("writeErrors", ()):
                assert failed["code"] != 1, (body, found)
        assert (await wire.ask(PING))["ok"] == 1.0

    served(story)


@many
@given(st.lists(st.tuples(st.sampled_from(sorted(COMMANDS)), st.dictionaries(names, values, max_size=3)), max_size=8))
def test_any_commands_of_a_stranger_lead_nowhere(asked: list[tuple[str, dict[str, Any]]]) -> None:
    async def story(door: Served, wire: Wire) -> None:
        opened = set(door.accounts.opened)
        stranger = await Wire.open(door.port)
        for name, more in asked:
            found = await stranger.ask({name: 1, **more, "$db": "app"})
            assert found.get("code") != 1, found
        assert (await stranger.ask({"find": "things", "$db": "app"}))["code"] == 13
        assert set(door.accounts.opened) == opened
        await stranger.close()

    served(story)
