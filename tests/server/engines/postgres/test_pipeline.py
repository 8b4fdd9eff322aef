"""What each stage and operator means on PostgreSQL."""

from __future__ import annotations

import json

import pytest

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_server.engine import QueryError
from dbaas_server.nouns import Arg, Call, Format, Order, Path, Read, TableRef
from dbaas_server.pipeline import parse_pipeline


def read_of(table, stages, **more):
    args = []
    return Read(TableRef(table), stages=parse_pipeline(list(stages), args), **more), args


@pytest.fixture
def ask(session, service):
    """``await ask("books", stage, …)``: the rows."""

    async def ask(table, *stages, caller=service, **more):
        read, args = read_of(table, stages, **more)
        return json.loads((await session.read(read, args, caller)).body)

    return ask


@pytest.fixture
def value(ask):
    """``await value({"$add": […]})``: what an expression gives, of the author Ada."""

    async def value(expression, **more):
        stages = ({"$match": {"name": "Ada"}}, {"$replaceWith": {"v": expression}})
        return (await ask("authors", *stages, **more))[0]["v"]

    return value


@pytest.fixture
def names(ask):
    """``await names({"born": …})``: the authors that a predicate matches."""

    async def names(predicate):
        rows = await ask("authors", {"$match": predicate}, {"$sort": {"id": 1}}, {"$project": {"name": 1}})
        return [row["name"][:3] for row in rows]

    return names


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"$add": [1, 2, 0.5]}, 3.5),
        ({"$add": ["$id", None]}, None),
        ({"$subtract": [5, 2]}, 3),
        ({"$multiply": ["$id", 1.5]}, 1.5),
        ({"$divide": [7, 2]}, 3.5),
        ({"$mod": [-7, 3]}, -1),
        ({"$mod": [7.5, 2]}, 1.5),
        ({"$pow": [2, 10]}, 1024),
        ({"$sqrt": 16}, 4),
        ({"$exp": 0}, 1),
        ({"$ln": 1}, 0),
        ({"$log10": 1000}, 3),
        ({"$abs": -2.5}, 2.5),
        ({"$ceil": 1.2}, 2),
        ({"$floor": -1.2}, -2),
        ({"$round": 2.5}, 2),
        ({"$round": [3.14159, 2]}, 3.14),
        ({"$round": [{"$toDecimal": "2.5"}]}, 3),
        ({"$trunc": [-1.79, 1]}, -1.7),
        ({"$cmp": ["a", "b"]}, -1),
        ({"$cmp": [2, 1.5]}, 1),
        ({"$eq": [None, "$secret"]}, False),
        ({"$lt": [None, 1]}, True),
        ({"$gte": [None, None]}, True),
        ({"$and": []}, True),
        ({"$and": [1, "", {"$literal": "x"}]}, True),
        ({"$or": [0, None, False]}, False),
        ({"$not": [0]}, True),
        ({"$cond": ["$id", "yes", "no"]}, "yes"),
        ({"$cond": {"if": {"$gt": ["$id", 5]}, "then": 1, "else": "no"}}, "no"),
        ({"$ifNull": [None, "$born", "never"]}, "1815-12-10"),
        ({"$switch": {"branches": [{"case": False, "then": 1}]}}, None),
        ({"$concat": ["$name", "-", "x"]}, "Ada-x"),
        ({"$concat": ["$name", None]}, None),
        ({"$toUpper": "$name"}, "ADA"),
        ({"$toLower": None}, ""),
        ({"$substrCP": ["$name", 1, 2]}, "da"),
        ({"$strLenCP": "Chéri😀"}, 6),
        ({"$toString": "$id"}, "1"),
        ({"$toString": True}, "true"),
        ({"$toInt": "42"}, 42),
        ({"$toInt": 2.9}, 2),
        ({"$toLong": True}, 1),
        ({"$toDouble": "1.5"}, 1.5),
        ({"$toDecimal": "0.1234567890123456789"}, 0.1234567890123456789),
        ({"$toBool": 0}, False),
        ({"$toLong": {"$toDate": "1970-01-01T00:00:01Z"}}, 1000),
        ({"$toDate": 1500}, "1970-01-01T00:00:01.5+00:00"),
        ({"$year": "$born"}, 1815),
        ({"$month": "$born"}, 12),
        ({"$dayOfMonth": {"date": "2024-03-01T00:30:00Z", "timezone": "America/New_York"}}, 29),
        ({"$hour": {"$toDate": "2024-03-01T13:45:06.789Z"}}, 13),
        ({"$minute": "2024-03-01T13:45:06.789Z"}, 45),
        ({"$second": "2024-03-01T13:45:06.789Z"}, 6),
        ({"$millisecond": "2024-03-01T13:45:06.789Z"}, 789),
        ({"$dayOfYear": "2024-03-01T00:00:00Z"}, 61),
        ({"$dayOfWeek": "2024-03-03T00:00:00Z"}, 1),
        ({"$week": "2023-01-01T00:00:00Z"}, 1),
        ({"$week": "2022-01-01T00:00:00Z"}, 0),
        ({"$isoWeek": "2021-01-03T00:00:00Z"}, 53),
        ({"$isoWeekYear": "2021-01-03T00:00:00Z"}, 2020),
        ({"$isoDayOfWeek": "2024-03-03T00:00:00Z"}, 7),
        ({"$dateTrunc": {"date": "$born", "unit": "month"}}, "1815-12-01"),
        ({"$dateTrunc": {"date": "$born", "unit": "hour"}}, "1815-12-10T00:00:00"),
        ({"$dateTrunc": {"date": "2024-03-06T12:00:00Z", "unit": "week"}}, "2024-03-03T00:00:00+00:00"),
        (
            {"$dateTrunc": {"date": "2024-03-06T12:00:00Z", "unit": "week", "startOfWeek": "monday"}},
            "2024-03-04T00:00:00+00:00",
        ),
        (
            {"$dateTrunc": {"date": "2024-03-01T02:00:00Z", "unit": "day", "timezone": "America/New_York"}},
            "2024-02-29T05:00:00+00:00",
        ),
        ({"$dateToString": {"date": "$born", "format": "%d.%m.%Y \"HH\" \\ %%"}}, '10.12.1815 "HH" \\ %'),
        ({"$dateToString": {"date": "2024-03-01T13:45:06.789Z"}}, "2024-03-01T13:45:06.789Z"),
        ({"$subtract": [{"$toDate": "1970-01-02T00:00:00Z"}, {"$toDate": "1970-01-01T00:00:00Z"}]}, 86_400_000),
        ({"$add": ["$born", 86_400_000]}, "1815-12-11T00:00:00"),
        ({"$size": "$aliases"}, 2),
        ({"$size": {"$literal": [1, 2, 3]}}, 3),
        ({"$arrayElemAt": ["$aliases", -1]}, "Countess"),
        ({"$arrayElemAt": ["$aliases", 5]}, None),
        ({"$in": ["A", "$aliases"]}, True),
        ({"$in": [3, [1, 2]]}, False),
        ({"$sum": [1, None, 2.5]}, 3.5),
        ({"$avg": [1, None, 2]}, 1.5),
        ({"$max": ["$id", 7, None]}, 7),
        ({"$min": {"$literal": [3, 1, 2]}}, 1),
        ({"$sum": {"$literal": [3, "x", 2]}}, 5),
        (["$id", {"a": "$name"}, [None]], [1, {"a": "Ada"}, [None]]),
        ({"a": {"b": "$$ROOT.id"}}, {"a": {"b": 1}}),
        ("$profile.deep.x", 1),
        ("$profile.nothing.there", None),
        ({"$add": ["$profile.deep.x", 1]}, 2),
        ({"$add": ["$profile.city", 1]}, None),
        ({"$concat": ["$profile.city", "!"]}, "London!"),
        ({"$literal": {"a": "$b"}}, {"a": "$b"}),
        ({"$literal": "$a"}, "$a"),
        (True, True),
    ],
)  # fmt: skip
async def test_expressions(value, expression, expected):
    found = await value(expression)
    assert found == pytest.approx(expected) if isinstance(expected, float) else found == expected


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ({}, ["Ada", "Bor", "Col", "Quo"]),
        ({"id": 2}, ["Bor"]),
        ({"id": {"$gt": 1, "$lte": 3}}, ["Bor", "Col"]),
        ({"id": {"$gt": 2.5}}, ["Col", "Quo"]),
        ({"born": {"$gte": "1899-08-24"}}, ["Bor", "Quo"]),
        ({"born": None}, ["Col"]),
        ({"born": {"$ne": "1815-12-10"}}, ["Bor", "Col", "Quo"]),
        ({"born": {"$not": {"$gt": "1850-01-01"}}}, ["Ada", "Col"]),
        ({"born": {"$in": ["1815-12-10", None]}}, ["Ada", "Col"]),
        ({"born": {"$nin": ["1815-12-10"]}}, ["Bor", "Col", "Quo"]),
        ({"born": {"$gt": None}}, []),
        ({"born": {"$exists": True}}, ["Ada", "Bor", "Col", "Quo"]),
        ({"id": {"$in": []}}, []),
        ({"id": {"$mod": [2, 1]}}, ["Ada", "Col"]),
        ({"name": {"$regex": "^[AB]"}}, ["Ada", "Bor"]),
        ({"name": {"$regex": "^a", "$options": "i"}}, ["Ada"]),
        ({"name": {"$regex": "^ a d a $", "$options": "xi"}}, ["Ada"]),
        ({"$nor": [{"id": 1}, {"born": {"$gt": "1899-12-31"}}]}, ["Bor", "Col"]),
        ({"$or": [{"id": 1}, {"name": "Borges"}], "born": {"$lt": "1850-01-01"}}, ["Ada"]),
        ({"aliases": "A"}, ["Ada"]),
        ({"aliases": ["A", "Countess"]}, ["Ada"]),
        ({"aliases": {"$size": 0}}, ["Col"]),
        ({"aliases": {"$all": ["A", "Countess"]}}, ["Ada"]),
        ({"aliases": {"$regex": "^G"}}, ["Bor"]),
        ({"aliases": {"$ne": "A"}}, ["Bor", "Col", "Quo"]),
        ({"aliases": {"$in": ["Georgie", "A"]}}, ["Ada", "Bor"]),
        ({"profile.city": "London"}, ["Ada"]),
        ({"profile.city": {"$gt": "B", "$lt": "C"}}, ["Bor"]),
        ({"profile.city": {"$gt": 5}}, []),
        ({"profile.city": None}, ["Col", "Quo"]),
        ({"profile.city": {"$exists": True}}, ["Ada", "Bor", "Quo"]),
        ({"profile.city": {"$regex": "^lon", "$options": "i"}}, ["Ada"]),
        ({"profile.city": {"$in": ["London", None]}}, ["Ada", "Col", "Quo"]),
        ({"profile.langs": "fr"}, ["Ada"]),
        ({"profile.langs": {"$all": ["en", "fr"]}}, ["Ada"]),
        ({"profile.langs": {"$size": 1}}, ["Bor"]),
        ({"profile.langs": ["es"]}, ["Bor"]),
        ({"profile.deep": {"x": 1}}, ["Ada"]),
        ({"profile.deep.x": {"$gte": 1}}, ["Ada"]),
        ({"profile.deep.x": {"$mod": [2, 1]}}, ["Ada"]),
        ({"profile.deep.x": {"$ne": 1}}, ["Bor", "Col", "Quo"]),
        ({"raw.a": 1}, ["Ada"]),
        ({"$expr": {"$gt": [{"$size": "$aliases"}, "$id"]}}, ["Ada"]),
        ({"$expr": "$born"}, ["Ada", "Bor", "Quo"]),
    ],
)
async def test_predicates(names, predicate, expected):
    assert await names(predicate) == expected


