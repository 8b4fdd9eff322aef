"""The control half of the engine seam.

An engine is stateless and says what it wants; a runtime makes it so. ``plan`` is pure: it answers with the files,
commands and the readiness probe, and any runtime (local processes, containers, something that runs already) can
carry it out. Importing an engine imports no driver.
"""

from __future__ import annotations

import re
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from .copies import Copies
from .distribution import Distributes
from .nouns import Cluster, Credential, Database, Endpoint, Login, Plan, Powers, Tenant, Usage, Vitals

__all__ = [
    "Ability",
    "Address",
    "Binaries",
    "Capabilities",
    "Choice",
    "ClusterSpec",
    "Cost",
    "Engine",
    "Grant",
    "LaunchPlan",
    "Offer",
    "Option",
    "Sitting",
    "Size",
    "UpgradePlan",
    "Watch",
]

_LOGINS: Mapping[str, Login] = MappingProxyType({"o": Login.owner, "a": Login.api, "s": Login.service})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine offers. Doors read this; nobody tests for an engine's name."""

    sql: bool = False
    transactions: bool = False
    row_policies: bool = False
    change_feed: bool = False
    rpc: bool = False
    bulk_load: bool = False
    documents: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an option, with what people read instead of it."""

    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose for a new database. Its first choice is what it is when nobody chooses."""

    name: str
    title: str
    description: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a new database takes at first, in bytes: a tenant's first one of an engine, and each one more.

    Attributes:
        server_memory, server_disk: the server, with the first database.
        database_disk: each one more. Until somebody uses it, it takes no memory to speak of.
    """

    server_memory: int
    server_disk: int
    database_disk: int


@dataclass(frozen=True, slots=True)
class Offer:
    """How an engine presents itself to who makes a database.

    Attributes:
        title: its name, as people write it.
        server: what is started for a tenant, behind "Starts a" and "Shares a".
        steps: what making a database in a server that runs consists of, each a sentence without its full stop.
        forbidden: characters that a database's name may not have, beside those of no name.
        reserved: names that a database may not have, likewise.
    """

    title: str
    description: str
    server: str
    cost: Cost
    steps: tuple[str, ...]
    options: tuple[Option, ...] = ()
    forbidden: str = ""
    reserved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Binaries:
    """A found server installation and what was probed of it, never assumed.

    Attributes:
        origin: ``setting``, ``system`` or ``wheel``.
        version: full version, such as ``18.1``.
        extensions: names for which a control file exists.
        tools: client programs beside the server.
        ssl: whether the server was built with it.
        icu: whether it has ICU collations.
        locales: names of the machine's locales, as ``locale -a`` gives them.
    """

    origin: str
    bindir: Path
    version: str
    extensions: frozenset[str] = field(default=frozenset(), repr=False)
    tools: frozenset[str] = field(default=frozenset(), repr=False)
    ssl: bool = False
    icu: bool = False
    locales: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def major(self) -> str:
        """The major version: data directories of one major need servers of the same."""
        return self.version.split(".")[0]


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What is asked of an engine when a cluster is to run.

    ``max_connections`` is what the tenant may have; engines add what the platform itself needs.
    """

    data_dir: Path
    host: str
    port: int
    binaries: Binaries
    max_connections: int
    superuser: Credential
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """How to make and start a cluster, as data.

    Attributes:
        init: run once, when ``data_dir`` is new; argv per step.
        init_files: there while ``init`` runs, for what must not be an argument; absolute path → text.
        files: written before each start, path relative to ``data_dir`` → text.
        argv: the server itself, in the foreground.
        stop_signal: a clean and quick stop.
        closing_signal: lets nobody new in, and stops when everybody has gone.
        pid_file: relative to ``data_dir``; its first line is the process id.
    """

    init: Sequence[Sequence[str]]
    files: Mapping[str, str]
    argv: Sequence[str]
    env: Mapping[str, str]
    stop_signal: int
    closing_signal: int
    pid_file: str
    init_files: Mapping[Path, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """How to move a cluster's data to a newer major version, as data. The old data folder is only read.

    Attributes:
        make: the empty new cluster; it is made, not started.
        old_files, new_files: written into the two data folders beforehand, relative path → text. Whatever starts a
            cluster later writes its own again.
        private_files: there while ``check`` and ``move`` run; absolute path → text.
        check: says whether everything could be moved, and moves nothing.
        move: fills the new cluster.
        reports: where they write what is wrong, a pattern relative to the new data folder.
    """

    make: LaunchPlan
    old_files: Mapping[str, str]
    new_files: Mapping[str, str]
    private_files: Mapping[Path, str] = field(repr=False)
    check: Sequence[str]
    move: Sequence[str]
    env: Mapping[str, str]
    reports: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What creating a database gives: its name in the engine and its logins."""

    physical_name: str
    logins: Mapping[Login, Credential]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is that runs already, and who may administer it.

    Attributes:
        database: the one to enter for work on the server itself.
    """

    endpoint: Endpoint
    administrator: Credential
    database: str


@dataclass(frozen=True, slots=True)
class Ability:
    """Something that the platform promises, and what becomes of it on a server.

    Attributes:
        state: ``supported``, ``worked_around`` or ``refused``.
        sentence: what that means there.
    """

    name: str
    state: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Sitting:
    """A client's session on a server, at one moment. Times in seconds, of the server's clock.

    Attributes:
        state: ``active``, ``idle``, ``idle in transaction`` and others, as PostgreSQL calls them.
        follows: it reads the log of changes.
        application: how the client calls itself; it may say what it likes.
        statement_at: when its statement began, which tells statements apart.
        running: for how long it has been running.
        unchanged: since its state changed.
        waits_for_client: the server has nothing to do until its client takes or sends something.
        copied: bytes, of a COPY that is under way.
        home: the database that its login was made for; empty: for none of the platform's.
    """

    pid: int
    database: str
    username: str
    state: str
    follows: bool
    application: str
    statement_at: float
    running: float
    unchanged: float
    connected_at: float
    waits_for_client: bool
    copied: int
    home: str = ""

    @property
    def login(self) -> Login | None:
        """Which of a database's logins it is; None: somebody else, such as a login for work of the platform's."""
        return _LOGINS.get(self.username[:1]) if re.fullmatch(r"[oas]_[a-z2-7]{12}", self.username) else None


@dataclass(frozen=True, slots=True)
class Size:
    """What a database takes on disk; whether what adds to it is refused."""

    database: str
    bytes: int
    withheld: bool


class Watch(Protocol):
    """A look at a running cluster, again and again, that keeps one connection. Methods raise ``Unavailable``."""

    async def sessions(self) -> tuple[Sitting, ...]:
        """Everybody who is connected, but for the platform's administrator."""
        ...

    async def end_idle(self, seconds: float) -> None:
        """End the sessions that have had nothing to do for so long."""
        ...

    async def sizes(self, databases: Collection[str] | None = None) -> tuple[Size, ...]:
        """What each database takes, or each of these."""
        ...

    async def cancel(self, pid: int) -> None:
        """End what a session is at."""
        ...

    async def terminate(self, pid: int) -> None:
        """End a session."""
        ...

    async def close(self) -> None:
        """Let the connection go. Safe to repeat."""
        ...


class Engine(Protocol):
    """One kind of database server."""

    name: str
    can: Capabilities
    offer: Offer
    copies: Copies | None  # where it has none, its databases are neither dumped nor restored nor branched
    distributes: Distributes | None  # where it has none, tables are where their database is

    def find_binaries(self, home_packages: Path, *, major: str | None = None, origin: str | None = None) -> Binaries:
        """The installation to use. Blocks for some milliseconds. Raises ``Unavailable`` with a hint.

        Args:
            home_packages: where programs may be copied to, so that the engines' user reaches them.
            major: of this version only, because existing data needs it.
            origin: preferred, because builds of one version differ (collations) and this one made the data.
        """
        ...

    def plan(self, spec: ClusterSpec) -> LaunchPlan:
        """How to run a cluster. Pure."""
        ...

    def check_options(self, options: Mapping[str, str]) -> Mapping[str, str]:
        """A new database's options with their defaults. Pure. Raises ``Invalid`` for what means nothing here."""
        ...

    def check_name(self, name: str) -> None:
        """Refuse a new database's name that clients of this engine could not write. Pure. Raises ``Invalid``."""
        ...

    async def ready(self, cluster: Cluster, superuser: Credential) -> None:
        """Return once an authenticated connection works; raise ``Unavailable`` when it does not (yet)."""
        ...

    async def greet(self, reader: StreamReader, writer: StreamWriter) -> bytes | None:
        """What a client says first to a server that sleeps, to be told to it; None for what need not wake it."""
        ...

    def turn_away(self) -> bytes:
        """What that client is told when the server does not start: he has not said a password yet. Pure."""
        ...

    async def prepare_cluster(self, cluster: Cluster, superuser: Credential) -> None:
        """What a new cluster needs once: roles, closed doors. Safe to repeat."""
        ...

    async def create_database(
        self,
        cluster: Cluster,
        superuser: Credential,
        tenant: Tenant,
        plan: Plan,
        name: str,
        options: Mapping[str, str],
        begin: Callable[[], None],
    ) -> Grant:
        """Make an isolated database. On any failure nothing is left behind.

        Args:
            begin: called as each of the offer's ``steps`` begins.
        """
        ...

    async def prepare_database(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """What a database lacks that was made by an earlier version. Safe to repeat."""
        ...

    async def tend(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Do what a server cannot do by itself as tenants change their tables. Called again and again."""
        ...

    def parse_address(self, text: str) -> Address:
        """Where a server is, as its usual clients write that. Pure. Raises ``Invalid`` (``invalid_dsn``)."""
        ...

    async def probe(self, cluster: Cluster, superuser: Credential) -> Powers:
        """What the administrator can do there; changes nothing.

        Raises ``Unavailable`` (``server_unreachable``, ``tls_failed``), ``Invalid`` (``login_refused``), ``Conflict``
        (``api_roles_taken``), ``Unsupported`` (``server_cannot_isolate``).
        """
        ...

    def abilities(self, cluster: Cluster) -> Sequence[Ability]:
        """What becomes of the platform's promises on a server. Pure."""
        ...

    async def drop_database(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Remove the database and its logins, ending its sessions. Safe to repeat."""
        ...

    def renewed(self, logins: Mapping[Login, Credential]) -> Mapping[Login, Credential]:
        """New secrets for those of a database's logins that a rotation concerns."""
        ...

    async def rotate(
        self, cluster: Cluster, superuser: Credential, database: Database, logins: Mapping[Login, Credential]
    ) -> None:
        """Have these secrets hold, and end the sessions of the logins that get new ones. Safe to repeat."""
        ...

    async def limit(self, cluster: Cluster, superuser: Credential, database: Database, plan: Plan) -> None:
        """Apply a plan's limits."""
        ...

    def watch(self, cluster: Cluster, superuser: Credential) -> Watch:
        """A watch on a running cluster; it connects with its first look."""
        ...

    async def withhold(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Refuse whatever adds to a database; what reads or removes goes on. Safe to repeat."""
        ...

    async def give_back(self, cluster: Cluster, superuser: Credential, database: Database) -> None:
        """Undo :meth:`withhold`. Safe to repeat."""
        ...

    async def room(self, cluster: Cluster, superuser: Credential) -> int:
        """How many connections of a tenant's the running server has room for. Raises ``Unavailable``."""
        ...

    async def usage(self, cluster: Cluster, superuser: Credential, database: Database) -> Usage:
        """Size and connections now."""
        ...

    async def vitals(self, cluster: Cluster, superuser: Credential, database: Database) -> Vitals:
        """How it is doing, by its server's counters. Raises ``Unavailable``."""
        ...

    def missing_tools(self, old: Binaries, new: Binaries) -> Sequence[str]:
        """Programs without which data of one installation cannot be moved to the other."""
        ...

    async def before_upgrade(self, cluster: Cluster, superuser: Credential, to: Binaries) -> Mapping[str, str]:
        """What the new cluster has to have in common with this one, which runs.

        Raises ``Unsupported`` for what the new installation lacks: ``extensions_missing``, ``locales_missing``.
        """
        ...

    async def drop_slots(self, cluster: Cluster, superuser: Credential) -> None:
        """End what reads the cluster's log and cannot go on in the new one."""
        ...

    def upgrade_plan(
        self, old: ClusterSpec, new: ClusterSpec, like: Mapping[str, str], folder: Path, *, clone: bool
    ) -> UpgradePlan:
        """How to move a cluster's data. Pure.

        Args:
            like: as ``before_upgrade`` answered.
            folder: where the programs may keep what they need meanwhile; sockets too, so its path is short.
            clone: the file system can share blocks between files.
        """
        ...

    async def after_upgrade(self, cluster: Cluster, superuser: Credential) -> None:
        """Bring what is in the databases to the new version, where it is not by itself. Safe to repeat."""
        ...

    async def analyze(self, cluster: Cluster, superuser: Credential) -> None:
        """Statistics for the planner, of everything. Takes its time. Safe to repeat."""
        ...

    def connection_string(self, cluster: Cluster, database: str, login: Credential) -> str:
        """A URL that the engine's usual clients accept; without a password where the login's secret is empty."""
        ...
