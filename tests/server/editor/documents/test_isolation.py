"""Who reaches a document database at the editor's doors, and what they learn of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from live_documents import LiveDocuments, new_documents
from live_platform import LivePlatform

DOORS = ("run", "rows", "count", "cell", "export", "complete", "hover", "diagnose", "format", "statements")
FIELDS: dict[str, dict[str, Any]] = {
    "rows": {"offset": 0}, "cell": {"row": 0, "column": 0}, "export": {"format": "json"}, "complete": {"position": 0},
    "hover": {"position": 0},
}  # fmt: skip


@pytest.fixture(scope="module")
def stranger(live: LivePlatform) -> Iterator[LiveDocuments]:
    """Another tenant's document database, of the same name."""
    yield new_documents(live)


@pytest.fixture(scope="module")
def keys(live: LivePlatform, shop, stranger: LiveDocuments) -> dict[str, str]:
    """By what it is: ``mine`` opens the doors, ``public`` and ``theirs`` do not."""
    wanted = {
        "mine": (shop.documents.tenant, "service_role"), "public": (shop.documents.tenant, "anon"),
        "theirs": (stranger.tenant, "service_role"),
    }  # fmt: skip
    with live.operator() as http:
        made = {name: http.post(f"/v1/{tenant}/keys", json={"role": role}) for name, (tenant, role) in wanted.items()}
    return {name: answer.json()["key"] for name, answer in made.items()}


@pytest.mark.parametrize("door", DOORS)
def test_only_the_owner_and_a_secret_key_of_the_tenant_come_in(live, shop, keys, door: str) -> None:
    shop.run("db.own.replaceOne({_id: 1}, {_id: 1}, {upsert: true})")
    url = f"{live.url}{shop.path}/editor/{door}"
    body = {"text": "db.own.find()", **FIELDS.get(door, {})}
    for headers in (
        {},
        {"apikey": keys["public"]},
        {"apikey": keys["theirs"]},
        {"Authorization": "Bearer dbk_nothing"},
    ):
        answer = httpx.post(url, json=body, headers=headers, timeout=60)
        assert answer.status_code in (401, 403), answer.text
    answer = httpx.post(url, json=body, headers={"apikey": keys["mine"]}, timeout=60)
    assert answer.status_code == 200, answer.text


def test_no_statement_reaches_another_database(live, shop, stranger) -> None:
    with stranger.client() as client:
        client["app"].secrets.insert_one({"_id": "theirs"})
    shop.run("db.mine.insertOne({_id: 'mine'})")
    for text in (
        "db.secrets.find()",
        "db['app.secrets'].find()",
        f"db.getCollection('{stranger.tenant}.app.secrets').find()",
        "db.mine.aggregate([{$lookup: {from: 'secrets', pipeline: [], as: 'x'}}])",
        "db.mine.aggregate([{$lookup: {from: {db: 'app', coll: 'secrets'}, pipeline: [], as: 'x'}}])",
        "{listDatabases: 1}", "{find: 'secrets', $db: 'other'}", "{usersInfo: 1}", "{getParameter: '*'}",
        "db.mine.renameCollection('../../x')",
    ):  # fmt: skip
        answer = shop.post("run", text)
        assert "theirs" not in answer.text and stranger.tenant not in answer.text, answer.text
    shop.post("run", "db.getCollection('../../x').drop()")
    names = shop.run("show collections")["rows"]
    assert ["secrets"] not in names


def test_names_that_are_injected_are_names(shop) -> None:
    for name in ("a'); db.dropDatabase(); ('", 'x"]', "$cmd", "system.users", "a\0b", "x" * 300):
        answer = shop.post("run", "{find: name, filter: {}}", params={"name": name})
        assert answer.status_code < 500, answer.text
    shop.run("db.kept.insertOne({_id: 1})")
    shop.run("db.kept.find({_id: given})", params={"given": "1}); db.kept.drop(); ({"})
    assert shop.run("db.kept.countDocuments()")["rows"] == [[1]]


def test_no_password_is_told_or_logged(live, shop) -> None:
    secret = urlsplit(shop.documents.url).password
    assert secret
    told = [shop.post("run", text).text for text in ("db.a.find({$x: 1})", "{connectionStatus: 1}", "{hello: 1}", "x")]
    shop.ask("complete", "db.", position=3)
    shop.http.get(f"{shop.path}/schema")
    logs = [file.read_text("utf-8", "replace") for file in Path(live.home, "logs").rglob("*") if file.is_file()]
    assert logs and not any(secret in each for each in (*told, *logs))


def test_a_rotated_password_is_taken_up(live, stranger) -> None:
    base = f"/v1/{stranger.tenant}/databases/app"
    with live.operator() as http:
        made = http.post(f"{base}/editor/run", json={"text": "db.rotated.insertOne({_id: 1})"})
        assert made.json()["row_count"] == 1
        assert http.post(f"{base}/rotate").status_code == 200
        assert http.post(f"{base}/editor/run", json={"text": "db.rotated.find()"}).json()["rows"] == [[1]]


def test_a_database_that_is_dropped_and_made_again_is_another_one(live, stranger) -> None:
    with live.operator() as http:
        base = f"/v1/{stranger.tenant}/databases"

        def run(text: str) -> httpx.Response:
            return http.post(f"{base}/short/editor/run", json={"text": text})

        for _ in range(2):
            assert http.post(base, json={"engine": "document", "name": "short"}).status_code == 201
            assert run("db.things.find()").json()["rows"] == []
            assert run("db.things.insertOne({_id: 1})").status_code == 200
            assert http.delete(f"{base}/short").status_code == 204
            assert run("db.things.find()").status_code == 404