async def test_groups_and_their_accumulators(ask):
    rows = await ask(
        "books",
        {"$sort": {"sold": -1}},
        {
            "$group": {
                "_id": {"kind": "$kind"},
                "n": {"$count": {}},
                "two": {"$sum": 2},
                "price": {"$sum": "$price"},
                "average": {"$avg": "$id"},
                "low": {"$min": "$price"},
                "best": {"$first": "$title"},
                "worst": {"$last": {"title": "$title", "sold": "$sold"}},
                "titles": {"$push": "$title"},
                "authors": {"$addToSet": "$author_id"},
                "spread": {"$stdDevPop": "$id"},
                "sample": {"$stdDevSamp": "$id"},
            }
        },
        {"$sort": {"_id": 1}},
    )
    assert rows == [
        {
            "_id": {"kind": "novel"}, "n": 3, "two": 6, "price": 35.25, "average": 3, "low": 15.25,
            "best": "Ficciones", "worst": {"title": "Chéri", "sold": 7},
            "titles": ["Ficciones", "El Aleph", "Chéri"], "authors": [2, 3],
            "spread": pytest.approx(0.816496580927726), "sample": 1,
        },
        {
            "_id": {"kind": "essay"}, "n": 1, "two": 2, "price": 12.5, "average": 1, "low": 12.5,
            "best": "Notes on the Engine", "worst": {"title": "Notes on the Engine", "sold": 9007199254740993},
            "titles": ["Notes on the Engine"], "authors": [1], "spread": 0, "sample": None,
        },
    ]  # fmt: skip


