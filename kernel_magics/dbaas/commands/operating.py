"""``%dbaas usage``, and what operators look after: ``plans``, ``upgrade``, ``clusters``."""

from __future__ import annotations

from ..arguments import Arguments, Option
from ..context import Context
from ..errors import UsageError
from ..render import bytes_of
from ..views import Card, Listing, Note
from .command import TENANT, Command

__all__ = ["COMMANDS"]

_MOST_DAYS = 90


def _usage(context: Context, arguments: Arguments) -> Listing:
    days = arguments.get("days") or "7"
    if not (days.isdecimal() and 1 <= int(days) <= _MOST_DAYS):
        raise UsageError(f"--days is a number from 1 to {_MOST_DAYS}.")
    if arguments.words:
        if arguments.has("tenant"):
            raise UsageError("The tenant is named twice.", hint="%dbaas usage acme")
        tenant = context.client.tenant(context.subdomain(arguments.words[0]))
    else:
        tenant = context.chosen_tenant(arguments)
    used = tenant.usage(int(days))
    context.bind(arguments.target, used)
    may = f"The plan {used.plan} gives {used.max_connections} connections and {used.max_storage_gb:g} GB."
    return Listing(
        ["hour", "database", "requests", "refused", "connections", "storage", "awake"],
        [
            [
                hour.hour[:13].replace("T", " ") + ":00", hour.database or "all", hour.requests, hour.refused,
                hour.connections, bytes_of(hour.storage_bytes or None), f"{hour.awake_seconds / 60:.0f} min",
            ]
            for hour in used.hours
        ],
        used.hours,
        Note(f"{tenant.name} used nothing in this time."),
        f"{may} The storage is full: what adds to the databases is refused." if used.storage_full else may,
    )  # fmt: skip


def _plans(context: Context, _: Arguments) -> Listing:
    plans = context.client.plans()
    return Listing(
        ["plan", "connections", "storage", "statements", "requests per second", "stopped when idle for"],
        [
            [
                plan.name, plan.max_connections, f"{plan.max_storage_gb:g} GB",
                _seconds(plan.statement_timeout_ms / 1000), plan.api_requests_per_second,
                _seconds(plan.idle_stop_seconds),
            ]
            for plan in plans
        ],
        plans,
        Note("There is no plan."),
    )  # fmt: skip


def _upgrade(context: Context, arguments: Arguments) -> Note:
    to, engine = arguments.get("to"), arguments.get("engine") or "postgres"
    if to is None:
        raise UsageError("To which version?", hint="%dbaas upgrade TENANT --to 18")
    tenant = context.client.tenant(context.subdomain(arguments.words[0]))
    server = tenant.upgrade(to, engine=engine, progress=True)
    return Note(f"The {server.engine} server of {tenant.name} has version {server.version}.")


def _clusters(context: Context, _: Arguments) -> Listing:
    clusters = context.client.clusters()
    return Listing(
        ["cluster", "engine", "state", "address", "databases"],
        [[c.name, f"{c.engine} {c.version}".strip(), c.state, f"{c.host}:{c.port}", c.databases] for c in clusters],
        clusters,
        Note("No server elsewhere is registered; a terminal does that.", ["dbaas clusters add NAME --dsn -"]),
    )


def _cluster(context: Context, arguments: Arguments) -> Card:
    found = context.client.cluster(arguments.words[0])
    context.bind(arguments.target, found)
    about = [
        ("engine", f"{found.engine} {found.version}".strip()),
        ("state", found.state),
        ("address", f"{found.host}:{found.port}"),
        ("databases", str(found.databases)),
    ]
    abilities = [(each.name, f"{each.state.replace('_', ' ')}: {each.sentence}") for each in found.abilities]
    return Card(found.name, [*about, *abilities])


def _seconds(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds else "no limit"


COMMANDS = (
    Command(
        ("usage",),
        ("[TENANT]",),
        "Tell what a tenant used, by the hour, newest first.",
        _usage,
        {**TENANT, "days": Option("a number")},
        "%dbaas usage acme --days 1",
    ),
    Command(("plans",), (), "List what tenants may use, by plan.", _plans),
    Command(
        ("upgrade",),
        ("TENANT",),
        "Move a tenant's server to a newer major version; its databases cannot be used meanwhile.",
        _upgrade,
        {"to": Option("a version"), "engine": Option("an engine", ("postgres", "document"))},
        "%dbaas upgrade acme --to 18",
    ),
    Command(("clusters",), (), "List the servers elsewhere; they are registered in a terminal.", _clusters),
    Command(("clusters", "show"), ("NAME",), "Tell what the platform can do on a server, and what not.", _cluster),
)
