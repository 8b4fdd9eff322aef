"""What the server's answers become: frozen, typed, tolerant of fields added later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

__all__ = [
    "Ability",
    "ApiKey",
    "Cluster",
    "Column",
    "Consumption",
    "Database",
    "Dump",
    "Feed",
    "Hour",
    "Invitation",
    "Member",
    "Membership",
    "Noun",
    "Plan",
    "Platform",
    "Reference",
    "Schema",
    "Secret",
    "Server",
    "Step",
    "Table",
    "Tenant",
    "Token",
    "Usage",
]


class Secret(str):
    """Text that is usable as it is, and hidden wherever it is displayed: notebooks are stored."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<secret, {len(self)} characters: use print() to see it>"


@dataclass(frozen=True, slots=True)
class Noun:
    """Something the server describes in JSON."""

    secrets: ClassVar[frozenset[str]] = frozenset({"key", "connection_string", "token", "secret"})

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Take the fields this class knows; secrets are wrapped so that displaying does not tell them."""
        known = {item.name for item in fields(cls)}
        return cls(
            **{
                name: Secret(value) if name in cls.secrets and isinstance(value, str) else value
                for name, value in data.items()
                if name in known
            }
        )


@dataclass(frozen=True, slots=True)
class Tenant(Noun):
    """An owner of databases.

    Attributes:
        subdomain: its name in URLs.
        cors_origins: whose pages may read its data in a browser; ``*`` is everybody.
    """

    id: str
    name: str
    subdomain: str
    plan_type: str = ""
    max_connections: int = 0
    max_storage_gb: float = 0
    default_database: str | None = None
    cors_origins: Sequence[str] = ("*",)
    created_at: str = ""
    updated_at: str = ""


@dataclass(frozen=True, slots=True)
class Database(Noun):
    """A tenant's database. ``connection_string`` is there only where it was just made or asked for.

    Attributes:
        exposure, rest_url, realtime_url, graphql_url: None of a document database.
        mongodb_url: where MongoDB's clients come in, without a login; None of others.
    """

    id: str
    tenant: str
    name: str
    database: str = ""
    engine: str = ""
    version: str = ""
    exposure: str | None = None
    state: str = ""
    size_bytes: int | None = None
    connections: int = 0
    max_connections: int = 0
    is_default: bool = False
    created_at: str = ""
    rest_url: str | None = None
    realtime_url: str | None = None
    graphql_url: str | None = None
    mongodb_url: str | None = None
    connection_string: Secret | None = None


@dataclass(frozen=True, slots=True)
class ApiKey(Noun):
    """An API key. ``key`` itself is there only in the answer that made it."""

    id: str
    role: str
    prefix: str = ""
    created_at: str = ""
    revoked_at: str | None = None
    key: Secret | None = None


@dataclass(frozen=True, slots=True)
class Member(Noun):
    """A person with a right on a tenant: ``view``, ``own`` or ``administer``."""

    person: str
    right: str
    added_by: str = ""
    created_at: str = ""


@dataclass(frozen=True, slots=True)
class Invitation(Noun):
    """A right for whoever redeems its ``token``, which is there only in the answer that made it."""

    id: str
    name: str
    right: str
    invited_by: str = ""
    created_at: str = ""
    expires_at: str = ""
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class Membership(Noun):
    """The right on a tenant that a person has by an invitation."""

    tenant: str
    person: str
    right: str


@dataclass(frozen=True, slots=True)
class Token(Noun):
    """A signed token for the data API."""

    token: Secret
    expires_at: Any = None


@dataclass(frozen=True, slots=True)
class Usage(Noun):
    """What a database uses of its limits."""

    size_bytes: int | None = None
    connections: int = 0
    max_connections: int = 0
    max_storage_gb: float = 0


@dataclass(frozen=True, slots=True)
class Dump(Noun):
    """A dump that the platform keeps, until ``expires_at`` where that is said.

    Attributes:
        is_last: it was made when the database was dropped.
    """

    id: str
    database: str
    engine: str = ""
    server_version: str = ""
    size_bytes: int | None = None
    made_at: str = ""
    is_last: bool = False
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of long work, as it begins; where it goes through tables it is told again and again.

    Attributes:
        number: counts from 1.
        count: how many steps there are.
        tables: how many are done, and how many there are.
        size_bytes: of what was written by then.
    """

    number: int
    count: int
    doing: str
    tables: tuple[int, int] | None = None
    size_bytes: int | None = None

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Step:
        """A line of the server's answer."""
        tables = (line["tables"], line["of_tables"]) if "tables" in line else None
        return cls(line["step"], line["of"], line["doing"], tables, line.get("size_bytes"))


