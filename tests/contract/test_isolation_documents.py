"""What a stranger, another tenant and a user of one database get at MongoDB's door: nothing, with a code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import bson
import pymongo
import pytest
from bson import Int64
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from live_documents import LiveDocuments, new_documents
from live_platform import LivePlatform
from mongo_frames import Wire

Document = dict[str, Any]
Client = pymongo.MongoClient[Document]

UNAUTHORIZED, AUTHENTICATION_FAILED, NO_CURSOR = 13, 18, 43


@pytest.fixture(scope="module")
def victim(live: LivePlatform) -> LiveDocuments:
    made = new_documents(live)
    with made.client() as client:
        client["app"].secrets.insert_many({"_id": n, "word": "sesame", "fill": "x" * 100} for n in range(500))
    return made


@pytest.fixture(scope="module")
def attacker(live: LivePlatform) -> LiveDocuments:
    made = new_documents(live)
    with made.client(made.tenant_url) as client:
        client["app"].own.insert_one({"_id": 1})
        client["sibling"].own.insert_one({"_id": 1})
    return made


@pytest.fixture(scope="module")
def tenant_wide(attacker: LiveDocuments) -> Iterator[Client]:
    with attacker.client(attacker.tenant_url) as client:
        yield client


@pytest.fixture(scope="module")
def of_one(attacker: LiveDocuments) -> Iterator[Client]:
    with attacker.client() as client:
        yield client


@pytest.fixture(scope="module", params=["tenant_wide", "of_one"])
def client(request: pytest.FixtureRequest) -> Client:
    """Either user of the attacker."""
    found: Client = request.getfixturevalue(request.param)
    return found


def password(url: str) -> str:
    found = urlsplit(url).password
    assert found is not None
    return unquote(found)


@asynccontextmanager
async def logged_in(documents: LiveDocuments, user: str, secret: str) -> AsyncIterator[Wire]:
    wire = await Wire.open(documents.address[1])
    try:
        assert (await wire.log_in(user, secret))["done"]
        yield wire
    finally:
        await wire.close()


def code(error: BaseException) -> int | None:
    return error.code if isinstance(error, OperationFailure) else None


COMMANDS: list[Document] = [
    {"find": "secrets"}, {"aggregate": "secrets", "pipeline": [], "cursor": {}}, {"count": "secrets"},
    {"distinct": "secrets", "key": "word"}, {"insert": "secrets", "documents": [{}]},
    {"update": "secrets", "updates": [{"q": {}, "u": {"$set": {"word": 1}}}]},
    {"delete": "secrets", "deletes": [{"q": {}, "limit": 0}]}, {"findAndModify": "secrets", "remove": True},
    {"create": "more"}, {"drop": "secrets"}, {"dropDatabase": 1}, {"listCollections": 1}, {"listIndexes": "secrets"},
    {"createIndexes": "secrets", "indexes": [{"key": {"a": 1}, "name": "a"}]},
    {"dropIndexes": "secrets", "index": "*"}, {"collMod": "secrets", "validator": {"a": 1}}, {"dbStats": 1},
    {"collStats": "secrets"}, {"validate": "secrets"}, {"explain": {"find": "secrets"}},
    {"getMore": Int64(1), "collection": "secrets"}, {"killCursors": "secrets", "cursors": [Int64(1)]},
]  # fmt: skip


# --- logging in ---------------------------------------------------------------------------------------------------


def test_who_does_not_log_in_gets_nothing(victim: LiveDocuments) -> None:
    host, port = victim.address
    with pymongo.MongoClient[Document](host, port) as stranger:
        assert stranger.admin.command("ping")["ok"] == 1
        for database in ("app", victim.tenant, "admin", "local", "config"):
            for command in [*COMMANDS, {"listDatabases": 1}, {"currentOp": 1}, {"killOp": 1, "op": 1}]:
                with pytest.raises(OperationFailure) as refused:
                    stranger[database].command(command)
                assert refused.value.code == UNAUTHORIZED, (database, command, refused.value)


def test_nobody_logs_in_with_what_is_not_theirs(attacker: LiveDocuments, victim: LiveDocuments) -> None:
    tenant_secret, own_secret = password(attacker.tenant_url), password(attacker.url)
    tries = [
        (f"{attacker.tenant}.app", tenant_secret), (attacker.tenant, own_secret), (victim.tenant, tenant_secret),
        (f"{victim.tenant}.app", own_secret), (f"{attacker.tenant}.sibling", own_secret), (attacker.tenant, "wrong"),
        (f"{attacker.tenant}.nothing", own_secret), ("nobody", own_secret), (attacker.tenant, victim.tenant),
        (f"{attacker.tenant}.app.app", own_secret), (f"{attacker.tenant}.", own_secret), (f".{attacker.tenant}", "x"),
        (attacker.tenant.upper(), tenant_secret), (f"{attacker.tenant}' or '1'='1", tenant_secret),
        (f"{attacker.tenant},n=x", tenant_secret), (f"{attacker.tenant}=2C", tenant_secret), ("*", "*"), ("%", "%"),
        (f"{victim.tenant}.app' --", own_secret), ("platform", "platform"), ("postgres", "postgres"),
        ("dbaas", own_secret), ("__system", own_secret), (f" {attacker.tenant}", tenant_secret), ("../platform", "x"),
    ]  # fmt: skip
    for user, secret in tries:
        with attacker.client(attacker.as_user(user, secret)) as client, pytest.raises(PyMongoError) as refused:
            client["app"].command("find", "own")
        assert code(refused.value) == AUTHENTICATION_FAILED, (user, refused.value)


def test_whether_a_user_exists_is_not_told(attacker: LiveDocuments, victim: LiveDocuments) -> None:
    told = set()
    for user in (victim.tenant, f"{victim.tenant}.app", "nobody_at_all", "nobody.app", f"{victim.tenant}.nothing"):
        with attacker.client(attacker.as_user(user, "wrong")) as client, pytest.raises(OperationFailure) as refused:
            client["app"].command("find", "own")
        told.add(str(refused.value.details))
    assert len(told) == 1, told


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "PLAIN", "MONGODB-X509"])
def test_another_mechanism_is_refused(attacker: LiveDocuments, mechanism: str) -> None:
    known = mechanism != "MONGODB-X509"
    url = attacker.url if known else attacker.url.replace(f":{password(attacker.url)}@", "@")
    source = "admin" if known else "$external"
    with (
        pytest.raises((OperationFailure, ConfigurationError)),
        attacker.client(url, authMechanism=mechanism, authSource=source) as client,
    ):
        client["app"].command("find", "own")


# --- what a login reaches -----------------------------------------------------------------------------------------


def test_a_name_means_a_database_of_ones_own_tenant(tenant_wide: Client, victim: LiveDocuments) -> None:
    """Both tenants have a database ``app``; nobody comes to the other's by any name."""
    assert tenant_wide["app"].list_collection_names() == ["own"]
    assert tenant_wide["app"].secrets.find_one() is None
    assert sorted(tenant_wide.list_database_names()) == ["app", "sibling"]
    for name in (victim.tenant, f"{victim.tenant}_app", f"{victim.tenant}-app"):
        assert tenant_wide[name].secrets.find_one() is None
    assert sorted(tenant_wide.list_database_names()) == ["app", "sibling"]


