"""GraphQL over HTTP: who asks, of which databases, and then the document.

``/v1/{tenant}/graphql`` is about all of a tenant's databases, ``/p/{tenant}/{database}/graphql/v1`` about one.
"""

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

from ..cors import origins_of, preflight, with_cors
from ..engine import QueryError, Session
from ..http import Request, Response, status_of
from ..nouns import Caller
from ..services import Services
from ..sessions import Sessions
from .documents import Document, Prepared, prepare
from .errors import PlanFault, Refused, dbaas_error
from .execute import Failure, run_mutation, run_query, together
from .introspection import introspect
from .limits import Limits
from .negotiation import JSON, accepted, is_json
from .page import browser_asks, page
from .persisted import Persisted
from .plan import Plan
from .requests import Asked, from_body, from_query
from .schema.names import spell
from .schemas import Built, Member, Schemas

__all__ = ["MAX_BODY", "database", "tenant"]

LIMITS = Limits()
MAX_BODY = LIMITS.body_bytes

_HEAVY = 500  # values in variables, from which on they are looked at beside the loop
_TRUSTED = ("service_role", "owner")


@dataclass(slots=True)
class _State:
    """What one process keeps for this door."""

    persisted: Persisted
    schemas: Schemas = field(default_factory=Schemas)
    aside: asyncio.Lock = field(default_factory=asyncio.Lock)  # held by what is worked out in a thread


def _state(services: Services) -> _State:
    found = _states.get(services.sessions)
    if found is None:
        found = _states[services.sessions] = _State(Persisted(services.platform))
    return found


_states: weakref.WeakKeyDictionary[Sessions, _State] = weakref.WeakKeyDictionary()


async def tenant(request: Request, services: Services) -> Response:
    """All databases of a tenant."""
    return await _answer(request, services, None)


async def database(request: Request, services: Services) -> Response:
    """One database."""
    return await _answer(request, services, request.params["database"])


async def _answer(request: Request, services: Services, name: str | None) -> Response:
    if browser_asks(request):
        return page(request)
    subdomain = request.params["tenant"]
    if request.method == "OPTIONS":
        asked = preflight(request, await origins_of(request, services, subdomain))
        if asked is not None:
            return asked
    media = accepted(request.header("accept"))
    try:
        if media is None:
            raise Refused.because(
                "not_acceptable", "This answers in application/graphql-response+json or application/json.", status=406,
                malformed=True,
            )  # fmt: skip
        response = await _Exchange(request, services, media).answer(subdomain, name)
    except Refused as refused:
        response = _refuse(refused, media or JSON)
    except DbaasError as error:
        status = status_of(error)
        headers = [("WWW-Authenticate", 'Bearer realm="dbaas"')] if status == 401 else []
        if status == 503:
            headers.append(("Retry-After", "1"))
        response = _response(status, _errors([dbaas_error(error)]), media or JSON, headers)
    return with_cors(response, request, await origins_of(request, services, subdomain))


