"""The audit log, in ``platform_meta``."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from ..nouns import AuditEntry
from .connections import Connections

__all__ = ["Attempt", "AuditStore", "DataAct", "fold_of"]

DAYS = {"data": 90, "refused": 90, "control": 730}
MOST = {"data": 50_000, "refused": 10_000, "control": 200_000}  # entries of a tenant, and of what has no tenant
LOOK_EVERY = 1_000  # entries that a process wrote of a tenant

REFUSAL = "refused"  # kind and outcome of attempts
# What these are done to is no database.
OF_NO_DATABASE = ["create_tenant", "invite", "create_key", "upgrade_cluster", "put_document"]

# One document and no arrays: what it costs to tell the driver of a thousand values is most of what an entry costs.
INSERT = """
insert into audit_log (kind, at, actor, action, tenant, target, outcome, details)
select 'data', u.* from jsonb_to_recordset(%(acts)s::jsonb) as u (
  at timestamptz, actor text, action text, tenant text, target text, outcome text, details jsonb
)
"""

# A tenant that does not exist has no audit log, and who makes one of that name later has nothing to do with it.
REFUSED = """
insert into audit_log as kept (kind, fold, at, actor, action, tenant, target, outcome, details)
select 'refused', fold, at, actor, action, t.subdomain, target, 'refused',
  jsonb_build_object('code', code, 'times', times::text)
    || case when u.tenant is not null and t.subdomain is null then jsonb_build_object('tenant', u.tenant) else '{}' end
from unnest(
  %(folds)s::bytea[], %(ats)s::timestamptz[], %(actors)s::text[], %(actions)s::text[], %(tenants)s::text[],
  %(targets)s::text[], %(codes)s::text[], %(times)s::int[]
) as u (fold, at, actor, action, tenant, target, code, times) left join tenants t on t.subdomain = u.tenant
order by fold
on conflict (fold) where fold is not null do update set details = kept.details
  || jsonb_build_object('times', ((kept.details->>'times')::bigint + (excluded.details->>'times')::bigint)::text)
"""

PRUNE = """
delete from audit_log where kind = %(kind)s and {whose} and id <= (
  select id from audit_log where kind = %(kind)s and {whose} order by id desc offset %(most)s limit 1
)
"""


@dataclass(frozen=True, slots=True)
class DataAct:
    """What somebody did with data, as it is kept: see :class:`~..nouns.AuditEntry`."""

    at: datetime
    actor: str
    action: str
    tenant: str
    target: str | None
    outcome: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody tried without the right to.

    Attributes:
        fold: equal for attempts that are kept as one.
        tenant: which they named, whether there is such a one or not.
        code: of the error that they were answered with.
        times: how often.
    """

    fold: bytes
    at: datetime
    actor: str
    action: str
    tenant: str | None
    target: str | None
    code: str
    times: int


def fold_of(actor: str, action: str, tenant: str | None, target: str | None, code: str, at: datetime) -> bytes:
    """What attempts that are alike have in common within a minute."""
    told = repr((actor, action, tenant, target, code, int(at.timestamp()) // 60))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()


class AuditStore:
    """Reads and writes the audit log. Every method raises ``Unavailable`` when ``platform_meta`` cannot be reached."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._since: Counter[tuple[str, str | None]] = Counter()  # kind and tenant → entries since the last look

    async def record(
        self, actor: str, action: str, tenant: str | None, target: str | None, outcome: str, details: Mapping[str, str]
    ) -> None:
        """A control action."""
        await self._connections.do(
            "insert into audit_log (actor, action, tenant, target, outcome, details) values (%s, %s, %s, %s, %s, %s)",
            [actor, action, tenant, target, outcome, Jsonb(dict(details))],
        )

    async def insert(self, acts: Sequence[DataAct], attempts: Sequence[Attempt]) -> None:
        """What was done with data and what was refused; every now and then, of each tenant only the newest."""

        async def work(connection: Any) -> None:
            if acts:
                await connection.execute(INSERT, {"acts": orjson.dumps(list(acts)).decode()})
            if attempts:
                await connection.execute(REFUSED, _columns_of_attempts(attempts))
            for kind, tenant in due:
                await connection.execute(*_prune(kind, tenant))

        self._since.update(("data", act.tenant) for act in acts)
        self._since.update(("refused", attempt.tenant) for attempt in attempts)
        due = [key for key, count in self._since.items() if count >= LOOK_EVERY]
        await self._connections.transaction(work)
        for key in due:
            del self._since[key]
        if len(self._since) > LOOK_EVERY:  # the daemon's look at all of them is to come
            self._since.clear()

    async def expire(self) -> None:
        """Forget what is old, and of every tenant what is more than is kept."""
        for kind, days in DAYS.items():
            await self._connections.do(
                "delete from audit_log where kind = %s and at < now() - make_interval(days => %s)", [kind, days]
            )
            many = await self._connections.rows(
                "select tenant from audit_log where kind = %s group by tenant having count(*) > %s", [kind, MOST[kind]]
            )
            for row in many:
                await self._connections.do(*_prune(kind, row["tenant"]))

    async def entries(
        self,
        *,
        tenant: str | None,
        actor: str | None,
        action: str | None,
        database: str | None,
        outcome: str | None,
        since: datetime | None,
        before: int | None,
        limit: int,
    ) -> Sequence[AuditEntry]:
        """The newest entries first; what is None may be any."""
        wished = {
            "tenant = %(tenant)s": tenant, "actor = %(actor)s": actor, "action = %(action)s": action,
            "outcome = %(outcome)s": outcome, "at >= %(since)s": since, "id < %(before)s": before,
            "tenant is not null and target = %(database)s and action <> all (%(elsewhere)s)": database,
        }  # fmt: skip
        if outcome == REFUSAL:  # which has an index of its own
            wished["kind = %(outcome)s"] = outcome
        where = " and ".join(condition for condition, value in wished.items() if value is not None) or "true"
        rows = await self._connections.rows(
            "select id, at, actor, action, tenant, target, outcome, details, kind from audit_log"  # noqa: S608  fixed
            f" where {where} order by id desc limit %(limit)s",
            {
                "tenant": tenant,
                "actor": actor,
                "action": action,
                "database": database,
                "outcome": outcome,
                "since": since,
                "before": before,
                "limit": limit,
                "elsewhere": OF_NO_DATABASE,
            },
        )
        return [AuditEntry(**row) for row in rows]


def _prune(kind: str, tenant: str | None) -> tuple[str, dict[str, Any]]:
    """A statement and its arguments. An index helps to compare with a value, and does not with what may be null."""
    whose = "tenant is null" if tenant is None else "tenant = %(tenant)s"
    return PRUNE.format(whose=whose), {"kind": kind, "tenant": tenant, "most": MOST[kind]}


def _columns_of_attempts(attempts: Sequence[Attempt]) -> dict[str, list[Any]]:
    return {
        "folds": [attempt.fold for attempt in attempts],
        "ats": [attempt.at for attempt in attempts],
        "actors": [attempt.actor for attempt in attempts],
        "actions": [attempt.action for attempt in attempts],
        "tenants": [attempt.tenant for attempt in attempts],
        "targets": [attempt.target for attempt in attempts],
        "codes": [attempt.code for attempt in attempts],
        "times": [attempt.times for attempt in attempts],
    }
