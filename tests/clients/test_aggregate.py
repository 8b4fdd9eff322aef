"""``POST /data/{table}/aggregate``: pipelines over HTTP."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipelines

from .conftest import Project

PER_COUNTRY = [
    {"$match": {"country_id": {"$ne": None}}},
    {"$group": {"_id": "$country_id", "cities": {"$sum": 1}, "people": {"$sum": "$population"}}},
    {"$sort": {"people": -1}},
]


def ask(client: httpx.Client, table: str, *stages, **headers: str) -> httpx.Response:
    return client.post(f"/data/{table}/aggregate", json=list(stages), headers=headers)


def test_a_list_of_stages_gives_rows(http):
    answer = ask(http, "cities", *PER_COUNTRY)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json() == [
        {"_id": 2, "cities": 2, "people": 4102305},
        {"_id": 1, "cities": 2, "people": 1008899},
    ]
    wrapped = http.post("/data/cities/aggregate", json={"pipeline": PER_COUNTRY})
    assert wrapped.content == answer.content
    assert ask(http, "app.cities", *PER_COUNTRY).content == answer.content


def test_a_projects_own_url_has_it_too(project: Project):
    with httpx.Client(base_url=project.base, headers={"apikey": project.anon}) as client:
        answer = client.post("/rest/v1/cities/aggregate", json=PER_COUNTRY)
        assert [row["_id"] for row in answer.json()] == [2, 1]
        assert client.options("/rest/v1/cities/aggregate").headers["allow"] == "OPTIONS,POST"
        assert client.get("/rest/v1/cities/aggregate").status_code == 405


def test_related_rows_and_documents(http):
    answer = ask(
        http,
        "cities",
        {"$lookup": {"from": "countries", "localField": "country_id", "foreignField": "id", "as": "country"}},
        {"$unwind": "$country"},
        {"$unwind": "$facts.airports"},
        {"$group": {"_id": {"country": "$country.name"}, "airports": {"$push": "$facts.airports.iata"}}},
        {"$project": {"_id": 0, "country": "$_id.country", "count": {"$size": "$airports"}}},
        {"$sort": {"country": 1}},
    )
    assert answer.json() == [{"country": "Italy", "count": 2}, {"country": "Norway", "count": 2}]


def test_numbers_may_come_as_strings(http):
    stages = [{"$group": {"_id": None, "sum": {"$sum": "$id"}, "all": {"$push": {"amount": "$amount"}}}}]
    answer = ask(http, "ledger", {"$sort": {"id": -1}}, *stages, Prefer="numbers=string")
    assert answer.headers["preference-applied"] == "numbers=string"
    assert answer.json() == [
        {
            "_id": None,
            "sum": "9007199254740994",
            "all": [{"amount": "0.1234567890123456789"}, {"amount": "2.5"}],
        }
    ]


def test_preferences_and_media_types_hold(http, secret):
    counted = ask(http, "cities", *PER_COUNTRY, Prefer="count=exact")
    assert counted.headers["content-range"] == "0-1/2"
    csv = ask(http, "cities", *PER_COUNTRY, {"$project": {"cities": 1}}, Accept="text/csv")
    assert csv.text.splitlines() == ["_id,cities", "2,2", "1,2"]
    one = ask(http, "cities", {"$count": "rows"}, Accept="application/vnd.pgrst.object+json")
    assert one.json() == {"rows": 5}
    assert ask(http, "cities", Accept="application/vnd.pgrst.object+json").status_code == 406
    plan = ask(secret, "cities", *PER_COUNTRY, Accept="application/vnd.pgrst.plan+json")
    assert "Plan" in plan.json()[0]
    assert ask(http, "cities", *PER_COUNTRY, Accept="application/vnd.pgrst.plan+json").status_code == 403
    year = {"$project": {"at": {"$hour": "$seen"}}}
    seen = {"$match": {"seen": {"$ne": None}}}
    assert ask(http, "users", seen, year).json() == [{"at": 12}]
    assert ask(http, "users", seen, year, Prefer="timezone=Asia/Tokyo").json() == [{"at": 21}]


def test_csv_has_no_more_rows_than_json(project: Project, secret):
    project.run("create table many as select generate_series(1, 1200) as id")
    try:
        one, other = (ask(secret, "many", {"$sort": {"id": 1}}, Accept=kind) for kind in ("text/csv", "*/*"))
        assert len(one.text.splitlines()) == 1 + len(other.json()) == 1001
    finally:
        project.run("drop table many")


def test_a_schema_is_chosen_by_either_profile_header(http):
    for header in ("Content-Profile", "Accept-Profile"):
        answer = ask(http, "items", {"$count": "n"}, **{header: "inventory"})
        assert answer.json() == [{"n": 1}]
    assert ask(http, "items", **{"Accept-Profile": "secret"}).json()["code"] == "PGRST106"


def test_what_is_wrong_is_said_with_its_place(http):
    answer = ask(http, "cities", {"$limit": 5}, {"$group": {"_id": None, "n": {"$summ": 1}}})
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "invalid_pipeline",
        "message": "There is no accumulator “$summ”.",
        "details": "pipeline[1].$group.n",
        "hint": "Perhaps you meant $sum.",
    }
    answer = ask(http, "cities", {"$limit": 5}, {"$match": {"populatoin": 5}})
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST204")
    assert answer.json()["details"] == "pipeline[1]"
    assert answer.json()["hint"] == "Perhaps you meant the field 'population'"
    assert ask(http, "nowhere").json()["code"] == "PGRST205"
    for body, kind in ((b"{", None), (b"", None), (b"[]", "text/csv"), (b"[]", "text/plain")):
        headers = {"content-type": kind or "application/json"}
        assert http.post("/data/cities/aggregate", content=body, headers=headers).json()["code"] == "PGRST102"
    for value in ({}, {"pipeline": []} | {"limit": 5}, 5, "[]"):
        assert http.post("/data/cities/aggregate", json=value).json()["code"] == "invalid_pipeline"
    assert http.post("/data/cities/aggregate?limit=5", json=[]).json()["code"] == "PGRST100"
    large = http.post("/data/cities/aggregate", content=b"[" + b" " * 1024 * 1024 + b"]")
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")


def test_a_row_may_be_called_aggregate(project: Project, http, secret):
    project.run("create table words (word text primary key); insert into words values ('aggregate'), ('other')")
    assert secret.get("/data/words/aggregate").json() == {"word": "aggregate"}
    assert ask(secret, "words", {"$count": "n"}).json() == [{"n": 2}]
    posted = secret.post("/data/words/other", json={})
    assert (posted.status_code, posted.json()["code"]) == (405, "method_not_allowed")
    assert "POST" not in posted.headers["allow"]
    project.run("drop table words")


def test_a_column_that_a_role_may_not_read_is_no_field(project: Project, http, secret):
    project.run("""create table people (id int, name text, salary int); insert into people values (1, 'Ada', 5);
                   grant select (id, name) on people to anon; grant all on people to service_role""")
    assert ask(http, "people").json() == [{"id": 1, "name": "Ada"}]
    assert ask(http, "people", {"$group": {"_id": None, "all": {"$push": "$$ROOT"}}}).json() == [
        {"_id": None, "all": [{"id": 1, "name": "Ada"}]}
    ]
    for stage in ({"$match": {"salary": 5}}, {"$project": {"x": "$salary"}}, {"$sort": {"salary": 1}}):
        assert ask(http, "people", stage).json()["code"] == "PGRST204"
    lookup = {"$lookup": {"from": "people", "localField": "id", "foreignField": "id", "as": "p"}}
    assert ask(http, "countries", {"$limit": 1}, lookup).json()[0]["p"] == [{"id": 1, "name": "Ada"}]
    assert ask(secret, "people", {"$project": {"salary": 1}}).json() == [{"salary": 5}]
    project.run("drop table people")


def test_the_description_has_it_for_who_may_read(project: Project, http):
    document = http.get("/openapi.json").json()
    assert list(document["paths"]["/data/cities/aggregate"]) == ["post"]
    with httpx.Client(base_url=project.base, headers={"apikey": project.anon}) as client:
        assert "/cities/aggregate" in client.get("/rest/v1/").json()["paths"]


FIELDS = ["id", "name", "country_id", "population", "facts", "facts.founded", "facts.airports.iata", "country", "x"]
LOOKUPS = [{"from": "countries", "localField": "country_id", "foreignField": "id", "as": "country"}]


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(pipelines.stages(FIELDS, LOOKUPS), max_size=4) | pipelines.json_values)
def test_any_body_is_answered_with_rows_or_a_4xx(http, value):
    answer = http.post("/data/cities/aggregate", json=value)
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert {"code", "message", "details", "hint"} == answer.json().keys()
