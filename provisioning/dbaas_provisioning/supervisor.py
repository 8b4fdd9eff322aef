"""Starts, watches and stops the engines of one data folder. There is one of it, in the daemon.

``supervisor = await Supervisor.open(home)`` starts the platform's own cluster (creating everything the first time) and
brings its schema up to date; ``platform = await Platform.open(home, supervisor)`` comes next, then
``await platform.recover()`` finishes what a killed daemon left half done. At the end
``await supervisor.close(stop_engines=…)``.

1. Clusters are made and started on first use, one at a time each; what runs already is adopted.
2. A cluster that should run and dies is started again at once, and on the next use if that fails.
3. Its port stays what it was; only when something else took it, it gets a new one, recorded before the start.
4. An external server is somebody else's to start and stop: here it is only looked whether it answers.
5. While a cluster is moved to a newer version nobody starts it; see :mod:`~dbaas_provisioning.upgrading`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql

from . import engines
from .accounts import engine_account
from .doors import Doors
from .engine import ClusterSpec, Engine, LaunchPlan
from .errors import DbaasError, NotFound, Unavailable, Unsupported
from .folders import prepare
from .meta.bootstrap import META_CLUSTER, META_DATABASE, Bootstrap
from .meta.connections import Connections
from .meta.migrate import migrate, migrations
from .meta.store import Store
from .nouns import Cluster, ClusterState, Credential, Door, Endpoint, Home, Plan
from .platform.databases import limit_logins, limits_text
from .platform.progress import Steps, Tell
from .runtimes.local import LocalRuntime, choose_port
from .runtimes.moving import Mover
from .runtimes.processes import ServerProcess
from .secrets import Vault
from .upgrading import Upgrading, sentences

__all__ = ["META_CLUSTER", "Supervisor"]

log = logging.getLogger(__name__)

START_SECONDS = 60.0
PATIENCE_SECONDS = 2.0  # with a killed server's children, before they are ended
POLL_SECONDS = 0.02
LOG_CHECK_SECONDS = 60.0
META_CONNECTIONS = 60
META_SETTINGS: Mapping[str, str] = {"shared_buffers": "16MB", "max_wal_senders": "2", "max_replication_slots": "2"}


@dataclass(slots=True)
class _Slot:
    """What is known of one cluster here. ``process`` is None while it does not run or is not ready."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    process: ServerProcess | None = None
    endpoint: Endpoint | None = None
    plan: LaunchPlan | None = None
    cluster: Cluster | None = None
    starting: asyncio.Task[Endpoint] | None = None
    upgrading: bool = False
    finishing: bool = False  # it was upgraded, and something is left to be done


@dataclass(frozen=True, slots=True)
class _Described:
    """All that is needed to run a cluster."""

    cluster: Cluster
    superuser: Credential
    max_connections: int
    settings: Mapping[str, str]
    limits: Plan | None  # of its tenant


