"""The things the control plane talks about. Frozen: a change is a new value, stored by ``meta``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

__all__ = [
    "ApiKey", "AuditEntry", "Cluster", "ClusterState", "Credential", "Database", "DatabaseState", "Door", "Dump",
    "Endpoint", "HistoryEntry", "Home", "Invitation", "JwtSecret", "KeyRole", "Login", "Member", "OidcIssuer",
    "Operator", "Plan", "Powers", "Right", "Standing", "Tenant", "Usage", "UsageHour", "UsageSample", "Vitals",
]  # fmt: skip


class ClusterState(StrEnum):
    """What the platform knows of an engine's processes."""

    running = "running"
    sleeping = "sleeping"  # stopped, starts on next use
    failed = "failed"


class DatabaseState(StrEnum):
    """The life of a tenant's database."""

    creating = "creating"
    ready = "ready"
    dropping = "dropping"


class KeyRole(StrEnum):
    """What an API key may be: publishable, secret, or the platform operator's."""

    anon = "anon"
    service_role = "service_role"
    admin = "admin"


class Right(StrEnum):
    """What a person may do with a tenant; each right has those before it.

    ``view`` sees what there is, never a secret nor arbitrary rows; ``own`` works with the databases and their keys;
    ``administer`` also decides about the tenant itself: its members, its limits, its end.
    """

    view = "view"
    own = "own"
    administer = "administer"

    def includes(self, needed: Right) -> bool:
        """Whether who has this right may do what asks for the other."""
        order = list(Right)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a right on a tenant. See :mod:`~dbaas_provisioning.persons` for how they are named."""

    person: str
    right: Right
    added_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who runs the platform, beside those on its machine."""

    person: str
    added_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LoginBegun:
    """A terminal that waits for a person.

    Attributes:
        device: what the terminal asks with; a secret.
        code: what it shows, and a person confirms.
    """

    device: str = field(repr=False)
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """What a person sees of it: what the terminal says of itself."""

    asked_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LoginDone:
    """What the terminal is given; ``expires_at`` as of ``time.time``."""

    token: str = field(repr=False)
    person: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A right that whoever has the invitation's token is given once they signed in.

    Attributes:
        name: of whom it is meant for, as the inviting person calls them.
    """

    id: UUID
    name: str
    right: Right
    invited_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OidcIssuer:
    """An OpenID provider whose word the platform takes.

    Attributes:
        issuer: its URL, as its tokens name it.
        audience: the client id that tokens for this platform are made for.
    """

    name: str
    issuer: str
    audience: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person may do.

    Attributes:
        operator: everything, on every tenant and on the platform.
        rights: subdomain → right.
        epoch: of the tokens that are valid for them; None when nobody vouches for them any more.
        ended: ids of tokens that are not, in any epoch.
    """

    operator: bool = False
    rights: Mapping[str, Right] = field(default_factory=dict)
    epoch: int | None = 0
    ended: frozenset[str] = frozenset()

    def on(self, tenant: str) -> Right | None:
        """The right on a tenant; None where the person may not even know that it exists."""
        return Right.administer if self.operator else self.rights.get(tenant)

    def only(self, tenant: str) -> Standing:
        """The same on one tenant, and nothing elsewhere."""
        right = self.on(tenant)
        return Standing(False, {} if right is None else {tenant: right}, self.epoch)


