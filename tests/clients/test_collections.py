"""What clients' libraries do not show: statuses, headers, streams, cursors, limits."""

from __future__ import annotations

import csv
import io

import httpx
import pytest

from .conftest import Project


def test_ranges_and_statuses(http):
    answer = http.get("/data/cities?select=id&order=id", headers={"Range": "1-2"})
    assert (answer.status_code, answer.headers["content-range"]) == (200, "1-2/*")
    assert [row["id"] for row in answer.json()] == [2, 3]
    counted = http.get("/data/cities?select=id&order=id&offset=1", headers={"Range": "0-2", "Prefer": "count=exact"})
    assert (counted.status_code, counted.headers["content-range"]) == (206, "1-2/5")
    assert counted.headers["preference-applied"] == "count=exact"
    assert http.get("/data/cities?id=eq.99").headers["content-range"] == "*/*"
    assert http.get("/data/cities?id=eq.99", headers={"Prefer": "count=exact"}).headers["content-range"] == "*/0"
    past = http.get("/data/cities?offset=100", headers={"Prefer": "count=exact"})
    assert (past.status_code, past.json()["code"]) == (416, "PGRST103")
    assert http.get("/data/cities", headers={"Range": "5-2"}).status_code == 416
    assert http.get("/data/cities?limit=-1").status_code == 416


def test_head_has_the_headers_of_get(http):
    got, head = (
        ask("/data/cities?select=id&limit=2", headers={"Prefer": "count=exact"}) for ask in (http.get, http.head)
    )
    assert head.content == b""
    assert head.status_code == got.status_code == 206
    assert head.headers["content-range"] == got.headers["content-range"] == "0-1/5"
    assert head.headers["content-type"] == got.headers["content-type"]


def test_inserts_say_where_the_row_is(http):
    answer = http.post("/data/notes", json={"title": "x"}, headers={"Prefer": "return=headers-only"})
    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["preference-applied"] == "return=headers-only"
    path = answer.headers["location"]
    found = http.get(path.rpartition("/data")[1] + path.rpartition("/data")[2])
    assert found.json()["title"] == "x"


def test_location_of_the_supabase_shaped_url(project: Project):
    with httpx.Client(base_url=project.base, headers={"apikey": project.anon}) as client:
        answer = client.post("/rest/v1/notes", json={"title": "y"}, headers={"Prefer": "return=headers-only"})
        assert "/rest/v1/notes?id=eq." in answer.headers["location"]


def test_bodies_as_form_and_csv(http):
    form = http.post("/data/notes", data={"title": "form"}, headers={"Prefer": "return=representation"})
    assert form.json()[0]["title"] == "form"
    text = 'id,title,body\n310,a,NULL\n311,"b,""c""",\n'
    loaded = http.post(
        "/data/notes?select=id,title,body",
        content=text,
        headers={"Content-Type": "text/csv", "Prefer": "return=representation"},
    )
    assert loaded.status_code == 201, loaded.text
    assert loaded.json() == [{"id": 310, "title": "a", "body": None}, {"id": 311, "title": 'b,"c"', "body": ""}]
    http.delete("/data/notes?id=in.(310,311)")
    assert http.post("/data/notes", content=b"<x/>", headers={"Content-Type": "image/png"}).status_code == 415


def test_the_same_csv_streamed_and_collected_is_the_same_rows(project: Project, secret, http):
    text = 'id,title,body\n320,a,NULL\n321,"b,""c""\nd",\n322,NULL text,""\n'
    project.run("create table if not exists bulk (id int primary key, title text, body text)")
    rows = []
    for prefer in ({}, {"Prefer": "return=representation"}):
        answer = secret.post("/data/bulk", content=text, headers={"Content-Type": "text/csv", **prefer})
        assert answer.status_code == 201, answer.text
        rows.append(secret.get("/data/bulk?order=id").json())
        assert secret.delete("/data/bulk?id=gt.0").status_code == 204
    assert rows[0] == rows[1]
    assert [row["body"] for row in rows[0]] == [None, "", ""]
    refused = secret.post("/data/bulk", content="id,title\n1,a\nx,b\n", headers={"Content-Type": "text/csv"})
    assert (refused.status_code, refused.json()["code"]) == (400, "22P02")
    assert secret.get("/data/bulk").json() == []
    project.run("drop table bulk")


