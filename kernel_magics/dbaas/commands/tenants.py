"""``%dbaas tenants``, ``tenant create``, ``tenant drop``, ``use``."""

from __future__ import annotations

from ..arguments import Arguments, Option
from ..context import NO_DATABASE, NO_TENANT, Context
from ..errors import DbaasError, did_you_mean
from ..views import Listing, Note
from .command import TENANT, Command

__all__ = ["COMMANDS"]


def _list(context: Context, _: Arguments) -> Listing:
    tenants = context.client.tenants()
    return Listing(
        ["tenant", "name", "plan", "default database", "created"],
        [[t.subdomain, t.name, t.plan_type, t.default_database, t.created_at[:16].replace("T", " ")] for t in tenants],
        tenants,
        Note("There is no tenant yet.", [NO_TENANT]),
    )


def _create(context: Context, arguments: Arguments) -> Note:
    (name,) = arguments.words
    subdomain = arguments.get("subdomain")
    done = "Made"
    try:
        tenant = context.client.create_tenant(name, subdomain=subdomain, plan=arguments.get("plan")).name
    except DbaasError as error:
        if error.code != "tenant_exists" or not arguments.has("if-not-exists"):
            raise
        tenant, done = context.subdomain(subdomain or name), "There is already"
    context.tenant, context.database = tenant, None
    return Note(f"{done} the tenant {tenant}. It is the current one.", [NO_DATABASE])


def _drop(context: Context, arguments: Arguments) -> Note:
    name = context.subdomain(arguments.words[0])
    tenant = context.client.tenant(name)
    count = len(tenant.databases())
    if not arguments.has("yes") and not context.ask(
        f"Drop the tenant {name} with its {count} database{'' if count == 1 else 's'} and all their data?"
    ):
        return Note("Nothing was dropped.")
    tenant.drop()
    if context.tenant == name:
        context.tenant = context.database = None
    return Note(f"Dropped the tenant {name}.")


def _use(context: Context, arguments: Arguments) -> Note:
    word = arguments.words[0]
    tenants = [tenant.subdomain for tenant in context.client.tenants()]
    if "tenant" not in arguments.options and "/" not in word and context.subdomain(word) in tenants:
        current = context.tenant
        is_database = current is not None and word in _names(context, current)
        if not is_database:
            context.tenant, context.database = context.subdomain(word), None
            return Note(f"Using the tenant {context.tenant}.")
    tenant, slash, name = word.rpartition("/")
    owner = context.subdomain(tenant) if slash else context.chosen_tenant(arguments).name
    if owner not in tenants:
        raise DbaasError(f"There is no tenant {owner!r}.", code="tenant_not_found", hint=did_you_mean(owner, tenants))
    databases = _names(context, owner)
    if name not in databases:
        known = [*databases, *(() if slash else tenants)]
        raise DbaasError(
            f"The tenant {owner} has no database {name!r}.", code="database_not_found", hint=did_you_mean(name, known)
        )
    context.tenant, context.database = owner, name
    return Note(f"Using {owner}/{name}.")


def _names(context: Context, tenant: str) -> list[str]:
    return [database.name for database in context.client.tenant(tenant).databases()]


COMMANDS = (
    Command(("tenants",), (), "List the tenants.", _list),
    Command(
        ("tenant", "create"),
        ("NAME",),
        "Make a tenant and use it.",
        _create,
        {"subdomain": Option("a name"), "plan": Option("a plan"), "if-not-exists": Option()},
        "%dbaas tenant create acme",
    ),
    Command(("tenant", "drop"), ("NAME",), "Drop a tenant and everything it has.", _drop, {"yes": Option()}),
    Command(
        ("use",), ("TENANT[/DATABASE]",), "Choose what later lines are about.", _use, TENANT, "%dbaas use acme/shop"
    ),
)
