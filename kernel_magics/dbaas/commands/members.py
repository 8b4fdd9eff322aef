"""``%dbaas members`` and ``%dbaas audit``: who may do what, and who did."""

from __future__ import annotations

from typing import Literal, cast

from ..arguments import Arguments, Option
from ..context import Context
from ..errors import UsageError, did_you_mean
from ..views import Card, Listing, Note
from .command import SHOW, TENANT, Command

__all__ = ["COMMANDS"]

_RIGHTS = ("view", "own", "administer")
_VOUCHED_FOR = ("jupyter:", "hub:", "oidc:", "local:")
_Right = Literal["view", "own", "administer"]


def _list(context: Context, arguments: Arguments) -> Listing:
    members = context.chosen_tenant(arguments).members()
    return Listing(
        ["person", "right", "added by", "since"],
        [[one.person, one.right, one.added_by, _minute(one.created_at)] for one in members],
        members,
        Note("There is no member yet.", ["%dbaas members invite jupyter:NAME own"]),
    )


def _invite(context: Context, arguments: Arguments) -> Card | Note:
    name, right = arguments.words[0], _right(arguments.words[1])
    tenant = context.chosen_tenant(arguments)
    if name.startswith(_VOUCHED_FOR):
        tenant.set_member(name, right)
        return Note(f"{name} may {right} {tenant.name}.")
    if not (arguments.target or arguments.has("show")):
        raise UsageError(
            "Who has an invitation's token becomes a member, and notebooks are stored.",
            hint="Bind it to a variable with `>> name`, or print it with --show.",
        )
    made = tenant.invite(name, right)
    bound = context.bind(arguments.target, made.token)
    facts = [("id", made.id), ("for", made.name), ("right", made.right), ("until", _minute(made.expires_at))]
    if arguments.has("show"):
        facts.append(("token", str(made.token)))
    return Card("Invitation", facts, f"The token is in {arguments.target}." if bound else None)


def _set(context: Context, arguments: Arguments) -> Note:
    person, right = arguments.words[0], _right(arguments.words[1])
    tenant = context.chosen_tenant(arguments)
    tenant.set_member(person, right)
    return Note(f"{person} may {right} {tenant.name}.")


def _remove(context: Context, arguments: Arguments) -> Note:
    tenant = context.chosen_tenant(arguments)
    tenant.remove_member(arguments.words[0])
    return Note(f"{arguments.words[0]} has no right on {tenant.name} any more.")


def _right(word: str) -> _Right:
    if word not in _RIGHTS:
        raise UsageError(f"There is no right {word!r}: view, own and administer.", hint=did_you_mean(word, _RIGHTS))
    return cast(_Right, word)


def _audit(context: Context, arguments: Arguments) -> Listing:
    limit = arguments.get("limit") or "50"
    if not limit.isdigit():
        raise UsageError("--limit is a number.")
    entries = context.chosen_tenant(arguments).audit(
        int(limit), actor=arguments.get("actor"), action=arguments.get("action"), since=arguments.get("since")
    )
    return Listing(
        ["at", "actor", "action", "target", "outcome", "details"],
        [
            [
                each["at"][:19].replace("T", " "), each["actor"], each["action"], each["target"] or "", each["outcome"],
                " ".join(f"{name}={value}" for name, value in each["details"].items()),
            ]
            for each in entries
        ],
        entries,
        Note("Nothing was done that fits."),
    )  # fmt: skip


def _minute(text: str) -> str:
    return text[:16].replace("T", " ")


COMMANDS = (
    Command(("members",), (), "List who may do what with a tenant.", _list, TENANT),
    Command(
        ("members", "invite"),
        ("PERSON", "view|own|administer"),
        "Make a person a member; for who is not known here yet, make a token that does.",
        _invite,
        {**TENANT, **SHOW},
        "%dbaas members invite jupyter:ann own",
    ),
    Command(("members", "set"), ("PERSON", "view|own|administer"), "Give a member another right.", _set, TENANT),
    Command(("members", "remove"), ("PERSON",), "Take every right from a member.", _remove, TENANT),
    Command(
        ("audit",),
        (),
        "List who did what with a tenant, newest first.",
        _audit,
        {
            **TENANT,
            "actor": Option("a person"),
            "action": Option("an action"),
            "since": Option("a day"),
            "limit": Option("a number"),
        },
        "%dbaas audit --since 2026-01-01",
    ),
)