def test_csv_without_a_limit_is_a_stream_of_every_row(project: Project, secret):
    project.run("create table many as select n as id, repeat('x', 50) as filler from generate_series(1, 30000) n")
    assert len(secret.get("/data/many").json()) == 1000
    with secret.stream("GET", "/data/many?order=id", headers={"Accept": "text/csv"}) as answer:
        assert answer.status_code == 200
        chunks = list(answer.iter_raw())
    lines = list(csv.reader(io.StringIO(b"".join(chunks).decode())))
    assert lines[0] == ["id", "filler"]
    assert [int(line[0]) for line in lines[1:]] == list(range(1, 30001))
    assert len(chunks) > 1
    missing = secret.get("/data/nowhere", headers={"Accept": "text/csv"})
    assert (missing.status_code, missing.json()["code"]) == (404, "PGRST205")
    assert secret.get("/data/many?id=eq.x", headers={"Accept": "text/csv"}).status_code == 400
    project.run("drop table many")


def walk(client: httpx.Client, query: str) -> list[dict]:
    """Every row, page by page."""
    rows, cursor, pages = [], "", 0
    while True:
        answer = client.get(f"/data/cities?{query}&cursor={cursor}")
        assert answer.status_code == 200, answer.text
        rows.extend(answer.json())
        pages += 1
        following = answer.headers.get("x-next-cursor")
        if following is None:
            assert pages > 1
            return rows
        cursor = following


@pytest.mark.parametrize(
    "query",
    [
        "select=id&limit=2",
        "select=id&order=name.desc&limit=2",
        "select=id&order=population&limit=1",
        "select=id&order=population.desc&limit=2",
        "select=id&order=country_id.nullsfirst,name.desc&limit=2",
        "select=id&order=facts->>nick.desc.nullslast&limit=2",
    ],
)
def test_a_keyset_walk_sees_each_row_once_in_order(http, query):
    wanted = http.get(f"/data/cities?{query.replace('&limit=1', '').replace('&limit=2', '')}").json()
    found = walk(http, query)
    assert sorted(row["id"] for row in found) == sorted(row["id"] for row in wanted)
    assert len(found) == len(wanted)


def test_a_keyset_walk_is_not_disturbed_by_inserts(http):
    first = http.get("/data/cities?select=id&order=id.desc&limit=2&cursor=")
    http.post("/data/cities", json={"id": 70, "name": "New"})
    second = http.get(f"/data/cities?select=id&order=id.desc&limit=2&cursor={first.headers['x-next-cursor']}")
    http.delete("/data/cities/70")
    assert [row["id"] for row in [*first.json(), *second.json()]] == [5, 4, 3, 2]


def test_bad_cursors_are_refused(http):
    token = http.get("/data/cities?order=id&limit=1&cursor=").headers["x-next-cursor"]
    for query in (
        "/data/cities?cursor=nonsense",
        f"/data/cities?order=name&cursor={token}",
        f"/data/countries?order=id&cursor={token}",
        f"/data/cities?order=id&cursor={token[:-2]}",
    ):
        answer = http.get(query)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), query
    for query in ("/data/cities?offset=1&cursor=", "/data/films_after_1955?cursor="):
        answer = http.get(query)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_not_possible"), query


def test_numbers_as_strings(http):
    rounded = http.get("/data/ledger?id=gt.1000&select=id,amount")
    assert b"9007199254740993" in rounded.content
    lossless = http.get("/data/ledger?id=gt.1000&select=id,amount", headers={"Prefer": "numbers=string"})
    assert lossless.json() == [{"id": "9007199254740993", "amount": "0.1234567890123456789"}]
    assert lossless.headers["preference-applied"] == "numbers=string"
    assert http.get("/data/ledger/9007199254740993?select=id", headers={"Prefer": "numbers=string"}).json() == {
        "id": "9007199254740993"
    }


def test_time_zones(http):
    query = "/data/users?username=eq.supabot&select=seen"
    assert http.get(query, headers={"Prefer": "timezone=Asia/Tokyo"}).json() == [{"seen": "2026-01-01T21:00:00+09:00"}]
    assert http.get(query).json()[0]["seen"].startswith("2026-01-01T12:00:00")
    assert http.get(query, headers={"Prefer": "handling=strict, timezone=Nowhere"}).json()["code"] == "PGRST122"


def test_options_says_what_a_table_takes(http):
    assert http.options("/data/cities").headers["allow"] == "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    assert "POST" not in http.options("/data/cities/1").headers["allow"]


def test_browsers_may_ask_from_anywhere_without_a_key(project: Project):
    with httpx.Client(base_url=project.data) as browser:
        answer = browser.options(
            "/data/cities",
            headers={
                "Origin": "https://app.test",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "apikey,content-profile",
            },
        )
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-headers"] == "apikey,content-profile"
        refused = browser.get("/data/cities", headers={"Origin": "https://app.test"})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == "*"


