"""A tenant without room at each of the platform's doors, with the daemon looking by itself."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pymongo
import pytest
from pymongo.errors import PyMongoError

from live_platform import LivePlatform
from live_project import LiveProject, new_project
from waiting import eventually

SCHEMA = """
create table big (id int primary key, body text);
insert into big select n, repeat(md5(n::text), 60) from generate_series(1, 20000) n;
grant all on big to anon;
"""


@pytest.fixture(scope="module")
def full(live: LivePlatform) -> Iterator[LiveProject]:
    """A project with more in it than it may have."""
    project = new_project(live, SCHEMA)
    live.json("create", "document", "papers", "--tenant", project.tenant)
    with mongo(project) as client:
        client["papers"]["seen"].insert_many([{"_id": number, "text": "x" * 500} for number in range(1000)])
    live.json("tenant", "update", project.tenant, "--max-storage-gb", "0.02")
    wait(project, full=True)
    yield project
    live.json("tenant", "drop", project.tenant, "--yes")


def mongo(project: LiveProject) -> pymongo.MongoClient:
    return pymongo.MongoClient(project.live.json("connection-string", project.tenant)["connection_string"])


def wait(project: LiveProject, *, full: bool) -> None:
    with project.live.operator() as operator:
        eventually(
            lambda: operator.get(f"/v1/tenants/{project.tenant}").json()["storage_full"], lambda seen: seen is full
        )


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 507 and "storage_full" in answer.text


def test_every_door_refuses_what_adds_and_takes_what_removes(full: LiveProject) -> None:
    key = {"apikey": full.secret}
    table = f"{full.base}/rest/v1/big"
    row = {"id": -1, "body": "x"}
    with httpx.Client(headers=key) as client, full.live.operator() as operator:
        # A process hears of it a moment later than the platform's own tables say it.
        eventually(lambda: client.post(table, json=row), refused)
        assert refused(client.patch(f"{table}?id=eq.1", json={"body": "y"}))
        assert refused(client.put(f"{table}?id=eq.1", json={"id": 1, "body": "y"}))
        assert refused(client.post(table, content="id\n-1\n", headers={"Content-Type": "text/csv"}))
        mutation = {"query": 'mutation { insert_big(objects: [{id: -1, body: "x"}]) { affected_rows } }'}
        told = client.post(f"{full.base}/graphql/v1", json=mutation)
        assert "storage_full" in told.text or "storage of this tenant is full" in told.text, told.text
        for text in ("insert into big values (-1)", "create table another ()"):
            answer = operator.post(f"/v1/{full.tenant}/query", json={"query": text})
            assert refused(answer), answer.text
        loading = {"content": "id\n-1\n", "headers": {"Content-Type": "text/csv"}}
        assert refused(operator.post(f"/v1/{full.tenant}/load/big", **loading))
        assert refused(operator.post(f"/v1/{full.tenant}/databases", json={"name": "more"}))
        assert client.get(f"{table}?select=id&limit=1").json() == [{"id": 1}]
    with mongo(full) as door:
        papers = door["papers"]["seen"]

        def insert() -> int | None:
            try:
                papers.insert_one({"_id": "more"})
            except PyMongoError as error:
                return getattr(error, "code", None)
            papers.delete_one({"_id": "more"})
            return None

        assert eventually(insert) == 14031
        for work in (
            lambda: papers.update_one({"_id": 1}, {"$set": {"text": "y"}}),
            lambda: papers.find_one_and_update({"_id": 1}, {"$set": {"text": "y"}}),
            lambda: papers.create_index("text"),
            lambda: door["papers"].create_collection("more"),
            lambda: door["another"]["more"].insert_one({}),
        ):
            with pytest.raises(PyMongoError) as error:
                work()
            assert getattr(error.value, "code", None) == 14031, error.value
        assert papers.find_one({"_id": 1}) is not None
        assert papers.delete_many({"_id": {"$gt": 10}}).deleted_count == 989
        assert papers.find_one_and_delete({"_id": 10}) is not None


def test_what_is_full_opens_by_itself(full: LiveProject) -> None:
    with full.connect() as owner:
        eventually(lambda: _refuses(owner))
        owner.execute("delete from big")
        owner.execute("vacuum big")
    wait(full, full=False)
    with httpx.Client(headers={"apikey": full.secret}) as client:
        row = {"id": 7, "body": "again"}
        eventually(lambda: client.post(f"{full.base}/rest/v1/big", json=row), lambda answer: answer.status_code == 201)
    with mongo(full) as door:
        eventually(lambda: _inserts(door["papers"]["seen"]))


def _refuses(owner: psycopg.Connection) -> bool:
    try:
        owner.execute("insert into big values (-7)")
    except psycopg.errors.InsufficientPrivilege:
        return True
    owner.execute("delete from big where id = -7")
    return False


def _inserts(collection: pymongo.collection.Collection) -> bool:
    try:
        return collection.insert_one({}).acknowledged
    except PyMongoError:
        return False