async def test_of_no_rows_there_is_no_group(ask):
    nothing = {"$match": {"id": -1}}
    assert await ask("books", nothing, {"$group": {"_id": None, "n": {"$sum": 1}}}) == []
    assert await ask("books", nothing, {"$count": "n"}) == []


async def test_sum_of_nulls_is_zero_and_average_is_null(ask):
    stages = {"$group": {"_id": 5, "s": {"$sum": "$price"}, "a": {"$avg": "$price"}, "x": {"$max": "$price"}}}
    assert await ask("books", {"$match": {"price": None}}, stages) == [{"_id": 5, "s": 0, "a": None, "x": None}]


async def test_nulls_sort_first_and_the_order_lasts(ask):
    rows = await ask("books", {"$sort": {"price": 1}}, {"$match": {"id": {"$gt": 0}}}, {"$project": {"price": 1}})
    assert [row["price"] for row in rows] == [None, 12.5, 15.25, 20]
    rows = await ask("books", {"$sort": {"price": -1}}, {"$limit": 3}, {"$skip": 1}, {"$project": {"price": 1}})
    assert [row["price"] for row in rows] == [15.25, 12.5]


async def test_arrays_come_apart(ask):
    keep = {"$project": {"aliases": 1, "i": 1}}
    ada = {"$match": {"name": {"$in": ["Ada", "Colette"]}}}
    unwind = {"path": "$aliases", "includeArrayIndex": "i"}
    assert await ask("authors", ada, {"$unwind": unwind}, keep) == [
        {"aliases": "A", "i": 0}, {"aliases": "Countess", "i": 1},
    ]  # fmt: skip
    preserved = {**unwind, "preserveNullAndEmptyArrays": True}
    assert (await ask("authors", ada, {"$unwind": preserved}, keep))[-1] == {"aliases": None, "i": None}
    rows = await ask("authors", {"$unwind": "$profile.langs"}, {"$project": {"name": 1, "profile.langs": 1}})
    assert rows == [
        {"name": "Ada", "profile": {"langs": "en"}},
        {"name": "Ada", "profile": {"langs": "fr"}},
        {"name": "Borges", "profile": {"langs": "es"}},
    ]
    single = await ask("authors", {"$unwind": "$profile.city"}, {"$project": {"profile.city": 1}})
    assert [row["profile"]["city"] for row in single] == ["London", "Buenos Aires"]
    assert len(await ask("authors", {"$unwind": "$born"})) == 3, "what is no array is one element, and null none"


