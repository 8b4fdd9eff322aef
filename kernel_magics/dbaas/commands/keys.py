"""``%dbaas keys`` and ``%dbaas jwt``: what applications carry."""

from __future__ import annotations

from typing import Literal, cast

from ..arguments import Arguments, Option
from ..context import Context
from ..errors import UsageError, did_you_mean
from ..views import Card, Listing, Note
from .command import SHOW, TENANT, Command

__all__ = ["COMMANDS"]

_ROLES = ("anon", "service_role")


def _list(context: Context, arguments: Arguments) -> Listing:
    keys = context.chosen_tenant(arguments).keys()
    return Listing(
        ["id", "role", "begins with", "created", "revoked"],
        [[k.id, k.role, k.prefix, k.created_at[:16].replace("T", " "), (k.revoked_at or "")[:16]] for k in keys],
        keys,
        Note("There is no key yet.", ["%dbaas keys create anon"]),
    )


def _create(context: Context, arguments: Arguments) -> Card:
    role = arguments.words[0]
    if role not in _ROLES:
        raise UsageError(f"There is no role {role!r}: anon is publishable, service_role is secret.",
                         hint=did_you_mean(role, _ROLES))  # fmt: skip
    if role != "anon" and not (arguments.target or arguments.has("show")):
        raise UsageError(
            "A secret key passes every row policy, and notebooks are stored.",
            hint="Bind it to a variable with `>> name`, or print it with --show.",
        )
    made = context.chosen_tenant(arguments).create_key(cast(Literal["anon", "service_role"], role))
    bound = context.bind(arguments.target, made.key)
    facts = [("id", made.id), ("role", made.role)]
    note = f"The key is in {arguments.target}." if bound else "This is the only time it is shown."
    if arguments.has("show") or not bound:
        facts.append(("key", str(made.key)))
        if role != "anon":
            note = "Secret: it passes every row policy. Clear this output before you save or share the notebook."
    return Card("API key", facts, note)


def _revoke(context: Context, arguments: Arguments) -> Note:
    context.chosen_tenant(arguments).revoke_key(arguments.words[0])
    return Note(f"Revoked the key {arguments.words[0]}.")


def _jwt(context: Context, arguments: Arguments) -> Card:
    if not (arguments.target or arguments.has("show")):
        raise UsageError(
            "A token is a secret, and notebooks are stored.",
            hint="Bind it to a variable with `>> name`, or print it with --show.",
        )
    role = cast(Literal["anon", "authenticated"], arguments.get("role") or "authenticated")
    seconds = arguments.get("expires-in")
    if seconds is not None and not seconds.isdigit():
        raise UsageError("--expires-in is a number of seconds.")
    made = context.chosen_tenant(arguments).sign(
        role, sub=arguments.get("sub"), expires_in=int(seconds) if seconds else None
    )
    bound = context.bind(arguments.target, made.token)
    facts = [("role", role), ("sub", arguments.get("sub") or "–"), ("expires", str(made.expires_at))]
    if arguments.has("show"):
        facts.append(("token", str(made.token)))
    return Card("Token", facts, f"The token is in {arguments.target}." if bound else None)


COMMANDS = (
    Command(("keys",), (), "List the API keys.", _list, TENANT),
    Command(
        ("keys", "create"),
        ("anon|service_role",),
        "Make an API key: anon for browsers, under row policies; service_role for servers, past them.",
        _create,
        {**TENANT, **SHOW},
        "%dbaas keys create anon",
    ),
    Command(("keys", "revoke"), ("ID",), "Make an API key useless.", _revoke, TENANT),
    Command(
        ("jwt",),
        (),
        "Sign a token for a person of the application.",
        _jwt,
        {
            **TENANT,
            "role": Option("a role", ("authenticated", "anon")),
            "sub": Option("an id"),
            "expires-in": Option("seconds"),
            **SHOW,
        },
        "%dbaas jwt --sub alice >> token",
    ),
)