class Supervisor:
    """Implements :class:`dbaas_provisioning.platform.Supervision` for this machine."""

    def __init__(self, home: Home, vault: Vault) -> None:
        self.home = home
        self._vault = vault
        account = engine_account()
        self._runtime = LocalRuntime(home.logs, account)
        self._slots: dict[UUID, _Slot] = {}
        self._watchers: set[asyncio.Task[None]] = set()
        self._closing = False
        self._doors = Doors(self.ensure)
        connections = Connections(self._bootstrap, lambda: self.ensure(META_CLUSTER))
        self._store = Store(home, vault, connections)
        self._upgrades = Upgrading(home, self._store, Mover(self._runtime, account))

    @classmethod
    async def open(cls, home: Home) -> Self:
        """Start the platform's own cluster and bring its schema up to date. Nothing else is started.

        Raises ``Unavailable``: what :meth:`Vault.open` and :meth:`Bootstrap.load` raise, ``engine_missing``,
        ``engine_not_starting``, ``schema_newer``, ``migration_failed``, ``home_unwritable``, ``home_unreachable``.
        """
        prepare(home)
        first = not home.bootstrap_file.exists()
        vault = Vault.open(home, create=first)
        if first:
            binaries = engines.engine("postgres").find_binaries(home.packages)
            superuser = Credential("dbaas", secrets.token_urlsafe(24))
            Bootstrap.new(home, binaries.major, binaries.origin, superuser).save(home, vault)
        supervisor = cls(home, vault)
        try:
            await supervisor.ensure(META_CLUSTER)
            await supervisor._migrate()
            supervisor._watch_by(supervisor._bound_logs())
            await supervisor._resume()
        except BaseException:
            await supervisor.close(stop_engines=True)
            raise
        return supervisor

    async def close(self, *, stop_engines: bool) -> None:
        """Stop watching; with ``stop_engines`` stop every cluster that runs, the platform's own last."""
        self._closing = True
        await self._doors.close()
        for watcher in self._watchers:
            watcher.cancel()
        starting = [slot.starting for slot in self._slots.values() if slot.starting is not None]
        await asyncio.gather(*self._watchers, *starting, return_exceptions=True)
        if stop_engines:
            known = set(self._slots)
            if _serving(self._slots.get(META_CLUSTER)) is not None:
                with contextlib.suppress(DbaasError):
                    known |= {cluster.id for cluster in await self._store.clusters()}
            await asyncio.gather(*(self.stop(cluster_id) for cluster_id in known - {META_CLUSTER}))
            await self._store.close()
            await self.stop(META_CLUSTER)
        await self._store.close()
        for slot in self._slots.values():
            if slot.process is not None:
                slot.process.forget()
        self._slots.clear()

    # --- Supervision ------------------------------------------------------------------------------------------------

    async def ensure(self, cluster_id: UUID) -> Endpoint:
        """The cluster accepts connections when this returns; it is made and started where needed.

        Raises ``NotFound``, ``Unavailable`` (``engine_not_starting``, ``data_missing``, ``engine_missing``).
        """
        slot = self._slots.setdefault(cluster_id, _Slot())
        if (endpoint := _serving(slot)) is not None:
            return endpoint
        if self._closing:
            raise _shutting_down()
        if slot.upgrading:
            raise Unavailable(
                "cluster_upgrading", "This server is being moved to a newer version.", hint="Try again in a moment."
            )
        if slot.starting is None or slot.starting.done():
            # A task of its own: who asked may go away, but a cluster is never left half made.
            slot.starting = asyncio.get_running_loop().create_task(self._start_once(cluster_id, slot))
            slot.starting.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(slot.starting)

    async def stop(self, cluster_id: UUID) -> None:
        """The cluster is stopped when this returns; it starts again on next use. Safe to repeat.

        An external one goes on: it is not the platform's to stop.
        """
        if await self._is_external(cluster_id):
            return
        slot = self._slots.setdefault(cluster_id, _Slot())
        async with slot.lock:
            await self._stop(cluster_id, slot)
            await self._fall_asleep(cluster_id)

    async def rest(self, cluster_id: UUID, leave: Callable[[], Awaitable[None]]) -> None:
        """Stop a cluster that nobody uses. Who comes meanwhile waits, and has it started again.

        Args:
            leave: called once nobody new is let in; returns when those who are there have ended what they are at.
        """
        slot = self._slots.setdefault(cluster_id, _Slot())
        async with slot.lock:
            process, plan = slot.process, slot.plan
            if process is None or plan is None:
                return
            slot.process = None  # who asks for it now waits for the lock
            process.signal(plan.closing_signal)
            try:
                await leave()
            finally:
                await self._runtime.stop(process, plan)
                await self._fall_asleep(cluster_id)

    async def remove(self, cluster_id: UUID) -> None:
        """Stop the cluster and delete its data. Safe to repeat; an unknown cluster has nothing to delete.

        Nothing of an external one is deleted but its databases, by its engine.
        """
        if await self._is_external(cluster_id):
            return
        slot = self._slots.setdefault(cluster_id, _Slot())
        async with slot.lock:
            try:
                described = await self._describe(cluster_id)
            except NotFound:
                self._slots.pop(cluster_id, None)
                return
            self._doors.shut(cluster_id)
            await self._stop(cluster_id, slot)
            if cluster_id != META_CLUSTER:
                await self._upgrades.abandon(described.cluster)
            await self._runtime.remove(described.cluster.data_dir)
            self._slots.pop(cluster_id, None)

    async def upgrade(self, cluster_id: UUID, major: str, progress: Tell | None = None) -> None:
        """The cluster has a newer major version and runs when this returns. A failure leaves it as it was.

        Being cancelled is a failure, too, as long as the data are not moved.

        Raises ``NotFound``, ``Unsupported`` (``platform_cluster``), and what :meth:`Upgrading.planned` and
        :meth:`Upgrading.carry_out` raise.
        """
        if cluster_id == META_CLUSTER:
            raise Unsupported("platform_cluster", "The platform's own cluster keeps the version that made it.")
        steps = Steps(sentences(major), progress)
        await self.ensure(cluster_id)
        work = asyncio.get_running_loop().create_task(self._upgrade(cluster_id, self._slots[cluster_id], major, steps))
        self._watchers.add(work)
        work.add_done_callback(self._watchers.discard)
        try:
            await work
        except asyncio.CancelledError:
            if self._closing:
                raise _shutting_down() from None
            raise

    async def mongo_door(self) -> Door:
        """Engines have no such door; whoever serves the platform's protocols does. Raises ``Unavailable``."""
        raise Unavailable("no_mongo_door", "Nobody listens for MongoDB's clients here.", hint="Run `dbaas up`.")

    # --- upgrading --------------------------------------------------------------------------------------------------

    async def _upgrade(self, cluster_id: UUID, slot: _Slot, major: str, steps: Steps) -> None:
        async with slot.lock:
            steps.begin()
            described = await self._describe(cluster_id)
            cluster, superuser = described.cluster, described.superuser
            engine = engines.engine(cluster.engine)
            await self._upgrades.finish(engine, cluster, superuser)  # of an earlier one
            await self._upgrades.analyze(engine, cluster, superuser)
            move = await self._upgrades.planned(engine, await self._spec(engine, described), cluster, major)
            slot.upgrading = True
            try:
                steps.begin()
                await self._note(cluster_id, ClusterState.sleeping)  # who reads its log does not come back
                await engine.drop_slots(cluster, superuser)
                await self._stop(cluster_id, slot)
                await self._upgrades.carry_out(move, steps)
                steps.begin()
                await self._start(cluster_id, slot)
                steps.begin()
                assert slot.cluster is not None
                await self._upgrades.finish(engine, slot.cluster, superuser)
                self._watch_by(self._upgrades.analyze(engine, slot.cluster, superuser))
            finally:
                slot.upgrading = slot.finishing = False
                if _serving(slot) is None:
                    self._watch_by(self._adopt(cluster_id))  # it ran before

    async def _finish(self, cluster: Cluster, superuser: Credential) -> None:
        """What a killed process left to be done after an upgrade."""
        engine = engines.engine(cluster.engine)
        try:
            await self._upgrades.finish(engine, cluster, superuser)
            await self._upgrades.analyze(engine, cluster, superuser)
        except DbaasError as error:
            log.warning("The upgrade of cluster %s is not finished: %s", cluster.data_dir.name, error.message)

    # --- starting ---------------------------------------------------------------------------------------------------

    async def _start_once(self, cluster_id: UUID, slot: _Slot) -> Endpoint:
        async with slot.lock:
            if (endpoint := _serving(slot)) is not None:
                return endpoint
            try:
                endpoint = await self._start(cluster_id, slot)
            except NotFound:
                self._slots.pop(cluster_id, None)
                self._doors.shut(cluster_id)
                raise
            except Unavailable:
                await self._note(cluster_id, ClusterState.failed)
                await self._listen(cluster_id)  # who connects has it tried again
                raise
            if slot.finishing and slot.cluster is not None:
                slot.finishing = False
                self._watch_by(self._finish(slot.cluster, await self._store.superuser(cluster_id)))
            return endpoint

    async def _start(self, cluster_id: UUID, slot: _Slot) -> Endpoint:
        described = await self._describe(cluster_id)
        cluster = described.cluster
        engine = engines.engine(cluster.engine)
        if cluster.external:
            return await self._look(engine, described)
        if cluster_id != META_CLUSTER:
            slot.finishing = await self._upgrades.settle(cluster)
        if cluster.endpoint.port != 0 and not cluster.data_dir.is_dir():  # a port is recorded once there is data
            raise Unavailable(
                "data_missing",
                f"The data of this cluster is missing: {cluster.data_dir}.",
                hint="Restore the folder from a backup.",
            )
        plan = await self._plan(engine, described)
        process = self._runtime.adopt(cluster.data_dir, plan)
        if process is None:
            if not self._runtime.exists(cluster.data_dir):
                await self._runtime.create(cluster.data_dir, plan)
            self._doors.shut(cluster_id)
            cluster, plan = await self._on_free_port(engine, described, cluster)
            process = self._runtime.start(cluster.data_dir, plan)
        cluster, plan, process = await self._until_ready(engine, replace(described, cluster=cluster), plan, process)
        slot.cluster, slot.plan, slot.endpoint, slot.process = cluster, plan, cluster.endpoint, process
        self._watch_by(self._watch(cluster_id, slot, process))
        await self._limit(engine, replace(described, cluster=cluster))
        await self._note(cluster_id, ClusterState.running)
        return cluster.endpoint

    async def _look(self, engine: Engine, described: _Described) -> Endpoint:
        """Whether an external server answers. It is asked each time: nobody here would hear of its end."""
        await engine.ready(described.cluster, described.superuser)
        if described.cluster.state is not ClusterState.running:
            await self._note(described.cluster.id, ClusterState.running)
        return described.cluster.endpoint

    async def _until_ready(
        self, engine: Engine, described: _Described, plan: LaunchPlan, process: ServerProcess
    ) -> tuple[Cluster, LaunchPlan, ServerProcess]:
        """Wait until the server answers; start it again while it dies of something that passes."""
        cluster = described.cluster
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            while loop.time() < began + START_SECONDS:
                if not process.died.is_set():
                    with contextlib.suppress(Unavailable):
                        await engine.ready(cluster, described.superuser)
                        await engine.prepare_cluster(cluster, described.superuser)
                        return cluster, plan, process
                    await asyncio.sleep(POLL_SECONDS)
                    continue
                # It may have found its port taken, or children of its killed predecessor that still hold the memory.
                if loop.time() > began + PATIENCE_SECONDS:
                    self._runtime.end_leftovers(cluster.data_dir)
                await asyncio.sleep(5 * POLL_SECONDS)
                cluster, plan = await self._on_free_port(engine, described, cluster)
                process = self._runtime.start(cluster.data_dir, plan)
            await self._runtime.stop(process, plan)
        except BaseException:
            process.forget()
            raise
        raise Unavailable(
            "engine_not_starting",
            f"The {cluster.engine} server of cluster {cluster.data_dir.name} does not start.",
            hint=f"Its log is {self._runtime.log_file(cluster.data_dir)}.",
        )

    async def _limit(self, engine: Engine, described: _Described) -> None:
        """What its tenant may use may have changed while it slept."""
        cluster, plan = described.cluster, described.limits
        if plan is not None and await self._store.plans.limits_of(cluster.id) != limits_text(plan):
            await limit_logins(self._store, engine, cluster, described.superuser, plan)

    async def _on_free_port(
        self, engine: Engine, described: _Described, cluster: Cluster
    ) -> tuple[Cluster, LaunchPlan]:
        """The cluster on its own port, or on a new one when something else has that; recorded before it is used."""
        wish = cluster.endpoint.port
        port = choose_port(cluster.endpoint.host, wish, f"{self.home.path} {cluster.id}")
        if port != wish:
            cluster = replace(cluster, endpoint=replace(cluster.endpoint, port=port))
            await self._record(cluster)
        return cluster, await self._plan(engine, replace(described, cluster=cluster))

    async def _plan(self, engine: Engine, described: _Described) -> LaunchPlan:
        return engine.plan(await self._spec(engine, described))

    async def _spec(self, engine: Engine, described: _Described) -> ClusterSpec:
        cluster = described.cluster
        binaries = await asyncio.to_thread(
            engine.find_binaries, self.home.packages, major=cluster.version, origin=cluster.settings.get("origin")
        )
        return ClusterSpec(
            data_dir=cluster.data_dir, host=cluster.endpoint.host, port=cluster.endpoint.port, binaries=binaries,
            max_connections=described.max_connections, superuser=described.superuser, settings=described.settings,
        )  # fmt: skip

    # --- watching and stopping --------------------------------------------------------------------------------------

    async def _watch(self, cluster_id: UUID, slot: _Slot, process: ServerProcess) -> None:
        await process.died.wait()
        if slot.process is not process or self._closing:
            return  # it was stopped on purpose
        slot.process = None
        log.warning("The server of cluster %s died; starting it again.", slot.cluster and slot.cluster.data_dir.name)
        try:
            await self.ensure(cluster_id)
        except DbaasError as error:
            log.error("It does not start: %s", error.message)

    async def _stop(self, cluster_id: UUID, slot: _Slot) -> None:
        """Stop what runs, also when it was started by a predecessor of this process."""
        process, plan, slot.process = slot.process, slot.plan, None
        if process is None:
            try:
                described = await self._describe(cluster_id)
                plan = await self._plan(engines.engine(described.cluster.engine), described)
            except DbaasError:
                return  # nothing known, nothing running
            process = self._runtime.adopt(described.cluster.data_dir, plan)
        if process is not None and plan is not None:
            await self._runtime.stop(process, plan)

    async def _fall_asleep(self, cluster_id: UUID) -> None:
        """It is noted to sleep, and whoever connects has it started."""
        await self._note(cluster_id, ClusterState.sleeping)
        await self._listen(cluster_id)

    async def _listen(self, cluster_id: UUID) -> None:
        """Open the door of a server that does not run, unless its data is gone or everything is being stopped."""
        if cluster_id == META_CLUSTER or self._closing:
            return
        with contextlib.suppress(DbaasError):
            cluster = await self._store.cluster(cluster_id)
            if cluster.data_dir.is_dir():
                await self._doors.open(cluster)

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(LOG_CHECK_SECONDS)
            for slot in list(self._slots.values()):
                if slot.cluster is not None:
                    self._runtime.bound_log(slot.cluster.data_dir)

    def _watch_by(self, work: Coroutine[Any, Any, None]) -> None:
        watcher = asyncio.get_running_loop().create_task(work)
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)

    async def _resume(self) -> None:
        """Watch again what a predecessor started and left running; know the rest to be asleep."""
        for cluster in await self._store.clusters():
            if cluster.external:
                continue
            try:
                await self._upgrades.settle(cluster)
                plan = await self._plan(engines.engine(cluster.engine), await self._describe(cluster.id))
                process = self._runtime.adopt(cluster.data_dir, plan)
            except DbaasError as error:
                log.warning("Cluster %s cannot be used now: %s", cluster.data_dir.name, error.message)
                continue
            if process is not None:
                process.forget()
                self._watch_by(self._adopt(cluster.id))
            else:
                if cluster.state is ClusterState.running:
                    await self._note(cluster.id, ClusterState.sleeping)
                await self._doors.open(cluster)

    async def _adopt(self, cluster_id: UUID) -> None:
        with contextlib.suppress(DbaasError):  # it is tried again, and told, on next use
            await self.ensure(cluster_id)

    # --- what is stored ---------------------------------------------------------------------------------------------

    def _bootstrap(self) -> Bootstrap:
        bootstrap = Bootstrap.load(self.home, self._vault)
        if bootstrap is None:
            raise Unavailable("bootstrap_missing", f"{self.home.bootstrap_file} is missing.", hint="Restore it.")
        return bootstrap

    async def _describe(self, cluster_id: UUID) -> _Described:
        if cluster_id == META_CLUSTER:
            bootstrap = self._bootstrap()
            return _Described(bootstrap.cluster, bootstrap.superuser, META_CONNECTIONS, META_SETTINGS, None)
        cluster = await self._store.cluster(cluster_id)
        if cluster.external:
            return _Described(cluster, await self._store.superuser(cluster_id), 0, {}, None)
        limits = await self._store.cluster_limits(cluster_id)
        return _Described(cluster, await self._store.superuser(cluster_id), limits.max_connections, {}, limits)

    async def _is_external(self, cluster_id: UUID) -> bool:
        if cluster_id == META_CLUSTER or (cluster_id in self._slots and self._slots[cluster_id].cluster is not None):
            return False  # what was started here is no other's
        with contextlib.suppress(DbaasError):
            return (await self._store.cluster(cluster_id)).external
        return False

    async def _record(self, cluster: Cluster) -> None:
        if cluster.id == META_CLUSTER:
            self._bootstrap().at(cluster.endpoint).save(self.home, self._vault)
        else:
            await self._store.mark_cluster(cluster.id, cluster.state, cluster.endpoint)

    async def _note(self, cluster_id: UUID, state: ClusterState) -> None:
        """Record a state for those who only look; never a reason to fail."""
        if cluster_id != META_CLUSTER and not (self._closing and _serving(self._slots.get(META_CLUSTER)) is None):
            with contextlib.suppress(DbaasError):
                await self._store.mark_cluster(cluster_id, state)

    async def _migrate(self) -> None:
        """Create the platform's database the first time, and apply the migrations that it lacks."""
        bootstrap = self._bootstrap()
        where = {
            "host": bootstrap.cluster.endpoint.host, "port": bootstrap.cluster.endpoint.port,
            "user": bootstrap.superuser.username, "password": bootstrap.superuser.secret,
            "require_auth": "scram-sha-256",
        }  # fmt: skip
        async with await psycopg.AsyncConnection.connect(**where, dbname="postgres", autocommit=True) as connection:  # type: ignore[arg-type]
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                found = await connection.execute("select from pg_database where datname = %s", [META_DATABASE])
                if not found.rowcount:
                    await connection.execute(sql.SQL("create database {}").format(sql.Identifier(META_DATABASE)))
        async with await psycopg.AsyncConnection.connect(**where, dbname=META_DATABASE, autocommit=True) as connection:  # type: ignore[arg-type]
            for version in await migrate(connection, migrations()):
                log.info("Applied migration %d of platform_meta.", version)


def _shutting_down() -> Unavailable:
    return Unavailable("shutting_down", "The platform is being stopped.", hint="`dbaas up` starts it again.")


def _serving(slot: _Slot | None) -> Endpoint | None:
    if slot is None or slot.process is None or not slot.process.alive:
        return None
    return slot.endpoint