async def test_what_was_pushed_comes_apart_with_its_types(ask):
    stages = (
        {"$group": {"_id": "$kind", "books": {"$push": {"title": "$title", "price": "$price", "at": "$published"}}}},
        {"$unwind": "$books"},
        {"$match": {"books.price": {"$gt": 13}, "books.at": {"$lt": "1945-01-01"}}},
        {"$project": {"_id": 0, "title": "$books.title", "more": {"$add": ["$books.price", 1]}}},
    )
    assert await ask("books", *stages) == [{"title": "Ficciones", "more": 21}]
    assert await ask("books", *stages, numbers_as_text=True) == [{"title": "Ficciones", "more": "21.00"}]


async def test_rows_of_other_tables(ask):
    lookup = {"$lookup": {"from": "books", "localField": "id", "foreignField": "author_id", "as": "books"}}
    rows = await ask(
        "authors",
        lookup,
        {"$match": {"books.price": {"$gte": 15}}},
        {"$project": {"name": 1, "n": {"$size": "$books"}, "sold": {"$sum": "$books.sold"}, "titles": "$books.title"}},
    )
    assert rows == [{"name": "Borges", "n": 2, "sold": 150, "titles": ["Ficciones", "El Aleph"]}]
    assert (await ask("authors", lookup, {"$match": {"id": 4}}))[0]["books"] == []
    joined = (lookup, {"$unwind": "$books"}, {"$sort": {"books.id": 1}}, {"$project": {"books.id": 1, "name": 1}})
    assert await ask("authors", *joined) == [
        {"books": {"id": 1}, "name": "Ada"}, {"books": {"id": 2}, "name": "Borges"},
        {"books": {"id": 3}, "name": "Borges"}, {"books": {"id": 4}, "name": "Colette"},
    ]  # fmt: skip
    kept = {"$unwind": {"path": "$books", "preserveNullAndEmptyArrays": True}}
    assert (await ask("authors", lookup, kept, {"$match": {"id": 4}}, {"$project": {"books": 1}})) == [{"books": None}]
    by_array = {"$lookup": {"from": "labels", "localField": "ids", "foreignField": "id", "as": "labels"}}
    rows = await ask("people", {"$limit": 1}, {"$addFields": {"ids": [2, 1]}}, by_array)
    assert sorted(label["name"] for label in rows[0]["labels"]) == ["old", "rare"]


