"""A JupyterHub's users: their tokens are the Hub's, and the Hub is asked what they are worth.

Only a server that the Hub runs as its service takes them (``dbaas serve`` with the environment that the Hub gives its
services). A token has to have been given access to that very service. What the Hub says is remembered for seconds: so
long a revoked token goes on.

https://jupyterhub.readthedocs.io/en/stable/reference/services.html
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from dbaas_provisioning.errors import DbaasError, Forbidden, Invalid, Unauthorized, Unavailable

__all__ = ["Hub", "HubSettings", "HubUser", "may_be_hubs"]

REMEMBERED_SECONDS = 10.0
_ASK_SECONDS = 30.0
_REMEMBERED = 20_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
_OURS = ("dbk_", "dbt_")


def may_be_hubs(credential: str) -> bool:
    """Whether a credential can be a Hub's token: no key or token of ours, and none that is signed."""
    return not credential.startswith(_OURS) and _TOKEN.fullmatch(credential) is not None


@dataclass(frozen=True, slots=True)
class HubSettings:
    """The Hub that runs this server as its service.

    Attributes:
        name: the Hub's, in ``hub:NAME:USER``; of a platform's several Hubs each needs its own.
        api_url: where this server asks it.
        api_token: the service's own.
        service: the service's name.
        scopes: a token has to have one of them.
        admins_operate: the Hub's administrators run the platform.
        pages: where browsers find the Hub's pages, ending in a slash: a URL, or a path at the origin of this server.
    """

    name: str
    api_url: str
    service: str
    scopes: frozenset[str]
    api_token: str = field(repr=False)
    admins_operate: bool = False
    pages: str = "/hub/"

    @classmethod
    def given(cls, environ: Mapping[str, str], name: str, *, admins_operate: bool) -> HubSettings | None:
        """What the Hub tells its service; None where no Hub runs this process as one.

        A single-user server has a token of the Hub as well, but no service's name.

        Raises ``Invalid`` (``hub_incomplete``).
        """
        service = environ.get("JUPYTERHUB_SERVICE_NAME")
        if not service:
            return None
        url, token = environ.get("JUPYTERHUB_API_URL"), environ.get("JUPYTERHUB_API_TOKEN")
        given = environ.get("JUPYTERHUB_OAUTH_ACCESS_SCOPES")
        try:
            scopes = json.loads(given) if given else ["access:services", f"access:services!service={service}"]
        except ValueError:
            scopes = []
        if not url or not token or not scopes:
            raise Invalid(
                "hub_incomplete",
                "JupyterHub's environment for its service is not complete.",
                hint="Let the Hub start `dbaas serve`: c.JupyterHub.services with a command and a url.",
            )
        base = environ.get("JUPYTERHUB_BASE_URL") or "/"
        pages = environ.get("JUPYTERHUB_PUBLIC_HUB_URL") or f"{base.rstrip('/')}/hub"
        return cls(name, url.rstrip("/"), service, frozenset(scopes), token, admins_operate, f"{pages.rstrip('/')}/")


@dataclass(frozen=True, slots=True)
class HubUser:
    """Somebody whom the Hub vouches for.

    Attributes:
        person: ``hub:HUB:NAME``.
        until: as of ``time.time``; the Hub is asked again then.
    """

    person: str
    operator: bool
    until: float


class Hub:
    """Asks the Hub whose a token is."""

    def __init__(self, settings: HubSettings) -> None:
        self.settings = settings
        self._known: dict[bytes, HubUser | DbaasError] = {}
        self._until: dict[bytes, float] = {}
        self._asking: dict[bytes, asyncio.Task[HubUser]] = {}
        self._http: httpx.AsyncClient | None = None

    async def user(self, token: str) -> HubUser:
        """Whose a token is.

        Raises:
            Unauthorized: the Hub does not know it (``hub_token_refused``).
            Forbidden: it was not given access to this service (``hub_scope_missing``); it is no person's
                (``hub_service``).
            Unavailable: the Hub does not answer (``hub_unreachable``).
        """
        digest = hashlib.sha256(token.encode()).digest()
        if self._until.get(digest, 0.0) > time.time():
            known = self._known[digest]
            if isinstance(known, DbaasError):
                raise known
            return known
        asking = self._asking.get(digest)
        if asking is None:
            asking = self._asking[digest] = asyncio.create_task(self._ask(token, digest))
            asking.add_done_callback(lambda _: self._asking.pop(digest, None))
        return await asyncio.shield(asking)

    async def _ask(self, token: str, digest: bytes) -> HubUser:
        until = time.time() + REMEMBERED_SECONDS
        try:
            found: HubUser | DbaasError = self._read(await self._model(token), until)
        except (Unauthorized, Forbidden) as refusal:
            found = refusal
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
            self._until.clear()
        self._known[digest], self._until[digest] = found, until
        if isinstance(found, DbaasError):
            raise found
        return found

    async def _model(self, token: str) -> dict[str, Any]:
        try:
            answer = await self.client().get(
                f"{self.settings.api_url}/user", headers={"Authorization": f"token {token}"}, timeout=_ASK_SECONDS
            )
            if answer.status_code in (401, 403):
                raise Unauthorized(
                    "hub_token_refused",
                    "JupyterHub does not accept that token.",
                    hint="It has expired or was revoked: make another one, or restart your server.",
                )
            model = answer.raise_for_status().json()
            if not isinstance(model, dict):
                raise TypeError("no user")
        except (httpx.HTTPError, ValueError, TypeError) as error:
            raise Unavailable(
                "hub_unreachable",
                "JupyterHub, which says who its users are, does not answer.",
                details=type(error).__name__,
            ) from None
        return model

    def _read(self, model: dict[str, Any], until: float) -> HubUser:
        if not self.settings.scopes & set(model.get("scopes") or ()):
            raise Forbidden(
                "hub_scope_missing",
                "That token has no access to this service of JupyterHub.",
                hint=f"It needs the scope access:services!service={self.settings.service}.",
            )
        name = model.get("name")
        if model.get("kind", "user") != "user" or not isinstance(name, str) or not name:
            raise Forbidden("hub_service", "That token is a service's, and here are persons only.")
        operator = self.settings.admins_operate and model.get("admin") is True
        return HubUser(f"hub:{self.settings.name}:{name}", operator, until)

    def client(self) -> httpx.AsyncClient:
        """For questions to the Hub; it is on this network, so no proxy is asked."""
        if self._http is None:
            self._http = httpx.AsyncClient(trust_env=False)
        return self._http

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
