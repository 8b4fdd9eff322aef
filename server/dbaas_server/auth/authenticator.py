"""A request becomes a :class:`Caller` (data) or an :class:`Asker` (control)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from dbaas_provisioning.errors import Forbidden, Unauthorized
from dbaas_provisioning.nouns import ApiKey, KeyRole, Right, Standing
from dbaas_provisioning.platform import Platform

from ..http import Request
from ..nouns import Caller
from ..sessions import Known, Sessions
from .credentials import bearer_token, claims_text, is_key
from .hub import Hub, may_be_hubs
from .oidc import OpenIdProviders
from .persons import Asker, Persons
from .refusals import Hidden, NotAllowed
from .signed import verify

__all__ = ["Authenticator"]

_REMEMBERED = 20_000
_KEY_SECONDS = 3600.0  # changes are told; this only bounds what is remembered
_UNKNOWN_KEY_SECONDS = 5.0
_LONGEST_KEY = 100
_LONGEST_TOKEN = 8 * 1024


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    until: float


def _documents_only() -> Forbidden:
    return Forbidden(
        "documents_only",
        "That key, or a token without a key, runs stored GraphQL documents only.",
        hint="Use a key without that bound, beside the token if there is one.",
    )


class Authenticator:
    """Checks keys, tokens and people.

    Attributes:
        oidc: who signs in with an OpenID provider.
    """

    def __init__(self, platform: Platform, sessions: Sessions, hub: Hub | None = None) -> None:
        self._platform = platform
        self._sessions = sessions
        self._persons = Persons(platform)
        self._hub = hub
        self.oidc = OpenIdProviders(platform)
        self._callers: dict[tuple[str, str, str], _Remembered] = {}
        self._unknown: dict[str, float] = {}
        self._changes = 0
        platform.on_change(lambda kind, identity: self._forget())

    def _forget(self) -> None:
        self._changes += 1
        self._callers.clear()
        self._unknown.clear()

    # --- data ---------------------------------------------------------------------------------------------------

    def caller_now(self, request: Request, tenant: str, *, documents: bool = False) -> Caller | None:
        """The caller, when this credential was seen before; no waiting."""
        bearer = bearer_token(request.headers.get("authorization", ""))
        remembered = self._callers.get((tenant, request.headers.get("apikey", ""), bearer or ""))
        if remembered is None or remembered.until <= time.time():
            return None
        caller = remembered.caller
        return caller if documents or not caller.documents_only else None

    async def caller(self, request: Request, tenant: str, *, documents: bool = False) -> Caller:
        """Who asks for a tenant's data.

        The ``apikey`` header and ``Authorization: Bearer`` are both read, since supabase-js sends its key as both:
        a signed token in the second one decides the role, the key only opens the door. Once a tenant has a key that
        runs stored documents only, so does a token that comes without any key.

        Args:
            documents: the door keeps those to stored documents who may run nothing else; no other door lets them in.

        Raises:
            NotFound: no such tenant.
            Unauthorized: nothing valid was sent (PGRST301, PGRST302, PGRST303, ``invalid_key``).
            Forbidden: a valid token asks for a role that tokens may not have (``role_refused``); the key runs stored
                documents only (``documents_only``).
        """
        bearer = bearer_token(request.header("authorization")) or ""
        try:
            caller = (await self._judge(request.header("apikey"), bearer, tenant)).caller
        except (Hidden, NotAllowed) as refused:
            request.refused = refused
            raise
        if caller.documents_only and not documents:
            raise _documents_only()
        return caller

    async def attend(self, api_key: str, authorization: str, tenant: str) -> tuple[Caller, float]:
        """Who asks, for connections that stay and keep those to stored documents who may run nothing else.

        Args:
            api_key, authorization: as the headers that :meth:`caller` reads.

        Returns:
            The caller, and when (as of ``time.time``) to ask again at the latest: a token may have expired by then.

        Raises:
            As :meth:`caller`.
        """
        found = await self._judge(api_key, bearer_token(authorization) or "", tenant)
        return found.caller, found.until

    async def _judge(self, api_key: str, bearer: str, tenant: str) -> _Remembered:
        remembered = self._callers.get((tenant, api_key, bearer))
        if remembered is not None and remembered.until > time.time():
            return remembered
        changes = self._changes
        known = await self._sessions.known(tenant)
        if not api_key and not bearer:
            raise Unauthorized(
                "PGRST302", "This needs a key.", hint="Send one as the `apikey` header or as a Bearer token."
            )
        until = time.time() + _KEY_SECONDS
        caller: Caller | None = None
        if api_key:
            caller, until = await self._identify(api_key, known)
        if bearer and bearer != api_key:
            kept = caller is not None and caller.documents_only
            caller, bearer_until = await self._identify(bearer, known)
            caller = replace(caller, documents_only=caller.documents_only or kept)
            until = min(until, bearer_until)
        assert caller is not None
        if known.keeps_to_documents and not (self._is_ours(api_key) or self._is_ours(bearer)):
            # Else whoever has a token would be rid of the key's bound by leaving the key out.
            caller = replace(caller, documents_only=True)
        found = _Remembered(caller, until)
        if changes != self._changes:
            return found  # a key may have been revoked meanwhile: the next request looks again
        if len(self._callers) >= _REMEMBERED:
            self._callers.clear()
        self._callers[(tenant, api_key, bearer)] = found
        return found

    async def identify(self, credential: str, tenant: str, *, key: str = "") -> tuple[Caller, float | None]:
        """Who a key or token is, for connections that stay, and when that ends.

        Those who may run stored documents only are not let in; see :meth:`caller`.

        Args:
            key: what the connection was opened with, beside the credential; it was identified by itself.

        Returns:
            The caller, and the time (as of ``time.time``) at which a token expires; None for a key, which holds until
            the platform tells of a change.

        Raises:
            As :meth:`caller`.
        """
        remembered = self._callers.get((tenant, credential, ""))
        signed = self._is_persons(credential) or credential.count(".") == 2
        if remembered is not None and not signed and remembered.until > time.time():
            if remembered.caller.documents_only:
                raise _documents_only()
            return remembered.caller, None
        changes = self._changes
        known = await self._sessions.known(tenant)
        caller, until = await self._identify(credential, known)
        if caller.documents_only or (
            known.keeps_to_documents and not (self._is_ours(credential) or self._is_ours(key))
        ):
            raise _documents_only()
        if signed:
            return caller, until
        if changes == self._changes:
            if len(self._callers) >= _REMEMBERED:
                self._callers.clear()
            self._callers[(tenant, credential, "")] = _Remembered(caller, until)
        return caller, None

    async def _identify(self, credential: str, known: Known) -> tuple[Caller, float]:
        """A key, a person's token or a tenant's signed token, and until when that holds."""
        if len(credential) > _LONGEST_TOKEN:
            raise Unauthorized("PGRST301", f"The token is longer than {_LONGEST_TOKEN:,} characters.")
        if self._is_persons(credential):
            asker = await self._person(credential)
            asker.require(known.tenant.subdomain, Right.own)
            claims = claims_text({"role": "service_role"})
            return Caller(known.tenant.id, "service_role", claims, asker.actor, member=True), asker.until
        if credential.count(".") == 2:
            return verify(credential, known)
        key = await self._key(credential)
        if key is None or key.tenant_id != known.tenant.id:
            raise Unauthorized(
                "invalid_key", "That key is not valid here.", hint="Keys belong to one tenant: %dbaas keys lists them."
            )
        role = key.role.value
        caller = Caller(
            known.tenant.id,
            role,
            claims_text({"role": role}),
            key.prefix,
            documents_only=key.documents_only,
            key=key.id,
        )
        return caller, time.time() + _KEY_SECONDS

    def _is_persons(self, credential: str) -> bool:
        """Whether it is a person's token: one of ours, or one of the Hub that this process serves."""
        return credential.startswith("dbt_") or (self._hub is not None and may_be_hubs(credential))

    def _is_ours(self, credential: str) -> bool:
        """Whether this is a key or a person's token, and none that a tenant's application signed."""
        return is_key(credential) or self._is_persons(credential)

    async def _person(self, token: str) -> Asker:
        if self._hub is None or token.startswith("dbt_"):
            return await self._persons.with_token(token)
        user = await self._hub.user(token)
        asker = await self._persons.signed_in(user.person)
        standing = Standing(operator=True) if user.operator else asker.standing
        return replace(asker, standing=standing, until=user.until)

    async def _key(self, key: str) -> ApiKey | None:
        """Look a key up; an unknown one is remembered for a moment, so that guessing does not load the platform."""
        if not key.startswith("dbk_") or len(key) > _LONGEST_KEY:
            return None
        now = time.monotonic()
        if self._unknown.get(key, 0.0) > now:
            return None
        found = await self._platform.find_key(key)
        if found is None:
            if len(self._unknown) >= _REMEMBERED:
                self._unknown.clear()
            self._unknown[key] = now + _UNKNOWN_KEY_SECONDS
        return found

    # --- control ------------------------------------------------------------------------------------------------

    async def asker(self, request: Request) -> Asker:
        """Who asks: a person whom Jupyter let in, a person's token, or an admin key; whatever they may do.

        Raises:
            Unauthorized: nobody that the platform knows (``unauthorized``, ``invalid_key``, ``token_expired``,
                ``token_invalid``).
            Forbidden: a tenant's key or token, which opens that tenant's data and nothing else (``not_an_operator``).
        """
        if request.identity is not None:
            return await self._persons.signed_in(request.identity)
        token = _token(request)
        if not token:
            raise Unauthorized(
                "unauthorized", "Sign in first.", hint="Send a person's token as `Authorization: Bearer`."
            )
        if self._is_persons(token):
            return await self._person(token)
        key = await self._key(token)
        if key is not None and key.role is KeyRole.admin and key.tenant_id is None:
            return Asker(key.prefix, Standing(operator=True), None, time.time() + _KEY_SECONDS)
        if key is not None or token.count(".") == 2:
            raise Forbidden("not_an_operator", "That key opens a tenant's data, not the platform.")
        raise Unauthorized("invalid_key", "That key is not valid.")

    async def operator(self, request: Request) -> str:
        """Who asks, when they run the platform.

        Raises:
            As :meth:`asker`; ``Forbidden`` (``not_an_operator``) for everybody else.
        """
        asker = await self.asker(request)
        asker.require_operator()
        return asker.actor

    async def member(self, request: Request, tenant: str, right: Right) -> str:
        """Who asks, when they have this right on the tenant; operators have every right on every tenant.

        Raises:
            As :meth:`asker`; ``NotFound`` (``tenant_not_found``) for who may not know that it exists, ``Forbidden``
            (``right_needed``) for who may do less.
        """
        asker = await self.asker(request)
        asker.require(tenant, right)
        return asker.actor

    async def owner_or_secret(self, request: Request, tenant: str) -> Caller:
        """Who may run arbitrary SQL: a member who owns, as the database's owner; a secret key as ``service_role``.

        Raises:
            As :meth:`member`; ``Forbidden`` (``secret_key_needed``) for the tenant's other keys.
        """
        if await self._is_of_tenants(request):
            return await self._secret(request, tenant)
        asker = await self.asker(request)
        asker.require(tenant, Right.own)
        known = await self._sessions.known(tenant)
        key = None if asker.person is not None else await self._key(_token(request))
        key_id = key.id if key is not None else None
        return Caller(known.tenant.id, "owner", "{}", asker.actor, key=key_id, member=True)

    async def right_or_secret(self, request: Request, tenant: str) -> Right | None:
        """The right that somebody has on a tenant; None for a secret key, which sees what it could find out anyway.

        Raises:
            As :meth:`owner_or_secret`.
        """
        if await self._is_of_tenants(request):
            await self._secret(request, tenant)
            return None
        return (await self.asker(request)).right_on(tenant)

    async def _is_of_tenants(self, request: Request) -> bool:
        """Whether it is neither a person who asks nor an admin key."""
        token = _token(request)
        if request.identity is not None or not token or self._is_persons(token):
            return False
        key = await self._key(token)
        return key is None or key.role is not KeyRole.admin

    async def _secret(self, request: Request, tenant: str) -> Caller:
        caller = await self.caller(request, tenant)
        if caller.role != "service_role":
            raise Forbidden(
                "secret_key_needed",
                "Arbitrary queries need the owner or a secret key.",
                hint="Read tables through the data API with this key.",
            )
        return caller


def _token(request: Request) -> str:
    """What somebody brings to a control door."""
    return bearer_token(request.header("authorization")) or request.header("apikey")
