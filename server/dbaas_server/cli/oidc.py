"""``dbaas oidc``: the OpenID providers that people sign in with."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from .opened import opened
from .show import print_fields, print_rows

__all__ = ["add_commands"]


def add_commands(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the command line's grammar."""
    parser = commands.add_parser("oidc", help="Say which OpenID providers people sign in with.", allow_abbrev=False)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    command("list", "List them.", _list, actions)
    added = command("add", "Take a provider's word for who somebody is.", _add, actions)
    added.add_argument("name")
    added.add_argument("--issuer", required=True, metavar="URL", help="as its tokens name it")
    added.add_argument("--audience", required=True, help="the client id that it knows this platform by")
    command("remove", "Nobody signs in with it any more; who did is signed out.", _remove, actions).add_argument("name")


async def _list(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        rows = [
            {"name": one.name, "issuer": one.issuer, "audience": one.audience}
            for one in await here.platform.issuers.all()
        ]
    empty = "No provider yet: dbaas oidc add NAME --issuer URL --audience CLIENT"
    print_rows(rows, ["name", "issuer", "audience"], as_json=options.json, empty=empty)


async def _add(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        await here.platform.issuers.add(options.name, options.issuer, options.audience, actor=here.actor)
    print_fields({"added": options.name, "issuer": options.issuer}, as_json=options.json)


async def _remove(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        await here.platform.issuers.remove(options.name, actor=here.actor)
    print_fields({"removed": options.name}, as_json=options.json)
