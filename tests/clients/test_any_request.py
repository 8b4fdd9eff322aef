"""Requests made of pieces of the grammar, right and wrong, against the real thing: an answer or a 4xx, never a 500."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Project

COLUMNS = [
    "id",
    "name",
    "country_id",
    "population",
    "facts",
    "facts->founded",
    "facts->>nick",
    "countries.name",
    "nothing",
]
VALUES = [
    "1",
    "",
    "Oslo",
    "null",
    "{1,2}",
    "(1,2)",
    "[1,2)",
    "x'y",
    "%",
    "1e99",
    "-1",
    "\U0001f600",
    "é",
    '"',
    "\\",
    "a,b",
]
OPERATORS = [
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "like",
    "ilike",
    "match",
    "imatch",
    "in",
    "is",
    "isdistinct",
    "fts",
    "plfts(english)",
    "wfts",
    "cs",
    "cd",
    "ov",
    "sl",
    "sr",
    "nxr",
    "nxl",
    "adj",
    "eq(any)",
    "like(all)",
    "nop",
]
FIELDS = [
    "*",
    "id",
    "n:name",
    "id::text",
    "population::bytea",
    "facts->airports->0->>iata",
    "countries(*)",
    "c:countries!inner(id)",
    "...countries(code)",
    "count()",
    "population.sum()",
    "population.avg()::int",
    "cities(id)",
    "capital(id)",
    "id::nothing",
    "countries(cities(id,countries(code)))",
    "name.max()",
    "facts.sum()",
    "x:id,x:name",
    "countries()",
    "count",
]
ORDERS = [
    "id",
    "name.desc",
    "population.nullslast",
    "countries(name)",
    "facts->founded.desc",
    "countries.name",
    "nothing",
    "",
]

filters = st.tuples(
    st.sampled_from(COLUMNS),
    st.tuples(st.sampled_from(["", "not."]), st.sampled_from(OPERATORS), st.sampled_from(VALUES)),
).map(lambda pair: (pair[0], "{}{}.{}".format(*pair[1])))
trees = st.lists(filters, min_size=1, max_size=3).map(
    lambda items: ("or", "(" + ",".join(f"{name}.{operation}" for name, operation in items) + ")")
)
parameters = st.one_of(
    filters,
    trees,
    st.lists(st.sampled_from(FIELDS), max_size=4).map(lambda fields: ("select", ",".join(fields))),
    st.lists(st.sampled_from(ORDERS), max_size=2).map(lambda orders: ("order", ",".join(orders))),
    st.tuples(
        st.sampled_from(["limit", "offset", "countries.limit"]), st.sampled_from(["0", "1", "9" * 18, "-1", "x"])
    ),
    st.just(("cursor", "")),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(
            [
                "application/vnd.pgrst.object+json",
                "text/csv",
                "application/vnd.pgrst.array+json;nulls=stripped",
                "text/html",
                "application/geo+json",
                "application/vnd.pgrst.plan+json",
            ]
        ),
        "Prefer": st.sampled_from(
            [
                "count=exact",
                "count=planned",
                "count=estimated",
                "numbers=string",
                "timezone=UTC,tx=rollback",
                "handling=strict,x",
            ]
        ),
        "Range": st.sampled_from(["0-1", "3-", "5-2", "bytes=0-1", "99-100"]),
        "Accept-Profile": st.sampled_from(["public", "inventory", "pg_catalog", "x"]),
    },
)


@pytest.mark.timeout(300)
@given(st.lists(parameters, max_size=5), headers, st.sampled_from(["GET", "HEAD", "PATCH", "DELETE"]), st.booleans())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_requests_of_grammar_pieces(project: Project, pairs, named, method, by_secret):
    query = "&".join(f"{quote(name)}={quote(value, safe='*')}" for name, value in pairs)
    with project.client(project.secret if by_secret else None) as client:
        if method in ("PATCH", "DELETE"):
            named = {**named, "Prefer": "tx=rollback,return=representation"}
        answer = client.request(
            method,
            httpx.URL(f"{project.data}/data/cities?{query}"),
            headers=named,
            json={"name": "x"} if method == "PATCH" else None,
        )
        assert answer.status_code < 500, (query, named, answer.text)
        if answer.status_code >= 300 and method != "HEAD":
            assert set(answer.json()) == {"code", "message", "details", "hint"}


@pytest.mark.timeout(300)
@given(st.lists(parameters | st.tuples(st.sampled_from(["since", "x"]), st.sampled_from(VALUES)), max_size=4), headers)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_calls_of_grammar_pieces(project: Project, pairs, named):
    query = "&".join(f"{quote(name)}={quote(value, safe='*')}" for name, value in [("since", "1"), *pairs])
    with project.client() as client:
        answer = client.get(httpx.URL(f"{project.data}/rpc/films_since?{query}"), headers=named)
        assert answer.status_code < 500, (query, named, answer.text)