async def test_a_limit_comes_before_looking_into_other_tables(session, service):
    lookup = {"$lookup": {"from": "books", "localField": "id", "foreignField": "author_id", "as": "books"}}
    read, args = read_of("authors", [lookup, {"$sort": {"name": 1}}, {"$limit": 1}])
    (row,) = json.loads((await session.read(read, args, service)).body)
    assert (row["name"], len(row["books"])) == ("Ada", 1)
    plan = (await session.explain(read, args, service, analyze=True, text=True)).decode()
    scans = [line for line in plan.splitlines() if "on books" in line]
    assert scans
    assert all("loops=1)" in line for line in scans)


async def test_fields_are_kept_dropped_and_made(ask):
    one = {"$match": {"id": 1}}
    assert await ask("labels", one, {"$project": {"name": 1}}) == [{"name": "old"}]
    assert await ask("labels", one, {"$unset": "name"}) == [{"id": 1}]
    assert await ask("labels", one, {"$project": {"nothing": 0}}) == [{"id": 1, "name": "old"}]
    assert await ask("labels", one, {"$addFields": {"a.b": "$id", "name": "$id", "c": "$name"}}) == [
        {"id": 1, "name": 1, "a": {"b": 1}, "c": "old"}
    ]
    assert await ask("labels", one, {"$set": {"a.b": 1}}, {"$set": {"a.c": 2}}, {"$unset": ["a.b", "id", "name"]}) == [
        {"a": {"c": 2}}
    ]
    inside = ({"$match": {"id": 1}}, {"$set": {"profile.deep.y": 2}}, {"$unset": ["profile.langs", "profile.deep.x"]})
    assert (await ask("authors", *inside, {"$project": {"profile": 1}})) == [
        {"profile": {"city": "London", "deep": {"y": 2}}}
    ]
    grouped = {"$group": {"_id": "$name", "n": {"$sum": 1}}}
    assert await ask("labels", one, grouped, {"$project": {"n": 1}}) == [{"_id": "old", "n": 1}]
    assert await ask("labels", one, grouped, {"$project": {"_id": 0, "n": 1}}) == [{"n": 1}]
    assert await ask("labels", one, {"$replaceWith": {}}) == [{}]
    wide = {"$replaceWith": {"all": {f"f{place}": "$id" for place in range(120)}}}
    assert len((await ask("labels", one, wide))[0]["all"]) == 120


