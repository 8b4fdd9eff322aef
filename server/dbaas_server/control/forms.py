"""``/v1/{tenant}/forms/database``: what can be chosen for a new database, and what it will cost."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from dbaas_provisioning.engine import Binaries, Engine, Option
from dbaas_provisioning.naming import LONGEST_DATABASE_NAME, RESERVED_DATABASES
from dbaas_provisioning.nouns import Cluster, Plan, Right, Tenant

from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["database"]

_MB = 1024 * 1024
_UNITS = (("hour", 3600), ("minute", 60), ("second", 1))


async def database(request: Request, services: Services) -> Response:
    """A form per engine that can run here: its fields as JSON Schema (draft 7), its cost in bytes and in words."""
    await services.auth.member(request, request.params["tenant"], Right.own)
    tenant = await services.platform.tenant(request.params["tenant"])
    plan = await services.platform.plan(tenant.plan_type)
    clusters = {cluster.engine: cluster for cluster in await services.platform.clusters(tenant.subdomain)}
    found = await asyncio.to_thread(services.platform.engines)
    return json_response(
        {
            "tenant": tenant.subdomain,
            "plan": _plan(plan, tenant),
            "engines": [
                _engine(engine, binaries, clusters.get(engine.name), tenant, plan)
                for engine, binaries in sorted(found, key=lambda item: not item[0].can.sql)
            ],
        }
    )


def _plan(plan: Plan, tenant: Tenant) -> dict[str, Any]:
    return {
        "name": plan.name,
        "max_connections": tenant.max_connections,
        "max_storage_gb": tenant.max_storage_gb,
        "statement_timeout_ms": plan.statement_timeout_ms,
        "idle_stop_seconds": plan.idle_stop_seconds,
    }


def _engine(engine: Engine, binaries: Binaries, cluster: Cluster | None, tenant: Tenant, plan: Plan) -> dict[str, Any]:
    offer = engine.offer
    return {
        "name": engine.name,
        "title": offer.title,
        "version": binaries.version if cluster is None else cluster.version,
        "description": offer.description,
        "cost": _cost(engine, cluster, tenant, plan),
        "schema": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "name": _name(offer.forbidden, RESERVED_DATABASES | offer.reserved),
                **{option.name: _field(option) for option in offer.options},
            },
            "required": ["name"],
            "additionalProperties": False,
        },
    }


def _cost(engine: Engine, cluster: Cluster | None, tenant: Tenant, plan: Plan) -> dict[str, Any]:
    cost, server = engine.offer.cost, engine.offer.server
    if cluster is not None:
        sentence = f"Shares {tenant.subdomain}'s {server}: about {_megabytes(cost.database_disk)} on disk."
        return {"memory_bytes": 0, "disk_bytes": cost.database_disk, "sentence": sentence}
    sentence = (
        f"Starts a {server} for {tenant.subdomain}: about {_megabytes(cost.server_memory)} of memory,"
        f" {_megabytes(cost.server_disk)} on disk."
    )
    if plan.idle_stop_seconds is not None:
        sentence += f" Stops when idle for {_duration(plan.idle_stop_seconds)}."
    return {"memory_bytes": cost.server_memory, "disk_bytes": cost.server_disk, "sentence": sentence}


def _megabytes(size: int) -> str:
    return f"{round(size / _MB):,} MB"


def _duration(seconds: int) -> str:
    unit, length = next(one for one in _UNITS if seconds % one[1] == 0)
    return f"{seconds // length} {unit}{'s' if seconds != length else ''}"


def _name(forbidden: str, reserved: frozenset[str]) -> dict[str, Any]:
    """Bytes in UTF-8 are what is limited, and case does not matter: the server refuses what the schema lets through."""
    # No more is escaped than JavaScript's strict patterns let one escape.
    excluded = re.sub(r"[]\\^-]", r"\\\g<0>", "".join(sorted({*forbidden, "/"})))
    return {
        "type": "string",
        "title": "Name",
        "description": "How people and programs name it. It is part of its URLs.",
        "minLength": 1,
        "maxLength": LONGEST_DATABASE_NAME,
        "pattern": rf"^(?!\s)[^{excluded}\u0000-\u001f\u007f-\u009f]+(?<!\s)$",
        "not": {"enum": sorted(reserved)},
    }


def _field(option: Option) -> dict[str, Any]:
    return {
        "type": "string",
        "title": option.title,
        "description": option.description,
        "enum": [choice.value for choice in option.choices],
        "enumNames": [choice.title for choice in option.choices],
        "default": option.choices[0].value,
    }