@dataclass(frozen=True, slots=True)
class Plan(Noun):
    """What tenants on it may use. 0 is no limit for ``statement_timeout_ms``, and never for ``idle_stop_seconds``.

    Attributes:
        max_storage_gb: 1024³ bytes, of all databases of a tenant together.
    """

    name: str
    max_connections: int = 0
    max_storage_gb: float = 0
    statement_timeout_ms: int = 0
    idle_transaction_seconds: int = 0
    idle_stop_seconds: int = 0
    api_requests_per_second: int = 0
    api_concurrent_requests: int = 0
    realtime_connections: int = 0
    realtime_channels: int = 0
    realtime_joins_per_second: int = 0
    realtime_messages_per_second: int = 0
    realtime_payload_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Server(Noun):
    """A tenant's server of one engine."""

    engine: str
    version: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Ability(Noun):
    """Something that the platform promises: ``supported``, ``worked_around`` or ``refused`` on a server."""

    name: str
    state: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Cluster(Noun):
    """A server that runs elsewhere, as it was last seen. ``databases`` are those of the platform's tenants there."""

    name: str
    engine: str = ""
    version: str = ""
    state: str = ""
    host: str = ""
    port: int = 0
    sslmode: str | None = None
    databases: int = 0
    abilities: tuple[Ability, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """As :meth:`Noun.of`, with the abilities typed."""
        abilities = tuple(Ability.of(each) for each in data.get("abilities") or ())
        return super(Cluster, cls).of({**data, "abilities": abilities})


@dataclass(frozen=True, slots=True)
class Hour(Noun):
    """What one database used in an hour, or (``database`` None) the tenant as a whole."""

    hour: str
    database: str | None = None
    requests: int = 0
    refused: int = 0
    connections: int = 0
    storage_bytes: int = 0
    awake_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Consumption(Noun):
    """What a tenant may use, and what it used: ``hours``, newest first.

    Attributes:
        max_storage_gb: 1024³ bytes, of all databases together.
        storage_full: what adds to the databases is refused.
    """

    tenant: str
    plan: str = ""
    max_connections: int = 0
    max_storage_gb: float = 0
    storage_full: bool = False
    hours: tuple[Hour, ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """As :meth:`Noun.of`, with the hours typed."""
        return super(Consumption, cls).of({**data, "hours": tuple(Hour.of(hour) for hour in data["hours"])})


@dataclass(frozen=True, slots=True)
class Feed(Noun):
    """How a database's feed of changes is doing. None is what is not known, or does not exist, in this state.

    Attributes:
        state: ``ready`` (nobody follows), ``live``, ``catching_up``, ``asleep``, ``starting``, ``unreachable`` or
            ``lost``.
        wal_status: PostgreSQL's word for whether the log that it keeps for the feed is safe.
        left_bytes: of log that may be written before PostgreSQL gives up keeping it.
        lag_seconds: for how long some of the log has been waiting to be read.
        oldest_position: ``since`` may go back as far as this.
        followers: server processes that follow, each for all of its subscribers.
    """

    state: str
    slot: str | None = None
    wal_status: str | None = None
    retained_bytes: int | None = None
    left_bytes: int | None = None
    lag_bytes: int | None = None
    lag_seconds: float | None = None
    position: str | None = None
    oldest_position: str | None = None
    history_bytes: int = 0
    followers: int = 0
    last_error: str | None = None
    last_error_at: str | None = None
    looked_at: str | None = None


@dataclass(frozen=True, slots=True)
class Platform(Noun):
    """The server itself: its version and the engines it offers."""

    version: str
    home: str = ""
    engines: list[dict[str, Any]] = field(default_factory=list)
    person: str = ""


@dataclass(frozen=True, slots=True)
class Reference(Noun):
    """The column that a foreign key points at."""

    schema: str
    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Column(Noun):
    """A column of a table; ``type`` is the engine's own name for it."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    primary_key: bool = False
    comment: str | None = None
    references: Reference | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """As :meth:`Noun.of`, with the reference typed."""
        target = data.get("references")
        return super(Column, cls).of({**data, "references": Reference.of(target) if target else None})


@dataclass(frozen=True, slots=True)
class Table(Noun):
    """A table or view, its columns, and who can reach it through the API."""

    name: str
    schema: str
    kind: str = "table"
    columns: tuple[Column, ...] = ()
    primary_key: tuple[str, ...] = ()
    estimated_rows: int = -1
    size_bytes: int | None = None
    row_security: bool = False
    policies: tuple[str, ...] = ()
    exposed_to: tuple[str, ...] = ()
    warning: str | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """As :meth:`Noun.of`, with columns typed and lists frozen."""
        lists = {name: tuple(data.get(name) or ()) for name in ("primary_key", "policies", "exposed_to")}
        columns = tuple(Column.of(column) for column in data.get("columns") or ())
        return super(Table, cls).of({**data, **lists, "columns": columns})


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything in a database, as of ``version``."""

    version: int
    tables: tuple[Table, ...]
    functions: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Schema:
        """Flatten the server's list of schemas."""
        schemas = data.get("schemas") or ()
        return cls(
            version=int(data.get("version", 0)),
            tables=tuple(Table.of({"schema": s["name"], **t}) for s in schemas for t in s.get("tables") or ()),
            functions=tuple({"schema": s["name"], **f} for s in schemas for f in s.get("functions") or ()),
        )

    def table(self, name: str) -> Table | None:
        """A table by name; ``schema.name`` names one outside ``public``. An exact name wins over a split one."""
        for table in sorted(self.tables, key=lambda table: table.schema != "public"):
            if name in (table.name, f"{table.schema}.{table.name}"):
                return table
        return None