def test_a_user_of_one_database_sees_that_one(of_one: Client) -> None:
    assert of_one.list_database_names() == ["app"]
    assert of_one["app"].own.find_one() == {"_id": 1}
    for command in COMMANDS:
        if next(iter(command)) in ("getMore", "killCursors"):
            continue  # of cursors: below
        with pytest.raises(OperationFailure) as refused:
            of_one["sibling"].command(command)
        assert refused.value.code == UNAUTHORIZED, (command, refused.value)
        with pytest.raises(OperationFailure) as refused:
            of_one["new_one"].command(command)
        assert refused.value.code == UNAUTHORIZED, (command, refused.value)


def test_stages_reach_no_other_database(of_one: Client, tenant_wide: Client) -> None:
    for stage in (
        {"$lookup": {"from": {"db": "sibling", "coll": "own"}, "localField": "_id", "foreignField": "_id", "as": "x"}},
        {"$out": {"db": "sibling", "coll": "own"}},
        {"$merge": {"into": {"db": "sibling", "coll": "own"}}},
        {"$unionWith": {"db": "sibling", "coll": "own"}},
    ):
        with pytest.raises(OperationFailure):
            list(of_one["app"].own.aggregate([stage]))
    assert list(tenant_wide["sibling"].own.find()) == [{"_id": 1}]


