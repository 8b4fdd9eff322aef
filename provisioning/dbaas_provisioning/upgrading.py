"""Moving a cluster to a newer major version, so that whoever looks finds the old one or the new one.

1. Nothing is stopped before it is known that the new build has what the databases use, and that there is room.
2. The new cluster is made beside the old one, from copies. Which of the two it is changes in one statement in
   ``platform_meta``; the folder that it is not is written there, too.
3. A process killed before that leaves a folder that is removed at the next start; one killed after it leaves the old
   folder, which is removed when the new server has been started.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from .engine import Binaries, ClusterSpec, Engine, UpgradePlan
from .errors import Conflict, DbaasError, Unavailable, Unsupported
from .meta.store import Store
from .meta.upgrades import Stage
from .nouns import Cluster, Credential, DatabaseState, Home
from .platform.progress import Steps
from .runtimes.moving import Mover

__all__ = ["Move", "Upgrading", "sentences"]

log = logging.getLogger(__name__)


def sentences(major: str) -> list[str]:
    """What an upgrade consists of."""
    return [
        "Looking at what the databases use",
        "Stopping the server",
        f"Making an empty cluster of version {major}",
        "Checking that everything can be moved",
        "Moving the data",
        "Starting the new server",
        "Bringing extensions up to date",
    ]


@dataclass(frozen=True, slots=True)
class Move:
    """An upgrade that may begin."""

    engine: Engine
    cluster: Cluster
    superuser: Credential
    to: Binaries
    new: Path
    plan: UpgradePlan


class Upgrading:
    """What of an upgrade is not starting and stopping servers; that is the supervisor's.

    Whoever calls holds the cluster, so that nobody starts or stops it meanwhile.
    """

    def __init__(self, home: Home, store: Store, mover: Mover) -> None:
        self._home = home
        self._store = store
        self._mover = mover

    async def planned(self, engine: Engine, spec: ClusterSpec, cluster: Cluster, major: str) -> Move:
        """Look for every reason why it cannot be done. The cluster runs, and goes on.

        Raises ``Conflict`` (``not_newer``), ``Unsupported`` (``not_local``, ``version_missing``,
        ``upgrade_tools_missing``, and what :meth:`Engine.before_upgrade` raises), ``Unavailable``
        (``not_enough_disk``).
        """
        if cluster.runtime != "local":
            raise Unsupported("not_local", "Who runs this server upgrades it; the platform does not.")
        if int(major) <= int(cluster.version):
            raise Conflict("not_newer", f"This cluster has version {cluster.version}, and cannot go to {major}.")
        try:
            to = await asyncio.to_thread(
                engine.find_binaries, self._home.packages, major=major, origin=cluster.settings.get("origin")
            )
        except Unavailable:
            raise Unsupported(
                "version_missing",
                f"Version {major} of this engine is not installed here.",
                hint="Install it, or name its folder in DBAAS_POSTGRES_BIN.",
            ) from None
        if missing := engine.missing_tools(spec.binaries, to):
            raise Unsupported(
                "upgrade_tools_missing", f"Programs that an upgrade needs are missing: {', '.join(missing)}."
            )
        like = await engine.before_upgrade(cluster, spec.superuser, to)
        clone = await asyncio.to_thread(self._mover.can_clone, self._home.clusters)
        await asyncio.to_thread(self._mover.check_room, cluster.data_dir, clone=clone)
        new = cluster.data_dir.with_name(f"{cluster.tenant_id}-{cluster.engine}-{major}")
        there = ClusterSpec(
            data_dir=new, host=spec.host, port=spec.port, binaries=to, max_connections=spec.max_connections,
            superuser=spec.superuser, settings=spec.settings,
        )  # fmt: skip
        plan = engine.upgrade_plan(spec, there, like, self._mover.folder(new), clone=clone)
        return Move(engine, cluster, spec.superuser, to, new, plan)

    async def carry_out(self, move: Move, steps: Steps) -> None:
        """Make the new cluster and exchange the two. The old one is stopped. A failure leaves it as it was.

        Raises ``Conflict`` (``upgrade_refused``), ``Unavailable``.
        """
        old, new, plan = move.cluster.data_dir, move.new, move.plan
        await self._store.upgrades.begin(move.cluster.id, new)
        try:
            steps.begin()
            await self._mover.make(new, plan)
            steps.begin()
            await self._mover.prepare(old, new, plan)
            await self._mover.run(new, plan, plan.check)
            steps.begin()
            await self._mover.run(new, plan, plan.move)
            self._mover.tidy(new)
            await self._exchange(move)
        except BaseException as error:
            # What is stored decides: an answer may have been lost on its way here.
            exchanged = await asyncio.shield(self.settle(move.cluster))
            if not exchanged or isinstance(error, asyncio.CancelledError):
                raise

    async def _exchange(self, move: Move) -> None:
        """Who is cancelled meanwhile knows afterwards whether it was done."""
        exchange = asyncio.ensure_future(
            self._store.upgrades.exchange(move.cluster.id, move.new, move.to.major, move.to.origin)
        )
        try:
            await asyncio.shield(exchange)
        except asyncio.CancelledError:
            await asyncio.wait([exchange])
            raise

    async def settle(self, cluster: Cluster) -> bool:
        """Take away what an upgrade left that did not come to its exchange. Safe to repeat.

        Args:
            cluster: it is not serving; what runs on its data was started for the upgrade.

        Returns:
            Whether an upgrade came to its exchange, and is to be finished.
        """
        upgrade = await self._store.upgrades.of(cluster.id)
        if upgrade is None:
            return False
        if upgrade.stage is Stage.finishing:
            return True
        log.info("An upgrade of cluster %s did not come to its end: it stays as it was.", cluster.data_dir.name)
        await self._mover.discard(cluster.data_dir, upgrade.other)
        await self._store.upgrades.end(cluster.id, upgrade)
        return False

    async def finish(self, engine: Engine, cluster: Cluster, superuser: Credential) -> None:
        """The new server runs: remove the old folder, bring its databases up to date. Safe to repeat.

        :meth:`analyze` comes next.
        """
        upgrade = await self._store.upgrades.of(cluster.id)
        if upgrade is None:
            return
        await self._mover.remove(upgrade.other)
        self._mover.tidy(cluster.data_dir)
        await engine.after_upgrade(cluster, superuser)
        for database in await self._store.databases_in(cluster.id):
            if database.state is DatabaseState.ready:
                await engine.prepare_database(cluster, superuser, database)

    async def analyze(self, engine: Engine, cluster: Cluster, superuser: Credential) -> None:
        """Statistics; then nothing is left to be done. Killed before, it is done again after the next start."""
        try:
            upgrade = await self._store.upgrades.of(cluster.id)
            if upgrade is not None and upgrade.stage is Stage.finishing:
                await engine.analyze(cluster, superuser)
                await self._store.upgrades.end(cluster.id, upgrade)
        except DbaasError as error:
            log.warning("Cluster %s has no statistics yet: %s", cluster.data_dir.name, error.message)

    async def abandon(self, cluster: Cluster) -> None:
        """The cluster is being removed: so is its other folder."""
        upgrade = await self._store.upgrades.of(cluster.id)
        if upgrade is not None:
            await self._mover.remove(upgrade.other)
