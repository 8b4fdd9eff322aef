"""``%dbaas create document`` and ``%%dbaas`` cells on it, on a real platform."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest
from bson import Decimal128, ObjectId

from dbaas.client import Client
from dbaas.documents import Documents, Outcome
from dbaas.errors import DbaasError, UsageError
from live_notebook import Kernel, Shell
from live_platform import LivePlatform, without_platform

SECRET = re.compile(r"://[^:@/\s]+:[^@\s•]+@")


@pytest.fixture
def cell(shell: Shell, place: str) -> Callable[..., Any]:
    """Run a cell on the database; its first line may go on with options."""

    def run(text: str, options: str = "") -> Any:
        return shell.run(f"%%dbaas {place} {options}\n{text}")

    return run


def test_from_nothing_to_a_document(shell: Shell, client: Client) -> None:
    name = f"m{uuid4().hex[:10]}"
    shell.run(f"%dbaas tenant create {name}")
    shell.run("%dbaas create document app")
    assert f"{name}/app" in shell.shown and "mongodb://" in shell.shown and "/rest/v1" not in shell.shown
    assert not SECRET.search(shell.shown + shell.html), "notebooks are stored"
    assert shell.run("%%dbaas\ndb.orders.insertOne({n: 1, tags: ['a']})")["acknowledged"] is True
    assert [one["n"] for one in shell.run("%%dbaas\ndb.orders.find({tags: 'a'})")] == [1]
    shell.run("%dbaas info")
    assert "MongoDB" in shell.shown
    shell.run("%dbaas list")
    assert "document" in shell.shown
    shell.run("%dbaas rotate")
    assert shell.run("%%dbaas\ndb.orders.countDocuments()") == 1
    shell.run("%dbaas drop app --yes")
    client.tenant(name).drop()


def test_what_mongosh_does(cell: Callable[..., Any]) -> None:
    done = cell(
        """
        db.shop.insertMany([
          {_id: 1, item: 'pen', qty: 5, price: NumberDecimal('1.20')},
          {_id: 2, item: 'ink', qty: 20, at: ISODate('2024-05-06')},   // trailing commas are fine
          {_id: 3, item: 'pad', qty: 20, size: {h: 14, w: 21}},
        ]);
        """
    )
    assert done["insertedCount"] == 3
    found = cell("db.shop.find({qty: {$gte: 10}}, {_id: 1}).sort({qty: -1, _id: -1}).limit(5)")
    assert [one["_id"] for one in found] == [3, 2]
    assert cell("db.shop.findOne({item: /^P/i, 'size.h': 14})")["_id"] == 3
    assert cell("db.shop.findOne({item: 'no'})") is None
    assert cell("db.shop.aggregate([{$group: {_id: null, n: {$sum: '$qty'}}}])")[0]["n"] == 45
    assert cell("db.shop.countDocuments({qty: 20})") == 2
    assert sorted(cell("db.shop.distinct('item')")) == ["ink", "pad", "pen"]
    assert cell("db.shop.updateOne({_id: 1}, {$inc: {qty: 1}})")["modifiedCount"] == 1
    assert cell("db.shop.updateMany({}, {$set: {seen: true}})")["matchedCount"] == 3
    upserted = cell("db.shop.replaceOne({_id: 9}, {item: 'cap'}, {upsert: true})")
    assert (upserted["matchedCount"], upserted["upsertedId"]) == (0, 9)
    after = cell("db.shop.findOneAndUpdate({_id: 9}, {$set: {qty: 1}}, {returnDocument: 'after'})")
    assert after == {"_id": 9, "item": "cap", "qty": 1}
    assert cell("db.shop.createIndex({qty: 1})") == "qty_1"
    assert [index["name"] for index in cell("db.shop.getIndexes()")] == ["_id_", "qty_1"]
    assert "queryPlanner" in cell("db.shop.find({qty: 20}).explain()")
    assert cell("db.shop.deleteOne({_id: 9})")["deletedCount"] == 1
    assert cell("db.shop.deleteMany({})")["deletedCount"] == 3
    assert "shop" in cell("show collections")
    assert cell("{ping: 1}")["ok"] == 1
    assert list(cell('{find: "shop", filter: {}}')) == []
    cell("db.shop.drop()")


def test_variables_of_the_notebook_are_values(shell: Shell, cell: Callable[..., Any]) -> None:
    frame = pd.DataFrame(
        {"n": [1, 2, 3], "f": [0.5, None, 2.5], "at": pd.to_datetime(["2024-01-01", None, "2024-01-03"])}
    )
    shell.ip.push({"frame": frame, "least": 2})
    assert cell("db.framed.insertMany(frame)")["insertedCount"] == 3
    found = list(cell("db.framed.find({n: {$gte: least}}).sort({n: 1})"))
    assert [one["n"] for one in found] == [2, 3] and found[0]["at"] is None
    cell("db.framed.drop()")


def test_documents_are_tables_too(shell: Shell, cell: Callable[..., Any]) -> None:
    cell("db.tabled.insertMany([{_id: 1, a: 1, d: NumberDecimal('0.10')}, {_id: 2, a: 'x', b: {c: [1]}}])")
    frame = cell("db.tabled.find().sort({_id: 1})", "--to pandas")
    assert list(frame.columns) == ["_id", "a", "d", "b"] and str(frame.loc[0, "d"]) == "0.10"
    table = cell("db.tabled.find().sort({_id: 1})", "--to arrow")
    assert table.column("a").to_pylist() == ["1", "x"], "values of several types are text"
    assert cell("db.tabled.find()", "--to polars").shape == (2, 4)
    cell("db.tabled.find()", ">> kept")
    assert isinstance(shell.ip.user_ns["kept"], Documents) and len(shell.ip.user_ns["kept"]) == 2
    with pytest.raises(UsageError, match="Only documents"):
        cell("db.tabled.countDocuments()", "--to pandas")
    cell("db.tabled.drop()")


def test_many_documents_are_shown_a_few_at_a_time(shell: Shell, cell: Callable[..., Any]) -> None:
    cell(f"db.many.insertMany([{','.join(f'{{_id: {n}}}' for n in range(500))}])")
    found = cell("db.many.find().sort({_id: 1})")
    assert "the first 20 documents of more" in shell.shown and "<details" in shell.html
    assert len(found) == 500 and found[499]["_id"] == 499
    cell("db.many.drop()")


def test_errors_are_one_line_and_say_where(cell: Callable[..., Any]) -> None:
    for text, code, says in (
        ("db.x.find({a: {$nothing: 1}})", "BadValue", "nothing"),
        ("db.x.find({)", "usage", "line 2, column 12"),
        ("db.x.finde({})", "usage", "find"),
        ("db.x.find().sorted({})", "usage", "sort"),
        ("db.x.updateOne({a: 1})", "usage", "needs an update"),
        ("{nonsense: 1}", "CommandNotFound", "nonsense"),
        ("select 1", "usage", "begins with db"),
    ):
        with pytest.raises(DbaasError) as refused:
            cell(text)
        assert refused.value.code == code and says in str(refused.value), text
        assert len(refused.value._render_traceback_()) == 1
    cell("db.twice.insertOne({_id: 1})")
    with pytest.raises(DbaasError, match="E11000"):
        cell("db.twice.insertOne({_id: 1})")
    with pytest.raises(DbaasError, match="E11000"):
        cell("db.twice.insertMany([{_id: 2}, {_id: 1}])")
    cell("db.twice.drop()")


def test_nothing_is_sent_when_a_later_statement_cannot_be_read(cell: Callable[..., Any]) -> None:
    with pytest.raises(UsageError):
        cell("db.never.insertOne({}); db.never.nothing()")
    assert "never" not in cell("show collections")


def test_the_clients_document_is_pymongos_own(client: Client, place: str) -> None:
    database = client.document(place)
    tenant, _, name = place.partition("/")
    key = database.mine.insert_one({"d": Decimal128("1.5")}).inserted_id
    assert isinstance(key, ObjectId) and database.name == name
    assert client.tenant(tenant).document(name).mine.find_one({"_id": key}) is not None
    assert str(client.tenant(tenant).mongo_connection_string()).startswith(f"mongodb://{tenant}:")
    database.client.close()


def test_sql_databases_have_no_documents(shell: Shell, client: Client, place: str) -> None:
    tenant = client.tenant(place.partition("/")[0])
    tenant.create_database("shop")
    with pytest.raises(DbaasError) as refused:
        tenant.document("shop")
    assert refused.value.code == "wrong_engine"
    assert shell.run(f"%%dbaas {tenant.name}/shop\nselect 1 as one").scalar() == 1
    tenant.database("shop").drop()


def test_in_a_kernel(live: LivePlatform, place: str, new_kernel: Callable[[dict[str, str]], Kernel]) -> None:
    kernel = new_kernel({**without_platform(os.environ), "DBAAS_HOME": str(live.home)})
    assert not kernel.run("%load_ext dbaas").errors
    seen = kernel.run(f"%%dbaas {place}\ndb.k.insertOne({{_id: 1, deep: {{x: [1, 2, '<b>']}}}}); db.k.find()")
    assert not seen.errors
    (bundle,) = seen.bundles()
    assert "<details" in bundle["text/html"] and "<b>" not in bundle["text/html"]
    assert "{ _id: 1, deep: { x: [ 1, 2" in bundle["text/plain"]
    (error,) = kernel.run(f"%%dbaas {place}\ndb.k.find({{a: {{$bad: 1}}}})").errors
    (line,) = error["traceback"]
    assert "$bad" in line and "File" not in line
    shown = kernel.run(f"import dbaas; dbaas.connect().document({place!r}).k.count_documents({{}})")
    assert shown.text == "1"


def test_what_happened_is_shown_as_a_tree(cell: Callable[..., Any]) -> None:
    done = cell("db.tree.insertOne({_id: 1})")
    assert isinstance(done, Outcome) and repr(done) == "{ acknowledged: true, insertedId: 1 }"
    cell("db.tree.drop()")