NAMES = [
    "platform", "platform_meta", "postgres", "template1", "../app", 'app"; drop schema public; --', "app'", "a b", "$x",
    "APP", "ünï", "x" * 70, "app\\", "con:1", "a/b",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_a_databases_name_is_refused_or_a_name(attacker: LiveDocuments, tenant_wide: Client, name: str) -> None:
    """Sent by hand: drivers refuse some by themselves."""
    async with logged_in(attacker, attacker.tenant, password(attacker.tenant_url)) as wire:
        for command in ({"find": "own"}, {"insert": "own", "documents": [{"_id": 1}]}):
            answer = await wire.ask({**command, "$db": name})
            assert answer.get("cursor", {"firstBatch": []})["firstBatch"] == []
        await wire.ask({"dropDatabase": 1, "$db": name})
    assert sorted(tenant_wide.list_database_names()) == ["app", "sibling"]
    assert list(tenant_wide["app"].own.find()) == [{"_id": 1}]


@pytest.mark.parametrize("name", [name for name in NAMES if "$" not in name and ".." not in name])
def test_a_collections_name_is_only_a_name(tenant_wide: Client, name: str) -> None:
    collection = tenant_wide["app"][f"c{name}"]
    collection.insert_one({"_id": name})
    assert [one["_id"] for one in collection.find()] == [name]
    collection.drop()
    assert tenant_wide["app"].list_collection_names() == ["own"]


def test_fields_and_values_are_never_code(tenant_wide: Client) -> None:
    items = tenant_wide["app"][f"f{uuid4().hex[:8]}"]
    hostile = "x'; drop table entries; --"
    items.create_index(hostile)
    items.insert_one({"_id": hostile, hostile: hostile, "q": '\\"'})
    assert items.find_one({hostile: hostile}) == {"_id": hostile, hostile: hostile, "q": '\\"'}
    assert items.find_one({"$or": [{hostile: {"$regex": "^x';"}}]})["_id"] == hostile
    assert items.distinct(hostile, {"q": '\\"'}) == [hostile]
    for code_like in ({"$where": "sleep(1)"}, {"$expr": {"$function": {"body": "f", "args": [], "lang": "js"}}}):
        with pytest.raises(OperationFailure):
            items.find_one(code_like)
    items.drop()


def test_internal_collections_are_out_of_reach(client: Client) -> None:
    for database in ("admin", "local", "config"):
        with pytest.raises(OperationFailure):
            client[database].list_collection_names()
        with pytest.raises(OperationFailure):
            client[database].anything.insert_one({"_id": 1})
    with pytest.raises(OperationFailure):
        client["app"]["system.users"].insert_one({"_id": 1})


# --- what others have open ----------------------------------------------------------------------------------------


def test_anothers_cursor_is_not_found(client: Client, victim: LiveDocuments) -> None:
    with victim.client() as theirs:
        cursor = theirs["app"].secrets.find(batch_size=10)
        next(cursor)
        number = Int64(cursor.cursor_id)
        with pytest.raises(OperationFailure) as refused:
            client["app"].command("getMore", number, collection="secrets")
        assert refused.value.code == NO_CURSOR
        told = client["app"].command("killCursors", "secrets", cursors=[number])
        assert told["cursorsKilled"] == []
        assert told["cursorsNotFound"] == [number]
        assert len(list(cursor)) == 499


def test_a_siblings_cursor_is_not_found(of_one: Client, tenant_wide: Client) -> None:
    tenant_wide["sibling"].many.insert_many({"_id": n} for n in range(50))
    cursor = tenant_wide["sibling"].many.find(batch_size=5)
    next(cursor)
    number = Int64(cursor.cursor_id)
    for database in ("app", "sibling"):
        with pytest.raises(OperationFailure) as refused:
            of_one[database].command("getMore", number, collection="many")
        assert refused.value.code in (NO_CURSOR, UNAUTHORIZED)
        try:
            assert of_one[database].command("killCursors", "many", cursors=[number])["cursorsKilled"] == []
        except OperationFailure as error:
            assert error.code == UNAUTHORIZED
    assert len(list(cursor)) == 49
    tenant_wide["sibling"].many.drop()


def test_operations_of_others_are_neither_shown_nor_killed(client: Client, victim: LiveDocuments) -> None:
    with victim.client(appname="the-victims-own") as theirs:
        theirs.admin.command("ping")
        mine = theirs.admin.command("currentOp")["inprog"]
        assert mine
        shown = str(client.admin.command({"currentOp": 1, "$all": True}))
        assert victim.tenant not in shown
        assert "the-victims-own" not in shown
        for operation in [one["opid"] for one in mine] + list(range(50)):
            client.admin.command("killOp", op=operation)  # as MongoDB: it says ok whatever is there
        assert theirs["app"].secrets.count_documents({}) == 500


def test_sessions_of_others_are_not_ended(client: Client, victim: LiveDocuments) -> None:
    with victim.client() as theirs, theirs.start_session() as session:
        cursor = theirs["app"].secrets.find(batch_size=10, session=session)
        next(cursor)
        for command in ("killSessions", "endSessions"):
            client.admin.command(command, [session.session_id])
        client.admin.command("killAllSessions", [])
        client.admin.command("killAllSessionsByPattern", [{"lsid": session.session_id}])
        assert len(list(cursor)) == 499


async def test_anothers_numbers_do_not_make_a_write_a_retry(attacker: LiveDocuments, victim: LiveDocuments) -> None:
    name, lsid = f"n{uuid4().hex[:8]}", {"id": bson.Binary(uuid4().bytes, 4)}
    command = {"insert": name, "documents": [{"_id": 1}], "lsid": lsid, "txnNumber": Int64(5), "$db": "app"}
    for who in (victim, attacker):
        async with logged_in(who, who.tenant, password(who.tenant_url)) as wire:
            assert await wire.ask(command) == {"n": 1, "ok": 1}
            again = await wire.ask(command)
            assert (again["n"], again["retriedStmtIds"]) == (1, [0])
        with who.client() as client:
            assert client["app"][name].count_documents({}) == 1
            client["app"].drop_collection(name)


def test_no_secret_reaches_a_log(live: LivePlatform, attacker: LiveDocuments, victim: LiveDocuments) -> None:
    secrets = [password(url) for one in (attacker, victim) for url in (one.url, one.tenant_url)]
    for log in (live.home / "logs").rglob("*"):
        if log.is_file():
            text = log.read_text(errors="replace")
            assert not [secret for secret in secrets if secret in text], log.name
            assert "sesame" not in text, log.name
