"""The cluster that holds ``platform_meta``, described by a file: there is nothing else to ask before it runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from uuid import UUID

from ..errors import Unavailable
from ..folders import write_private
from ..nouns import Cluster, ClusterState, Credential, Endpoint, Home
from ..secrets import Vault

__all__ = ["META_CLUSTER", "META_DATABASE", "Bootstrap"]

META_CLUSTER = UUID(int=0)
"""The id by which everybody asks for the platform's own cluster."""

META_DATABASE = "platform_meta"
DATA_DIR = "platform"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """``platform.json``: the platform's cluster and its administrator. ``cluster.endpoint.port`` 0: never started."""

    cluster: Cluster
    superuser: Credential

    @classmethod
    def new(cls, home: Home, version: str, origin: str, superuser: Credential) -> Bootstrap:
        """The description of a cluster that is to be made."""
        cluster = Cluster(
            id=META_CLUSTER, tenant_id=None, engine="postgres", runtime="local", version=version,
            endpoint=Endpoint("127.0.0.1", 0), data_dir=home.clusters / DATA_DIR, state=ClusterState.sleeping,
            settings={"origin": origin},
        )  # fmt: skip
        return cls(cluster, superuser)

    @classmethod
    def load(cls, home: Home, vault: Vault) -> Bootstrap | None:
        """Read the file; None when the platform was never started here.

        Raises ``Unavailable``: ``bootstrap_unreadable``, ``master_key_wrong``.
        """
        try:
            fields = json.loads(home.bootstrap_file.read_text(encoding="utf-8"))
            if fields["format"] != FORMAT:
                raise ValueError("format")
            superuser = Credential(fields["superuser"], vault.decrypt(fields["superuser_secret"], str(META_CLUSTER)))
            bootstrap = cls.new(home, fields["version"], fields["origin"], superuser)
            return bootstrap.at(Endpoint(fields["host"], fields["port"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                "bootstrap_unreadable",
                f"{home.bootstrap_file} cannot be understood.",
                hint="Restore it from your backup.",
                details=type(error).__name__,
            ) from None

    def at(self, endpoint: Endpoint) -> Bootstrap:
        """The same, listening somewhere else."""
        return replace(self, cluster=replace(self.cluster, endpoint=endpoint))

    def save(self, home: Home, vault: Vault) -> None:
        """Write the file, in one step and for this user only."""
        cluster = self.cluster
        fields = {
            "format": FORMAT,
            "engine": cluster.engine,
            "version": cluster.version,
            "origin": cluster.settings["origin"],
            "host": cluster.endpoint.host,
            "port": cluster.endpoint.port,
            "superuser": self.superuser.username,
            "superuser_secret": vault.encrypt(self.superuser.secret, str(META_CLUSTER)),
        }
        write_private(home.bootstrap_file, json.dumps(fields, indent=2) + "\n")
