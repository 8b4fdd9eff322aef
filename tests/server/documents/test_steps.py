"""How long one document, or one command, may hold the event loop."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from bson import Regex

from dbaas_server.documents import steps
from dbaas_server.documents.codec import encode
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.engine import Engine
from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.documents.requests import Aggregate, Find, UpdateSpec
from dbaas_server.documents.steps import STEP_SECONDS, TooLong, breathe, look, matching, spend, watched
from dbaas_server.documents.store.memory import MemoryStore

HELD_SECONDS = 6 * STEP_SECONDS
"""A wide margin: machines that others load take more of it between two looks at the clock."""

SLOW_PATTERN = Regex(r"^(?:(a|aa)+)\1{3}b$")
NAMESPACE = Namespace("app", "c")


def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


class TestSteps:
    async def test_a_step_that_lasts_too_long_ends_itself(self):
        look()
        burn(STEP_SECONDS * 1.2)
        with pytest.raises(TooLong):
            look()

    async def test_what_is_spent_and_gone_through_is_looked_at(self):
        look()
        burn(STEP_SECONDS * 1.2)
        with pytest.raises(TooLong):
            for _ in range(10_000):
                spend()
        with pytest.raises(TooLong):
            list(watched(range(10_000)))

    async def test_a_step_ends_where_others_may_run(self):
        for _ in range(3):
            look()
            burn(STEP_SECONDS * 0.6)
            await asyncio.sleep(0)

    async def test_breathing_ends_a_step_that_has_lasted(self):
        for _ in range(6):
            look()
            burn(STEP_SECONDS * 0.3)
            await breathe()

    async def test_the_time_of_another_task_does_not_count(self):
        async def one():
            look()
            burn(STEP_SECONDS * 0.6)
            look()

        await asyncio.gather(*(one() for _ in range(4)))

    def test_without_a_loop_nobody_is_held_up(self):
        look()
        burn(STEP_SECONDS * 1.2)
        look()
        assert list(watched(range(1_000))) == list(range(1_000))

    def test_everything_is_gone_through(self):
        for count in (0, 1, 256, 257, 1_000):
            assert list(watched(range(count))) == list(range(count))

    async def test_patterns_share_the_time_of_a_step(self):
        def slow(seconds):
            assert 0 < seconds <= steps.MATCHING_SECONDS
            burn(steps.MATCHING_SECONDS * 0.6)
            return True

        assert matching(slow)
        assert matching(slow)
        with pytest.raises(DocumentError) as refused:
            matching(slow)
        assert refused.value.number == 51156
        await asyncio.sleep(0)
        assert matching(slow)


@asynccontextmanager
async def engine_with(*documents):
    engine = Engine(MemoryStore())
    await engine.start()
    try:
        await engine.insert(NAMESPACE, [encode(document) for document in documents])
        yield engine
    finally:
        await engine.close()


async def longest_hold(work):
    """The most CPU time between two turns of another task while ``work`` is done, and what came of that."""
    longest = 0.0
    last = time.thread_time()

    async def tick():
        nonlocal longest, last
        while True:
            now = time.thread_time()
            longest, last = max(longest, now - last), now
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    try:
        return await work, None, longest
    except DocumentError as error:
        return None, error, longest
    finally:
        await asyncio.sleep(0)
        ticking.cancel()


async def found(ask):
    return sum([len(batch) async for batch in ask()])


def loops(count):
    inner = {"$filter": {"input": {"$range": [0, count]}, "as": "y", "cond": {"$eq": [{"$add": ["$$x", "$$y"]}, -1]}}}
    return {"$size": {"$map": {"input": {"$range": [0, count]}, "as": "x", "in": {"$size": inner}}}}


UNBOUNDED = {
    "patterns with references back in an array": ({"x": SLOW_PATTERN}, {"_id": 1, "x": ["a" * 24] * 2_000}),
    "patterns of an expression": (
        {"$expr": {"$map": {"input": "$x", "in": {"$regexMatch": {"input": "$$this", "regex": SLOW_PATTERN}}}}},
        {"_id": 1, "x": ["a" * 24] * 2_000},
    ),
    "loops in loops": ({"$expr": loops(2_000)}, {"_id": 1}),
    "a long reduction": (
        {"$expr": {"$reduce": {"input": "$x", "initialValue": [], "in": {"$concatArrays": ["$$value", ["$$this"]]}}}},
        {"_id": 1, "x": list(range(50_000))},
    ),
    "one large set after the other": (
        {"$expr": {"$and": [{"$gte": [{"$size": {"$setUnion": ["$x", [place]]}}, 0]} for place in range(500)]}},
        {"_id": 1, "x": list(range(50_000))},
    ),
    "many conditions on a long array": (
        {"$or": [{"x": {"$gt": 10**9 + place}} for place in range(2_000)]},
        {"_id": 1, "x": list(range(50_000))},
    ),
    "many conditions in an array's elements": (
        {"x": {"$elemMatch": {"$or": [{"a": {"$gt": place}} for place in range(200)]}}},
        {"_id": 1, "x": [{"a": -1}] * 50_000},
    ),
    "a filter of very many conditions": ({"$or": [{"x": {"$gt": place}} for place in range(100_000)]}, {"_id": 1}),
}


@pytest.mark.parametrize("name", UNBOUNDED)
async def test_one_document_never_holds_the_loop_for_long(name):
    filter, document = UNBOUNDED[name]
    async with engine_with(document) as engine:
        _, error, held = await longest_hold(found(lambda: engine.find(NAMESPACE, Find(filter=filter))))
    assert error is not None
    assert error.number in (Code.OperationFailed, 51156)
    assert held < HELD_SECONDS


async def test_an_update_of_one_document_never_holds_the_loop_for_long():
    async with engine_with({"_id": 1}) as engine:
        update = UpdateSpec(q={"_id": 1}, u=[{"$set": {"z": loops(2_000)}}])
        done, _, held = await longest_hold(engine.update(NAMESPACE, [update], ordered=True))
        assert [error.number for _, error in done.errors] == [Code.OperationFailed]
        assert held < HELD_SECONDS


async def test_a_pipeline_that_takes_long_for_all_documents_together_is_carried_out():
    stages = [
        {"$set": {"n": loops(60)}},
        {"$match": {"$expr": {"$gte": [loops(60), 0]}}},
        {"$group": {"_id": None, "n": {"$sum": loops(60)}}},
    ]
    async with engine_with(*({"_id": number} for number in range(60))) as engine:
        count, error, held = await longest_hold(found(lambda: engine.aggregate(NAMESPACE, Aggregate(pipeline=stages))))
    assert error is None
    assert count == 1
    assert held < HELD_SECONDS


async def test_a_list_of_very_many_values_is_looked_up_in_no_time():
    values = list(range(300_000))
    async with engine_with(*({"_id": number, "a": number} for number in range(20))) as engine:
        await engine.create_indexes(NAMESPACE, [{"key": {"a": 1}, "name": "a_1"}])
        count, error, held = await longest_hold(
            found(lambda: engine.find(NAMESPACE, Find(filter={"a": {"$in": values}})))
        )
    assert error is None
    assert count > 0
    assert held < HELD_SECONDS


async def test_the_deadline_of_a_command_is_told_first():
    async with engine_with({"_id": 1, "x": ["a" * 24] * 2_000}) as engine:
        late = Find(filter={"x": SLOW_PATTERN}, deadline=time.monotonic() + 0.02)
        _, error, _ = await longest_hold(found(lambda: engine.find(NAMESPACE, late)))
    assert error.number == Code.MaxTimeMSExpired


async def test_a_document_has_no_more_keys_in_an_index_than_in_mongodbs():
    async with engine_with() as engine:
        await engine.create_indexes(NAMESPACE, [{"key": {"x": 1}, "name": "x_1"}])
        written = await engine.insert(NAMESPACE, [encode({"_id": 1, "x": list(range(100_001))})])
        assert [error.number for _, error in written.errors] == [Code.CannotBuildIndexKeys]
        assert written.n == 0


async def test_many_statements_of_one_command_let_others_run():
    updates = [UpdateSpec(q={"_id": number}, u={"$set": {"a": number}}) for number in range(6_000)]
    async with engine_with() as engine:
        done, error, held = await longest_hold(engine.update(NAMESPACE, updates, ordered=True))
    assert error is None
    assert done.errors == []
    assert held < HELD_SECONDS
