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
_LONGEST_STATEMENT = 200
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


def _invitations(context: Context, arguments: Arguments) -> Listing:
    invited = context.chosen_tenant(arguments).invitations()
    return Listing(
        ["id", "for", "right", "invited by", "until"],
        [[one.id, one.name, one.right, one.invited_by, _minute(one.expires_at)] for one in invited],
        invited,
        Note("No invitation waits for anybody.", ["%dbaas members invite ann@example.org own >> token"]),
    )


def _redeem(context: Context, arguments: Arguments) -> Note:
    word = arguments.words[0]
    held = context.variables.get(word)
    made = context.client.redeem(held if isinstance(held, str) else word)
    return Note(f"You may {made.right} {made.tenant}.", [f"%dbaas use {made.tenant}"])


def _set(context: Context, arguments: Arguments) -> Note:
    person, right = arguments.words[0], _right(arguments.words[1])
    tenant = context.chosen_tenant(arguments)
    tenant.set_member(person, right)
    return Note(f"{person} may {right} {tenant.name}.")


def _remove(context: Context, arguments: Arguments) -> Note:
    tenant, word = context.chosen_tenant(arguments), arguments.words[0]
    if word.startswith(_VOUCHED_FOR):
        tenant.remove_member(word)
        return Note(f"{word} has no right on {tenant.name} any more.")
    tenant.withdraw_invitation(word)
    return Note(f"The invitation {word} is worth nothing any more.")


def _right(word: str) -> _Right:
    if word not in _RIGHTS:
        raise UsageError(f"There is no right {word!r}: view, own and administer.", hint=did_you_mean(word, _RIGHTS))
    return cast(_Right, word)


def _audit(context: Context, arguments: Arguments) -> Listing:
    limit = arguments.get("limit") or "50"
    before = arguments.get("before")
    if not limit.isdigit():
        raise UsageError("--limit is a number.")
    if before is not None and not before.isdigit():
        raise UsageError("--before is the number of an entry, as the first column has it.")
    entries = context.chosen_tenant(arguments).audit(
        int(limit),
        before=None if before is None else int(before),
        **{name: arguments.get(name) for name in ("actor", "action", "database", "outcome", "since")},
    )
    return Listing(
        ["id", "at", "actor", "action", "target", "outcome", "details"],
        [
            [
                each["id"], each["at"][:19].replace("T", " "), each["actor"], each["action"], each["target"] or "",
                each["outcome"], _told(each["details"]),
            ]
            for each in entries
        ],
        entries,
        Note("Nothing was done that fits."),
    )  # fmt: skip


def _told(details: dict[str, str]) -> str:
    """The details in a line: a statement, its beginning at least, and then the rest."""
    rest = [f"{name}={value}" for name, value in details.items() if name != "statement"]
    statement = details.get("statement", "")
    if len(statement) > _LONGEST_STATEMENT:
        statement = statement[: _LONGEST_STATEMENT - 1] + "…"
    return "  ".join([*([statement] if statement else []), " ".join(rest)])


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
    Command(
        ("members", "remove"),
        ("PERSON_OR_INVITATION",),
        "Take every right from a member, or end an invitation.",
        _remove,
        TENANT,
    ),
    Command(("members", "invitations"), (), "List the invitations that nobody redeemed yet.", _invitations, TENANT),
    Command(
        ("members", "redeem"),
        ("TOKEN",),
        "Become a member by an invitation: its token, or a variable that holds it.",
        _redeem,
        example="%dbaas members redeem token",
    ),
    Command(
        ("audit",),
        (),
        "List who did what with a tenant, newest first.",
        _audit,
        {
            **TENANT,
            "actor": Option("a person"),
            "action": Option("an action"),
            "database": Option("a database"),
            "outcome": Option("ok, refused or an error code"),
            "since": Option("a day"),
            "before": Option("an entry's id"),
            "limit": Option("a number"),
        },
        "%dbaas audit --since 2026-01-01",
    ),
)