class Login(StrEnum):
    """The logins of a database.

    ``api`` may become ``anon`` or ``authenticated`` and nothing else; ``service`` may become ``service_role``;
    ``owner`` is the tenant's own, for arbitrary SQL. A document database has two: the ``owner`` is a user of MongoDB's
    protocol, and the platform's ``service`` keeps the documents.
    """

    owner = "owner"
    api = "api"
    service = "service"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a tenant may use. Realtime connections and rates are those of one server process.

    Attributes:
        max_connections: of the tenant's own to one database, and to all of one engine together.
        max_storage_gb: 1024³ bytes, of all its databases together.
        statement_timeout_ms: 0: no limit.
        idle_transaction_seconds: for which a transaction may stand with nothing to do.
        idle_stop_seconds: without any use, after which a server is stopped; None: never.
        api_requests_per_second: over all processes of the platform on one machine, like those at once.
    """

    name: str
    max_connections: int
    max_storage_gb: float
    statement_timeout_ms: int
    idle_transaction_seconds: int
    idle_stop_seconds: int | None
    api_requests_per_second: int
    api_concurrent_requests: int
    realtime_connections: int
    realtime_channels: int  # of one connection
    realtime_joins_per_second: int
    realtime_messages_per_second: int
    realtime_payload_bytes: int


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who owns databases.

    Attributes:
        subdomain: its name in URLs.
        max_connections, max_storage_gb: the plan's, or the tenant's own where it has others.
        storage_full: its databases take more than ``max_storage_gb``.
        cors_origins: whose pages may read its data in a browser; ``("*",)`` is everybody, empty nobody.
        graphql_introspection: whether others than secret keys may ask a GraphQL schema about itself.
    """

    id: UUID
    name: str
    subdomain: str
    plan_type: str
    max_connections: int
    max_storage_gb: float
    storage_full: bool
    default_database: str | None
    cors_origins: tuple[str, ...]
    graphql_introspection: bool
    created_at: datetime
    updated_at: datetime

    def limited(self, plan: Plan) -> Plan:
        """What this tenant may use: its plan, with what it has of its own."""
        return replace(plan, max_connections=self.max_connections, max_storage_gb=self.max_storage_gb)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an engine listens, and how a connection to it is protected.

    Attributes:
        sslmode: as libpq names them; empty: whatever libpq does by itself.
        sslrootcert: the file of the authorities that may vouch for the server, or ``system``; empty: libpq's own.
    """

    host: str
    port: int
    sslmode: str = ""
    sslrootcert: str = ""

    @property
    def protection(self) -> Mapping[str, str]:
        """What is said about TLS, under libpq's names."""
        named = {"sslmode": self.sslmode, "sslrootcert": self.sslrootcert}
        return {name: value for name, value in named.items() if value}

    @property
    def parameters(self) -> Mapping[str, Any]:
        """All that leads there, under libpq's names; each value is text."""
        return {"host": self.host, "port": str(self.port), **self.protection}


@dataclass(frozen=True, slots=True)
class Door:
    """Where clients of a protocol that is not the engine's own come in: one place for all tenants.

    Attributes:
        host: as clients name it.
        tls: they have to come with TLS.
    """

    host: str
    port: int
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Powers:
    """What the platform can do with a server's administrator login. The defaults are those of servers that it runs.

    Attributes:
        version: the server's, in full; empty where nobody asked.
        system_identifier: which server it is, whatever it is called.
        superuser: the login is one.
        event_triggers: the login may make them.
        replication: databases' logs of changes can be read.
        bypasses_policies: ``service_role`` sees every row without a policy of its own.
        reserved_connections: logins of the platform's can be let in when tenants' have used up the others.
        owns_templates: the server's own databases are the login's, which can hence close them.
        extensions: those that new databases get.
        citus: the version of Citus that databases here can have.
        max_connections: of the whole server.
        free_slots: for logs of changes.
        open_databases: those that every login of the server can enter.
    """

    version: str = ""
    system_identifier: str = ""
    superuser: bool = True
    event_triggers: bool = True
    replication: bool = True
    bypasses_policies: bool = True
    reserved_connections: bool = True
    owns_templates: bool = True
    extensions: tuple[str, ...] = ()
    citus: str | None = None
    max_connections: int = 0
    free_slots: int = 0
    open_databases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """One engine installation that runs, or can be made to run. ``tenant_id`` is None for the platform's own.

    Attributes:
        runtime: ``local``: the platform runs it; ``external``: it runs elsewhere, for several tenants.
        name: of an external one; its administrator and its tenants' databases are the platform's, nothing else is.
        powers: what can be done there. Engines ask these, never the runtime.
    """

    id: UUID
    tenant_id: UUID | None
    engine: str
    runtime: str
    version: str  # major version of the server that made the data
    endpoint: Endpoint
    data_dir: Path
    state: ClusterState
    settings: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    powers: Powers = field(default_factory=Powers)

    @property
    def external(self) -> bool:
        """Whether it is somebody else who starts and stops it."""
        return self.runtime == "external"


