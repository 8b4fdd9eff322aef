"""``GET …/schema`` of a document database: collections, indexes and the fields of sampled documents."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.mongo_clients.shapes import shape


def schema(shop) -> dict[str, Any]:
    answer = shop.http.get(f"{shop.path}/schema")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_schema_says_what_is_there(shop, collection) -> None:
    documents = [{"_id": n, "name": f"n{n}", "at": {"city": "Oslo"}, "tags": [{"k": 1}]} for n in range(20)]
    collection.insert_many([*documents, {"_id": 20, "name": 5}])
    collection.create_index("name", unique=True)
    found = schema(shop)
    (shown,) = [one for one in found["collections"] if one["name"] == collection.name]
    assert found["schemas"] == [] and shown["type"] == "collection" and shown["documents"] == 21
    assert shown["size_bytes"] > 0
    assert shown["indexes"] == [
        {"name": "_id_", "key": {"_id": 1}, "unique": True}, {"name": "name_1", "key": {"name": 1}, "unique": True}
    ]  # fmt: skip
    assert shown["fields"] == [
        {"path": "_id", "types": ["int"], "share": 1.0},
        {"path": "name", "types": ["string", "int"], "share": 1.0},
        {"path": "at", "types": ["object"], "share": 0.952},
        {"path": "at.city", "types": ["string"], "share": 0.952},
        {"path": "tags", "types": ["array"], "share": 0.952},
        {"path": "tags.k", "types": ["int"], "share": 0.952},
    ]


def test_a_schema_is_shown_to_an_operator_only(shop, live) -> None:
    tenant = shop.documents.tenant
    key = live.json("keys", "create", "--tenant", tenant, "--role", "service_role")["key"]
    assert shop.http.get(f"{shop.path}/schema", headers={"Authorization": f"Bearer {key}"}).status_code in (401, 403)


def test_texts_that_come_again_are_kept_as_values() -> None:
    documents = [{"status": ("open", "done")[n % 2], "name": f"n{n}", "long": "x" * 100} for n in range(10)]
    found = {one.path: one.values for one in shape(documents)}
    assert found == {"status": ("done", "open"), "name": (), "long": ()}


NAMES = st.text(st.sampled_from("ab.$\0<é"), max_size=3)
VALUES = st.recursive(
    st.none() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=4), max_size=6))
def test_any_documents_have_a_bounded_shape(documents: list[dict[str, Any]]) -> None:
    found = shape(documents)
    assert len(found) <= 1_000 and all(0 < one.share <= 1 and one.types for one in found)
    assert len({one.path for one in found}) == len(found)
