"""kill -9 of who restores, drops, rotates, branches or imports: the next start shows the old or the new state.

A lock, or a view that takes its time to be filled, holds the command at a named step. It is killed there and nowhere
else; then the daemon is killed as well, and started again.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import psycopg
import pytest
from psycopg import sql

from dbaas_provisioning.meta.bootstrap import Bootstrap
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.secrets import Vault
from live_platform import LivePlatform, temporary_home, without_platform
from mixed_load import children
from victims import daemon
from waiting import PATIENCE, eventually, kill

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

ROWS = 5_000
SHOP = f"""
create table t as select n as id, md5(n::text) as text from generate_series(1, {ROWS}) n;
create function held() returns int language plpgsql as $$begin
  while exists (select from pg_catalog.pg_shdescription where description = 'held') loop
    perform pg_catalog.pg_sleep(0.02);
  end loop;
  return 1;
end$$;
create materialized view waits as select public.held();
"""


@dataclass(frozen=True)
class Moment:
    """A step that waits for a test.

    Attributes:
        at: where to hold it: the ``shop``, its ``cluster`` or the platform's own database, ``meta``.
        hold: what is run there, in a transaction that stays open.
        step: how the statement begins that waits for that.
        tool: whether one of PostgreSQL's programs is at work then.
        goes_on: whether the transaction stays open until the platform has recovered.
    """

    at: str
    hold: str
    step: str
    tool: bool = False
    goes_on: bool = False


MAKING = Moment("cluster", "comment on database template0 is 'x'", "create database ", goes_on=True)
FILLING = Moment("held", "", "REFRESH MATERIALIZED VIEW ", tool=True, goes_on=True)
DUMPING = Moment("shop", "lock table t in access exclusive mode", "LOCK TABLE ", tool=True, goes_on=True)
EXCHANGING = Moment("cluster", "comment on database shop is 'x'", 'alter database "shop" rename to ', goes_on=True)
ROW = "select from platform_meta.tenant_databases where database_name = 'shop' for update"
EXCHANGED = Moment("meta", ROW, "update tenant_databases set updated_at")
DECIDING = Moment("meta", ROW, "with going as (update tenant_databases")
DROPPING = Moment("cluster", "comment on database shop is 'x'", "drop database ")
CHANGING = Moment("cluster", "alter role {owner} connection limit 7", "alter role ")
CHANGED = Moment("meta", ROW, "update tenant_databases d set connection_info")


@dataclass(frozen=True)
class House:
    """A platform with a tenant ``acme`` that has databases ``keeper`` and ``shop``."""

    live: LivePlatform
    cluster: str
    """How to connect as the administrator, to a database that nobody exchanges."""

    @property
    def meta(self) -> str:
        """How to connect to the platform's own database."""
        home = Home(self.live.home)
        found = Bootstrap.load(home, Vault.open(home))
        assert found is not None
        where, who = found.cluster.endpoint, found.superuser
        return psycopg.conninfo.make_conninfo(
            host=where.host, port=where.port, dbname="platform_meta", user=who.username, password=who.secret
        )

    def dsn(self, name: str) -> str:
        return self.live.json("connection-string", f"acme/{name}")["connection_string"]

    def rows(self, name: str) -> int:
        with psycopg.connect(self.dsn(name)) as owner:
            return owner.execute("select count(*) from t").fetchone()[0]

    def names(self) -> set[str]:
        return {each["name"] for each in self.live.json("list", "--tenant", "acme")}

    # --- killing ----------------------------------------------------------------------------------------------------

    def killed(self, moment: Moment, *words: str) -> None:
        """Run a command, kill it at a moment, and start the platform anew."""
        with ExitStack() as after:
            with ExitStack() as until:
                (after if moment.goes_on else until).enter_context(self._holding(moment))
                self._kill(moment, words)
            kill(daemon(self.live))
            started = self.live.cli("up")
            assert started.returncode == 0, started.stderr
            self._recovered()
            self._nothing_is_left()
        self._nothing_is_left()

    def _kill(self, moment: Moment, words: tuple[str, ...]) -> None:
        command = [sys.executable, "-m", "dbaas_server.cli", *words, "--home", str(self.live.home)]
        log = self.live.home / "killed.log"
        with log.open("wb") as said, psycopg.connect(self._where(moment), autocommit=True) as watching:
            nothing = subprocess.DEVNULL
            environment = without_platform(os.environ)
            child = subprocess.Popen(command, env=environment, stdin=nothing, stdout=nothing, stderr=said)
            try:
                eventually(lambda: self._waits(watching, moment) or child.poll() is not None)
                assert child.poll() is None, f"{words} ended before {moment.step!r}: {log.read_text()}"
                tools = [os.pidfd_open(pid) for pid in children(child.pid)]
                assert bool(tools) is moment.tool
            finally:
                child.kill()
                child.wait()
        for tool in tools:
            ended = select.poll()
            ended.register(tool, select.POLLIN)
            assert ended.poll(PATIENCE * 1000), "a program goes on after the one that started it"
            os.close(tool)

    @contextmanager
    def _holding(self, moment: Moment) -> Iterator[None]:
        if moment.at == "held":
            with psycopg.connect(self.cluster, autocommit=True) as admin:
                admin.execute("comment on database postgres is 'held'")
                try:
                    yield
                finally:
                    admin.execute("comment on database postgres is null")
            return
        place = self.dsn("shop") if moment.at == "shop" else self._where(moment)
        with psycopg.connect(place) as holder:
            holder.execute(moment.hold.encode())
            yield
            holder.rollback()

    def _where(self, moment: Moment) -> str:
        return self.meta if moment.at == "meta" else self.cluster

    @staticmethod
    def _waits(watching: psycopg.Connection, moment: Moment) -> bool:
        found = watching.execute(
            "select from pg_stat_activity where starts_with(query, %s) and state = 'active'"
            " and wait_event_type in ('Lock', 'Timeout')",
            [moment.step],
        )
        return bool(found.rowcount)

    # --- afterwards -------------------------------------------------------------------------------------------------

    def _recovered(self) -> None:
        left = (
            "select kind from platform_meta.pieces_of_work"
            " union all select status from platform_meta.tenant_databases where status <> 'ready'"
        )
        with psycopg.connect(self.meta, autocommit=True) as meta:
            eventually(lambda: meta.execute(left).fetchall(), lambda seen: not seen)

    def _nothing_is_left(self) -> None:
        """No database, no role, no session, no folder that belongs to nothing."""
        names = self.names()
        with psycopg.connect(self.cluster, autocommit=True) as admin:
            found = admin.execute("select datname from pg_database where datname !~ '^template'").fetchall()
            assert {row[0] for row in found} == {"postgres"} | names
            assert admin.execute("select rolname from pg_roles where rolname like 'w\\_%'").fetchall() == []
            logins = "select count(*) from pg_roles where rolname ~ '^[oas]_[a-z2-7]{12}$'"
            assert admin.execute(logins).fetchone() == (3 * len(names),)
            sessions = "select query from pg_stat_activity where application_name = 'dbaas work'"
            eventually(lambda: admin.execute(sessions).fetchall(), lambda seen: not seen)
        with psycopg.connect(self.meta) as meta:
            kept = {str(row[0]) for row in meta.execute("select id from platform_meta.dumps")}
        dumps = self.live.home / "dumps"
        assert {path.name for path in dumps.glob("*/*/*")} <= kept
        assert all(any(folder.iterdir()) for folder in dumps.glob("*/*"))
        assert not list(dumps.glob(".*"))


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    live = LivePlatform(temporary_home())
    try:
        assert live.cli("up").returncode == 0
        live.json("tenant", "create", "acme")
        live.json("create", "postgres", "keeper", "--tenant", "acme")
        yield House(live, live.json("connection-string", "acme/keeper", "--admin")["connection_string"])
    finally:
        live.cli("down")
        shutil.rmtree(live.home, ignore_errors=True)