async def test_what_no_type_can_mean_is_refused_with_its_stage(ask):
    refused = [
        ({"$match": {"name": 5}}, "invalid_pipeline"),
        ({"$match": {"id": {"$gt": True}}}, "invalid_pipeline"),
        ({"$match": {"nothing": 5}}, "unknown_column"),
        ({"$match": {"name.x": 5}}, "invalid_pipeline"),
        ({"$project": {"x": {"$add": ["$name", 1]}}}, "invalid_pipeline"),
        ({"$project": {"x": {"$concat": ["$id"]}}}, "invalid_pipeline"),
        ({"$project": {"x": {"$year": "$name"}}}, "invalid_pipeline"),
        ({"$project": {"x": {"$eq": ["$id", "$name"]}}}, "invalid_pipeline"),
        ({"$project": {"x": {"$size": "$id"}}}, "invalid_pipeline"),
        ({"$group": {"_id": None, "x": {"$sum": "$name"}}}, "invalid_pipeline"),
        ({"$replaceWith": "$id"}, "invalid_pipeline"),
    ]
    for stage, code in refused:
        with pytest.raises(Invalid) as caught:
            await ask("labels", {"$limit": 1}, stage)
        assert (caught.value.code, caught.value.details) == (code, "pipeline[1]"), stage
    with pytest.raises(Invalid) as caught:
        await ask("labels", {"$project": {"é" * 32: "$id"}})
    assert (caught.value.code, caught.value.details) == ("invalid_pipeline", "pipeline")
    with pytest.raises(NotFound) as missing:
        await ask("labels", {"$lookup": {"from": "lables", "localField": "id", "foreignField": "id", "as": "x"}})
    assert missing.value.code == "unknown_table"


async def test_what_the_engine_refuses_keeps_its_code(ask):
    for stage, code in (
        ({"$project": {"x": {"$divide": ["$id", 0]}}}, "22012"),
        ({"$project": {"x": {"$toInt": "$name"}}}, "22P02"),
        ({"$match": {"name": {"$regex": "("}}}, "2201B"),
        ({"$project": {"x": {"$multiply": ["$id", 2**62, 4]}}}, "22003"),
    ):
        with pytest.raises(QueryError) as caught:
            await ask("labels", stage)
        assert caught.value.code == code


async def test_a_pipeline_is_a_source_like_a_table(session, service, library):
    stages = [{"$group": {"_id": "$author_id", "sold": {"$sum": "$sold"}}}]
    read, args = read_of("books", stages, order=(Order(Path("sold"), descending=True),), limit=Arg(0))
    answer = await session.read(read, [*args, "2"], service)
    assert [row["_id"] for row in json.loads(answer.body)] == [1, 2]
    read, args = read_of("books", [*stages, {"$sort": {"_id": 1}}], format=Format.csv)
    assert (await session.read(read, args, service)).body.decode().splitlines() == [
        "_id,sold", "1,9007199254740993", "2,150", "3,7",
    ]  # fmt: skip
    exported = b"".join([chunk async for chunk in session.export(read, args, service, Format.json)])
    assert json.loads(exported)[1] == {"_id": 2, "sold": 150}
    over_a_function = Read(Call(TableRef("books_of"), (("author", Arg(0)),)), stages=read.stages)
    with pytest.raises(Invalid):
        await session.read(over_a_function, ["Ada"], service)


async def test_the_page_is_capped_and_what_is_aggregated_is_not(library, opener, service):
    session = await opener(library, max_rows=2)
    read, args = read_of("books", [])
    assert (await session.read(read, args, service)).returned == 2
    read, args = read_of("books", [{"$limit": 3}])
    assert (await session.read(read, args, service)).returned == 2
    read, args = read_of("books", [{"$group": {"_id": None, "all": {"$push": "$id"}}}])
    assert json.loads((await session.read(read, args, service)).body)[0]["all"] == [1, 2, 3, 4]


async def test_a_pipeline_over_too_many_rows_is_refused(library, opener, service):
    grouped = {"$group": {"_id": None, "n": {"$sum": 1}}}
    pushed = {"$group": {"_id": None, "n": {"$push": "$id"}}}
    for limits, stages, refused in (
        ({"aggregate_scan_rows": 2}, [grouped], True),
        ({"aggregate_scan_rows": 2}, [{"$match": {"id": 1}}, grouped], False),
        ({"aggregate_scan_rows": 2}, [{"$sort": {"id": 1}}, {"$limit": 1}], False),
        ({"collected_rows": 2}, [grouped], False),
        ({"collected_rows": 2}, [pushed], True),
        ({"collected_rows": 2}, [{"$match": {"id": 1}}, pushed], False),
    ):
        session = await opener(library, **limits)
        read, args = read_of("books", stages)
        if refused:
            with pytest.raises(Invalid) as caught:
                await session.read(read, args, service)
            assert caught.value.code == "aggregate_too_large"
        else:
            assert (await session.read(read, args, service)).returned == 1


