"""Which command a statement comes to, and what is made of its answer."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo.errors import OperationFailure

from dbaas_shell import Answer, Plan, Scanner, ShellError, parse, planned


def plan_of(text: str, **variables: Any) -> Plan:
    scanner = Scanner(text)
    (statement,) = parse(scanner, variables)
    return planned(statement, scanner, "app")


@pytest.mark.parametrize(
    ("text", "body", "answer", "reads"),
    [
        ("db.o.find({a: 1}).sort({a: -1}).skip(2).limit(3)",
         {"find": "o", "filter": {"a": 1}, "sort": {"a": -1}, "skip": 2, "limit": 3}, Answer.documents, True),
        ("db.o.findOne({}, {a: 1})",
         {"find": "o", "filter": {}, "projection": {"a": 1}, "limit": 1, "singleBatch": True}, Answer.first, True),
        ("db.o.aggregate({$match: {}}, {$out: 'p'})",
         {"aggregate": "o", "pipeline": [{"$match": {}}, {"$out": "p"}], "cursor": {}}, Answer.documents, False),
        ("db.o.find().count()", {"find": "o", "filter": {}}, Answer.number, True),
        ("db.o.distinct('a')", {"distinct": "o", "key": "a", "query": {}}, Answer.reply, True),
        ("db.o.deleteMany({a: least})",
         {"delete": "o", "deletes": [{"q": {"a": 7}, "limit": 0}]}, Answer.reply, False),
        ("db.o.insertMany([{_id: 1}])",
         {"insert": "o", "documents": [{"_id": 1}], "ordered": True}, Answer.inserted, False),
        ("show collections", {"listCollections": 1, "nameOnly": True}, Answer.every, True),
        ("db.o.find().explain()",
         {"explain": {"find": "o", "filter": {}}, "verbosity": "queryPlanner"}, Answer.reply, True),
        ("{ping: 1}", {"ping": 1}, Answer.reply, True),
        ("{drop: 'o'}", {"drop": "o"}, Answer.reply, False),
    ],
)  # fmt: skip
def test_a_statement_is_one_of_mongodbs_commands(text: str, body: Any, answer: Answer, reads: bool) -> None:
    plan = plan_of(text, least=7)
    assert (plan.body, plan.answer, plan.reads) == (body, answer, reads)


def test_a_plan_says_what_it_was_asked_for_with() -> None:
    assert [plan_of(text).call for text in ("db.o.insertOne({})", "db.o.find().count()", "{ping: 1}")] == [
        "insertOne",
        "count",
        "ping",
    ]


def test_a_collection_is_renamed_by_the_server_and_within_its_database() -> None:
    plan = plan_of("db.o.renameCollection('p')")
    assert plan.of_server and plan.body == {"renameCollection": "app.o", "to": "app.p", "dropTarget": False}


def test_answers_become_what_mongosh_shows() -> None:
    assert plan_of("db.o.countDocuments()").made(None) == 0
    assert plan_of("db.o.countDocuments()").made({"n": 3}) == 3
    assert plan_of("db.o.createIndex({a: 1, b: -1})").made({"ok": 1}) == "a_1_b_-1"
    assert plan_of("show collections").made([{"name": "b"}, {"name": "a"}]) == ["a", "b"]
    updated = plan_of("db.o.updateOne({}, {$set: {a: 1}}, {upsert: true})")
    assert updated.made({"n": 1, "nModified": 0, "upserted": [{"_id": 9}]})["upsertedId"] == 9
    with pytest.raises(OperationFailure, match="E11000"):
        plan_of("db.o.insertOne({_id: 1})").made({"n": 0, "writeErrors": [{"code": 11000, "errmsg": "E11000 twice"}]})


@pytest.mark.parametrize(
    ("text", "at", "instead"),
    [
        ("db.o.finde({})", "finde", "find"),
        ("db.o.find().sorted({})", "sorted", "sort"),
        ("db.createColection('x')", "createColection", "createCollection"),
        ("db.o.find({a: tru})", "tru", "true"),
    ],
)
def test_a_misspelt_word_is_told_with_what_was_probably_meant(text: str, at: str, instead: str) -> None:
    with pytest.raises(ShellError) as refused:
        plan_of(text)
    error = refused.value
    assert text[error.at : error.end] == at and error.instead == instead and error.hint == f"Did you mean {instead}?"


def test_statements_say_where_they_are() -> None:
    text = " db.a.find() ; /* between */ {ping: 1}\nshow collections "
    found = [text[one.at : one.end] for one in parse(Scanner(text), {})]
    assert found == ["db.a.find()", "{ping: 1}", "show collections"]
