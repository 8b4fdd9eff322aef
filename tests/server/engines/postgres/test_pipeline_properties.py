"""Generated pipelines on the real engine, against a model in Python, and generated nonsense."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipelines
from dbaas_provisioning.errors import DbaasError
from dbaas_server.nouns import Read, TableRef
from dbaas_server.pipeline import parse_pipeline
from pipeline_model import OTHERS, ROWS, evaluate, normal, pipelines_over

generated = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

# What a pipeline over data may meet: no meaning, and numbers, dates and texts that are not what was hoped.
REFUSALS = {
    "invalid_pipeline", "unknown_column",
    "22012", "22003", "2201F", "2201E",  # division by zero, out of range, roots and logarithms of what has none
    "22P02", "22007", "22008", "22011",  # no number, no date, no such substring
}  # fmt: skip

AUTHORS = [
    "id", "name", "born", "profile", "profile.city", "profile.langs", "raw", "aliases", "active", "books", "books.sold",
    "books.title", "x", "y", "_id", "x.a",
]  # fmt: skip
BOOKS = [
    "id", "title", "author_id", "price", "sold", "kind", "published", "author", "author.name", "author.aliases", "x",
    "y", "_id",
]  # fmt: skip
TABLES = {
    "authors": pipelines.stages(
        AUTHORS, [{"from": "books", "localField": "id", "foreignField": "author_id", "as": "books"}]
    ),
    "books": pipelines.stages(
        BOOKS, [{"from": "authors", "localField": "author_id", "foreignField": "id", "as": "author"}]
    ),
}


@pytest.fixture
async def modelled(own_session, owner):
    await own_session.run(
        """create table things (id int primary key, n int, f double precision, t text, flag boolean, tags int[]);
           create table others (id int primary key, ref int, w text)""",
        (),
        owner,
    )
    for name, rows in (("things", ROWS), ("others", OTHERS)):
        text = f"insert into {name} select * from json_populate_recordset(null::{name}, $1::text::json)"
        await own_session.run(text, (json.dumps(rows),), owner)
    await own_session.catalog(fresh=True)
    return own_session


def sortable(rows):
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


@generated
@given(pipelines_over())
async def test_any_pipeline_gives_what_the_model_gives(modelled, owner, made):
    pipeline, ordered = made
    args = []
    read = Read(TableRef("things"), stages=parse_pipeline(pipeline, args))
    answer = json.loads((await modelled.read(read, args, owner)).body)
    found, expected = normal(answer), normal(evaluate(pipeline, ROWS))
    if not ordered:
        found, expected = sortable(found), sortable(expected)
    assert found == expected


@generated
@given(
    st.sampled_from(sorted(TABLES)).flatmap(
        lambda name: st.tuples(st.just(name), st.lists(TABLES[name], min_size=1, max_size=5))
    ),
    st.booleans(),
)
async def test_whatever_a_pipeline_says_it_gives_rows_or_a_reason(session, service, made, numbers_as_text):
    name, pipeline = made
    args = []
    try:
        read = Read(TableRef(name), stages=parse_pipeline(pipeline, args), numbers_as_text=numbers_as_text)
        answer = await session.read(read, args, service)
    except DbaasError as error:
        assert error.code in REFUSALS, error.message
    else:
        assert len(json.loads(answer.body)) == answer.returned
