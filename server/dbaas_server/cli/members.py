"""``dbaas members | operators | tokens | self-service``: persons, and what they may do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

from dbaas_provisioning.errors import Invalid, NotFound
from dbaas_provisioning.nouns import Right
from dbaas_provisioning.persons import is_person

from ..control.render import invitation_json, member_json
from .login import ask, signed_in
from .opened import opened
from .show import print_fields, print_rows

__all__ = ["add_commands"]

_PERSON = "jupyter:NAME, hub:HUB:NAME or oidc:ISSUER#SUBJECT"
_RIGHTS = [right.value for right in Right]
_LONGEST_SECONDS = 365 * 24 * 3600


def add_commands(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the command line's grammar."""

    def group(name: str, text: str) -> Any:
        return commands.add_parser(name, help=text, allow_abbrev=False).add_subparsers(metavar="ACTION", required=True)

    members = group("members", "Say who may do what with a tenant.")
    command("list", "List members and invitations.", _list, members).add_argument("tenant")
    for name, text in (
        ("invite", "Make a person a member; anybody else is given a token to become one."),
        ("set", "Give a member another right."),
    ):
        made = command(name, text, _invite if name == "invite" else _set, members)
        made.add_argument("tenant")
        made.add_argument("person", help=_PERSON + ("; or whom the token is for" if name == "invite" else ""))
        made.add_argument("right", choices=_RIGHTS)
    removed = command("remove", "Take every right from a member, or end an invitation.", _remove, members)
    removed.add_argument("tenant")
    removed.add_argument("person", help=_PERSON + "; or the id of an invitation")

    redeemed = command(
        "redeem", "Become a member, at the platform where you are logged in.", _redeem, members, elsewhere=True
    )
    redeemed.add_argument("token", help="of an invitation; - reads it from standard input, where nobody sees it")

    operators = group("operators", "Say who runs the platform beside its own user.")
    command("list", "List them.", _list_operators, operators)
    command("add", "Let a person do everything.", _add_operator, operators).add_argument("person", help=_PERSON)
    command("remove", "Leave them what they may as a member.", _remove_operator, operators).add_argument("person")

    tokens = group("tokens", "Make and end persons' tokens.")
    token = command("create", "Make a token; it is shown once.", _create_token, tokens)
    token.add_argument("person", help=_PERSON)
    token.add_argument("--tenant", help="the only one that it opens")
    token.add_argument("--expires-in", type=int, default=24 * 3600, metavar="SECONDS", help="default: a day")
    ended = command("revoke", "End every token of a person.", _end_tokens, tokens)
    ended.add_argument("person", nargs="?", help=_PERSON)
    ended.add_argument("--everybody", action="store_true", help="of all persons")

    each = command("self-service", "Say how many tenants anybody who is signed in may make.", _self_service)
    each.add_argument("tenants", type=int, nargs="?", help="0: only operators make tenants")


async def _list(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        members = [member_json(one) for one in await here.platform.members.members(options.tenant)]
        invited = [invitation_json(one) for one in await here.platform.members.invitations(options.tenant)]
    if options.json:
        print_fields({"members": members, "invitations": invited}, as_json=True)
        return
    rows = [{**one, "since": one["created_at"], "invitation": None} for one in members]
    rows += [
        {"person": one["name"], "right": one["right"], "added_by": one["invited_by"], "since": one["created_at"],
         "invitation": one["id"]}
        for one in invited
    ]  # fmt: skip
    empty = f"No member yet: dbaas members invite {options.tenant} PERSON {Right.own}"
    print_rows(rows, ["person", "right", "added_by", "since", "invitation"], as_json=False, empty=empty)


async def _invite(options: argparse.Namespace) -> None:
    if is_person(options.person):
        await _set(options)
        return
    async with opened(options.home) as here:
        made, token = await here.platform.members.invite(
            options.tenant, options.person, Right(options.right), actor=here.actor
        )
    print_fields({"token": token, **invitation_json(made)}, as_json=options.json)


async def _set(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        member = await here.platform.members.put(
            options.tenant, options.person, Right(options.right), actor=here.actor, as_operator=True
        )
    print_fields(member_json(member), as_json=options.json)


async def _remove(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        if is_person(options.person):
            await here.platform.members.remove(options.tenant, options.person, actor=here.actor, as_operator=True)
        else:
            await here.platform.members.withdraw(options.tenant, _invitation(options.person), actor=here.actor)
    print_fields({"removed": options.person}, as_json=options.json)


def _redeem(options: argparse.Namespace) -> None:
    url, token, _ = signed_in()
    invitation = sys.stdin.readline().strip() if options.token == "-" else options.token  # noqa: S105  no password
    _, made = ask("POST", f"{url}/v1/invitations/redeem", {"token": invitation}, token)
    print_fields({name: made[name] for name in ("tenant", "person", "right")}, as_json=options.json)


def _invitation(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("member_not_found", "There is no such member.", hint="dbaas members list shows them.") from None


async def _list_operators(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        rows = [
            {"person": one.person, "added_by": one.added_by, "created_at": one.created_at}
            for one in await here.platform.members.operators()
        ]
    empty = "Nobody but who runs code as the platform's own user."
    print_rows(rows, ["person", "added_by", "created_at"], as_json=options.json, empty=empty)


async def _add_operator(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        await here.platform.members.add_operator(options.person, actor=here.actor)
    print_fields({"added": options.person}, as_json=options.json)


async def _remove_operator(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        await here.platform.members.remove_operator(options.person, actor=here.actor)
    print_fields({"removed": options.person}, as_json=options.json)


async def _create_token(options: argparse.Namespace) -> None:
    if not 1 <= options.expires_in <= _LONGEST_SECONDS:
        raise Invalid("invalid_field", "--expires-in is a number of seconds, at most a year.")
    async with opened(options.home) as here:
        if options.tenant is not None:
            await here.platform.tenant(options.tenant)
        token = await here.platform.members.create_token(
            options.person, ttl_seconds=options.expires_in, tenant=options.tenant, actor=here.actor
        )
    if options.json:
        print_fields({"token": token}, as_json=True)
    else:
        sys.stdout.write(token + "\n")


async def _end_tokens(options: argparse.Namespace) -> None:
    if options.everybody == (options.person is not None):
        raise Invalid("missing_field", "Name a person, or say --everybody.")
    async with opened(options.home) as here:
        await here.platform.members.end_tokens(options.person, actor=here.actor)
    print_fields({"revoked": options.person or "everybody"}, as_json=options.json)


async def _self_service(options: argparse.Namespace) -> None:
    async with opened(options.home) as here:
        if options.tenants is not None:
            await here.platform.members.set_tenants_each(options.tenants, actor=here.actor)
        each = await here.platform.members.tenants_each()
    print_fields({"tenants_each": each}, as_json=options.json)
