"""The door's accounts on a real platform: engines are opened once, kept, and let go of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dbaas_provisioning.nouns import Tenant
from dbaas_provisioning.platform import Platform
from dbaas_server.documents.collections.namespace import Namespace
from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.documents.requests import Count
from dbaas_server.mongo.accounts import Account
from dbaas_server.mongo.platform_accounts import PlatformAccounts
from dbaas_server.mongo.scram import verifier_of
from waiting import until, until_true

ORDERS = Namespace("app", "orders")


@pytest.fixture
async def accounts(platform: Platform, tmp_path: Path) -> AsyncIterator[PlatformAccounts]:
    accounts = PlatformAccounts(platform, tmp_path)
    yield accounts
    await accounts.close()


@pytest.fixture
async def everybody(platform: Platform, tenant: Tenant, accounts: PlatformAccounts) -> Account:
    """The user of all that the tenant has, which is ``app``."""
    await platform.create_database(tenant.subdomain, "document", "app", options={}, actor="test")
    return await known(accounts, tenant.subdomain)


async def known(accounts: PlatformAccounts, user: str) -> Account:
    account = await accounts.account(user)
    assert account is not None
    return account


async def test_an_account_has_what_its_password_needs(
    platform: Platform, tenant: Tenant, accounts: PlatformAccounts, everybody: Account
) -> None:
    one = await known(accounts, f"{tenant.subdomain}.app")
    assert (one.tenant, one.database, everybody.database) == (str(tenant.id), "app", None)
    login = await platform.mongo_login(tenant.subdomain, "app")
    assert verifier_of(login.secret, salt=one.verifier.salt) == one.verifier
    assert await known(accounts, one.user) == one, "drivers remember a password by its salt"
    await platform.rotate(tenant.subdomain, "app", actor="test")
    now = await known(accounts, one.user)
    assert now.verifier != one.verifier and now.stamp != one.stamp
    for user in (
        "",
        ".",
        "nobody",
        f"{tenant.subdomain}.",
        f"{tenant.subdomain}.nothing",
        f"{tenant.subdomain}\0",
        "a.b.c",
    ):
        assert await accounts.account(user) is None, user


async def test_all_who_come_first_are_given_one_engine(accounts: PlatformAccounts, everybody: Account) -> None:
    engines = await asyncio.gather(*(accounts.engine(everybody, "app", create=False) for _ in range(20)))
    assert engines[0] is not None and set(engines) == {engines[0]}


async def test_writing_makes_a_database_once(
    platform: Platform, tenant: Tenant, accounts: PlatformAccounts, everybody: Account
) -> None:
    assert await accounts.engine(everybody, "new", create=False) is None
    engines = await asyncio.gather(*(accounts.engine(everybody, "new", create=True) for _ in range(5)))
    assert engines[0] is not None and set(engines) == {engines[0]}
    assert await accounts.databases(everybody) == ["app", "new"]
    assert (await platform.database(tenant.subdomain, "new")).engine == "document"
    for name in ("a b", "a.b", "x" * 64):
        with pytest.raises(DocumentError) as no:
            await accounts.engine(everybody, name, create=True)
        assert no.value.number == Code.InvalidNamespace


async def test_nobody_reaches_further_than_their_account(
    platform: Platform, tenant: Tenant, accounts: PlatformAccounts, everybody: Account
) -> None:
    await platform.create_database(tenant.subdomain, "document", "other", options={}, actor="test")
    one = await known(accounts, f"{tenant.subdomain}.app")
    assert await accounts.databases(one) == ["app"]
    for work in (accounts.engine(one, "other", create=True), accounts.drop(one, "other")):
        with pytest.raises(DocumentError) as no:
            await work
        assert no.value.number == Code.Unauthorized
    assert await accounts.databases(everybody) == ["app", "other"]


async def test_an_account_of_a_database_that_is_gone_makes_none_and_reaches_no_other(
    platform: Platform, tenant: Tenant, accounts: PlatformAccounts, everybody: Account
) -> None:
    one = await known(accounts, f"{tenant.subdomain}.app")
    said: list[bool] = []
    accounts.on_change(lambda: said.append(True))
    await platform.drop_database(tenant.subdomain, "app", actor="test")
    await until_true(lambda: bool(said), lambda: said)
    with pytest.raises(DocumentError) as no:
        await accounts.engine(one, "app", create=True)
    assert no.value.number == Code.Unauthorized
    later = Account(everybody.user, "another tenant's id", None, everybody.verifier, b"")
    await platform.create_database(tenant.subdomain, "document", "app", options={}, actor="test")
    assert (await known(accounts, one.user)).stamp != one.stamp
    assert await accounts.databases(later) == []
    assert await accounts.engine(later, "app", create=False) is None
    with pytest.raises(DocumentError):
        await accounts.engine(later, "new", create=True)
    await accounts.drop(later, "app")
    assert (await platform.database(tenant.subdomain, "app")).name == "app"


async def test_a_database_of_another_engine_is_neither_opened_nor_dropped(
    platform: Platform, tenant: Tenant, accounts: PlatformAccounts, everybody: Account
) -> None:
    await platform.create_database(tenant.subdomain, "postgres", "shop", options={}, actor="test")
    assert await accounts.databases(everybody) == ["app"]
    assert await accounts.engine(everybody, "shop", create=False) is None
    with pytest.raises(DocumentError, match="postgres"):
        await accounts.engine(everybody, "shop", create=True)
    await accounts.drop(everybody, "shop")
    assert (await platform.database(tenant.subdomain, "shop")).engine == "postgres"


async def test_dropped_elsewhere_it_is_forgotten(
    platform: Platform, tenant: Tenant, accounts: PlatformAccounts, everybody: Account
) -> None:
    engine = await accounts.engine(everybody, "app", create=False)
    assert engine is not None
    await engine.create_collection(ORDERS, {})
    await platform.drop_database(tenant.subdomain, "app", actor="test")
    await platform.create_database(tenant.subdomain, "document", "app", options={}, actor="test")

    async def look() -> object:
        found = await accounts.engine(everybody, "app", create=False)
        return found if found is not engine else None

    again = await until(look)
    assert again is not None
    engine = await accounts.engine(everybody, "app", create=False)
    assert engine is not None and engine.collections("app") == []


async def test_dropped_here_it_is_gone_at_once(accounts: PlatformAccounts, everybody: Account) -> None:
    for _ in range(2):
        engine = await accounts.engine(everybody, "app", create=True)
        assert engine is not None and engine.collections("app") == []
        await engine.create_collection(ORDERS, {})
        await accounts.drop(everybody, "app")
    assert await accounts.engine(everybody, "app", create=False) is None
    await accounts.drop(everybody, "app")  # nothing happens


async def test_whoever_has_one_database_empties_it(
    platform: Platform, tenant: Tenant, accounts: PlatformAccounts, everybody: Account
) -> None:
    one = await known(accounts, f"{tenant.subdomain}.app")
    engine = await accounts.engine(one, "app", create=True)
    assert engine is not None
    await engine.create_collection(ORDERS, {})
    await accounts.drop(one, "app")
    assert engine.collections("app") == []
    assert await known(accounts, one.user) == one


async def test_an_engine_that_nobody_uses_is_closed(
    platform: Platform, tenant: Tenant, everybody: Account, tmp_path: Path
) -> None:
    accounts = PlatformAccounts(platform, tmp_path, idle_seconds=0.05)
    try:
        first = await accounts.engine(everybody, "app", create=False)
        assert first is not None

        async def look() -> bool:
            await asyncio.sleep(0.2)
            return await accounts.engine(everybody, "app", create=False) is not first

        assert await until(look)
        again = await accounts.engine(everybody, "app", create=False)
        assert again is not None and await again.count(ORDERS, Count()) == 0
    finally:
        await accounts.close()
