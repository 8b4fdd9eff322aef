"""What every store of documents does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbaas_provisioning.platform import Access
from dbaas_server.documents.store import Batch, CollectionRecord, Delete, Put, Refused, Span, Stale, Store
from dbaas_server.documents.store.memory import MemoryStore
from dbaas_server.engines.document.store import BATCH_BYTES, PostgresStore
from document_stores import emptied

DOCS, INDEX = "s_docs", "s_index"


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest, module_database: Access) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    async with emptied(module_database) as opened:
        yield opened


@pytest.fixture
async def collection(store: Store) -> UUID:
    record = CollectionRecord(uuid4(), "app", "orders", 1, b"\x05\0\0\0\0")
    assert await store.create_collection(record, [DOCS, INDEX])
    return record.id


async def put(store: Store, collection: UUID, *writes: Put | Delete, version: int = 1) -> list[int]:
    return list(await store.write(Batch(collection, version, writes)))


async def entries(store: Store, space: str = DOCS, span: Span | None = None, **how) -> list[tuple[bytes, bytes]]:
    found = []
    async with aclosing(store.scan(space, span or Span(), **how)) as batches:
        async for batch in batches:
            assert batch, "a batch is never empty"
            found += [(entry.key, entry.value) for entry in batch]
    return found


async def test_what_was_put_is_got_with_its_version(store: Store, collection: UUID) -> None:
    first, second = await put(store, collection, Put(DOCS, b"a", b"1", 0), Put(INDEX, b"\0\xff", b"a", None))
    assert (await store.get(DOCS, [b"a", b"b"]))[b"a"].value == b"1"
    assert (await store.get(DOCS, [b"a"]))[b"a"].version == first
    assert (await store.get(INDEX, [b"\0\xff"]))[b"\0\xff"].version == second
    assert await store.get(DOCS, [b"b"]) == {}
    assert await store.get(DOCS, []) == {}


async def test_an_empty_value_and_a_large_one_come_back_whole(store: Store, collection: UUID) -> None:
    large = bytes(range(256)) * 60_000
    await put(store, collection, Put(DOCS, b"empty", b"", 0), Put(DOCS, b"large", large, 0))
    assert await entries(store) == [(b"empty", b""), (b"large", large)]


async def test_what_is_fetched_comes_in_the_order_of_the_keys_and_large_values_in_batches(
    store: Store, collection: UUID
) -> None:
    large = bytes(3_000_000)
    values = {b"a": large, b"b": b"", b"c": large, b"d": b"1", b"e": large}
    await put(store, collection, *(Put(DOCS, key, value, 0) for key, value in values.items()))
    for keys in ([b"e", b"?", b"b", b"a", b"d", b"c", b"!"], [b"b"], [b"?"], [b"?", b"!"], []):
        batches = [batch async for batch in store.fetch(DOCS, keys)]
        assert all(batches), "a batch is never empty"
        found = [(entry.key, entry.value) for batch in batches for entry in batch]
        assert found == [(key, values[key]) for key in keys if key in values]
        if isinstance(store, PostgresStore):
            assert all(sum(len(entry.value) for entry in batch[:-1]) < BATCH_BYTES for batch in batches)


async def test_a_version_never_comes_back(store: Store, collection: UUID) -> None:
    seen = []
    for value in (b"1", b"2", b"1"):
        known = (await store.get(DOCS, [b"a"])).get(b"a")
        seen += await put(store, collection, Put(DOCS, b"a", value, known.version if known else 0))
    await put(store, collection, Delete(DOCS, b"a", seen[-1]))
    seen += await put(store, collection, Put(DOCS, b"a", b"1", 0))
    assert len(set(seen)) == 4


async def test_a_batch_whose_demand_does_not_hold_is_not_written(store: Store, collection: UUID) -> None:
    (version,) = await put(store, collection, Put(DOCS, b"a", b"1", 0))
    for place, write in [
        (1, Put(DOCS, b"a", b"2", 0)),
        (1, Put(DOCS, b"a", b"2", version + 1)),
        (1, Delete(DOCS, b"a", version + 1)),
        (1, Delete(DOCS, b"c", 5)),
        (1, Put(DOCS, b"c", b"2", 5)),
    ]:
        with pytest.raises(Refused) as refused:
            await put(store, collection, Put(DOCS, b"b", b"x", 0), write)
        assert refused.value.place == place
        assert (refused.value.found.version if refused.value.found else None) == (
            version if write.key == b"a" else None
        )
    assert await entries(store) == [(b"a", b"1")]


async def test_replacing_and_removing_hold_for_the_version_that_was_read(store: Store, collection: UUID) -> None:
    first, other = await put(store, collection, Put(DOCS, b"a", b"1", 0), Put(DOCS, b"b", b"1", 0))
    await put(store, collection, Put(DOCS, b"a", b"2", first), Delete(DOCS, b"b", other))
    assert await entries(store) == [(b"a", b"2")]
    await put(store, collection, Delete(DOCS, b"a", None), Delete(DOCS, b"never there", None))
    assert await entries(store) == []


async def test_an_entry_is_removed_only_if_it_holds_what_was_said(store: Store, collection: UUID) -> None:
    await put(store, collection, Put(INDEX, b"a", b"mine", 0), Put(INDEX, b"b", b"another's", 0))
    await put(store, collection, *(Delete(INDEX, key, None, holding=b"mine") for key in (b"a", b"b", b"c")))
    assert await entries(store, INDEX) == [(b"b", b"another's")]


async def test_a_key_moves_within_a_batch(store: Store, collection: UUID) -> None:
    (version,) = await put(store, collection, Put(INDEX, b"unique", b"first", 0))
    await put(store, collection, Delete(INDEX, b"unique", version), Put(INDEX, b"other", b"first", 0))
    await put(store, collection, Put(INDEX, b"unique", b"second", 0))
    assert await entries(store, INDEX) == [(b"other", b"first"), (b"unique", b"second")]


async def test_of_writers_that_race_one_wins(store: Store, collection: UUID) -> None:
    (version,) = await put(store, collection, Put(DOCS, b"a", b"0", 0))

    async def write(value: bytes) -> bool:
        try:
            await put(store, collection, Put(DOCS, b"a", value, version))
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*(write(b"%d" % number) for number in range(8)))) == 1


async def test_a_scan_is_in_the_order_of_bytes_both_ways_and_between_bounds(store: Store, collection: UUID) -> None:
    keys = sorted([b"", b"\0", b"\0\0", b"a", b"a\0", b"a\xff", b"b", b"\xff", b"\xff\xff"])
    await put(store, collection, *(Put(DOCS, key, b"v", 0) for key in reversed(keys)))
    for batch in (1, 2, 1_000):
        assert [key for key, _ in await entries(store, batch=batch)] == keys
        assert [key for key, _ in await entries(store, batch=batch, reverse=True)] == keys[::-1]
        for low, high in [(b"a", b"b"), (None, b"a"), (b"a\0", None), (b"b", b"a"), (b"x", b"y")]:
            between = [key for key in keys if (low is None or key >= low) and (high is None or key < high)]
            assert [key for key, _ in await entries(store, span=Span(low, high), batch=batch)] == between
            backwards = await entries(store, span=Span(low, high), batch=batch, reverse=True)
            assert [key for key, _ in backwards] == between[::-1]
            assert await store.count(DOCS, Span(low, high)) == len(between)
            assert await store.count(DOCS, Span(low, high), most=2) == min(2, len(between))
    assert [key for key, _ in await entries(store, limit=3, batch=2)] == keys[:3]
    assert [key for key, _ in await entries(store, limit=3, batch=2, reverse=True)] == keys[::-1][:3]


async def test_a_hint_leaves_out_nothing_that_contains_it(store: Store, collection: UUID) -> None:
    await put(store, collection, *(Put(DOCS, b"%d" % number, b"<%d>" % number, 0) for number in range(20)))
    found = dict(await entries(store, containing=[[b"<7>", b"<12>"], [b">"]], batch=3))
    assert {b"7", b"12"} <= set(found)


@pytest.mark.parametrize("many", [30, 2_500])
async def test_hints_are_bytes_and_keep_the_order(store: Store, collection: UUID, many: int) -> None:
    """Few are found in another way than many; neither takes a byte for anything else."""
    awkward = [b"%", b"_", b"\\", b"50%_\\\0\xff'", b""]
    await put(store, collection, *(Put(DOCS, b"a%d" % n, b"<" + part + b">", 0) for n, part in enumerate(awkward)))
    await put(store, collection, *(Put(DOCS, b"b%05d" % n, b"same", 0) for n in range(many)))
    for n, part in enumerate(awkward):
        assert b"a%d" % n in dict(await entries(store, containing=[[b"<" + part + b">"]]))
    keys = [b"b%05d" % n for n in range(many)]

    async def found(span: Span, **how) -> list[bytes]:
        seen = await entries(store, span=span, containing=[[b"same", b"other"], [b"am"]], **how)
        return [key for key, value in seen if value == b"same"]

    inner = Span(b"b", b"b99999")
    assert await found(inner, batch=7 if many < 100 else 700) == keys
    assert await found(inner, reverse=True) == keys[::-1]
    assert await found(inner, limit=12) == keys[:12]
    assert await found(inner, reverse=True, limit=12) == keys[:-13:-1]
    assert await found(Span(b"b00010", b"b00020")) == keys[10:20]
    assert await found(Span(b"c", None)) == []


async def test_a_scan_goes_on_while_others_write(store: Store, collection: UUID) -> None:
    await put(store, collection, *(Put(DOCS, b"%03d" % number, b"v", 0) for number in range(0, 100, 2)))
    seen = []
    async with aclosing(store.scan(DOCS, Span(), batch=10)) as batches:
        async for batch in batches:
            seen += [entry.key for entry in batch]
            last = int(seen[-1])
            if last < 90:
                await put(store, collection, Put(DOCS, b"%03d" % (last + 1), b"new", 0))
                await put(store, collection, Delete(DOCS, b"%03d" % (last + 2), None))
    assert seen == sorted(set(seen))
    assert len(seen) == 50  # one came and one went before each batch but the last


async def test_metadata_has_versions_and_names_are_unique(store: Store, collection: UUID) -> None:
    (record,) = await store.collections()
    assert (record.id, record.database, record.name, record.version) == (collection, "app", "orders", 1)
    assert not await store.create_collection(CollectionRecord(uuid4(), "app", "orders", 1, b""), ["s_other"])
    other = CollectionRecord(uuid4(), "app", "customers", 1, b"")
    assert await store.create_collection(other, [])
    assert not await store.change_collection(CollectionRecord(other.id, "app", "orders", 2, b""), make=["s_other"])
    assert await store.drop_collection(other.id, [])
    second = CollectionRecord(collection, "app", "or'\"ders;", 2, b"new body")
    assert await store.change_collection(second, make=["s_more"], drop=[INDEX])
    assert not await store.change_collection(second)
    assert list(await store.collections()) == [second]
    assert await entries(store, "s_more") == []
    with pytest.raises(Stale):
        await entries(store, INDEX)
    with pytest.raises(Stale):
        await put(store, collection, Put(DOCS, b"a", b"1", 0))
    await put(store, collection, Put(DOCS, b"a", b"1", 0), version=2)
    assert await store.drop_collection(collection, [DOCS, "s_more"])
    assert not await store.drop_collection(collection, [])
    with pytest.raises(Stale):
        await store.get(DOCS, [b"a"])
    with pytest.raises(Stale):
        await put(store, collection, Put(DOCS, b"a", b"1", 0), version=2)


async def test_nobody_writes_past_a_change_of_the_metadata(store: Store, collection: UUID) -> None:
    """Once ``change_collection`` returned, whatever was planned before is either there already or refused."""
    written: list[bytes] = []
    refused = asyncio.Event()

    async def write(worker: int) -> None:
        number = 0
        while not refused.is_set():
            number += 1
            key = b"%d-%d" % (worker, number)
            try:
                await put(store, collection, Put(DOCS, key, b"v", 0))
            except Stale:
                refused.set()
            else:
                written.append(key)
            await asyncio.sleep(0)

    writers = [asyncio.ensure_future(write(worker)) for worker in range(4)]
    while len(written) < 20:
        await asyncio.sleep(0.001)
    assert await store.change_collection(CollectionRecord(collection, "app", "orders", 2, b""))
    there = {key for key, _ in await entries(store)}
    await asyncio.gather(*writers)
    assert {key for key, _ in await entries(store)} == there == set(written)


async def test_changes_of_metadata_are_told(store: Store, collection: UUID) -> None:
    async with aclosing(store.watch_metadata()) as told:
        following = asyncio.ensure_future(anext(told))
        await asyncio.sleep(0)
        assert await store.change_collection(CollectionRecord(collection, "app", "orders", 2, b""))
        async with asyncio.timeout(60):
            await following


async def test_size_is_told(store: Store, collection: UUID) -> None:
    await put(store, collection, Put(DOCS, b"a", b"1" * 5_000, 0))
    assert await store.size([DOCS, INDEX]) > 0


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(st.tuples(st.sampled_from([b"a", b"b", b"b\0", b"c"]), st.none() | st.binary(max_size=4)), max_size=4),
        max_size=8,
    )
)
async def test_any_batches_leave_what_a_dictionary_would_hold(store: Store, batches: list) -> None:
    collection = uuid4()
    space = f"s_{collection.hex}"
    assert await store.create_collection(CollectionRecord(collection, "p", collection.hex, 1, b""), [space])
    model: dict[bytes, bytes] = {}
    for batch in batches:
        writes = {
            key: Put(space, key, value, None) if value is not None else Delete(space, key, None) for key, value in batch
        }
        await put(store, collection, *writes.values())
        for key, value in dict(batch).items():
            if value is None:
                model.pop(key, None)
            else:
                model[key] = value
    assert await entries(store, space) == sorted(model.items())
    assert await store.drop_collection(collection, [space])
