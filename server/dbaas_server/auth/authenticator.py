"""Who is asking: a request becomes a :class:`Caller` (data) or an operator's name (control).

Keys and tokens are checked once and remembered until they expire or ``platform_meta`` says that something changed.
A cookie never opens the data door, so no other site can make a browser ask in a person's name.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from dbaas_provisioning.errors import Forbidden, Unauthorized
from dbaas_provisioning.nouns import ApiKey, KeyRole, Right
from dbaas_provisioning.platform import Platform

from ..http import Request
from ..nouns import Caller
from ..sessions import Known, Sessions
from .credentials import bearer_token, claims_text, is_key
from .signed import verify

__all__ = ["Authenticator"]

_REMEMBERED = 20_000
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
    """Checks keys, tokens and people."""

    def __init__(self, platform: Platform, sessions: Sessions, hub: Hub | None = None) -> None:
        self._platform = platform
        self._sessions = sessions
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
        caller = (await self._judge(request.header("apikey"), bearer, tenant)).caller
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
        until = time.time() + 3600.0
        caller: Caller | None = None
        if api_key:
            caller, until = await self._identify(api_key, known)
        if bearer and bearer != api_key:
            kept = caller is not None and caller.documents_only
            caller, bearer_until = await self._identify(bearer, known)
            caller = replace(caller, documents_only=caller.documents_only or kept)
            until = min(until, bearer_until)
        assert caller is not None
        if known.keeps_to_documents and not (is_key(api_key) or is_key(bearer)):
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
        signed = credential.count(".") == 2 and not credential.startswith("dbt_")
        if remembered is not None and not signed and remembered.until > time.time():
            if remembered.caller.documents_only:
                raise _documents_only()
            return remembered.caller, None
        changes = self._changes
        known = await self._sessions.known(tenant)
        caller, until = await self._identify(credential, known)
        if caller.documents_only or (known.keeps_to_documents and not (is_key(credential) or is_key(key))):
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
        if credential.startswith("dbt_"):
            person = self._platform.check_person_token(credential)
            return Caller(
                known.tenant.id, "service_role", claims_text({"role": "service_role"}), person
            ), time.time() + 60
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
        return caller, time.time() + 3600.0

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

    async def operator(self, request: Request) -> str:
        """Who runs the platform: a person Jupyter let in, a person's token, or an admin key.

        Raises:
            Unauthorized: nobody that the platform knows.
            Forbidden: a tenant's key or token, which opens that tenant's data and nothing else.
        """
        if request.identity is not None:
            return request.identity
        token = bearer_token(request.header("authorization")) or request.header("apikey")
        if not token:
            raise Unauthorized(
                "unauthorized", "This needs an operator.", hint="Send `Authorization: Bearer` with an admin key."
            )
        if token.startswith("dbt_"):
            return self._platform.check_person_token(token)
        key = await self._key(token)
        if key is not None and key.role is KeyRole.admin and key.tenant_id is None:
            return key.prefix
        if key is not None or token.count(".") == 2:
            raise Forbidden("not_an_operator", "That key opens a tenant's data, not the platform.")
        raise Unauthorized("invalid_key", "That key is not valid.")

    async def member(self, request: Request, tenant: str, right: Right) -> str:
        """Who asks, when they have this right on the tenant; operators have every right on every tenant.

        Raises:
            As :meth:`operator`.
        """
        return await self.operator(request)

    async def operator_or_secret(self, request: Request, tenant: str) -> Caller:
        """Who may run arbitrary SQL: an operator as the database's owner, a secret key as ``service_role``."""
        token = bearer_token(request.header("authorization")) or request.header("apikey")
        key: ApiKey | None = None
        if request.identity is None and token and not token.startswith("dbt_"):
            key = await self._key(token)
            if key is None or key.role is not KeyRole.admin:
                caller = await self.caller(request, tenant)
                if caller.role != "service_role":
                    raise Forbidden(
                        "secret_key_needed",
                        "Arbitrary queries need the owner or a secret key.",
                        hint="Read tables through the data API with this key.",
                    )
                return caller
        actor = await self.operator(request)
        known = await self._sessions.known(tenant)
        return Caller(known.tenant.id, "owner", "{}", actor, key=key.id if key is not None else None)
