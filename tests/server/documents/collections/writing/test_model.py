"""Whatever is written: documents are what a dictionary would hold, and indexes hold what documents have in them."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dbaas_server.documents.codec import Document, decode, encode
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.match import compile_filter, parse_filter
from dbaas_server.documents.requests import DeleteSpec, UpdateSpec
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.store.memory import MemoryStore
from dbaas_server.documents.update import compile_update
from written_documents import errors, opened

ids = st.integers(0, 6)
small = st.integers(0, 4)
scalars = small | st.none() | st.sampled_from(["x", "Y", "z" * 1_100])
fields = st.dictionaries(
    st.sampled_from(["a", "l", "u"]),
    scalars | st.lists(scalars, max_size=3) | st.lists(st.fixed_dictionaries({"k": small}), max_size=2),
)
inserts = st.tuples(st.just("insert"), st.lists(st.tuples(ids, fields), min_size=1, max_size=4), st.booleans())
changes = st.one_of(
    st.fixed_dictionaries({"$set": fields.filter(bool)}),
    st.fixed_dictionaries({"$inc": st.dictionaries(st.sampled_from(["a", "n"]), small, min_size=1)}),
    st.fixed_dictionaries({"$push": st.fixed_dictionaries({"l": scalars})}),
    st.fixed_dictionaries({"$unset": st.dictionaries(st.sampled_from(["a", "u"]), st.just(""), min_size=1)}),
    fields,
)
ones = st.tuples(st.just("one"), ids, changes, st.booleans())
queries = st.one_of(
    st.fixed_dictionaries({"a": scalars}),
    st.fixed_dictionaries({"l": st.fixed_dictionaries({"$gte": small})}),
    st.fixed_dictionaries({"_id": st.fixed_dictionaries({"$lt": ids})}),
)
many_changes = st.sampled_from(
    [{"$set": {"a": 3}}, {"$set": {"l": [1, "x"]}}, {"$unset": {"l": ""}}, {"$max": {"n": 2}}]
)
manys = st.tuples(st.just("many"), queries, many_changes)
deletes = st.tuples(st.just("delete"), queries)
steps = st.lists(inserts | ones | manys | deletes, max_size=12)


class Model:
    """A dictionary of documents, with one unique index on ``u``."""

    def __init__(self) -> None:
        self.documents: dict[int, Document] = {}

    def _keys(self, document: Document) -> set[str]:
        if "u" not in document:
            return set()
        value = document["u"]
        return {repr(part) for part in (value or ["none at all"] if isinstance(value, list) else [value])}

    def takes(self, document: Document) -> bool:
        """Whether a document may be there beside the others."""
        others = [one for id, one in self.documents.items() if id != document["_id"]]
        return all(self._keys(document).isdisjoint(self._keys(one)) for one in others)

    def insert(self, documents: list[Document], ordered: bool) -> list[int]:
        failed = []
        for place, document in enumerate(documents):
            if document["_id"] in self.documents or not self.takes(document):
                failed.append(place)
                if ordered:
                    break
            else:
                self.documents[document["_id"]] = document
        return failed

    def matching(self, query: Document) -> list[Document]:
        matches = compile_filter(parse_filter(query, Scope()), Scope())
        return [one for one in self.documents.values() if matches(one)]


async def carry_out(plan: list[Any]) -> None:
    model = Model()
    async with opened(MemoryStore()) as orders:
        await orders.index({"a": 1})
        await orders.index({"a": 1, "l": -1}, partialFilterExpression={"n": {"$exists": False}})
        await orders.index({"l.k": 1, "n": 1}, sparse=True)
        await orders.index({"u": 1}, unique=True, sparse=True)
        await orders.index({"a": -1}, collation={"locale": "en", "strength": 1})
        for step in plan:
            match step:
                case ("insert", some, ordered):
                    documents = [{"_id": id, **rest} for id, rest in some]
                    fit = [one for one in documents if not parallel(one)]
                    done = await orders.insert(*fit, ordered=ordered) if fit else None
                    assert [place for place, _ in errors(done)] == model.insert(fit, ordered) if done else True
                case ("one", id, change, upsert):
                    await change_one(orders, model, id, change, upsert)
                case ("many", query, change):
                    found = model.matching(query)
                    after = [compile_update(change, Scope()).apply(one) or one for one in found]
                    if any(map(parallel, after)):
                        continue
                    assert (await orders.set(query, change, multi=True)).n == len(found)
                    model.documents |= {one["_id"]: one for one in after}
                case ("delete", query):
                    found = model.matching(query)
                    assert (await orders.delete(DeleteSpec(query, 0))).n == len(found)
                    for one in found:
                        del model.documents[one["_id"]]
        assert await orders.all() == [normal(model.documents[id]) for id in sorted(model.documents)]
        await orders.check()


async def change_one(orders: Any, model: Model, id: int, change: Document, upsert: bool) -> None:
    done = await orders.update(UpdateSpec({"_id": id}, change, upsert=upsert))
    before = model.documents.get(id)
    if before is None and not upsert:
        assert (done.n, done.errors) == (0, [])
        return
    try:
        compiled = compile_update(change, Scope())
        after = compiled.apply(before or {"_id": id}, inserting=before is None) or before or {"_id": id}
    except DocumentError as error:
        assert errors(done) == [(0, error.code)]
        return
    if parallel(after):
        assert errors(done) == [(0, "CannotIndexParallelArrays")]
    elif not model.takes(after):
        assert errors(done) == [(0, "DuplicateKey")]
    else:
        assert (done.n, done.errors) == (1, [])
        model.documents[id] = after


def parallel(document: Document) -> bool:
    """Whether two arrays beside each other would have to be in one index, which has no documents with an ``n``."""
    return "n" not in document and isinstance(document.get("a"), list) and isinstance(document.get("l"), list)


def normal(document: Document) -> Document:
    return decode(encode(document))


@settings(max_examples=60)
@given(plan=steps)
def test_any_writes_leave_what_a_dictionary_would_hold(plan: list[Any]) -> None:
    asyncio.run(carry_out(plan))