@pytest.fixture
def shop(house: House) -> Iterator[House]:
    if "shop" not in house.names():
        house.live.json("create", "postgres", "shop", "--tenant", "acme")
        with psycopg.connect(house.dsn("shop")) as owner:
            owner.execute(SHOP.encode())
    yield house
    for name in house.names() - {"keeper", "shop"}:
        house.live.json("drop", f"acme/{name}", "--yes", "--no-dump")


@pytest.mark.parametrize(
    ("moment", "rows"),
    [
        pytest.param(MAKING, 10, id="making the new database"),
        pytest.param(FILLING, 10, id="filling the new database"),
        pytest.param(EXCHANGING, 10, id="about to exchange them"),
        pytest.param(EXCHANGED, ROWS, id="exchanged"),
    ],
)
def test_restore(shop: House, moment: Moment, rows: int) -> None:
    with psycopg.connect(dsn := shop.dsn("shop")) as owner:
        owner.execute(f"truncate t; insert into t select n, md5(n::text) from generate_series(1, {ROWS}) n")
    dump = shop.live.json("dump", "acme/shop")["id"]
    with psycopg.connect(dsn) as owner:
        owner.execute("delete from t where id > 10")
    shop.killed(moment, "restore", "acme/shop", dump)
    assert shop.dsn("shop") == dsn, "its logins stay"
    assert shop.rows("shop") == rows
    shop.live.json("restore", "acme/shop", dump)
    assert shop.rows("shop") == ROWS


