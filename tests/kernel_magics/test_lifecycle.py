"""Dumps, restores and copies in a notebook and by the client, on a real platform."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from IPython.core.error import StdinNotImplementedError

import dbaas
from cut_proxy import Proxy
from dbaas import lifecycle_operations
from dbaas.client import Client, DatabaseClient, TenantClient
from dbaas.errors import ConnectionLost, DbaasError, UsageError
from dbaas.nouns import Secret
from live_notebook import Kernel, Shell
from live_platform import LivePlatform, without_platform
from waiting import eventually

PASSWORD = re.compile(r"://[^:@/\s]+:[^@\s•]+@")


@pytest.fixture
def tenant(client: Client) -> Iterator[TenantClient]:
    """A tenant with a database ``shop`` of three rows."""
    tenant = client.create_tenant(f"k{uuid4().hex[:10]}")
    tenant.create_database("shop")
    tenant.database("shop").query("create table item as select g as id from generate_series(1, 3) g")
    yield tenant
    tenant.drop()


def count(database: DatabaseClient) -> object:
    return database.query("select count(*) from item").scalar()


def test_a_dump_is_kept_listed_restored_and_removed(shell: Shell, tenant: TenantClient) -> None:
    name, shop = f"{tenant.name}/shop", tenant.database("shop")
    shell.run(f"%dbaas dumps {name}")
    assert f"%dbaas dump {name}" in shell.shown
    shell.run(f"%dbaas dump {name} >> made")
    made = shell.ip.user_ns["made"]
    assert re.search(r"\d/\d \w+", shell.shown) and made.id in shell.shown and "made:" not in shell.shown
    assert [dump.id for dump in shell.run(f"%dbaas dumps {name}").items] == [made.id]
    shop.query("delete from item")
    shell.run(f"%dbaas restore {name} {made.id} --yes")
    assert count(shop) == 3 and "Passwords and keys stay" in shell.shown
    shell.run(f"%dbaas restore {name} {made.id} --as before >> url")
    assert count(tenant.database("before")) == 3 and not PASSWORD.search(shell.shown + shell.html)
    assert isinstance(shell.ip.user_ns["url"], Secret)
    shell.run(f"%dbaas dumps {name} --remove {made.id} --yes")
    assert shop.dumps() == []
    with pytest.raises(DbaasError, match="There is no dump"):
        shell.run(f"%dbaas restore {name} {made.id} --yes")


def test_what_is_lost_is_asked_about(shell: Shell, tenant: TenantClient, monkeypatch: pytest.MonkeyPatch) -> None:
    name, shop = f"{tenant.name}/shop", tenant.database("shop")
    made, asked = shop.dump(), []
    shop.query("delete from item")
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    shell.run(f"%dbaas restore {name} {made.id}")
    shell.run(f"%dbaas dumps {name} --remove {made.id}")
    assert [name in asked[0], "Remove" in asked[1]] == [True, True]
    assert count(shop) == 0 and len(shop.dumps()) == 1

    def nobody(_: str) -> str:
        raise StdinNotImplementedError("nobody")

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(UsageError, match="--yes"):
        shell.run(f"%dbaas restore {name} {made.id}")


def test_a_dump_goes_to_a_file_and_comes_back(shell: Shell, tenant: TenantClient, tmp_path: Path) -> None:
    name, shop, file = f"{tenant.name}/shop", tenant.database("shop"), tmp_path / "my shop.dump"
    shell.run(f"%dbaas dump {name} '{file}'")
    assert str(file) in shell.shown and file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file] and shop.dumps() == []
    with tarfile.open(file) as packed:
        assert "manifest.json" in packed.getnames()
    for path, code in ((file, "path_exists"), (tmp_path / "none" / "x", "path_unwritable")):
        with pytest.raises(DbaasError) as refused:
            shell.run(f"%dbaas dump {name} '{path}'")
        assert refused.value.code == code
    shop.query("delete from item")
    shell.run(f"%dbaas restore {name} '{file}' --yes")
    assert count(shop) == 3 and shop.dumps() == []
    with pytest.raises(DbaasError, match=r"neither a file here nor the id.*%dbaas dumps"):
        shell.run(f"%dbaas restore {name} nowhere.dump --yes")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DbaasError, match="as one file"):
        shell.run(f"%dbaas restore {name} '{tmp_path / 'folder'}' --yes")
    file.write_bytes(file.read_bytes()[:-4000])
    with pytest.raises(DbaasError) as damaged:
        shell.run(f"%dbaas restore {name} '{file}' --yes")
    assert damaged.value.code in ("dump_damaged", "dump_unknown") and count(shop) == 3


def test_a_dropped_database_comes_back(shell: Shell, tenant: TenantClient) -> None:
    name = f"{tenant.name}/shop"
    shell.run(f"%dbaas use {name}\n%dbaas undrop")
    assert "was dropped in the last week" in shell.shown
    shell.run(f"%dbaas drop {name} --yes")
    assert f"%dbaas undrop {name}" in shell.shown
    assert [dump.database for dump in shell.run("%dbaas undrop").items] == ["shop"]
    shell.run("%dbaas undrop shop --as 'shop again'")
    assert count(tenant.database("shop again")) == 3 and not PASSWORD.search(shell.shown + shell.html)
    shell.run("%dbaas drop 'shop again' --yes --no-dump")
    with pytest.raises(DbaasError) as gone:
        shell.run("%dbaas undrop 'shop again'")
    assert gone.value.code == "nothing_to_undrop"
    with pytest.raises(UsageError, match="Which database"):
        shell.run("%dbaas undrop --as other")


def test_a_branch_has_everything_or_no_rows(shell: Shell, tenant: TenantClient) -> None:
    shell.run(f"%dbaas use {tenant.name}\n%dbaas branch shop 'shop test'\n%dbaas branch shop empty --schema-only")
    assert [count(tenant.database(name)) for name in ("shop test", "empty")] == [3, 0]
    with pytest.raises(DbaasError) as taken:
        shell.run("%dbaas branch shop empty")
    assert taken.value.code == "database_exists"
    with pytest.raises(UsageError, match="Too few words"):
        shell.run("%dbaas branch shop")


def test_what_leads_to_an_imported_database_is_shown_nowhere(
    shell: Shell, tenant: TenantClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = str(tenant.database("shop").connection_string())
    secret = re.search(r"://[^:]+:([^@]+)@", dsn)
    assert secret is not None
    shell.ip.push({"url": dsn, "bad": dsn.replace("postgresql", "mysql"), "number": 1})
    shell.run(f"%dbaas import {tenant.name}/one --dsn url")
    said = [shell.shown + shell.html]
    questions: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda question: questions.append(question) or dsn)
    shell.run(f"%dbaas use {tenant.name}\n%dbaas import two --expose all")
    said.append(shell.shown + shell.html)
    assert questions == ["Connection string of the database: "]
    assert [count(tenant.database(name)) for name in ("one", "two")] == [3, 3]
    for words, code in (("--dsn bad", "invalid_dsn"), (f"--dsn '{dsn}'", "usage"), ("--dsn number", "usage")):
        with pytest.raises(DbaasError) as refused:
            shell.run(f"%dbaas import three {words}")
        assert refused.value.code == code
        said.append(shell.shown + "".join(refused.value._render_traceback_()))
    assert not any(secret[1] in each or PASSWORD.search(each) for each in said)

    def nobody(_: str) -> str:
        raise StdinNotImplementedError("nobody")

    monkeypatch.setattr("getpass.getpass", nobody)
    with pytest.raises(UsageError, match="Name a variable"):
        shell.run("%dbaas import three")


async def test_the_same_asynchronously(live: LivePlatform, tenant: TenantClient, tmp_path: Path) -> None:
    async with dbaas.connect_async(live.url, live.run_file["token"]) as platform:
        shop = platform.tenant(tenant.name).database("shop")
        file = await shop.dump_to(tmp_path / "shop.dump")
        before = await shop.restore(file, as_new="before")
        assert before.name == "before" and await shop.dumps() == []
        kept = await shop.dump()
        assert (await shop.download_dump(kept, tmp_path / "kept.dump")).stat().st_size > 0


async def test_work_whose_connection_breaks_has_an_unknown_outcome(live: LivePlatform, tenant: TenantClient) -> None:
    async with Proxy(live.url) as proxy, dbaas.connect_async(proxy.url, live.run_file["token"]) as platform:
        work = lifecycle_operations.dump(tenant.name, "shop")
        with pytest.raises(ConnectionLost) as lost:
            async with platform.transport.open(work.asked) as response:
                async for _ in response.aiter_lines():
                    proxy.cut()
        assert lost.value.sent


def test_stop_ends_a_dump_and_leaves_nothing(
    live: LivePlatform, tenant: TenantClient, new_kernel: Callable[[dict[str, str]], Kernel], tmp_path: Path
) -> None:
    shop, file = tenant.database("shop"), tmp_path / "shop.dump"
    kernel = new_kernel({**without_platform(os.environ), "DBAAS_HOME": str(live.home)})
    assert not kernel.run("%load_ext dbaas").errors
    waiting = "select count(*) from pg_locks where not granted"
    with psycopg.connect(str(shop.connection_string())) as owner:
        owner.execute("lock table item")
        cell = kernel.send(f"%dbaas dump {tenant.name}/shop '{file}'")
        eventually(lambda: shop.query(waiting).scalar())
        kernel.interrupt()
        (error,) = kernel.collect(cell).errors
        assert error["traceback"] == ["Stopped. The server ends its work.  [stopped]"]
        eventually(lambda: not shop.query(waiting).scalar())
    assert shop.dumps() == [] and not list(tmp_path.glob("*.dump*"))
