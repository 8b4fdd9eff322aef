"""kill -9 of who restores, drops or rotates: the next start shows the old or the new state.

The command is killed at a moment that is seen from outside, in the tenant's cluster or in ``platform_meta``; then the
daemon is killed as well, and started again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from dbaas_provisioning.meta.bootstrap import Bootstrap
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.secrets import Vault
from live_platform import LivePlatform, temporary_home, without_platform
from victims import daemon
from waiting import PATIENCE, eventually, kill

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

ROWS = 20_000
AT_WORK = ("cluster", "select from pg_stat_activity where usename like 'w\\_%'")
MOMENTS = {
    "restore": [
        ("cluster", "select from pg_database where datname like 'dbaas\\_new\\_%'"),
        AT_WORK,
    ],
    "rotate": [("meta", "select from platform_meta.pieces_of_work where kind = 'rotate'")],
    "drop": [AT_WORK, ("meta", "select from platform_meta.tenant_databases where status = 'dropping'")],
}


@dataclass
class House:
    """A platform with a tenant ``acme`` that has databases ``keeper`` and ``shop``."""

    live: LivePlatform

    def admin(self) -> psycopg.Connection:
        """The cluster's administrator, at a database that nobody exchanges."""
        dsn = self.live.cli("connection-string", "acme/keeper", "--admin").stdout.strip()
        return psycopg.connect(dsn, autocommit=True)

    def meta(self) -> psycopg.Connection:
        """The platform's own database."""
        home = Home(self.live.home)
        found = Bootstrap.load(home, Vault.open(home))
        assert found is not None
        where, who = found.cluster.endpoint, found.superuser
        return psycopg.connect(
            host=where.host, port=where.port, dbname="platform_meta", user=who.username, password=who.secret,
            autocommit=True,
        )  # fmt: skip

    def dsn(self, name: str) -> str:
        done = self.live.cli("connection-string", f"acme/{name}")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def rows(self, name: str) -> int:
        with psycopg.connect(self.dsn(name)) as owner:
            return owner.execute("select count(*) from t").fetchone()[0]

    def names(self) -> set[str]:
        return {each["name"] for each in self.live.json("list", "--tenant", "acme")}

    def stock(self) -> None:
        self.live.json("create", "postgres", "shop", "--tenant", "acme")
        with psycopg.connect(self.dsn("shop")) as owner:
            owner.execute(f"create table t as select n as id, md5(n::text) as text from generate_series(1, {ROWS}) n")

    def killed(self, words: list[str], moment: tuple[str, str]) -> None:
        """Run a command and kill it at a moment, unless it has ended by then; then start the platform anew."""
        which, statement = moment
        with self.admin() if which == "cluster" else self.meta() as watching:
            command = [sys.executable, "-m", "dbaas_server.cli", *words, "--home", str(self.live.home)]
            environment = without_platform(os.environ)
            child = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
            )
            deadline = time.monotonic() + PATIENCE
            while child.poll() is None and not watching.execute(statement).rowcount:
                assert time.monotonic() < deadline, f"{words} goes on"
                time.sleep(0.002)
            if child.poll() is None:
                kill(child.pid)
            assert child.wait() <= 0, child.stderr.read()
            child.stderr.close()
        kill(daemon(self.live))
        assert self.live.cli("up").returncode == 0
        with self.meta() as meta:
            eventually(lambda: meta.execute("select from platform_meta.pieces_of_work").rowcount == 0)
            unfinished = "select from platform_meta.tenant_databases where status <> 'ready'"
            eventually(lambda: meta.execute(unfinished).rowcount == 0)
        self.nothing_is_left()

    def nothing_is_left(self) -> None:
        """No database, no role, no folder that belongs to nothing."""
        with self.admin() as admin:
            databases = {
                row[0] for row in admin.execute("select datname from pg_database where datname !~ '^template'")
            }
            assert databases == {"postgres"} | self.names()
            assert admin.execute("select from pg_roles where rolname like 'w\\_%'").rowcount == 0
            logins = "select count(*) from pg_roles where rolname ~ '^[oas]_[a-z2-7]{12}$'"
            assert admin.execute(logins).fetchone() == (3 * len(self.names()),)
        with self.meta() as meta:
            kept = {str(row[0]) for row in meta.execute("select id from platform_meta.dumps")}
        assert {path.name for path in (self.live.home / "dumps").glob("*/*/*")} <= kept


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    live = LivePlatform(temporary_home())
    try:
        assert live.cli("up").returncode == 0
        live.json("tenant", "create", "acme")
        live.json("create", "postgres", "keeper", "--tenant", "acme")
        yield House(live)
    finally:
        live.cli("down")
        shutil.rmtree(live.home, ignore_errors=True)


def cases(verb: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return pytest.mark.parametrize("moment", MOMENTS[verb], ids=lambda moment: moment[1].split("where ")[-1])


@pytest.fixture
def shop(house: House) -> Iterator[House]:
    if "shop" not in house.names():
        house.stock()
    yield house
    for name in house.names() - {"keeper", "shop"}:
        house.live.json("drop", f"acme/{name}", "--yes", "--no-dump")


@cases("restore")
def test_restore(shop: House, moment: tuple[str, str]) -> None:
    dump = shop.live.json("dump", "acme/shop")["id"]
    with psycopg.connect(dsn := shop.dsn("shop")) as owner:
        owner.execute("delete from t where id > 10")
    shop.killed(["restore", "acme/shop", dump], moment)
    assert shop.dsn("shop") == dsn, "its logins stay"
    assert shop.rows("shop") in (10, ROWS)
    shop.live.json("restore", "acme/shop", dump)
    assert shop.rows("shop") == ROWS


@cases("rotate")
def test_rotate(shop: House, moment: tuple[str, str]) -> None:
    before = shop.dsn("shop")
    shop.killed(["rotate", "acme/shop"], moment)
    assert shop.rows("shop") == ROWS, "what is stored opens it"
    if (now := shop.dsn("shop")) != before:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(before)
        assert now


@cases("drop")
def test_drop(shop: House, moment: tuple[str, str]) -> None:
    shop.killed(["drop", "acme/shop", "--yes"], moment)
    if "shop" not in shop.names():
        shop.live.json("undrop", "acme/shop")
    assert shop.rows("shop") == ROWS