def test_a_large_body_is_not_read_for_those_who_may_not_write_it(http, secret):
    for send, status in ((http.post, 401), (http.patch, 401), (http.put, 401), (secret.post, 400)):
        answer = send("/data/hidden", content=b"[" * 200_000, headers={"Content-Type": "application/json"})
        assert answer.status_code == status
        assert answer.json()["code"] == ("42501" if status == 401 else "PGRST102")
    small = http.post("/data/hidden", json={"id": 1})
    refused = http.post("/data/hidden", json=[{"id": number} for number in range(20_000)])
    assert refused.json() == small.json()


def test_limits_are_documented_errors(http):
    long = http.get("/data/cities?name=eq." + "x" * 30_000)
    assert (long.status_code, long.json()["code"]) == (414, "uri_too_long")
    deep = http.get("/data/employees?select=" + "employees!manager_id(" * 9 + ")" * 9)
    assert (deep.status_code, deep.json()["code"]) == (400, "embed_too_deep")
    body = http.post("/data/notes", content=b"[" * 100_000, headers={"Content-Type": "application/json"})
    assert (body.status_code, body.json()["code"]) == (400, "PGRST102")
    assert http.get("/data/cities", headers={"Accept": "text/html"}).json()["code"] == "PGRST107"


def test_writes_that_touch_some_rows_in_order(http):
    http.post("/data/notes", json=[{"id": n, "title": "t"} for n in (330, 331, 332)])
    answer = http.delete(
        "/data/notes?id=gte.330&order=id.desc&limit=2&select=id",
        headers={"Prefer": "return=representation,count=exact"},
    )
    assert sorted(row["id"] for row in answer.json()) == [331, 332]
    assert answer.headers["content-range"] == "*/2"
    assert http.delete("/data/notes?id=gte.330&limit=1").json()["code"] == "PGRST109"
    http.delete("/data/notes?id=gte.330")


def test_an_empty_insert_and_an_empty_update_do_nothing(http):
    assert http.post("/data/notes", json=[]).status_code == 201
    done = http.patch("/data/notes", json={}, headers={"Prefer": "return=representation"})
    assert (done.status_code, done.json()) == (200, [])
    assert http.patch("/data/notes", json=[]).status_code == 204
    assert http.put("/data/notes/1", json=[]).json()["code"] == "PGRST102"


def test_functions_by_form_text_and_repeated_arguments(http):
    assert http.post("/rpc/add_them", data={"a": "1", "b": "2"}).json() == 3
    assert http.get("/rpc/total?numbers=1&numbers=2&numbers=3").json() == 6
    assert http.get("/rpc/films_since?since=1900&year=lt.1955&select=id").json() == [{"id": 1}]
    answer = http.post("/rpc/teapot")
    assert (answer.status_code, answer.headers["x-tea"]) == (418, "Earl Grey")
    csv_rows = http.get("/rpc/films_since?since=1958&select=id,year&order=id", headers={"Accept": "text/csv"})
    assert csv_rows.text.split() == ["id,year", "2,1958", "3,1960"]


def test_anything_in_names_and_values_leaves_the_canary_alone(http):
    texts = [
        "'; drop table canary; --",
        '"; drop table canary; --',
        "\\'; drop table canary; --",
        "$1",
        "${x}",
        "%s",
        "{}",
    ]
    for text in texts:
        for query in (
            {"name": f"eq.{text}"},
            {text: "eq.1"},
            {"select": text},
            {"select": f'"{text}"'},
            {"select": f"id::{text}"},
            {"select": f"facts->>{text}"},
            {"select": f"countries!{text}(id)"},
            {"select": f'"x{text}":id'},
            {"order": text},
            {"order": f'facts->"{text}"'},
            {"name": f"fts({text}).x"},
            {"name": f"{text}.x"},
            {"or": f"(name.eq.{text})"},
            {"cursor": text},
            {"limit": text},
        ):
            answer = http.get("/data/cities", params=query)
            assert answer.status_code < 500, (query, answer.text)
        assert http.get(f"/data/{httpx.QueryParams({'x': text})['x'].replace('/', '')}").status_code < 500
        for header in ("Prefer", "Accept", "Range", "Accept-Profile"):
            assert http.get("/data/cities", headers={header: text}).status_code < 500
        assert http.post("/data/notes", json={text: 1}).status_code < 500
        assert http.post("/data/notes", params={"columns": f'"{text}"'}, json={"a": 1}).status_code < 500
        assert http.post("/data/notes", json={"title": text}).status_code == 201
        assert http.post(f"/rpc/{text.replace('/', '')}", json={}).status_code < 500
    assert http.get("/data/canary").json() == [{"id": 1, "song": "still singing"}]
