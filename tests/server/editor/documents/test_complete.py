"""What is proposed in half-typed statements, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.editor.documents.completing import Completion, complete
from dbaas_server.editor.documents.flow import Field
from dbaas_server.mongo_clients.shapes import shape
from half_typed_documents import COLLECTIONS, DOCUMENTS, HALF_TYPED

KNOWN = {
    name: [Field(one.path, one.types, one.share, one.values) for one in shape(documents)]
    for name, documents in DOCUMENTS.items()
}


def proposed(text: str, limit: int = 100) -> Completion:
    """At the ``|``."""
    at = text.index("|")
    return complete(text[:at] + text[at + 1 :], at, COLLECTIONS, KNOWN, limit)


@pytest.mark.parametrize(("text", "first"), HALF_TYPED)
def test_the_first_proposals_are_what_is_expected(text: str, first: list[str]) -> None:
    found = [one.label for one in proposed(text).items]
    assert found[: len(first)] == first if first else found == []


@pytest.mark.parametrize(
    ("text", "label", "after"),
    [
        ("db.orders.find({shipping.c|", "shipping.city", 'db.orders.find({"shipping.city"'),
        ("db.orders.find({'shipping.c|", "shipping.city", "db.orders.find({'shipping.city"),
        ("db.orders.find({odd|", "odd-name", 'db.orders.find({"odd-name"'),
        ("db.od|", "odd name", 'db.getCollection("odd name")'),
        ("db.orders.fi|", "find", "db.orders.find("),
        ("db.orders.fi|({})", "find", "db.orders.find({})"),
        ("db.orders.find({status: o|", "open", 'db.orders.find({status: "open"'),
        ("db.orders.find({status: 'o|'})", "open", "db.orders.find({status: 'open'})"),
        ("db.orders.find({stat|us: 1})", "status", "db.orders.find({status: 1})"),
        ("db.orders.aggregate([{$unwind: '$it|'}])", "$items", "db.orders.aggregate([{$unwind: '$items'}])"),
        ("db.orders.aggregate([{$m|", "$match", "db.orders.aggregate([{$match"),
    ],
)
def test_a_proposal_is_put_in_the_place_of_what_was_typed(text: str, label: str, after: str) -> None:
    found = proposed(text)
    (one,) = [each for each in found.items if each.label == label]
    typed = text.replace("|", "")
    assert typed[: found.start] + one.insert + typed[found.end :] == after


def test_fields_say_what_they_are() -> None:
    shown = {one.label: one for one in proposed("db.orders.find({|").items}
    assert shown["status"].detail == "string" and shown["status"].info == '"done", "lost", "open"'
    assert shown["items.qty"].kind == "field" and shown["$or"].kind == "operator"
    made = proposed("db.orders.aggregate([{$group: {_id: 1, total: {$sum: 1}}}, {$match: {tot|").items[0]
    assert made.detail == "from $group"


def test_few_are_answered_where_few_are_wanted() -> None:
    found = proposed("db.orders.find({|", limit=3)
    assert len(found.items) == 3 and found.incomplete
    assert not proposed("db.orders.find({stat|").incomplete


def test_hostile_names_are_proposed_as_data() -> None:
    names = ["<img onerror=alert(1)>", 'a"; db.dropDatabase(); "', "\u202e", "line\nbreak", "\u2028", "'", "\\"]
    known = {"orders": [Field(name, ("string",)) for name in names]}
    found = complete("db.orders.find({", 16, COLLECTIONS, known, 100)
    inserted = {one.label: one.insert for one in found.items if one.kind == "field"}
    assert set(inserted) == set(names)
    for insert in inserted.values():
        assert insert[0] == insert[-1] == '"' and "\n" not in insert and '"' not in insert[1:-1].replace('\\"', "")


@given(st.sampled_from([text for text, _ in HALF_TYPED]), st.data())
def test_completion_never_fails_wherever_a_text_is_cut(text: str, data: st.DataObject) -> None:
    whole = text.replace("|", "")
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    at = data.draw(st.integers(0, len(whole) - end + start))
    found = complete(whole[:start] + whole[end:], at, COLLECTIONS, KNOWN, 20)
    assert 0 <= found.start <= at <= found.end <= len(whole)


@given(st.text(st.sampled_from("db.orders$find({[]})'\"/\\ :,;\n*_1<é\U0001f600")) | st.text(max_size=40), st.data())
def test_completion_never_fails_whatever_the_text_is(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    found = complete(text, at, COLLECTIONS, KNOWN, 20)
    assert 0 <= found.start <= at <= found.end <= len(text)


def test_deep_nesting_is_no_trouble() -> None:
    for opening in ("[", "{a:", "(", "db.a.find({a:[", "{a:{b:["):
        text = opening * 10_000
        complete(text, len(text), COLLECTIONS, KNOWN, 20)
