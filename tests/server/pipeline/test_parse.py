"""Pipelines in MongoDB's words: what is read, what is refused and where."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pipelines
from dbaas_provisioning.errors import Invalid
from dbaas_server.nouns import Arg
from dbaas_server.pipeline import MAX_DEPTH, MAX_NODES, MAX_STAGES, parse_pipeline
from dbaas_server.stages import (
    Accumulator,
    AddFields,
    Combined,
    Constant,
    ConstantKind,
    Document,
    FieldPath,
    FieldTest,
    Group,
    Holds,
    Limit,
    Lookup,
    Match,
    Not,
    Now,
    Operation,
    Project,
    Root,
    Skip,
    Sort,
    SortKey,
    Unset,
    Unwind,
)

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def parse(*stages):
    """Stages and arguments."""
    args = []
    return parse_pipeline(list(stages), args), args


def refusal(*stages):
    with pytest.raises(Invalid) as caught:
        parse(*stages)
    assert caught.value.code == "invalid_pipeline"
    return caught.value


def path(text):
    return FieldPath(tuple(text.split(".")))


def test_values_become_arguments_and_the_rest_is_the_shape():
    (one,), args = parse({"$match": {"a": 5, "b.c": {"$in": ["x", None, 1.5, True]}}})
    (two,), others = parse({"$match": {"a": 6, "b.c": {"$in": ["y", None, 2.5, False]}}})
    assert one == two
    assert hash(one) == hash(two)
    assert args == ["5", "x", None, "1.5", "true"]
    assert others == ["6", "y", None, "2.5", "false"]
    assert one == Match(
        Combined(
            "and",
            (
                FieldTest(path("a"), "eq", (Constant(ConstantKind.integer, Arg(0)),)),
                FieldTest(
                    path("b.c"),
                    "in",
                    tuple(
                        Constant(kind, Arg(place))
                        for place, kind in enumerate(
                            [ConstantKind.text, ConstantKind.null, ConstantKind.number, ConstantKind.boolean], 1
                        )
                    ),
                ),
            ),
        )
    )


def test_arguments_that_are_there_already_keep_their_places():
    args = ["before"]
    (stage,) = parse_pipeline([{"$limit": 3}], args)
    assert (stage, args) == (Limit(Arg(1)), ["before", "3"])


def test_predicates():
    (stage,), _ = parse({"$match": {"$or": [{"a": {"$not": {"$gt": 1}}}, {"$expr": {"$eq": ["$a", "$b.c"]}}]}})
    assert stage == Match(
        Combined(
            "or",
            (
                Not(FieldTest(path("a"), "gt", (Constant(ConstantKind.integer, Arg(0)),))),
                Holds(Operation("eq", (path("a"), path("b.c")))),
            ),
        )
    )
    (stage,), args = parse({"$match": {"a": "$b", "c": {"d": 1}, "e": {"$regex": "^x", "$options": "i"}}})
    assert args == ["$b", '{"d":1}', "^x"], "in $match a string is a string"
    assert stage.predicate.items[2] == FieldTest(path("e"), "regex", (Constant(ConstantKind.text, Arg(2)),), "i")
    (stage,), _ = parse({"$match": {"a": {"$exists": False}}})
    assert stage == Match(Not(FieldTest(path("a"), "exists", ())))
    assert parse({"$match": {}})[0] == (Match(Combined("and", ())),)


def test_groups():
    (stage,), args = parse(
        {"$group": {"_id": {"y": {"$year": "$at"}}, "n": {"$count": {}}, "s": {"$sum": 1}, "all": {"$push": "$$ROOT"}}}
    )
    assert args == ["1"]
    assert stage == Group(
        Document((("y", Operation("year", (path("at"),))),)),
        (
            Accumulator("n", "count", None),
            Accumulator("s", "sum", Constant(ConstantKind.integer, Arg(0))),
            Accumulator("all", "push", Root()),
        ),
    )


def test_projections_say_what_stays_or_what_goes():
    assert parse({"$project": {"a": 1, "b": {"c": True}, "_id": 0}})[0] == (
        Project(((("a",), None), (("b", "c"), None)), drop_id=True),
    )
    assert parse({"$project": {"a": 0, "b.c": False}})[0] == (Unset((("a",), ("b", "c"))),)
    assert parse({"$project": {"_id": 0}})[0] == (Unset((("_id",),)),)
    assert parse({"$unset": ["a", "b.c"]})[0] == (Unset((("a",), ("b", "c"))),)
    assert parse({"$set": {"a.b": "$c", "d": {"e": "$$NOW"}}})[0] == (
        AddFields(((("a", "b"), path("c")), (("d", "e"), Now()))),
    )


def test_the_other_stages():
    stages, args = parse(
        {"$sort": {"a": 1, "b.c": -1}},
        {"$skip": 0},
        {"$limit": 5.0},
        {"$unwind": "$a.b"},
        {"$unwind": {"path": "$c", "includeArrayIndex": "i", "preserveNullAndEmptyArrays": True}},
        {"$lookup": {"from": "t", "localField": "a.b", "foreignField": "c", "as": "d"}},
    )
    assert args == ["0", "5"]
    assert stages == (
        Sort((SortKey(path("a"), False), SortKey(path("b.c"), True))),
        Skip(Arg(0)),
        Limit(Arg(1)),
        Unwind(path("a.b")),
        Unwind(path("c"), "i", True),
        Lookup("t", path("a.b"), path("c"), "d"),
    )


def test_shorthands_say_the_same():
    def expression(value):
        return parse({"$addFields": {"x": value}})

    assert expression({"$abs": "$a"}) == expression({"$abs": ["$a"]})
    assert expression({"$cond": ["$a", 1, 2]}) == expression({"$cond": {"then": 1, "if": "$a", "else": 2}})
    assert expression({"$year": "$a"}) == expression({"$year": {"date": "$a"}})
    assert expression("$$CURRENT.a") == expression("$a")
    assert expression({"$literal": "$a"})[1] == ["$a"]


def test_numbers_keep_their_text():
    _, args = parse({"$match": {"a": {"$in": [2**63 - 1, 2**63, Decimal("0.10"), 1e300]}}})
    assert args == ["9223372036854775807", "9223372036854775808", "0.10", "1e+300"]
    (stage,), _ = parse({"$match": {"a": {"$in": [2**63 - 1, 2**63]}}})
    assert [operand.kind for operand in stage.predicate.operands] == [ConstantKind.integer, ConstantKind.number]
    for bad in (float("nan"), float("inf"), Decimal("sNaN"), 10**2000, object(), b"x"):
        refusal({"$match": {"a": bad}})


@pytest.mark.parametrize(
    ("stages", "place"),
    [
        ([{"$grop": {"_id": None}}], "pipeline[0]"),
        ([{}], "pipeline[0]"),
        ([{"$limit": 1, "$skip": 1}], "pipeline[0]"),
        ([5], "pipeline[0]"),
        ([{"$limit": 1}, {"$limit": 0}], "pipeline[1].$limit"),
        ([{"$limit": True}], "pipeline[0].$limit"),
        ([{"$skip": -1}], "pipeline[0].$skip"),
        ([{"$skip": 1.5}], "pipeline[0].$skip"),
        ([{"$group": {"n": {"$sum": 1}}}], "pipeline[0].$group"),
        ([{"$group": {"_id": None, "n": 5}}], "pipeline[0].$group.n"),
        ([{"$group": {"_id": None, "n": {"$summ": 1}}}], "pipeline[0].$group.n"),
        ([{"$group": {"_id": None, "n.m": {"$sum": 1}}}], "pipeline[0].$group"),
        ([{"$group": {"_id": None, "n": {"$sum": {"$foo": 1}}}}], "pipeline[0].$group.n.$sum.$foo"),
        ([{"$group": {"_id": None, "n": {"$count": 1}}}], "pipeline[0].$group.n.$count"),
        ([{"$sort": {"a": 2}}], "pipeline[0].$sort.a"),
        ([{"$sort": {"a": True}}], "pipeline[0].$sort.a"),
        ([{"$sort": {}}], "pipeline[0].$sort"),
        ([{"$match": [1]}], "pipeline[0].$match"),
        ([{"$match": {"$and": []}}], "pipeline[0].$match.$and"),
        ([{"$match": {"a": {"$gt": 1, "b": 2}}}], "pipeline[0].$match.a"),
        ([{"$match": {"a": {"$near": 1}}}], "pipeline[0].$match.a.$near"),
        ([{"$match": {"a": {"$in": 5}}}], "pipeline[0].$match.a.$in"),
        ([{"$match": {"a..b": 5}}], "pipeline[0].$match.a..b"),
        ([{"$match": {"a": {"$options": "i"}}}], "pipeline[0].$match.a.$options"),
        ([{"$match": {"a": {"$regex": "x", "$options": "q"}}}], "pipeline[0].$match.a.$regex"),
        ([{"$project": {}}], "pipeline[0].$project"),
        ([{"$project": {"a": 1, "b": 0}}], "pipeline[0].$project"),
        ([{"$project": {"a": 1, "a.b": 1}}], "pipeline[0].$project"),
        ([{"$addFields": {"a": {"$add": ["$b", {"$divide": [1]}]}}}], "pipeline[0].$addFields.a.$add[1].$divide"),
        ([{"$addFields": {"a": {"$add": 1, "$subtract": 2}}}], "pipeline[0].$addFields.a"),
        ([{"$addFields": {"a": "$"}}], "pipeline[0].$addFields.a"),
        ([{"$addFields": {"a": "$$USER_ROLES"}}], "pipeline[0].$addFields.a"),
        ([{"$set": {"a": {"$switch": {"branches": [{"case": 1}]}}}}], "pipeline[0].$set.a.$switch.branches[0]"),
        ([{"$set": {"a": {"$dateTrunc": {"date": "$d", "unit": "aeon"}}}}], "pipeline[0].$set.a.$dateTrunc.unit"),
        ([{"$set": {"a": {"$year": {"date": "$d", "timezone": "$z"}}}}], "pipeline[0].$set.a.$year.timezone"),
        ([{"$unwind": "tags"}], "pipeline[0].$unwind"),
        ([{"$unwind": {"path": "$a", "extra": 1}}], "pipeline[0].$unwind"),
        ([{"$lookup": {"from": "t", "let": {}, "pipeline": [], "as": "x"}}], "pipeline[0].$lookup"),
        ([{"$lookup": {"from": "t", "localField": "a", "foreignField": "b", "as": "x.y"}}], "pipeline[0].$lookup.as"),
        ([{"$count": ""}], "pipeline[0].$count"),
        ([{"$count": "$x"}], "pipeline[0].$count"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(stages, place):
    error = refusal(*stages)
    assert error.details == place
    assert error.message


def test_a_refusal_names_what_was_probably_meant():
    assert refusal({"$grup": {"_id": None}}).hint == "Perhaps you meant $group."
    assert refusal({"$group": {"_id": None, "n": {"$average": 1}}}).hint.startswith(("Perhaps you meant", "Use one of"))
    assert refusal({"$addFields": {"a": {"$dividee": 1}}}).hint == "Perhaps you meant $divide."


@pytest.mark.parametrize("value", [None, {}, {"$match": {}}, "[]", 5, True])
def test_only_a_list_is_a_pipeline(value):
    with pytest.raises(Invalid) as caught:
        parse_pipeline(value, [])
    assert (caught.value.code, caught.value.details) == ("invalid_pipeline", "pipeline")


def nested(depth, make, end):
    value = end
    for _ in range(depth):
        value = make(value)
    return value


def test_stages_depth_and_size_are_bounded():
    parse(*[{"$limit": 1}] * MAX_STAGES)
    assert refusal(*[{"$limit": 1}] * (MAX_STAGES + 1)).details == "pipeline"
    for make in (
        lambda value: {"$not": [value]},
        lambda value: {"a": value},
        lambda value: [value],
        lambda value: {"$cond": [value, 1, 2]},
    ):
        refusal({"$addFields": {"x": nested(MAX_DEPTH, make, 1)}})
        refusal({"$match": {"$expr": nested(MAX_DEPTH, make, 1)}})
    refusal({"$match": nested(MAX_DEPTH, lambda value: {"$and": [value]}, {})})
    refusal({"$match": {"a": nested(MAX_DEPTH, lambda value: {"$not": value}, {"$gt": 1})}})
    refusal({"$match": {"a": nested(MAX_DEPTH, lambda value: {"b": value}, 1)}})
    refusal({"$project": nested(MAX_DEPTH, lambda value: {"b": value}, 1)})
    refusal({"$project": {".".join("a" * (MAX_DEPTH + 1)): 1}})
    parse({"$match": {"a": {"$in": list(range(MAX_NODES - 100))}}})
    refusal({"$match": {"a": {"$in": list(range(MAX_NODES))}}})
    refusal({"$match": {"a": {"b": list(range(MAX_NODES))}}})
    refusal({"$addFields": {f"f{place}": 1 for place in range(MAX_NODES)}})
    refusal({"$addFields": {"x": {"$add": [1] * 5_000}}})


soup = st.recursive(
    pipelines.json_values,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from([
                    "$match", "$group", "$project", "$lookup", "$unwind", "$sort", "$expr", "$and", "$in", "$not",
                    "$gt", "$cond", "$switch", "$dateTrunc", "date", "unit", "timezone", "branches", "case", "then",
                    "default", "if", "else", "path", "from", "as", "localField", "foreignField", "_id", "$sum",
                    "$count", "$regex", "$options", "$literal", "newRoot", "$replaceRoot", "$dateToString", "format",
                    "a", "a.b", "", ".",
                ]),
                st.text(max_size=4),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip
FIELDS = ["a", "b.c", "", ".", "a..b", "$x", "\0"]


@given(soup | st.lists(soup, max_size=3) | st.lists(pipelines.stages(FIELDS, [{}, {"from": "t"}]), max_size=4))
@example([{"$match": {"a": {"$regex": None}}}])
@example([{"$addFields": {"x": {"$dateToString": {"date": "$a", "format": "%"}}}}])
@example([{"$match": {5: 5}}])
@example([{5: 5}])
@example([{"$sort": {5: []}}])
@example([{"$group": {"_id": 1, 5: {"$sum": 1}}}])
@example([{"$project": {5: {5: 5}}}])
@example([{"$addFields": {"x": {5: 5, None: 6}}}])
def test_anything_is_stages_or_one_refusal(value):
    args = []
    try:
        stages = parse_pipeline(value, args)
    except Invalid as error:
        assert error.code == "invalid_pipeline"
        assert error.details is not None
        assert error.details.startswith("pipeline")
        json.dumps(error.as_dict())
    else:
        hash(stages)
        assert all(argument is None or isinstance(argument, str) for argument in args)