async def test_one_shape_is_compiled_once_for_many_values(session, service):
    def shape(number, text):
        return read_of("books", [{"$match": {"id": {"$gt": number}, "title": text}}, {"$limit": number}])

    one, args = shape(1, "a")
    other, others = shape(2, "$b; drop")
    assert one == other
    assert args != others
    before = await session.read(one, args, service)
    assert before.returned == 0
    snapshot = session._opened.snapshot
    assert session._opened.plans.read(snapshot, one, "service_role") is session._opened.plans.read(
        snapshot, other, "service_role"
    )


async def test_long_pipelines_are_run_and_not_kept(session, service):
    stages = [{"$project": {f"f{place}": {"$add": ["$id", place]} for place in range(800)}}, {"$limit": 1}]
    read, args = read_of("labels", stages)
    for _ in range(3):
        (row,) = json.loads((await session.read(read, args, service)).body)
        assert row["f799"] == row["f0"] + 799
    snapshot, role = session._opened.snapshot, "service_role"
    assert session._opened.plans.read(snapshot, read, role) is not session._opened.plans.read(snapshot, read, role)


def doubling(value, depth, make):
    for _ in range(depth):
        value = make(value)
    return value


@pytest.mark.parametrize(
    "make",
    [
        lambda value: {"$cmp": [{"$toInt": "$profile.x"}, value]},
        lambda value: {"$ifNull": [{"$add": ["$profile.a", value]}, "$profile.b"]},
        lambda value: {"$week": {"$add": ["$born", value]}},
        lambda value: {"$max": [value, value, value]},
    ],
)
async def test_nesting_does_not_multiply_without_bound(ask, make):
    """It answers, or refuses, long before an exponential would."""
    try:
        await ask("authors", {"$project": {"x": doubling("$id", 12, make)}})
    except Invalid as error:
        assert error.code == "invalid_pipeline"


async def test_a_chain_of_stages_does_not_multiply_without_bound(ask):
    stages = [{"$addFields": {"x": {"$add": ["$x", "$x", "$x"]}}} for _ in range(30)]
    rows = await ask("labels", {"$addFields": {"x": {"$toDouble": "$id"}}}, *stages, {"$sort": {"id": 1}})
    assert rows[0]["x"] == 3.0**30


@pytest.mark.parametrize(
    "growth",
    [
        {"$concat": ["$x", "$x"]},
        ["$x", "$x"],
        {"$ifNull": [{"a": "$x", "b": "$x"}, 5]},
        {"$toUpper": {"$concat": ["$x", "$x"]}},
        {"$arrayElemAt": [[["$x", "$x"]], 0]},
    ],
)
async def test_rows_do_not_multiply_their_own_texts_without_bound(ask, growth):
    few = [{"$addFields": {"x": growth}} for _ in range(8)]
    assert len(str((await ask("labels", {"$addFields": {"x": "$name"}}, *few))[0]["x"])) > 2**8
    many = [{"$addFields": {"x": growth}} for _ in range(40)]
    with pytest.raises(Invalid) as caught:
        await ask("labels", {"$addFields": {"x": "$name"}}, *many)
    assert caught.value.code == "invalid_pipeline"
    grouped = [{"$group": {"_id": None, "x": {"$push": growth}}}, {"$unwind": "$x"}]
    with pytest.raises(Invalid):
        await ask("labels", {"$addFields": {"x": "$name"}}, *(stage for _ in range(20) for stage in grouped))


async def test_whole_rows_may_be_carried_along(ask):
    stages = [{"$replaceWith": {"row": "$$ROOT", "n": place}} for place in range(12)]
    (row,) = await ask("books", {"$match": {"id": 1}}, *stages)
    for _ in range(12):
        row = row["row"]
    assert row["title"] == "Notes on the Engine"
    with pytest.raises(Invalid):
        await ask("books", *([{"$replaceWith": {"a": "$$ROOT", "b": "$$ROOT"}}] * 20))
