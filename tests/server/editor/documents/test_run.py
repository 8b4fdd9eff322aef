"""``/editor/run``, ``rows``, ``count`` and ``cell`` on a document database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from bson import Binary, Decimal128, Int64, MaxKey, ObjectId, Regex, Timestamp
from hypothesis import given

from bson_values import values
from dbaas_server.editor.documents import cells
from dbaas_server.nouns import LongText
from waiting import eventually

KEY = ObjectId("65a1b2c3d4e5f60718293a4b")


def test_documents_are_rows_and_their_fields_columns_in_order_of_appearance(shop, collection) -> None:
    collection.insert_many([{"_id": 1, "a": "x"}, {"_id": 2, "b": [1, {"c": None}], "a": None}, {"_id": 3, "b": 1}])
    answer = shop.run(f"db.{collection.name}.find().sort({{_id: 1}})")
    assert answer["columns"] == [
        {"name": "_id", "type": "int"}, {"name": "a", "type": "string"}, {"name": "b", "type": "mixed"}
    ]  # fmt: skip
    assert answer["rows"] == [[1, "x", None], [2, None, '[1, {"c": null}]'], [3, None, 1]]
    assert answer["kind"] == "rows" and answer["complete"] and answer["pageable"] and answer["row_count"] == 3


def test_cells_are_numbers_where_those_are_safe_and_else_text(shop, collection) -> None:
    values: dict[str, Any] = {
        "_id": KEY, "whole": 5, "safe": Int64(2**53), "large": Int64(2**53 + 1), "real": 0.1, "nan": float("nan"),
        "decimal": Decimal128("1.50"), "at": datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC), "yes": True,
        "nothing": None, "bytes": b"\x00\xff", "uuid": Binary.from_uuid(UUID(int=1)), "ts": Timestamp(5, 6),
        "regex": Regex("a", "i"), "last": MaxKey(), "nested": {"n": Int64(2**60), "d": Decimal128("1")},
    }  # fmt: skip
    collection.insert_one(values)
    answer = shop.run(f"db.{collection.name}.find()")
    assert dict(zip(values, answer["rows"][0], strict=True)) == {
        "_id": str(KEY), "whole": 5, "safe": 2**53, "large": "9007199254740993", "real": 0.1, "nan": "NaN",
        "decimal": "1.50", "at": "2024-01-02T03:04:05.678Z", "yes": True, "nothing": None, "bytes": "\\x00ff",
        "uuid": str(UUID(int=1)), "ts": "Timestamp(5, 6)", "last": '{"$maxKey": 1}',
        "regex": '{"$regularExpression": {"pattern": "a", "options": "i"}}',
        "nested": '{"n": 1152921504606846976, "d": {"$numberDecimal": "1"}}',
    }  # fmt: skip
    assert [column["type"] for column in answer["columns"]] == [
        "objectId", "int", "long", "long", "double", "double", "decimal", "date", "bool", "null", "binData", "binData",
        "timestamp", "regex", "maxKey", "object",
    ]  # fmt: skip


def test_a_date_beyond_what_python_knows_is_shown(shop, collection) -> None:
    shop.run(f'db.{collection.name}.insertOne({{_id: 1, at: {{"$date": {{"$numberLong": "253402300800000"}}}}}})')
    answer = shop.run(f"db.{collection.name}.find()")
    assert answer["columns"][1]["type"] == "date" and "253402300800000" in answer["rows"][0][1]


@pytest.mark.parametrize(
    ("text", "columns", "rows", "count"),
    [
        ("db.{c}.insertOne({{_id: 5}})", ["acknowledged", "insertedId"], [[True, 5]], 1),
        ("db.{c}.insertMany([{{_id: 6}}, {{_id: 7}}])",
         ["acknowledged", "insertedCount", "insertedIds"], [[True, 2, "[6, 7]"]], 2),
        ("db.{c}.updateMany({{}}, {{$set: {{b: 2}}}})",
         ["acknowledged", "matchedCount", "modifiedCount", "upsertedCount", "upsertedId"], [[True, 2, 2, 0, None]], 2),
        ("db.{c}.deleteOne({{_id: 1}})", ["acknowledged", "deletedCount"], [[True, 1]], 1),
        ("db.{c}.createIndex({{a: 1}})", ["createIndex"], [["a_1"]], 1),
        ("db.{c}.countDocuments()", ["countDocuments"], [[2]], 1),
        ("db.{c}.find({{a: 1}}).count()", ["count"], [[1]], 1),
        ("db.{c}.distinct('a')", ["value"], [[1], [2]], 2),
        ("db.{c}.findOne({{_id: 1}}, {{_id: 0}})", ["a"], [[1]], 1),
        ("db.{c}.findOne({{_id: 'no'}})", [], [], 0),
        ("db.{c}.getIndexes()", ["v", "key", "name"], [[2, '{{"_id": 1}}', "_id_"]], 1),
        ("{{ping: 1}}", [], [], 0),
    ],
)  # fmt: skip
def test_other_statements_run_once_and_answer_what_they_came_to(shop, collection, text, columns, rows, count) -> None:
    collection.insert_many([{"_id": 1, "a": 1}, {"_id": 2, "a": 2}])
    answer = shop.run(text.format(c=collection.name))
    assert [column["name"] for column in answer["columns"]] == columns
    assert answer["rows"] == [[cell.format() if isinstance(cell, str) else cell for cell in row] for row in rows]
    assert answer["row_count"] == count and not answer["pageable"] and answer["result"] is None
    assert answer["kind"] == ("rows" if columns else "command")


def test_statements_run_in_their_order_and_the_last_one_answers(shop, collection) -> None:
    name = collection.name
    answer = shop.run(f"db.{name}.insertOne({{_id: 1}}); db.{name}.insertOne({{_id: 2}})\ndb.{name}.find()")
    assert answer["rows"] == [[1], [2]] and not answer["pageable"]


def test_nothing_is_sent_when_a_later_statement_cannot_be_read(shop, collection) -> None:
    text = f"db.{collection.name}.insertOne({{_id: 1}});\ndb.{collection.name}.finde()"
    told = shop.refused("run", text)
    assert told["code"] == "unreadable_statement" and told["hint"] == "Did you mean find?"
    assert text[told["position"] :].startswith("finde") and told["details"].startswith("line 2")
    assert collection.count_documents({}) == 0


def test_a_place_in_an_error_counts_as_editors_do(shop) -> None:
    told = shop.refused("run", "// \U0001f600\ndb.x.find({)")
    assert told["position"] == len("// \U0001f600\ndb.x.find({)".encode("utf-16-le")) // 2 - 1


def test_parameters_are_names_and_never_text(shop, collection) -> None:
    collection.insert_many([{"_id": n, "s": s} for n, s in enumerate(["a", "'}) //", "$gt"])])
    name = collection.name
    assert shop.run(f"db.{name}.find({{s: wanted}})", params={"wanted": "'}) //"})["rows"] == [[1, "'}) //"]]
    assert shop.run(f"db.{name}.find({{_id: {{$in: ids}}}})", params={"ids": [0, 2]})["row_count"] == 2
    told = shop.refused("run", f"db.{name}.find({{s: wanted}})")
    assert told["code"] == "unreadable_statement" and "wanted" in told["message"]
    assert shop.refused("run", f"db.{name}.find()", params=[1])["code"] == "invalid_field"


def test_a_long_result_is_read_in_pages(shop, collection) -> None:
    collection.insert_many([{"_id": n, "v": n % 7} for n in range(450)])
    text = f"db.{collection.name}.find().sort({{_id: -1}})"
    first = shop.run(text, limit=100)
    assert [row[0] for row in first["rows"]] == list(range(449, 349, -1)) and not first["complete"] and first["result"]
    page = shop.ask("rows", text, result=first["result"], offset=400, limit=100)
    assert [row[0] for row in page["rows"]] == list(range(49, -1, -1)) and page["complete"] and not page["reopened"]
    assert page["columns"] == first["columns"]
    again = shop.ask("rows", text, result="unknown", offset=10, limit=1)
    assert again["rows"] == [[439, 439 % 7]] and again["reopened"]
    assert shop.ask("count", text)["total"] == 450


def test_a_grid_sorts_and_filters_in_the_engine(shop, collection) -> None:
    collection.insert_many([{"_id": n, "v": n % 7, "s": f"Name {n}", "x": {"y": n}} for n in range(300)])
    text = f"db.{collection.name}.find({{_id: {{$lt: 200}}}})"
    where = [{"column": 1, "op": "eq", "value": "3"}, {"column": 0, "op": "ge", "value": "100"}]
    page = shop.ask("rows", text, order=[{"column": 0, "descending": True}], where=where, offset=0, limit=3)
    assert [row[0] for row in page["rows"]] == [199, 192, 185]
    assert shop.ask("count", text, where=where)["total"] == sum(n % 7 == 3 for n in range(100, 200))
    for op, value, count in (
        ("contains", "AME 19", 11), ("starts", "name 19", 11), ("starts", "ame", 0), ("ne", "Name 1", 199),
        ("null", None, 0), ("not_null", None, 200), ("eq", "Name 5", 1), ("gt", "Name 98", 1), ("le", "Name 1", 2),
    ):  # fmt: skip
        assert shop.ask("count", text, where=[{"column": 2, "op": op, "value": value}])["total"] == count, (op, value)
    assert shop.ask("count", text, where=[{"column": 3, "op": "eq", "value": '{"y": 7}'}])["total"] == 1


def test_a_persons_own_limit_holds_before_a_grids_order(shop, collection) -> None:
    collection.insert_many([{"_id": n} for n in range(20)])
    text = f"db.{collection.name}.find().sort({{_id: 1}}).skip(5).limit(10)"
    assert shop.run(text)["row_count"] == 10 and shop.ask("count", text)["total"] == 10
    page = shop.ask("rows", text, order=[{"column": 0, "descending": True}], offset=8, limit=5)
    assert [row[0] for row in page["rows"]] == [6, 5] and page["complete"]
    assert shop.ask("rows", text, offset=10, limit=5)["rows"] == []
    assert [row[0] for row in shop.ask("rows", text, offset=9, limit=5)["rows"]] == [14]
    assert shop.ask("count", text, where=[{"column": 0, "op": "lt", "value": "7"}])["total"] == 2


def test_a_pipelines_result_is_arranged_behind_it(shop, collection) -> None:
    collection.insert_many([{"_id": n, "v": n % 5} for n in range(50)])
    text = f"db.{collection.name}.aggregate([{{$group: {{_id: '$v', n: {{$sum: 1}}}}}}, {{$sort: {{_id: 1}}}}])"
    assert shop.run(text)["rows"] == [[v, 10] for v in range(5)]
    page = shop.ask("rows", text, order=[{"column": 0, "descending": True}], offset=1, limit=2)
    assert page["rows"] == [[3, 10], [2, 10]] and shop.ask("count", text)["total"] == 5


def test_values_of_several_types_are_compared_each_with_its_own(shop, collection) -> None:
    key = ObjectId()
    at = datetime(2024, 5, 6, tzinfo=UTC)
    collection.insert_many([{"_id": 1, "m": 5}, {"_id": 2, "m": "5"}, {"_id": 3, "m": key}, {"_id": 4, "m": at}])
    text = f"db.{collection.name}.find()"
    for value, found in (("5", {1, 2}), (str(key), {3}), ("2024-05-06T00:00:00.000Z", {4})):
        page = shop.ask("rows", text, where=[{"column": 1, "op": "eq", "value": value}], offset=0, limit=10)
        assert {row[0] for row in page["rows"]} == found, value
    told = shop.refused("rows", text, where=[{"column": 0, "op": "lt", "value": "x"}], offset=0, limit=1)
    assert told["code"] == "invalid_value"


def test_a_long_value_is_cut_and_read_whole(shop, collection) -> None:
    collection.insert_one({"_id": 1, "long": "é" * 20_000, "nested": {"text": "x" * 20_000}})
    text = f"db.{collection.name}.find()"
    _, long, nested = shop.run(text)["rows"][0]
    assert long == {"text": "é" * 1_000, "length": 20_000} and len(nested["text"]) == 1_000
    assert shop.ask("cell", text, row=0, column=1) == {"value": "é" * 20_000, "length": 20_000}
    assert shop.refused("cell", text, row=5, column=1)["code"] == "no_row"


def test_of_a_large_document_only_the_beginning_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    whole = cells.extended_json
    monkeypatch.setattr(cells, "extended_json", lambda value: made.append(value) or whole(value))
    large = {"list": [{"n": Int64(n)} for n in range(100_000)]}
    shown = cells.cell(large)
    assert isinstance(shown, LongText) and len(shown.text) == 1_000 and shown.length > 1_000_000
    assert shown.text == whole(large)[:1_000]
    assert len(made) < 10_000


@given(values)
def test_a_beginning_is_that_of_the_whole(value: Any) -> None:
    assert cells.cell({"v": [value]}) == cells.extended_json({"v": [value]})
    begun = cells.cell({"v": [value]}, 5)
    assert isinstance(begun, LongText) and cells.extended_json({"v": [value]}).startswith(begun.text)


def test_very_many_statements_are_refused_before_the_first_one_runs(shop, collection) -> None:
    told = shop.refused("run", f"db.{collection.name}.insertOne({{}});" * 501)
    assert told["code"] == "too_many_statements" and "501" in told["message"]
    assert collection.count_documents({}) == 0


def test_hostile_names_and_values_are_data(shop, collection) -> None:
    hostile = {"<img onerror=alert(1)>": "<script>", "a.b": 1, "$where": "1", "": "\u202e\x00\x1b", "__proto__": 2}
    shop.run(f"db.{collection.name}.insertOne(given)", params={"given": {"_id": 1, **hostile}})
    answer = shop.run(f"db.{collection.name}.find()")
    assert [column["name"] for column in answer["columns"]] == ["_id", *hostile]
    assert answer["rows"] == [[1, *hostile.values()]]
    for column in (2, 3, 4):
        asked = {"where": [{"column": column, "op": "eq", "value": "1"}], "offset": 0, "limit": 1}
        assert shop.refused("rows", f"db.{collection.name}.find()", **asked)["code"] == "not_comparable"
    asked = {"where": [{"column": 1, "op": "contains", "value": "$where"}]}
    assert shop.ask("count", f"db.{collection.name}.find()", **asked)["total"] == 0


def test_what_the_database_refuses_is_told_with_its_own_code(shop, collection) -> None:
    assert shop.refused("run", f"db.{collection.name}.find({{a: {{$nothing: 1}}}})")["code"] == "BadValue"
    shop.run(f"db.{collection.name}.insertOne({{_id: 1}})")
    for text in ("insertOne({_id: 1})", "insertMany([{_id: 2}, {_id: 1}])"):
        told = shop.refused("run", f"db.{collection.name}.{text}")
        assert told["code"] == "mongo_11000" and "E11000" in told["message"]


def test_a_read_ends_when_its_client_goes_away(shop, collection) -> None:
    collection.insert_many([{"_id": n, "v": 1} for n in range(3_000)])
    name = collection.name
    cross = f"{{$lookup: {{from: '{name}', localField: 'v', foreignField: 'v', as: 'w'}}}}"
    text = f"db.{name}.aggregate([{cross}, {{$unwind: '$w'}}, {{$count: 'n'}}]).comment('{name}')"

    def running() -> bool:
        with shop.documents.client() as client:
            found = client.admin.command({"currentOp": 1, "active": True})["inprog"]
        return any(one.get("command", {}).get("comment") == name for one in found)

    where = urlsplit(str(shop.http.base_url))
    connection = HTTPConnection(str(where.hostname), where.port)
    headers = {"Authorization": shop.http.headers["Authorization"], "Content-Type": "application/json"}
    connection.request("POST", f"{shop.path}/editor/run", json.dumps({"text": text}), headers)
    eventually(running)
    connection.close()
    eventually(lambda: not running(), seconds=20)  # by itself it would take the thirty seconds that it has


def test_a_columns_index_means_what_it_meant_when_the_result_was_shown(shop, collection) -> None:
    collection.insert_many([{"_id": n, "v": n} for n in range(5)])
    text = f"db.{collection.name}.find().sort({{_id: 1}})"
    names = [column["name"] for column in shop.run(text, limit=2)["columns"]]
    collection.insert_one({"_id": -1, "new": "x" * 20_000, "v": 10})
    order = [{"column": 1, "descending": True}]
    page = shop.ask("rows", text, columns=names, order=order, offset=0, limit=2)
    assert page["rows"] == [[-1, 10], [4, 4]] and [column["name"] for column in page["columns"]] == names
    where = [{"column": 1, "op": "ge", "value": "4"}]
    assert shop.ask("count", text, columns=names, where=where)["total"] == 2
    assert shop.ask("cell", text, columns=names, row=0, column=1)["value"] == "10"
    lines = shop.post("export", text, columns=names, where=where, format="csv").text.splitlines()
    assert lines[0] == "_id,v,new" and lines[2] == "4,4,"
    gone = shop.ask("rows", text, columns=["_id", "gone"], where=[{"column": 1, "op": "null"}], offset=0, limit=1)
    assert gone["rows"] == [[-1, None]]


def test_names_of_columns_belong_to_a_result_that_is_read_on(shop, collection) -> None:
    text = f"db.{collection.name}.find()"
    assert shop.refused("run", text, columns=["_id"])["code"] == "unknown_field"
    assert shop.refused("rows", text, columns=[1], offset=0, limit=1)["code"] == "invalid_field"


def test_many_fields_are_a_bounded_number_of_columns(shop, collection) -> None:
    collection.insert_many([{"_id": n, **{f"f{n}_{m}": m for m in range(300)}} for n in range(10)])
    answer = shop.run(f"db.{collection.name}.find()")
    assert len(answer["columns"]) == 1_000 and "1,000" in answer["notices"][0]