@dataclass(frozen=True, slots=True)
class Credential:
    """A login and its secret. The secret is not in the ``repr``."""

    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Database:
    """A tenant's database. ``name`` is the tenant's name for it, ``physical_name`` the engine's."""

    id: UUID
    tenant_id: UUID
    name: str
    physical_name: str
    engine: str
    owner: str
    cluster_id: UUID
    exposure: str  # "policies" | "all"
    state: DatabaseState
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Dump:
    """A dump that the platform keeps.

    Attributes:
        exposure: what its database's was.
        server_version: in full, of the server that it is from.
        is_last: it was made when its database was dropped.
        expires_at: when it goes by itself; None: never.
        server: the external cluster that its database was on; None: the tenant's own.
    """

    id: UUID
    tenant_id: UUID
    database_id: UUID
    database_name: str
    engine: str
    exposure: str
    server_version: str
    size_bytes: int
    made_at: datetime
    is_last: bool = False
    expires_at: datetime | None = None
    server: UUID | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key: never the key itself. ``prefix`` is enough to recognise it in a list.

    Attributes:
        documents_only: it runs stored GraphQL documents and opens nothing else.
    """

    id: UUID
    tenant_id: UUID | None
    role: KeyRole
    prefix: str
    created_at: datetime
    revoked_at: datetime | None
    documents_only: bool = False


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A GraphQL document that a tenant keeps. ``sha256`` is that of its text in UTF-8, in hexadecimal digits."""

    sha256: str
    document: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class JwtSecret:
    """What signs a tenant's tokens (HS256); ``kid`` tells generations apart."""

    kid: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a database takes up now. Zero connections and no size while its cluster sleeps."""

    size_bytes: int | None
    connections: int
    max_connections: int
    max_storage_gb: float


@dataclass(frozen=True, slots=True)
class UsageSample:
    """What was used since the last sample: of a database, or of a tenant as a whole (``database`` is empty).

    Attributes:
        requests, refused: of the API, and those beyond the plan's.
        connections: at the moment.
        storage_bytes: at the moment; 0: not known.
        awake_seconds: for which its server ran.
    """

    tenant_id: UUID
    database: str
    requests: int = 0
    refused: int = 0
    connections: int = 0
    storage_bytes: int = 0
    awake_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class UsageHour:
    """What was used in an hour: sums, the most connections, the latest size. ``database`` as in a sample."""

    hour: datetime
    database: str
    requests: int
    refused: int
    connections: int
    storage_bytes: int
    awake_seconds: float


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a database is doing: counters since its server's statistics began.

    Attributes:
        version: the server's, in full.
        started_at: when the server did.
        connections: of clients, the platform's own included.
        cache_hit_ratio: of the blocks that were asked for; None while there were none.
        counted_since: when the counters were last set back, as far as the server knows.
    """

    version: str
    started_at: datetime | None
    size_bytes: int | None
    connections: int
    committed: int
    rolled_back: int
    cache_hit_ratio: float | None
    counted_since: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to whom, and whether it worked. Later entries have greater ids.

    Attributes:
        at: when it ended; of attempts that were refused, when the first of their minute was.
        target: the database, where it was done to one; else who or what it was done to.
        outcome: ``ok``, an error code, or ``refused``.
        kind: ``control`` (done to the platform), ``data`` (done with a database's data) or ``refused`` (tried without
            the right to).
    """

    id: int
    at: datetime
    actor: str
    action: str
    tenant: str | None
    target: str | None
    outcome: str
    details: Mapping[str, str]
    kind: str = "control"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A statement that somebody ran in an editor.

    Attributes:
        text: without the passwords that it sets, and never with the values of its parameters.
        at: when it was begun.
        rows: how many it gave or changed; None where that means nothing.
        error: the code of what went wrong.
    """

    id: UUID
    text: str
    at: datetime
    duration_ms: float
    rows: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Home:
    """A platform's data folder. Two folders are two platforms."""

    path: Path

    @property
    def run(self) -> Path:
        """Lock, socket and run file of the daemon: worthless once it is gone."""
        return self.path / "run"

    @property
    def clusters(self) -> Path:
        """Data directories of local engines."""
        return self.path / "clusters"

    @property
    def packages(self) -> Path:
        """Binaries fetched for, or copied within reach of, the engines' system user."""
        return self.path / "packages"

    @property
    def authorities(self) -> Path:
        """Certificates of those who vouch for external servers."""
        return self.path / "authorities"

    @property
    def feeds(self) -> Path:
        """The recent changes of databases, for who was away."""
        return self.path / "feeds"

    @property
    def dumps(self) -> Path:
        """Dumps that are kept: tenant's id / database's id / dump's id."""
        return self.path / "dumps"

    @property
    def logs(self) -> Path:
        """Logs of the daemon and of the engines."""
        return self.path / "logs"

    @property
    def bootstrap_file(self) -> Path:
        """Describes the cluster that holds ``platform_meta``; mode 0600."""
        return self.path / "platform.json"
