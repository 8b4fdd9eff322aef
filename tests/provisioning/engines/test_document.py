"""Document databases: a cluster of their own, one role, a user of the door's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.engines import engine
from dbaas_provisioning.errors import Conflict, DbaasError, Invalid, NotFound, Unsupported
from dbaas_provisioning.mongodb import mongodb_url
from dbaas_provisioning.nouns import ClusterState, Credential, Door, Login, Tenant
from dbaas_provisioning.platform import Platform

ENGINE = engine("document")
WORD = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@pytest.fixture
async def app(platform: Platform, tenant: Tenant) -> AsyncIterator[str]:
    """The tenant's subdomain, which has a document database ``app``."""
    await platform.create_database(tenant.subdomain, "document", "app", options={}, actor="test")
    yield tenant.subdomain


@given(WORD, WORD, WORD, st.booleans())
def test_a_url_says_what_was_put_in(user: str, secret: str, name: str, tls: bool) -> None:
    url = urlsplit(mongodb_url(Door("::1", 5, tls), Credential(user, secret), name))
    assert (unquote(url.username or ""), unquote(url.password or "")) == (user, secret)
    assert (url.hostname, url.port, unquote(url.path[1:])) == ("::1", 5, name)
    assert parse_qs(url.query) == {"authSource": ["admin"], **({"tls": ["true"]} if tls else {})}


@pytest.mark.parametrize("name", ["a.b", "a b", "a$b", 'a"b', "a\\b", "admin", "local", "config"])
def test_names_that_clients_of_mongodb_refuse_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        ENGINE.check_name(name)
    ENGINE.check_name("Grüße_1")


def test_there_are_no_options() -> None:
    with pytest.raises(Invalid, match="expose"):
        ENGINE.check_options({"expose": "all"})


def test_it_says_what_it_can() -> None:
    assert ENGINE.can.documents
    assert not (ENGINE.can.sql or ENGINE.can.row_policies or ENGINE.can.change_feed)


async def test_it_has_a_cluster_of_its_own(platform: Platform, app: str) -> None:
    await platform.create_database(app, "postgres", "shop", options={}, actor="test")
    document, postgres = [await platform.database(app, name) for name in ("app", "shop")]
    assert document.cluster_id != postgres.cluster_id
    assert (await platform.tenant(app)).default_database == "shop", "the API has nothing to say to documents"
    with pytest.raises(Unsupported, match="default"):
        await platform.update_tenant(app, default_database="app", actor="test")
    await platform.drop_database(app, "shop", actor="test")
    assert (await platform.tenant(app)).default_database is None


async def test_its_user_is_the_doors_and_no_login_of_the_server(platform: Platform, app: str) -> None:
    url = urlsplit(await platform.connection_string(app, "app"))
    assert (url.scheme, url.username, url.path, url.query) == ("mongodb", f"{app}.app", "/app", "authSource=admin")
    access = await platform.access(app, "app")
    assert set(access.logins) == {Login.owner, Login.service}
    assert access.logins[Login.owner] == Credential(f"{app}.app", str(url.password))
    admin = await platform.connection_string(app, "app", admin=True)
    async with await psycopg.AsyncConnection.connect(admin) as connection:
        found = await connection.execute("select rolname from pg_roles where rolname !~ '^pg_'")
        roles = {row[0] for row in await found.fetchall()}
    assert roles == {"dbaas", access.logins[Login.service].username}


async def test_only_its_role_enters_it(platform: Platform, app: str) -> None:
    await platform.create_database(app, "document", "other", options={}, actor="test")
    access, other = [await platform.access(app, name) for name in ("app", "other")]

    async def enter(name: str) -> None:
        login = access.logins[Login.service]
        async with await psycopg.AsyncConnection.connect(
            host=access.endpoint.host, port=access.endpoint.port, dbname=name, user=login.username,
            password=login.secret,
        ) as connection:  # fmt: skip
            await connection.execute("create schema mine")

    await enter(access.database.physical_name)
    for name in (other.database.physical_name, "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            await enter(name)


async def test_rotating_gives_its_user_a_new_secret_and_ends_no_session(platform: Platform, app: str) -> None:
    before = await platform.access(app, "app")
    await platform.rotate(app, "app", actor="test")
    after = await platform.access(app, "app")
    assert before.logins[Login.service] == after.logins[Login.service]
    assert before.logins[Login.owner].username == after.logins[Login.owner].username
    assert before.logins[Login.owner].secret != after.logins[Login.owner].secret
    assert await platform.mongo_login(app, "app") == after.logins[Login.owner]


async def test_a_tenant_has_a_user_for_all_of_them(platform: Platform, tenant: Tenant) -> None:
    first = await platform.mongo_login(tenant.subdomain)
    assert first.username == tenant.subdomain
    assert await platform.mongo_login(tenant.subdomain) == first, "made once"
    assert first.secret in await platform.mongo_connection_string(tenant.subdomain)
    await platform.rotate_mongo_login(tenant.subdomain, actor="test")
    assert (await platform.mongo_login(tenant.subdomain)).secret != first.secret
    with pytest.raises(NotFound):
        await platform.mongo_login("nobody-here")


async def test_sql_databases_have_no_such_user(platform: Platform, tenant: Tenant) -> None:
    await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="test")
    with pytest.raises(Unsupported):
        await platform.mongo_login(tenant.subdomain, "shop")


async def test_dropping_leaves_nothing_and_the_cluster_sleeps(platform: Platform, app: str) -> None:
    database = await platform.database(app, "app")
    with pytest.raises(Conflict):
        await platform.create_database(app, "document", "app", options={}, actor="test")
    assert (await platform.usage(app, "app")).size_bytes
    await platform.drop_database(app, "app", actor="test")
    assert (await platform.cluster(database.cluster_id)).state is ClusterState.sleeping
    with pytest.raises(DbaasError):
        await platform.access(app, "app")
    await platform.create_database(app, "document", "app", options={}, actor="test")
