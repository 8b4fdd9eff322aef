"""Moving tenants' clusters to newer major versions."""

from __future__ import annotations

from .. import engines as engine_folder
from ..errors import Invalid, NotFound
from ..meta.store import Store
from ..nouns import Cluster
from .audit import audited
from .progress import Tell
from .supervision import Supervision

__all__ = ["Upgrades"]


class Upgrades:
    """The part of the platform that is about versions of engines."""

    def __init__(self, store: Store, supervision: Supervision) -> None:
        self._store = store
        self._supervision = supervision

    async def upgrade(
        self, tenant: str, engine: str, major: str, *, actor: str, progress: Tell | None = None
    ) -> Cluster:
        """Move a tenant's cluster of an engine to a newer major version; its databases cannot be used meanwhile.

        Being cancelled is a failure: the cluster stays what it was, or is the new one already.

        Args:
            progress: called with each step as it begins.

        Raises ``NotFound`` (``cluster_not_found``), ``Invalid`` (``unknown_engine``, ``invalid_version``), ``Conflict``
        (``not_newer``, ``upgrade_refused``), ``Unsupported`` (``version_missing``, ``extensions_missing``,
        ``locales_missing``, ``upgrade_tools_missing``, ``not_local``), ``Unavailable`` (``not_enough_disk`` …).
        """
        async with audited(self._store, "upgrade_cluster", actor, tenant, engine, {"to": major[:40]}):
            engine_folder.engine(engine)
            major = _major(major)
            owner = await self._store.tenant(tenant)
            async with self._store.lock(owner.id):
                found = next((one for one in await self._store.clusters(owner.id) if one.engine == engine), None)
                if found is None:
                    raise NotFound(
                        "cluster_not_found", f"{tenant} has no {engine} database, hence no server to upgrade."
                    )
                await self._supervision.upgrade(found.id, major, progress)
                return await self._store.cluster(found.id)


def _major(text: str) -> str:
    """A major version. Raises ``Invalid`` (``invalid_version``)."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 1000):
        raise Invalid("invalid_version", f"{text[:40]!r} is no major version.", hint="Write a number, such as 18.")
    return str(int(text))
