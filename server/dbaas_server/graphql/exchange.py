"""One caller's questions about a tenant's databases, however they came."""

from __future__ import annotations

import asyncio
import hashlib
import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from dbaas_provisioning.errors import DbaasError

from ..acting import Acting
from ..engine import QueryError, Session, StorageFull
from ..nouns import Caller
from ..services import Services
from ..sessions import Sessions
from .documents import Document, Prepared, prepare
from .errors import PlanFault, Refused, dbaas_error
from .execute import Failure, run_mutation, run_query, together
from .introspection import Introspection
from .kept import Kept
from .limits import Limits
from .persisted import Persisted
from .plan import Plan
from .requests import Asked
from .schema.names import spell
from .schemas import Built, Member, Schemas

__all__ = ["LIMITS", "Exchange", "Question", "open_exchange"]

LIMITS = Limits()

_HEAVY = 500  # values in variables, from which on they are looked at beside the loop
_DOCUMENT_BYTES = 96 * 1024 * 1024  # of the documents of all tenants
_TRUSTED = ("service_role", "owner")


@dataclass(slots=True)
class _State:
    """What one process keeps for this door."""

    persisted: Persisted
    introspection: Introspection = field(default_factory=Introspection)
    documents: Kept[Document] = field(default_factory=lambda: Kept(_DOCUMENT_BYTES, _DOCUMENT_BYTES // 4))
    schemas: Schemas = field(init=False)
    aside: asyncio.Lock = field(default_factory=asyncio.Lock)  # held by what is worked out in a thread

    def __post_init__(self) -> None:
        self.schemas = Schemas(self._forgotten)

    def _forgotten(self, serial: int) -> None:
        self.documents.forget(serial)
        self.introspection.forget(serial)


def _state(services: Services) -> _State:
    found = _states.get(services.sessions)
    if found is None:
        found = _states[services.sessions] = _State(Persisted(services.platform))
    return found


_states: weakref.WeakKeyDictionary[Sessions, _State] = weakref.WeakKeyDictionary()


async def open_exchange(services: Services, subdomain: str, name: str | None, caller: Caller) -> Exchange:
    """A caller's exchange with all of a tenant's databases, or with one. Raises ``DbaasError``."""
    return Exchange(services, subdomain, await _members(services.sessions, subdomain, name), caller)


async def _members(sessions: Sessions, subdomain: str, name: str | None) -> list[Member]:
    if name is not None:
        return [Member(name, "", sessions.session_now(subdomain, name) or await sessions.session(subdomain, name))]
    names = await sessions.databases(subdomain)
    members: list[Member] = []
    for place, found in enumerate(names):
        session = sessions.session_now(subdomain, found) or await sessions.session(subdomain, found)
        if session.can.sql:
            members.append(Member(found, "" if place == 0 else f"{spell(found)}_", session))
    return members


@dataclass(frozen=True, slots=True)
class Question:
    """A validated operation.

    Attributes:
        started: as of ``time.perf_counter``.
    """

    built: Built
    prepared: Prepared
    variables: Mapping[str, Any]
    started: float


class Exchange:
    """Prepares, plans and answers. A question may be looked at between the steps."""

    def __init__(self, services: Services, subdomain: str, members: Sequence[Member], caller: Caller) -> None:
        self._services = services
        self._subdomain = subdomain
        self._members = members
        self._caller = caller
        self._state = _state(services)

    def session(self, database: str) -> Session:
        """The open session on one of the databases."""
        return next(member.session for member in self._members if member.database == database)

    async def prepare(self, asked: Asked) -> Question:
        """Find, parse and validate. Raises ``Refused``."""
        started = time.perf_counter()
        text = await self._state.persisted.text(self._subdomain, asked, stored_only=self._caller.documents_only)
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        built, document = await self._document(text, key)
        return Question(built, document.operation(asked.operation), asked.variables, started)

    async def plan(self, question: Question) -> tuple[dict[str, Any], Plan]:
        """Coerced variables, and the plan for them. Raises ``Refused``."""
        if question.prepared.weigh(question.variables, LIMITS) > _HEAVY:
            async with self._state.aside:
                return await asyncio.to_thread(_planned, question.prepared, question.variables)
        return _planned(question.prepared, question.variables)

    async def answer(self, question: Question, *, trace: bool = False) -> bytes:
        """Answer a query or a mutation: ``data``, and ``errors`` where there are some.

        Args:
            trace: tell those who may see everything what was asked of the engine.

        Raises:
            Refused: it is not executed.
        """
        prepared, caller = question.prepared, self._caller
        variables, plan = await self.plan(question)
        cost = plan.cost(variables, max((member.session.limits.max_rows for member in self._members), default=0))
        if cost > LIMITS.cost:
            raise Refused.because(
                "too_costly",
                f"The answer may come to about {cost:,} values; at most {LIMITS.cost:,} are allowed.",
                "Give lists a `limit`, most of all those inside of others, or select fewer fields.",
            )
        planned = time.perf_counter()
        sessions = {member.database: member.session for member in self._members}
        extensions: bytes = b""
        if plan.mutation:
            told = ", ".join(root.node.name.value for root in plan.roots)
            with Acting(self._services, caller, self._subdomain, plan.database, "mutate", fields=told) as act:
                data, errors = await _mutate(plan, variables, sessions, caller)
                act.outcome = str(errors[0].get("extensions", {}).get("code", "failed")) if errors else "ok"
        else:
            introspected = {}
            nodes = [root.node for root in plan.roots if root.introspection]
            if nodes:
                await self._check_introspection()
                introspected = await self._state.introspection.answer(question.built, prepared, nodes, variables)
            values, failures = await run_query(plan, variables, sessions, caller)
            data, errors = together(plan, values, failures, introspected)
        if trace and caller.role in _TRUSTED:
            times = planned - question.started, time.perf_counter() - planned
            traced = await _trace(plan, cost, sessions, caller, *times)
            extensions = b',"extensions":' + orjson.dumps({"tracing": traced})
        head = b'{"errors":' + orjson.dumps(errors) + b',"data":' if errors else b'{"data":'
        return head + data + extensions + b"}"

    async def _check_introspection(self) -> None:
        if self._caller.role in _TRUSTED:
            return
        if not (await self._services.sessions.known(self._subdomain)).tenant.graphql_introspection:
            raise Refused.because(
                "introspection_off", "This schema is not asked about itself.", "Ask with a secret key."
            )

    def _prepared(self, built: Built, text: str) -> Document:
        """The validated document. Raises ``Refused``.

        Where the tenant has no room, nobody has the privileges of which a schema's mutations are made: they are not
        unknown then.
        """
        try:
            return prepare(built.schema, text, LIMITS)
        except Refused as refused:
            full = any(member.session.limits.storage_full for member in self._members)
            if full and "mutation" in text and refused.errors[0]["extensions"]["code"] == "invalid_document":
                raise Refused([dbaas_error(StorageFull())]) from None
            raise

    async def _document(self, text: str, key: bytes) -> tuple[Built, Document]:
        """The validated document. One that does not fit the schema is looked at again with the newest one."""
        schemas, role, members = self._state.schemas, self._caller.role, self._members
        built = await schemas.get(role, members)
        documents = self._state.documents
        document = documents.get(built.serial, key)
        if document is not None:
            return built, document
        try:
            document = self._prepared(built, text)
        except Refused as refused:
            if refused.errors[0]["extensions"]["code"] != "invalid_document":
                raise
            newest = await schemas.get(role, members, current=True)
            if newest is built:
                raise
            built = newest
            document = self._prepared(built, text)
        documents.put(built.serial, key, document, document.size)
        return built, document


async def _mutate(
    plan: Plan, variables: Mapping[str, Any], sessions: Mapping[str, Session], caller: Caller
) -> tuple[bytes, list[dict[str, Any]]]:
    if not plan.writes:
        return together(plan, {}, {}, {})
    try:
        values = await run_mutation(plan, variables, sessions[plan.database], caller)
    except DbaasError as error:
        place = error.place if isinstance(error, QueryError) else None
        return together(plan, {}, {"": Failure(error, place)}, {})
    return together(plan, {"": values}, {}, {})


def _planned(prepared: Prepared, sent: Mapping[str, Any]) -> tuple[dict[str, Any], Plan]:
    """Coerced variables, and the plan for them. Raises ``Refused``."""
    variables = prepared.variables(sent)
    try:
        return variables, prepared.plan(variables)
    except PlanFault as fault:
        raise Refused([dbaas_error(fault.error, path=fault.path, node=fault.node)]) from None


async def _trace(
    plan: Plan, cost: int, sessions: Mapping[str, Session], caller: Caller, planning: float, running: float
) -> dict[str, Any]:
    statements = {name: await sessions[name].statement_of(reads, caller) for name, (reads, _) in plan.reads.items()}
    return {
        "plan_ms": round(planning * 1000, 3),
        "execute_ms": round(running * 1000, 3),
        "cost": cost,
        "statements": statements,
    }
