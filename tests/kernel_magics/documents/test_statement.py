"""What a cell on a document database may say, and where it is told that it does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import bson
import pytest
from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp, json_util
from hypothesis import given
from hypothesis import strategies as st

from bson_values import decimals, doubles, int32, int64, texts, values
from dbaas.documents.literals import value
from dbaas.documents.scanner import Scanner
from dbaas.documents.statement import Chain, Command, parse
from dbaas.documents.tree import as_tree, text_of
from dbaas.errors import UsageError

HEX = "65a1b2c3d4e5f60718293a4b"


def read(text: str, **variables: Any) -> Any:
    scanner = Scanner(text)
    found = value(scanner, variables)
    assert scanner.peek().kind == "end", text
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{a: 1, 'b': 2.0, \"c\": -3, $set: {'x.y': [1, 2,],},}",
         {"a": 1, "b": 2.0, "c": -3, "$set": {"x.y": [1, 2]}}),
        ("// why\n{/* here */ a: true, b: null, c: undefined}", {"a": True, "b": None, "c": None}),
        ("[0x1F, 1e3, .5, +7, -Infinity]", [31, 1000.0, 0.5, 7, float("-inf")]),
        (r"'it\'s \u00fc \x41 \u{1F600} \n'", "it's ü A 😀 \n"),
        ("`plain`", "plain"),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", float(2**63)),
        ("-9223372036854775809", -float(2**63)),
        ("0", 0),
        (f"ObjectId('{HEX}')", ObjectId(HEX)),
        (f'{{"$oid": "{HEX}"}}', ObjectId(HEX)),
        ("ISODate('2024-01-02T03:04:05Z')", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("new Date('2024-01-02')", datetime(2024, 1, 2, tzinfo=UTC)),
        ("new Date(0)", datetime(1970, 1, 1, tzinfo=UTC)),
        ("NumberLong('9007199254740993')", Int64(9007199254740993)),
        ("Long.fromString('5')", Int64(5)),
        ("NumberDecimal('1.10')", Decimal128("1.10")),
        ("UUID('6b03a02b-b391-4bf2-95dd-931700000000')",
         Binary.from_uuid(UUID("6b03a02b-b391-4bf2-95dd-931700000000"))),
        ("BinData(0, 'aGk=')", Binary(b"hi", 0)),
        ("Timestamp(5, 6)", Timestamp(5, 6)),
        ("Timestamp({t: 5, i: 6})", Timestamp(5, 6)),
        ("[MinKey(), MaxKey()]", [MinKey(), MaxKey()]),
        (r"{name: /^a\/[/]b/i}", {"name": Regex("^a/[/]b", "i")}),
        ("{n: least, all: [least]}", {"n": 7, "all": [7]}),
    ],
)  # fmt: skip
def test_values_are_read_as_mongosh_writes_them(text: str, wanted: Any) -> None:
    found = read(text, least=7)
    assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("db.orders.find({a: })", "line 1, column 20", "a value"),
        ("db.orders.find({\n  a: 1\n  b: 2})", "line 3, column 3", "“,”"),
        ("db.orders.find({a: nobody})", "line 1, column 20", "neither a value nor a variable"),
        ("db.orders.find('abc)", "line 1, column 16", "not closed"),
        ("db.orders.find(/* abc)", "line 1, column 16", "comment"),
        ("db.orders", "line 1, column 10", "Nothing is called"),
        ("orders.find()", "line 1, column 1", "begins with db"),
        ("db.orders.find(ObjectId('x'))", "line 1, column 16", "ObjectId"),
        ("db.orders.find({a: @})", "line 1, column 20", "means nothing"),
        ("db.orders.find({_id: {$oid: 5}})", "line 1, column 23", "$oid"),
        ("", "line 1, column 1", "no statement"),
    ],
)
def test_an_error_says_where_it_is(text: str, place: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(Scanner(text), {})
    assert refused.value.details == place and says in str(refused.value)


def test_statements_are_calls_in_a_row_or_commands() -> None:
    text = """
    db.orders.insertOne({a: 1}); // first
    db["odd name"].find({}, {_id: 0}).sort({a: -1}).limit(5).pretty()
    db.getCollection('x.y').drop();
    db.a.b.countDocuments();
    {ping: 1}
    show collections
    """
    found = parse(Scanner(text), {})
    shapes = [
        (one.collection, [(call.name, call.arguments) for call in one.calls]) for one in found if isinstance(one, Chain)
    ]
    assert shapes == [
        ("orders", [("insertOne", ({"a": 1},))]),
        ("odd name", [("find", ({}, {"_id": 0})), ("sort", ({"a": -1},)), ("limit", (5,))]),
        ("x.y", [("drop", ())]),
        ("a.b", [("countDocuments", ())]),
        (None, [("getCollectionNames", ())]),
    ]
    assert [one.body for one in found if isinstance(one, Command)] == [{"ping": 1}]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key[:1] != "$"), inner),
    max_leaves=20,
)


@given(JSON)
def test_json_is_read_as_json(document: Any) -> None:
    assert read(json.dumps(document)) == document
    assert read(json.dumps(document, ensure_ascii=False, indent=1)) == document


MARKED = st.one_of(
    int32, int64, doubles, decimals, texts, st.binary(min_size=12, max_size=12).map(ObjectId),
    st.builds(Binary, st.binary(max_size=4), st.sampled_from([0, 4, 5, 128])),
    st.builds(Timestamp, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.sampled_from([MinKey(), MaxKey()]),
)  # fmt: skip


@given(MARKED, st.sampled_from([json_util.CANONICAL_JSON_OPTIONS, json_util.RELAXED_JSON_OPTIONS]))
def test_extended_json_is_read_as_what_it_stands_for(found: Any, options: Any) -> None:
    text = json_util.dumps({"v": [found]}, json_options=options)
    assert bson.encode(read(text)) == bson.encode(json_util.loads(text))


@given(st.text(max_size=60) | st.text("db.f({[]}):,;'\"/\\ 1$-", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    for start in (text, f"db.a.find({text})"):
        try:
            parse(Scanner(start), {})
        except UsageError as refused:
            assert refused.details and refused.details.startswith("line ")


def test_nesting_is_bounded() -> None:
    with pytest.raises(UsageError, match="nested deeper"):
        parse(Scanner("db.a.find(" + "[" * 100_000), {})


@given(values)
def test_everything_is_shown_escaped_and_bounded(found: Any) -> None:
    page, text = as_tree({"v": found}), text_of({"v": found})
    assert page.count("<details") == page.count("</details>")
    assert "\x1b" not in text and len(page) < 5_000_000


def test_markup_in_names_and_values_stays_text() -> None:
    page = as_tree({"<b>": "<script>alert(1)</script>", "deep": [{"<i>": "</details>\u202e"}]})
    assert "<script" not in page and "<b>" not in page and "<i>" not in page and "\u202e" not in page
    assert page.count("</details>") == 3


def test_large_documents_make_small_pages() -> None:
    document = {f"f{n}": [{"x": "y" * 10_000}] * 1_000 for n in range(1_000)}
    page, text = as_tree(document), text_of(document)
    assert "more" in page and len(page) < 2_000_000
    assert "more" in text


def test_short_documents_are_one_line() -> None:
    shown = text_of({"_id": ObjectId(HEX), "a b": [1, 2.5, "x"]})
    assert shown == f'{{ _id: ObjectId(\'{HEX}\'), "a b": [ 1, 2.5, "x" ] }}'
