"""``/data/{table}/{id}``: one row by its key, as the tenant's own URL has it."""

from __future__ import annotations

import httpx

from .conftest import Project


def test_a_row_by_its_id(http):
    answer = http.get("/data/countries/1")
    assert answer.status_code == 200
    assert answer.json() == {"id": 1, "code": "NO", "name": "Norway"}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert http.get("/data/app.countries/1").json() == answer.json()
    assert http.get("/data/cities/1?select=name,countries(code)").json() == {
        "name": "Oslo",
        "countries": {"code": "NO"},
    }
    assert http.head("/data/countries/1").content == b""


def test_composite_ids_and_odd_names(http):
    assert http.get("/data/stock/oslo,nut").json()["quantity"] == 20
    assert http.get('/data/stock/"ber,gen",bolt').json()["quantity"] == 5
    assert http.get('/data/"Odd \\"name\\".x"/1').json() == {"id": 1}


def test_functions_of_a_named_database_and_odd_names(project: Project, http):
    assert http.post("/rpc/app.add_them", json={"a": 1}).json() == 11
    assert http.get("/rpc/app.add_them?a=1&b=2").json() == 3
    project.run("create function \"odd.name\"() returns int language sql immutable as 'select 7'")
    for name in ('"odd.name"', 'app."odd.name"', "app.odd.name"):
        assert http.post(f"/rpc/{name}", json={}).json() == 7, name
    with httpx.Client(base_url=project.base, headers={"apikey": project.anon}) as client:
        assert client.post("/rest/v1/rpc/odd.name").json() == 7, "the database is in the URL already"
    project.run('drop function "odd.name"()')
    elsewhere = http.post("/rpc/elsewhere.add_them", json={"a": 1})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "database_not_found")
    assert http.post("/rpc/app.", json={}).json()["code"] == "invalid_name"


def test_an_absent_row_is_404_with_a_code(http):
    for answer in (
        http.get("/data/countries/99"),
        http.patch("/data/countries/99", json={"name": "X"}),
        http.delete("/data/countries/99"),
        http.delete("/data/countries/99", headers={"Prefer": "return=minimal"}),
        http.get("/data/countries/99", headers={"Accept": "text/csv"}),
    ):
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
        assert set(answer.json()) == {"code", "message", "details", "hint"}


def test_an_id_that_cannot_be_one_is_a_client_error(http):
    assert http.get("/data/countries/one").json()["code"] == "22P02"
    assert http.get("/data/countries/1,2").json()["code"] == "invalid_id"
    assert http.get("/data/stock/oslo").json()["code"] == "invalid_id"
    assert http.get("/data/films_after_1955/1").json()["code"] == "no_primary_key"
    assert http.get("/data/nowhere/1").status_code == 404
    assert http.post("/data/countries/1", json={}).status_code == 405
    for answer in (http.get("/data/countries/one"), http.get("/data/countries/1,2")):
        assert answer.status_code == 400


def test_put_patch_and_delete_answer_the_row(http):
    created = http.put("/data/notes/300", json={"title": "new", "body": "b"})
    assert (created.status_code, created.json()) == (201, {"id": 300, "title": "new", "body": "b", "done": False})
    replaced = http.put("/data/notes/300", json={"id": 300, "title": "newer"})
    assert (replaced.status_code, replaced.json()) == (200, {"id": 300, "title": "newer", "body": None, "done": False})
    changed = http.patch("/data/notes/300?select=id,body", json={"body": "x"})
    assert (changed.status_code, changed.json()) == (200, {"id": 300, "body": "x"})
    quiet = http.patch("/data/notes/300", json={"body": "y"}, headers={"Prefer": "return=minimal"})
    assert (quiet.status_code, quiet.content) == (204, b"")
    gone = http.delete("/data/notes/300")
    assert (gone.status_code, gone.json()["body"]) == (200, "y")
    assert http.get("/data/notes/300").status_code == 404


def test_a_put_must_agree_with_its_url(http):
    answer = http.put("/data/notes/301", json={"id": 302, "title": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "PGRST115")
    assert http.put("/data/notes/301", json=[{"title": "x"}, {"title": "y"}]).json()["code"] == "PGRST102"
    assert http.put("/data/stock/a,b", json={"quantity": 3}).json() == {"warehouse": "a", "sku": "b", "quantity": 3}
    http.delete("/data/stock/a,b")


def test_put_of_a_collection_wants_the_whole_key(http):
    done = http.put("/data/stock?warehouse=eq.c&sku=eq.d", json={"warehouse": "c", "sku": "d", "quantity": 1})
    assert done.status_code in (201, 204)
    assert http.get("/data/stock/c,d").json()["quantity"] == 1
    for query in ("", "?warehouse=eq.c", "?warehouse=eq.c&sku=gt.d", "?warehouse=eq.c&sku=eq.d&quantity=eq.1"):
        answer = http.put(f"/data/stock{query}", json={"warehouse": "c", "sku": "d"})
        assert (answer.status_code, answer.json()["code"]) == (405, "PGRST105")
    answer = http.put("/data/stock?warehouse=eq.c&sku=eq.d", json={"warehouse": "c", "sku": "other"})
    assert answer.json()["code"] == "PGRST115"
    http.delete("/data/stock/c,d")


def test_row_policies_hold_by_id(project: Project):
    with project.client(Authorization=f"Bearer {project.token}") as user:
        assert user.get("/data/todos/1").json()["title"] == "mine"
        assert user.get("/data/todos/2").status_code == 404
        assert user.patch("/data/todos/2", json={"title": "x"}).status_code == 404
        assert user.delete("/data/todos/2").status_code == 404


def test_a_schema_is_there_as_soon_as_it_was_made(project: Project):
    for name in ("one", "two", "three"):
        project.run(
            f"create schema {name}; create table {name}.things as select 7 as n;"
            f"grant usage on schema {name} to anon; grant select on {name}.things to anon"
        )
        with project.client(Accept_Profile=name) as client:
            answer = client.get("/data/things")
        assert (answer.status_code, answer.json()) == (200, [{"n": 7}]), name
        project.run(f"drop schema {name} cascade")
    with project.client(Accept_Profile="four") as client:
        assert client.get("/data/things").json()["code"] == "PGRST106"
