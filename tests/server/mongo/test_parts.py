"""Small parts by themselves: a budget of bytes, portions made into batches, numbers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import bson
import pytest
from bson import Decimal128, Int64
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.mongo.answers import MAX_REPLY_BYTES, cursor_answer
from dbaas_server.mongo.arguments import integer
from dbaas_server.mongo.budget import Budget
from dbaas_server.mongo.results import Results

raws = st.integers(0, 99).map(lambda number: bson.encode({"_id": number}))


@given(st.lists(raws, max_size=30), st.integers(0, 2**63 - 1), st.text(max_size=20), st.booleans())
def test_an_answer_that_was_joined_is_one_that_was_encoded(
    batch: list[bytes], cursor: int, namespace: str, first: bool
) -> None:
    name = "firstBatch" if first else "nextBatch"
    documents = [bson.decode(raw) for raw in batch]
    whole = {"cursor": {name: documents, "id": Int64(cursor), "ns": namespace}, "ok": 1.0}
    assert cursor_answer(batch, cursor, namespace, first=first) == bson.encode(whole)


async def portions(sizes: list[list[bytes]]) -> AsyncIterator[list[bytes]]:
    for portion in sizes:
        yield portion


@given(
    st.lists(st.lists(raws, min_size=1, max_size=8), max_size=8),
    st.lists(st.none() | st.integers(1, 9), min_size=1, max_size=5),
    st.none() | st.integers(1, 30),
)
def test_every_document_is_taken_once_in_its_order(
    given: list[list[bytes]], wanted: list[int | None], limit: int | None
) -> None:
    async def take() -> None:
        results = Results(portions(given), limit)
        taken: list[bytes] = []
        turn = 0
        while not results.done:
            most = wanted[turn % len(wanted)]
            batch = await results.take(most)
            assert most is None or len(batch) <= most
            assert results.done or most is None or len(batch) == most
            taken += batch
            turn += 1
        assert taken == [raw for portion in given for raw in portion][:limit]
        assert await results.take(5) == []

    asyncio.run(take())


async def test_a_batch_is_no_larger_than_a_reply_may_be_but_has_one_document_at_least() -> None:
    large = bson.encode({"a": bytes(6 * 1024 * 1024)})
    largest = bson.encode({"a": bytes(16 * 1024 * 1024 - 20)})
    results = Results(portions([[large] * 5, [largest, largest], [large]]))
    sizes = []
    while not results.done:
        batch = await results.take(None)
        assert sum(map(len, batch)) <= MAX_REPLY_BYTES or len(batch) == 1
        sizes.append(len(batch))
    assert sum(sizes) == 8
    assert 0 not in sizes[:-1]


async def test_a_large_demand_is_not_passed_by_small_ones() -> None:
    budget = Budget(10)
    order: list[str] = []

    async def take(name: str, wanted: int) -> int:
        taken = await budget.take(wanted)
        order.append(name)
        return taken

    assert await budget.take(6) == 6
    tasks = [asyncio.ensure_future(take(name, wanted)) for name, wanted in (("large", 50), ("small", 1), ("tiny", 1))]
    await asyncio.sleep(0)
    assert order == []
    tasks[1].cancel()
    budget.give(6)
    assert await tasks[0] == 10, "more than there is, is all that there is"
    budget.give(10)
    assert await tasks[2] == 1
    assert order == ["large", "tiny"]
    budget.give(1)
    assert budget.taken == 0


async def test_a_turn_that_comes_with_the_end_is_given_back() -> None:
    budget = Budget(10)
    await budget.take(10)
    waiting = asyncio.ensure_future(budget.take(5))
    await asyncio.sleep(0)
    budget.give(10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert budget.taken == 0


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1),
        (Int64(2**62), 2**62),
        (3.0, 3),
        (3.5, None),
        (float("nan"), None),
        (float("inf"), None),
        (1e300, None),
        (Decimal128("7"), 7),
        (Decimal128("7.5"), None),
        (Decimal128("NaN"), None),
        (Decimal128("sNaN"), None),
        (Decimal128("1E+6000"), None),
        (True, None),
        ("1", None),
        (None, None),
    ],
)
def test_whole_numbers_of_any_type(value: Any, number: int | None) -> None:
    assert integer(value) == number