class _Exchange:
    """One HTTP request."""

    def __init__(self, request: Request, services: Services, media: str) -> None:
        self._request = request
        self._services = services
        self._media = media
        self._state = _state(services)

    async def answer(self, subdomain: str, name: str | None) -> Response:
        request, services = self._request, self._services
        get = request.method == "GET"
        if not get and not is_json(request.header("content-type")):
            raise Refused.because(
                "unsupported_media_type", "The body is to be application/json in UTF-8.", status=415, malformed=True
            )
        auth = services.auth
        caller = auth.caller_now(request, subdomain, documents=True)
        if caller is None:
            caller = await auth.caller(request, subdomain, documents=True)
        asked = from_query(request.query) if get else from_body(await request.body(), LIMITS)
        members = await self._members(subdomain, name)
        if isinstance(asked, list):
            bodies = []
            for one in asked:
                try:
                    bodies.append((await self._one(one, subdomain, members, caller))[1])
                except Refused as refused:
                    bodies.append(_errors(refused.errors))
            return _response(200, b"[" + b",".join(bodies) + b"]", self._media)
        status, body = await self._one(asked, subdomain, members, caller)
        return _response(status, body, self._media)

    async def _members(self, subdomain: str, name: str | None) -> list[Member]:
        sessions = self._services.sessions
        if name is not None:
            return [Member(name, "", sessions.session_now(subdomain, name) or await sessions.session(subdomain, name))]
        names = await sessions.databases(subdomain)
        members: list[Member] = []
        for place, found in enumerate(names):
            session = sessions.session_now(subdomain, found) or await sessions.session(subdomain, found)
            if session.can.sql:
                members.append(Member(found, "" if place == 0 else f"{spell(found)}_", session))
        return members

    async def _one(self, asked: Asked, subdomain: str, members: Sequence[Member], caller: Caller) -> tuple[int, bytes]:
        """Status and body of one question. Raises ``Refused``."""
        started = time.perf_counter()
        text = await self._state.persisted.text(subdomain, asked, stored_only=caller.documents_only)
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        built, document = await self._document(text, key, members, caller)
        prepared = document.operation(asked.operation)
        if prepared.mutation and self._request.method == "GET":
            raise _NotByGet()
        if prepared.weigh(asked.variables, LIMITS) > _HEAVY:
            async with self._state.aside:
                variables, plan = await asyncio.to_thread(_planned, prepared, asked.variables)
        else:
            variables, plan = _planned(prepared, asked.variables)
        cost = plan.cost(variables, max((member.session.limits.max_rows for member in members), default=0))
        if cost > LIMITS.cost:
            raise Refused.because(
                "too_costly",
                f"The answer may come to about {cost:,} values; at most {LIMITS.cost:,} are allowed.",
                "Give lists a `limit`, most of all those inside of others, or select fewer fields.",
            )
        planned = time.perf_counter()
        sessions = {member.database: member.session for member in members}
        extensions: bytes = b""
        if plan.mutation:
            data, errors = await self._mutate(prepared, plan, variables, sessions, caller)
        else:
            introspected = {}
            nodes = [root.node for root in plan.roots if root.introspection]
            if nodes:
                await self._check_introspection(subdomain, caller)
                introspected = await introspect(built, prepared, key, nodes, variables)
            values, failures = await run_query(plan, variables, sessions, caller)
            data, errors = together(plan, values, failures, introspected)
        if self._request.header("x-dbaas-trace") == "1" and caller.role in _TRUSTED:
            trace = await _trace(plan, cost, sessions, caller, planned - started, time.perf_counter() - planned)
            extensions = b',"extensions":' + orjson.dumps({"tracing": trace})
        head = b'{"errors":' + orjson.dumps(errors) + b',"data":' if errors else b'{"data":'
        return 200, head + data + extensions + b"}"

    async def _check_introspection(self, subdomain: str, caller: Caller) -> None:
        if caller.role in _TRUSTED:
            return
        if not (await self._services.sessions.known(subdomain)).tenant.graphql_introspection:
            raise Refused.because(
                "introspection_off", "This schema is not asked about itself.", "Ask with a secret key."
            )

    async def _mutate(
        self, prepared: Prepared, plan: Any, variables: Any, sessions: Any, caller: Caller
    ) -> tuple[bytes, list[dict[str, Any]]]:
        if not plan.writes:
            return together(plan, {}, {}, {})
        try:
            values = await run_mutation(plan, variables, sessions[plan.database], caller)
        except DbaasError as error:
            place = error.place if isinstance(error, QueryError) else None
            return together(plan, {}, {"": Failure(error, place)}, {})
        return together(plan, {"": values}, {}, {})

    async def _document(
        self, text: str, key: bytes, members: Sequence[Member], caller: Caller
    ) -> tuple[Built, Document]:
        """The validated document. One that does not fit the schema is looked at again with the newest one."""
        schemas = self._state.schemas
        built = await schemas.get(caller.role, members)
        document = built.documents.get(key)
        if document is not None:
            return built, document
        try:
            document = prepare(built.schema, text, LIMITS)
        except Refused as refused:
            if refused.errors[0]["extensions"]["code"] != "invalid_document":
                raise
            newest = await schemas.get(caller.role, members, current=True)
            if newest is built:
                raise
            built = newest
            document = prepare(built.schema, text, LIMITS)
        built.documents.put(key, document)
        return built, document


def _planned(prepared: Prepared, sent: Mapping[str, Any]) -> tuple[dict[str, Any], Plan]:
    """Coerced variables, and the plan for them. Raises ``Refused``."""
    variables = prepared.variables(sent)
    try:
        return variables, prepared.plan(variables)
    except PlanFault as fault:
        raise Refused([dbaas_error(fault.error, path=fault.path, node=fault.node)]) from None


class _NotByGet(Refused):
    """A mutation by GET."""

    def __init__(self) -> None:
        super().__init__(
            Refused.because("method_not_allowed", "A GET changes nothing.", "Send mutations by POST.").errors,
            status=405,
            malformed=True,
        )


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


def _refuse(refused: Refused, media: str) -> Response:
    status = refused.status if refused.malformed or media != JSON else 200
    headers = [("Allow", "POST")] if isinstance(refused, _NotByGet) else []
    return _response(status, _errors(refused.errors), media, headers)


def _errors(errors: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"errors": errors})


def _response(status: int, body: bytes, media: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
    return Response(status, body, [("Content-Type", media), ("Vary", "Accept"), *headers])