def test_restore_from_a_file_that_is_being_unpacked(shop: House) -> None:
    """What came out of the file is the platform's to take away."""
    path = shop.live.home / "shop.dump"
    shop.live.json("dump", "acme/shop", str(path))
    shop.killed(FILLING, "restore", "acme/shop", str(path))
    assert shop.rows("shop") == ROWS


@pytest.mark.parametrize(
    "moment", [pytest.param(CHANGING, id="the server changes them"), pytest.param(CHANGED, id="the server has them")]
)
def test_rotate(shop: House, moment: Moment) -> None:
    before = shop.dsn("shop")
    owner = sql.Identifier(psycopg.conninfo.conninfo_to_dict(before)["user"]).as_string()
    shop.killed(replace(moment, hold=moment.hold.format(owner=owner)), "rotate", "acme/shop")
    assert shop.dsn("shop") != before, "it was recorded, so that it is finished"
    assert shop.rows("shop") == ROWS, "what is stored opens it"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(before)


@pytest.mark.parametrize(
    ("moment", "words", "there"),
    [
        pytest.param(DUMPING, (), True, id="making the last dump"),
        pytest.param(DECIDING, ("--no-dump",), True, id="about to drop it"),
        pytest.param(DROPPING, (), False, id="dropping it"),
    ],
)
def test_drop(shop: House, moment: Moment, words: tuple[str, ...], there: bool) -> None:
    dump = shop.live.json("dump", "acme/shop")["id"]
    shop.killed(moment, "drop", "acme/shop", "--yes", *words)
    assert ("shop" in shop.names()) is there
    if not there:
        shop.live.json("undrop", "acme/shop")
    assert shop.rows("shop") == ROWS
    [expires_at] = [each["expires_at"] for each in shop.live.json("dumps", "acme/shop") if each["id"] == dump]
    assert (expires_at is None) is there, "a dump that is kept goes with its database only"


def test_undrop(shop: House) -> None:
    shop.live.json("drop", "acme/shop", "--yes")
    shop.killed(FILLING, "undrop", "acme/shop")
    assert "shop" not in shop.names()
    shop.live.json("undrop", "acme/shop")
    assert shop.rows("shop") == ROWS


@pytest.mark.parametrize(
    "moment",
    [pytest.param(DUMPING, id="dumping"), pytest.param(MAKING, id="making"), pytest.param(FILLING, id="filling")],
)
def test_branch(shop: House, moment: Moment) -> None:
    shop.killed(moment, "branch", "acme/shop", "copy")
    assert "copy" not in shop.names()
    shop.live.json("branch", "acme/shop", "copy")
    assert shop.rows("copy") == shop.rows("shop") == ROWS


@pytest.mark.parametrize("moment", [pytest.param(DUMPING, id="dumping"), pytest.param(FILLING, id="filling")])
def test_import(shop: House, moment: Moment) -> None:
    source = shop.dsn("shop")
    shop.killed(moment, "import", "acme/taken", "--dsn", source)
    assert "taken" not in shop.names()
    shop.live.json("import", "acme/taken", "--dsn", source)
    assert shop.rows("taken") == shop.rows("shop") == ROWS
