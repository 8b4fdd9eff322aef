"""Prefer, Accept, Content-Type, Range, CORS."""

from __future__ import annotations

import pytest

from dbaas_provisioning.errors import Invalid
from dbaas_server.cors import ANY_ORIGIN, preflight, with_cors
from dbaas_server.http import Request, Response
from dbaas_server.nouns import Count, Format, Resolution
from dbaas_server.rest.negotiate import content_type, negotiate
from dbaas_server.rest.prefer import parse_prefer
from dbaas_server.rest.ranges import content_range, intersect, parse_range


def test_every_preference_is_understood():
    prefer = parse_prefer(
        "return=representation, count=exact,resolution=merge-duplicates ,missing=default,tx=rollback,"
        "handling=strict,max-affected=10,timezone=America/Los_Angeles,numbers=string"
    )
    assert prefer.representation == "representation"
    assert prefer.count is Count.exact
    assert prefer.resolution is Resolution.merge
    assert prefer.missing_default
    assert prefer.rollback
    assert prefer.strict
    assert prefer.max_affected == 10
    assert prefer.time_zone == "America/Los_Angeles"
    assert prefer.numbers_as_text
    assert prefer.applied("return", "tx") == "return=representation, tx=rollback"


def test_a_preference_counts_once_and_unknown_ones_are_ignored_unless_strictness_is_asked_for():
    assert parse_prefer("count=exact, count=planned").count is Count.exact
    lenient = parse_prefer("anything, count=perhaps, timezone=Nowhere/Land, max-affected=3")
    assert (lenient.count, lenient.time_zone, lenient.max_affected) == (None, None, None)
    with pytest.raises(Invalid) as refused:
        parse_prefer("handling=strict, anything, count=perhaps")
    assert refused.value.code == "PGRST122"
    assert refused.value.details == "Invalid preferences: anything, count=perhaps"


@pytest.mark.parametrize(
    ("accept", "format_", "single", "content"),
    [
        ("", Format.json, False, "application/json; charset=utf-8"),
        ("*/*", Format.json, False, "application/json; charset=utf-8"),
        ("text/html, application/json;q=0.9", Format.json, False, "application/json; charset=utf-8"),
        ("application/json;q=0.1, text/csv", Format.csv, False, "text/csv; charset=utf-8"),
        ("application/vnd.pgrst.object+json", Format.json, True, "application/vnd.pgrst.object+json; charset=utf-8"),
        ("application/vnd.pgrst.object", Format.json, True, "application/vnd.pgrst.object+json; charset=utf-8"),
        (
            "application/vnd.pgrst.object+json;nulls=stripped",
            Format.json_stripped,
            True,
            "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
        ),
        (
            "application/vnd.pgrst.array+json;nulls=stripped",
            Format.json_stripped,
            False,
            "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
        ),
        ("application/geo+json", Format.geojson, False, "application/geo+json; charset=utf-8"),
    ],
)
def test_accept_chooses_the_rendering(accept, format_, single, content):
    media = negotiate(accept)
    assert (media.format, media.single, media.content_type) == (format_, single, content)


def test_a_plan_is_chosen_as_postgrest_js_asks_for_it():
    media = negotiate(
        'application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object+json"; options=analyze|verbose;'
    )
    assert (media.plan, media.analyze, media.single) == ("json", True, True)
    assert negotiate("application/vnd.pgrst.plan").plan == "text"


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "application/vnd.pgrst.plan;options=root"])
def test_what_cannot_be_rendered_is_refused(accept):
    with pytest.raises(Invalid) as refused:
        negotiate(accept)
    assert refused.value.code == "PGRST107"


def test_bodies_are_known_by_their_type():
    assert content_type("") == content_type("application/json; charset=utf-8") == "json"
    assert content_type("Text/CSV") == "csv"
    assert content_type("application/x-www-form-urlencoded") == "form"
    with pytest.raises(Invalid) as refused:
        content_type("image/png")
    assert refused.value.code == "unsupported_media_type"


def test_ranges_count_rows():
    assert parse_range("0-14") == (0, 15)
    assert parse_range("items=5-5") == (5, 1)
    assert parse_range("10-") == (10, None)
    assert parse_range("bytes=0-1") is None
    assert parse_range("") is None
    with pytest.raises(Invalid) as refused:
        parse_range("5-2")
    assert refused.value.code == "PGRST103"


def test_ranges_intersect():
    assert intersect((0, None), (3, 4)) == (3, 4)
    assert intersect((2, 10), (0, 5)) == (2, 3)
    assert intersect((2, None), (4, None)) == (4, None)
    with pytest.raises(Invalid):
        intersect((10, 5), (0, 5))


def test_content_range_is_rendered():
    assert content_range(0, 15, None) == "0-14/*"
    assert content_range(5, 1, 100) == "5-5/100"
    assert content_range(0, 0, 0) == "*/0"
    with pytest.raises(Invalid) as refused:
        content_range(101, 0, 100)
    assert refused.value.code == "PGRST103"
    assert "only 100 rows" in (refused.value.details or "")


async def _no_body():
    return
    yield


def request(method: str, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, "/x", "", named, _no_body, "http://localhost")


def test_a_preflight_is_answered_for_the_origins_allowed():
    asked = request(
        "OPTIONS",
        origin="https://app.test",
        access_control_request_method="PATCH",
        access_control_request_headers="apikey,prefer",
    )
    answer = preflight(asked, ANY_ORIGIN)
    assert answer is not None
    headers = dict(answer.headers)
    assert answer.status == 204
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Headers"] == "apikey,prefer"
    assert "Access-Control-Allow-Credentials" not in headers
    refused = preflight(asked, ("https://other.test",))
    assert refused is not None
    assert "Access-Control-Allow-Origin" not in dict(refused.headers)
    assert dict(preflight(asked, ("https://app.test",)).headers)["Access-Control-Allow-Origin"] == "https://app.test"
    assert preflight(request("OPTIONS"), ANY_ORIGIN) is None


def test_answers_can_be_read_across_origins():
    answer = with_cors(Response(), request("GET", origin="https://app.test"), ANY_ORIGIN)
    exposed = dict(answer.headers)["Access-Control-Expose-Headers"]
    assert "Content-Range" in exposed
    assert "X-Next-Cursor" in exposed
    assert with_cors(Response(), request("GET"), ANY_ORIGIN).headers == []


def test_answers_that_differ_by_origin_say_so_to_caches():
    for origin in ({}, {"origin": "https://app.test"}, {"origin": "https://evil.test"}):
        headers = dict(with_cors(Response(), request("GET", **origin), ("https://app.test",)).headers)
        assert headers["Vary"] == "Origin"
        allowed = "https://app.test" if origin.get("origin") == "https://app.test" else None
        assert headers.get("Access-Control-Allow-Origin") == allowed
