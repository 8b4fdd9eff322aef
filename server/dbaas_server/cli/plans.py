"""``dbaas plans``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.platform import BOUNDS

from ..control.plans import plan_json
from .opened import opened
from .show import print_fields, print_rows

__all__ = ["add_commands"]

_SHOWN = (
    "name", "max_connections", "max_storage_gb", "statement_timeout_ms", "api_requests_per_second", "idle_stop_seconds",
)  # fmt: skip
_HELP = {
    "max_storage_gb": "1024³ bytes, of all databases of a tenant together",
    "statement_timeout_ms": "0: no limit",
    "idle_stop_seconds": "without use, after which a server is stopped; 0: never",
}


def add_commands(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the command line's grammar."""
    parser = commands.add_parser("plans", help="Make, list, change and remove plans.", allow_abbrev=False)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    command("list", "List the plans.", _list, actions)
    command("show", "Show a plan with all its limits.", _show, actions).add_argument("plan")
    made = command("create", "Make a plan.", _create, actions)
    made.add_argument("plan")
    made.add_argument("--like", default="free", metavar="PLAN", help="whose limits it has where none is given")
    changed = command("update", "Change limits of a plan; they hold at once for the tenants on it.", _update, actions)
    changed.add_argument("plan")
    command("remove", "Remove a plan that no tenant has.", _remove, actions).add_argument("plan")
    for one in (made, changed):
        for name in BOUNDS:
            kind = float if name == "max_storage_gb" else int
            one.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N", help=_HELP.get(name))


def _given(options: argparse.Namespace) -> dict[str, float]:
    return {name: value for name in BOUNDS if (value := getattr(options, name)) is not None}


async def _list(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        rows = [plan_json(plan) for plan in await here.platform.plans.all()]
    print_rows(rows, _SHOWN, as_json=options.json, empty="There is no plan.")


async def _show(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        plan = await here.platform.plan(options.plan)
    print_fields(plan_json(plan), as_json=options.json)


async def _create(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        plan = await here.platform.plans.create(options.plan, _given(options), like=options.like, actor=here.actor)
    print_fields(plan_json(plan), as_json=options.json)


async def _update(options: argparse.Namespace) -> None:
    if not (limits := _given(options)):
        raise Invalid("missing_field", "There is nothing to change.", hint="dbaas plans update --help")
    async with opened(options.home) as here:
        plan = await here.platform.plans.update(options.plan, limits, actor=here.actor)
    print_fields(plan_json(plan), as_json=options.json)


async def _remove(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        await here.platform.plans.remove(options.plan, actor=here.actor)
    print_fields({"removed": options.plan}, as_json=options.json)
