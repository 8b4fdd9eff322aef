"""Documents that are deleted."""

from __future__ import annotations

from dbaas_server.documents.requests import DeleteSpec
from dbaas_server.documents.store import Store
from written_documents import Documents, errors, opened, values


async def test_one_or_all_that_match_go_with_their_entries(store: Store) -> None:
    async with opened(store) as orders:
        await orders.index({"a": 1})
        await orders.index({"l": 1}, unique=True)
        await orders.insert(*({"_id": n, "a": n % 4, "l": [n, n + 0.5]} for n in range(1_300)))
        done = await orders.delete(DeleteSpec({"a": 1}, 1), DeleteSpec({"a": 2}, 0), DeleteSpec({"_id": 0}, 1))
        assert (done.n, done.errors) == (1 + 325 + 1, [])
        left = await orders.all()
        assert len(left) == 1_300 - 327
        assert {one["a"] for one in left} == {0, 1, 3}
        await orders.check()
        assert (await orders.delete(DeleteSpec({}, 0))).n == 1_300 - 327
        assert await orders.all() == []
        await orders.check()


async def test_nothing_is_deleted_where_nothing_is(orders: Documents) -> None:
    assert (await orders.delete(DeleteSpec({"a": 1}, 0), DeleteSpec({}, 1))).n == 0
    await orders.insert({"_id": 1})
    assert (await orders.delete(DeleteSpec({"a": 1}, 0), DeleteSpec({"a": 1}, 1))).n == 0


async def test_statements_stop_at_the_first_that_fails_or_go_on(orders: Documents) -> None:
    await orders.insert(*({"_id": n} for n in range(4)))
    specs = [DeleteSpec({"_id": 0}, 1), DeleteSpec({"$nope": 1}, 0), DeleteSpec({"_id": 1}, 1)]
    done = await orders.delete(*specs)
    assert (done.n, errors(done)) == (1, [(1, "BadValue")])
    done = await orders.delete(*specs, ordered=False)
    assert (done.n, errors(done)) == (1, [(1, "BadValue")])
    assert values(await orders.all(), "_id") == [2, 3]


async def test_a_collation_decides_what_goes(orders: Documents) -> None:
    await orders.insert({"_id": 1, "name": "ADA"}, {"_id": 2, "name": "ada"}, {"_id": 3, "name": "bob"})
    done = await orders.delete(DeleteSpec({"name": "Ada"}, 0, collation={"locale": "en", "strength": 2}))
    assert done.n == 2
    assert values(await orders.all(), "_id") == [3]
