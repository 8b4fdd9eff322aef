"""supabase-py, unmodified."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgrest import APIError
from supabase import Client, ClientOptions, create_client

from .conftest import SUBJECT, Project


@pytest.fixture(scope="module")
def anon(project: Project) -> Client:
    return create_client(project.base, project.anon)


@pytest.fixture(scope="module")
def service(project: Project) -> Client:
    return create_client(project.base, project.secret)


@pytest.fixture
def user(project: Project) -> Iterator[Client]:
    client = create_client(
        project.base, project.anon, ClientOptions(headers={"Authorization": f"Bearer {project.token}"})
    )
    client.postgrest.auth(project.token)
    yield client


def test_select_embeds_filters_and_orders(anon):
    answer = (
        anon.table("countries")
        .select("code,cities!inner(name,facts->founded)")
        .gt("cities.population", 500_000)
        .order("id")
        .execute()
    )
    assert answer.data == [
        {"code": "NO", "cities": [{"name": "Oslo", "founded": 1048}]},
        {"code": "IT", "cities": [{"name": "Roma", "founded": -753}, {"name": "Milano", "founded": None}]},
    ]
    found = (
        anon.table("cities")
        .select("id")
        .or_("id.eq.1,and(id.gt.3,country_id.is.null)")
        .order("id", desc=True)
        .execute()
    )
    assert [row["id"] for row in found.data] == [5, 1]
    found = anon.table("messages").select("channel").in_("message", ['say "hi" now, ok']).execute()
    assert found.data == [{"channel": 3}]


def test_filters(anon):
    def names(query):
        return [row["username"] for row in query.order("username").execute().data]

    def users():
        return anon.table("users").select("username")

    assert names(users().contains("tags", ["b"])) == ["kiwicopple", "supabot"]
    assert names(users().overlaps("tags", ["a", "c"])) == ["dragarcia", "kiwicopple", "supabot"]
    assert names(users().range_adjacent("age_range", (2, 20))) == ["dragarcia"]
    assert names(users().text_search("catchphrase", "'fat' & 'cat'", options={"config": "english"})) == ["supabot"]
    assert names(users().like_any_of("username", "s%,k%")) == ["kiwicopple", "supabot"]
    assert names(users().not_.is_("data", "null")) == ["awailas"]
    assert names(users().match({"username": "supabot", "status": "ONLINE"})) == ["supabot"]


def test_counts_and_pages(anon):
    answer = anon.table("cities").select("id", count="exact").order("id").range(1, 2).execute()
    assert answer.count == 5
    assert answer.data == [{"id": 2}, {"id": 3}]
    assert anon.table("cities").select("id", count="exact", head=True).execute().count == 5


def test_one_row(anon):
    assert anon.table("countries").select("code").eq("id", 1).single().execute().data == {"code": "NO"}
    missing = anon.table("countries").select("code").eq("id", 99).maybe_single().execute()
    assert missing is None or missing.data is None
    with pytest.raises(APIError) as refused:
        anon.table("countries").select("code").single().execute()
    assert refused.value.code == "PGRST116"


def test_csv_and_plan(anon, service):
    assert anon.table("countries").select("id,code").order("id").limit(2).csv().execute().data.split() == [
        "id,code",
        "1,NO",
        "2,IT",
    ]
    assert "cost" in str(service.table("countries").select("id").explain().execute())


def test_writes(anon):
    notes = anon.table("notes")
    assert notes.insert({"id": 200, "title": "py"}).execute().data[0]["title"] == "py"
    many = (
        anon.table("notes")
        .insert([{"id": 201, "title": "a"}, {"id": 202}], default_to_null=False, count="exact")
        .execute()
    )
    assert many.count == 2
    assert [row["title"] for row in many.data] == ["a", "untitled"]
    changed = anon.table("notes").update({"body": "x"}).in_("id", [201, 202]).execute()
    assert [row["body"] for row in changed.data] == ["x", "x"]
    merged = anon.table("notes").upsert({"id": 201, "title": "b"}).execute()
    assert merged.data[0]["title"] == "b"
    kept = anon.table("notes").upsert({"id": 201, "title": "c"}, ignore_duplicates=True).execute()
    assert kept.data == []
    assert len(anon.table("notes").delete().gte("id", 200).execute().data) == 3
    with pytest.raises(APIError) as refused:
        anon.table("countries").insert({"id": 1, "code": "XX", "name": "X"}).execute()
    assert refused.value.code == "23505"


def test_functions(anon):
    assert anon.rpc("add_them", {"a": 1, "b": 2}).execute().data == 3
    assert anon.rpc("add_them", {"a": 1, "b": 2}, get=True).execute().data == 3
    rows = anon.rpc("films_since", {"since": 1955}).select("title").order("year", desc=True).limit(1).execute()
    assert rows.data == [{"title": "Psycho"}]
    with pytest.raises(APIError) as refused:
        anon.rpc("nowhere", {}).execute()
    assert refused.value.code == "PGRST202"


def test_schemas_and_policies(anon, user, service):
    assert anon.schema("inventory").table("items").select("name").execute().data == [{"name": "lamp"}]
    assert user.table("todos").select("title").eq("owner", SUBJECT).execute().data == [{"title": "mine"}]
    assert len(service.table("todos").select("id").execute().data) == 2
