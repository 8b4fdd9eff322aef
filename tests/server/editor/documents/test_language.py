"""Diagnosing, formatting, hovering and splitting statements on documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.editor.documents.diagnosing import diagnosed
from dbaas_server.editor.documents.flow import Field
from dbaas_server.editor.documents.formatting import formatted
from dbaas_server.editor.documents.hovering import hovered
from dbaas_server.editor.documents.reading import tokens
from dbaas_server.editor.documents.splitting import listed
from dbaas_server.mongo_clients.shapes import shape
from half_typed_documents import COLLECTIONS, DOCUMENTS, HALF_TYPED

NAMES = [name for name, _ in COLLECTIONS]
KNOWN = {
    name: [Field(one.path, one.types, one.share, one.values) for one in shape(documents)]
    for name, documents in DOCUMENTS.items()
}
ANY_TEXT = st.text(st.sampled_from("db.orders$find({[]})'\"/\\ :,;\n*_1<é\U0001f600")) | st.text(max_size=40)


# --- diagnosing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "", "db.orders.find({price: {$gte: least}, status: wanted}).limit(n)", "show collections", "{ping: 1}",
        "db.orders.aggregate([{$group: {_id: '$a', n: {$sum: 1}}}, {$sort: {n: -1}}])", "db.new.insertOne({a: 1})",
        "db.orders.updateOne({}, {$set: {'a.b': {$x: 1}}})", "db.getCollection('odd name').find()",
        "db.orders.aggregate([{$indexStats: {}}])", "db.orders.find({a: ObjectId('65a1b2c3d4e5f60718293a4b')})",
        "db.orders.find({}, {price: {$round: '$price'}}).pretty()", "db.orders.updateOne({}, [{$set: {a: 1}}])",
        "db.orders.updateOne({}, {$push: {a: {$each: [1], $slice: 5}}})", "// nothing",
    ],
)  # fmt: skip
def test_what_is_right_is_left_alone(text: str) -> None:
    assert diagnosed(text, NAMES) == []


@pytest.mark.parametrize(
    ("text", "code", "at", "instead"),
    [
        ("db.orders.finde({})", "unknown_call", "finde", "find"),
        ("db.orders.find().limt(5)", "unknown_call", "limt", "limit"),
        ("db.createColection('x')", "unknown_call", "createColection", "createCollection"),
        ("db.ordres.find()", "unknown_collection", "ordres", "orders"),
        ("db.orders.find({price: {$gt1: 5}})", "unknown_operator", "$gt1", "$gt"),
        ("db.orders.find({'$orr': []})", "unknown_operator", "'$orr'", "'$or'"),
        ("db.orders.aggregate([{$mtach: {}}])", "unknown_stage", "$mtach", "$match"),
        ("db.orders.aggregate([{match: {}}])", "unknown_stage", "match", "$match"),
        ("db.orders.aggregate({$gruop: {_id: 1}})", "unknown_stage", "$gruop", "$group"),
        ("db.orders.aggregate([{$group: {_id: 1, n: {$summ: 1}}}])", "unknown_accumulator", "$summ", "$sum"),
        ("db.orders.aggregate([{$set: {a: {$conct: ['$b']}}}])", "unknown_operator", "$conct", "$concat"),
        ("db.orders.updateOne({}, {$sett: {a: 1}})", "unknown_operator", "$sett", "$set"),
        ("db.orders.find({a: True})", "unknown_value", "True", "true"),
        ("db.orders.find({a: ObjectID('65a1b2c3d4e5f60718293a4b')})", "unknown_value", "ObjectID", "ObjectId"),
        ("db.orders.find({a: 1", "unreadable_statement", "", None),
        ("db.orders.find({a: })", "unreadable_statement", "}", None),
        ("select 1", "unreadable_statement", "select", None),
        ("db.orders.updateOne({})", "unreadable_statement", "updateOne", None),
    ],
)
def test_what_is_wrong_is_said_where_it_is(text: str, code: str, at: str, instead: str | None) -> None:
    (found,) = diagnosed(text, NAMES)
    assert found.code == code and text[found.start : found.end] == at
    assert found.severity == ("warning" if code == "unknown_collection" else "error")
    if instead is not None:
        assert found.instead == (instead,) and found.hint == f"Did you mean {instead}?"
        repaired = text[: found.start] + instead + text[found.end :]
        assert diagnosed(repaired, NAMES) == []


def test_each_statement_is_diagnosed_by_itself() -> None:
    text = "db.orders.finde();\ndb.orders.find({a: });\ndb.orders.find()\ndb.nowhere.find()"
    assert [(each.code, text[: each.start].count("\n")) for each in diagnosed(text, NAMES)] == [
        ("unknown_call", 0), ("unreadable_statement", 1), ("unknown_collection", 3)
    ]  # fmt: skip


def test_slashes_that_begin_nothing_are_no_trouble() -> None:
    """Each of them might begin a regular expression as long as the rest of its line."""
    found = diagnosed("db.orders.find({a: " + "/[" * 50_000 + "\n/b/", NAMES)
    assert found[0].code == "unreadable_statement"
    assert [each.kind for each in tokens("/[ /a/\n/[/]b/i")] == ["other", "mark", "other", "name", "other", "regex"]


@given(ANY_TEXT)
def test_diagnosing_never_fails(text: str) -> None:
    for each in diagnosed(text, NAMES):
        assert 0 <= each.start < each.end <= len(text) + 1 and each.message


# --- formatting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("db . orders .find( {a:1,b : [1,2 ]})", "db.orders.find({ a: 1, b: [1, 2] })"),
        ("  db.a.find()  \n", "  db.a.find()  \n"),
        ("db.a.find();db.b.find()", "db.a.find();\ndb.b.find()"),
        ("db.a.find({a:new Date(0),b:-1,c:/x\\/y/i})", "db.a.find({ a: new Date(0), b: -1, c: /x\\/y/i })"),
        ("show  collections", "show collections"),
        (
            "db.orders.aggregate([{$match:{status:'open',price:{$gte:100}}},{$group:{_id:'$customer_id',n:{$sum:1}}}])",
            "db.orders.aggregate([\n  { $match: { status: 'open', price: { $gte: 100 } } },\n"
            "  { $group: { _id: '$customer_id', n: { $sum: 1 } } }\n])",
        ),
        (
            "// first\ndb.a.find({a:1, // one\n/* two */ b:2})\n\n\n// last",
            "// first\ndb.a.find({\n  a: 1, // one\n  /* two */\n  b: 2\n})\n\n// last",
        ),
    ],
)
def test_a_text_is_laid_out(text: str, wanted: str) -> None:
    assert formatted(text) == wanted
    assert formatted(wanted) == wanted


@pytest.mark.parametrize("text", ["db.a.find({", "select 1", "db.a.find({a: })", "db.a.find('x)", "db.a.find() /* x"])
def test_what_cannot_be_read_stays_as_it_is(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        formatted(text)
    assert refused.value.code == "not_formattable"


VALUE = st.recursive(
    st.sampled_from(["1", "-2.5", "'a b'", '"\\""', "true", "null", "ObjectId()", "new Date(0)", "/a,b/", "name"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(st.sampled_from(["a", "$b", "'c d'", "long_name_of_a_field"]), inner), max_size=3).map(
            lambda items: "{" + " , /* why */ ".join(f"{key}:{value}" for key, value in items) + "}"
        )
    ),
    max_leaves=20,
)


@given(st.lists(VALUE, max_size=3), st.booleans())
def test_a_formatted_text_says_the_same_and_stays_formatted(arguments: list[str], ends: bool) -> None:
    text = f"db.orders.find({', '.join(arguments)}).sort({{a:1}}){';' if ends else ''} // end"
    made = formatted(text)
    assert formatted(made) == made and made.endswith("// end")


@given(ANY_TEXT)
def test_formatting_fails_in_one_way_only(text: str) -> None:
    try:
        assert formatted(text).split() is not None
    except Invalid as refused:
        assert refused.code == "not_formattable"


# --- hovering, splitting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "title"),
    [
        ("db.ord|ers.find()", "collection", "orders"),
        ("db.orders.fi|nd()", "function", "find"),
        ("db.orders.find().li|mit(1)", "function", "limit"),
        ("db.orders.find({sta|tus: 1})", "field", "status"),
        ("db.orders.find({'shipping.ci|ty': 1})", "field", "shipping.city"),
        ("db.orders.find({price: {$g|te: 1}})", "operator", "$gte"),
        ("db.orders.aggregate([{$gr|oup: {_id: 1}}])", "stage", "$group"),
        ("db.orders.aggregate([{$group: {_id: '$pri|ce'}}])", "field", "price"),
        ("db.orders.aggregate([{$group: {_id: 1, n: {$s|um: 1}}}])", "operator", "$sum"),
        ("db.orders.aggregate([{$lookup: {from: 'cust|omers'}}])", "collection", "customers"),
    ],
)
def test_a_word_is_explained(text: str, kind: str, title: str) -> None:
    at = text.index("|")
    found = hovered(text.replace("|", ""), at, COLLECTIONS, KNOWN)
    assert found is not None and (found.kind, found.title) == (kind, title)
    assert found.start < at < found.end


@given(st.sampled_from([text.replace("|", "") for text, _ in HALF_TYPED]) | ANY_TEXT, st.data())
def test_hovering_and_splitting_never_fail(text: str, data: st.DataObject) -> None:
    hovered(text, data.draw(st.integers(0, len(text))), COLLECTIONS, KNOWN)
    ends = [0]
    for each in listed(text):
        assert ends[-1] <= each.start <= each.end <= len(text)
        ends.append(each.end)


def test_statements_say_whether_they_read_and_what_they_need() -> None:
    text = "db.a.find({x: least}); db.a.insertOne({y: [what, least]})\n// no\nshow collections\ndb.a.find({"
    found = [(text[one.start : one.end], one.reads, one.parameters) for one in listed(text)]
    assert found == [
        ("db.a.find({x: least})", True, ["least"]),
        ("db.a.insertOne({y: [what, least]})", False, ["what", "least"]),
        ("show collections", True, []),
        ("db.a.find({", False, []),
    ]


# --- over HTTP --------------------------------------------------------------------------------------------------------


def test_the_doors_answer_in_utf_16(shop, collection) -> None:
    collection.insert_many([{"_id": n, "städte": n} for n in range(3)])
    before = "// \U0001f600\n"
    text = f"{before}db.{collection.name}.find({{st"
    answer = shop.ask("complete", text, position=len(text) + 1, limit=5)
    first = answer["items"][0]
    assert first == {"label": "städte", "insert": "städte", "kind": "field", "detail": "int", "info": None}
    assert (answer["from"], answer["to"]) == (len(text) - 1, len(text) + 1)
    wrong = f"{before}db.{collection.name}.finde()"
    (found,) = shop.ask("diagnose", wrong)["diagnostics"]
    at = wrong.index("finde") + 1
    assert (found["from"], found["to"], found["code"]) == (at, at + 5, "unknown_call")
    assert found["fixes"] == [
        {"label": "Change to find", "changes": [{"from": at, "to": at + 5, "insert": "find"}]}
    ]  # fmt: skip
    assert shop.ask("format", "db.a.find( {a:1} )") == {"from": 0, "to": 18, "text": "db.a.find({ a: 1 })"}
    assert shop.refused("format", "db.a.find({")["code"] == "not_formattable"
    shown = shop.ask("hover", text + "ädte: 1})", position=len(text))["hover"]
    assert shown["title"] == "städte" and shown["kind"] == "field"
    assert shop.ask("hover", "   ", position=1) == {"hover": None}
    listed = shop.ask("statements", f"{before}db.a.find({{b: x}})")["statements"]
    assert listed == [{"from": len(before) + 1, "to": len(before) + 18, "reads": True, "parameters": ["x"]}]


@pytest.mark.parametrize("door", ["complete", "hover", "diagnose", "format", "statements"])
def test_a_text_that_takes_long_to_read_is_refused(shop, door: str) -> None:
    more = {"position": 0} if door in ("complete", "hover") else {}
    assert shop.refused(door, "db.c.find();" * 20_000, **more)["code"] == "text_too_long"
