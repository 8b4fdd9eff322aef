"""Requests for a platform elsewhere: sent on with the person's token, answered with what it answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx

from dbaas_provisioning.errors import Conflict, DbaasError, Forbidden, Invalid, Unauthorized, Unavailable
from dbaas_provisioning.persons import local_person

from ..dispatch import refuse
from ..http import Request, Response
from ..routing import Route
from .headers import answered_headers, forwarded_headers, forwarded_query, here
from .logins import Logins, login_file, plain_url
from .sockets import open_socket

__all__ = ["Elsewhere"]

log = logging.getLogger("dbaas.elsewhere")

_CONNECT_SECONDS = 10.0
_ASK_SECONDS = 30.0  # for what the platform is, which it answers at once
_SMALL_BYTES = 256 * 1024  # an answer that is collected before it is passed on
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Elsewhere:
    """The platform that ``DBAAS_URL`` names.

    Args:
        url: http or https, with the path that the platform is below.
        token: the person's; without one, the saved login of this URL, looked up anew with each request.
        version: of this side; a platform whose first two numbers are others is refused.
    """

    def __init__(self, url: str, token: str | None, logins: Logins, version: str) -> None:
        self.url = plain_url(url)
        self._token = token
        self._logins = logins
        self._version = version
        self._checked = False
        self._checking = asyncio.Lock()
        self._http: httpx.AsyncClient | None = None
        self._host = _host(self.url)

    @classmethod
    def named(cls, environ: Mapping[str, str], version: str) -> Elsewhere | None:
        """The one that the environment names; None where everything is on this machine."""
        url = environ.get("DBAAS_URL")
        if not url:
            return None
        return cls(url, environ.get("DBAAS_TOKEN") or None, Logins(login_file(environ)), version)

    @property
    def shown_url(self) -> str:
        """Its URL for people to read: without a name and a password in it, and empty where it is no address."""
        if self._host is None:
            return ""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    async def answer(self, route: Route, request: Request) -> Response:
        """Send a request on. Raises nothing but cancellation."""
        try:
            await self._check()
            token = None if request.identity is None else self._token_of(request.identity)
            if request.header("upgrade").lower() == "websocket":
                return await open_socket(request, self._address(request), forwarded_headers(request, token))
            return await self._send(request, token)
        except DbaasError as error:
            return refuse(error)
        except httpx.InvalidURL:
            return refuse(Invalid("invalid_url", "This URL cannot be sent on."))
        except (httpx.TransportError, OSError) as error:
            self._checked = False  # whatever comes back may be another version
            log.warning("%s is not reached: %s", self.url, type(error).__name__)
            return refuse(self._unreachable(error))

    # --- a request --------------------------------------------------------------------------------------------------

    def _address(self, request: Request) -> str:
        query = forwarded_query(request.query, jupyters=request.identity is not None)
        return f"{self.url}{request.path}" + (f"?{query}" if query else "")

    async def _send(self, request: Request, token: str | None) -> Response:
        headers = forwarded_headers(request, token)
        length = request.headers.get("content-length")
        body = request.stream() if length not in (None, "0") or "transfer-encoding" in request.headers else None
        if length is not None:
            headers.append(("content-length", length))
        asked = httpx.Request(
            request.method,
            self._address(request),
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            content=body,
            extensions={"timeout": {"connect": _CONNECT_SECONDS, "read": None, "write": None, "pool": None}},
        )
        try:
            answer = await self._client().send(asked, stream=True)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            if body is not None or request.method not in _SAFE:
                raise
            answer = await self._client().send(asked, stream=True)  # a connection that was kept had ended there
        try:
            return await self._passed_on(answer, request, token)
        except BaseException:
            await answer.aclose()
            raise

    async def _passed_on(self, answer: httpx.Response, request: Request, token: str | None) -> Response:
        """What the platform answers, as this side's answer; small ones are collected."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw]
        kept = answered_headers(headers, self.url, request.base_url)
        if token is not None and answer.status_code == 401:
            raise self._refused()
        if token is not None and answer.status_code in _REDIRECTS:
            place = answer.headers.get("location", "")
            if here(place, self.url, request.base_url) == place:
                raise self._no_platform(f"It redirects to {urlsplit(place).netloc or 'another page'}.")
        length = answer.headers.get("content-length", "")
        if answer.status_code in (204, 304) or request.method == "HEAD" or (length and int(length) <= _SMALL_BYTES):
            body = b"".join([chunk async for chunk in answer.aiter_raw()])
            await answer.aclose()
            return Response(answer.status_code, body, [pair for pair in kept if pair[0] != "content-length"])
        return Response(answer.status_code, _chunks(answer), kept)

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            # What one person's browser gets or sends as a cookie is nobody else's.
            cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
            self._http = httpx.AsyncClient(
                trust_env=self._host not in _LOOPBACK, follow_redirects=False, cookies=cookies, limits=limits
            )
        return self._http

    # --- who asks, and whom -----------------------------------------------------------------------------------------

    def _token_of(self, person: str) -> str:
        if person != local_person():
            raise Forbidden(
                "not_your_login",
                "This Jupyter is logged in to its platform as the person it belongs to, not as you.",
                hint="Use a Jupyter of your own.",
            )
        if self._token is not None:
            return self._token
        login = self._logins.find(self.url)
        if login is None or login.expired:
            raise Unauthorized(
                "login_needed",
                f"You are not logged in to {self.url}." if login is None else f"Your login to {self.url} has expired.",
                hint=f"Run in a terminal: dbaas login {self.url}",
            )
        return login.token

    async def _check(self) -> None:
        """Ask once whether this is a platform of a version that fits, and again after a failure."""
        if self._checked:
            return
        if self._host is None:
            raise Unavailable("not_a_platform", "DBAAS_URL is no address.", hint="It is like https://host/path.")
        async with self._checking:
            if self._checked:
                return
            answer = await self._client().get(f"{self.url}/healthz", timeout=_ASK_SECONDS)
            version = _version_in(answer)
            if version is None:
                raise self._no_platform(f"It answers {answer.status_code}.")
            if version.split(".")[:2] != self._version.split(".")[:2]:
                raise Conflict(
                    "version_mismatch",
                    f"The platform at {self.url} has version {version}, jupyter-dbaas here has {self._version}.",
                    hint=f"Install jupyter-dbaas {version} here, or ask who runs the platform.",
                )
            self._checked = True

    # --- what is wrong with the way there ---------------------------------------------------------------------------

    def _unreachable(self, error: Exception) -> DbaasError:
        return Unavailable(
            "platform_unreachable",
            f"The platform at {self.url} does not answer.",
            details=type(error).__name__,
            hint="DBAAS_URL names it. Is that right, and does it run?",
        )

    def _no_platform(self, details: str) -> DbaasError:
        return Unavailable(
            "not_a_platform",
            f"There is no platform of jupyter-dbaas at {self.url}.",
            details=details,
            hint="DBAAS_URL names it; its path counts, too.",
        )

    def _refused(self) -> DbaasError:
        if self._token is not None:
            hint = "DBAAS_TOKEN has expired or was revoked: start this Jupyter with a new one."
        else:
            hint = f"It has expired or was revoked. Run in a terminal: dbaas login {self.url}"
        return Unauthorized("login_refused", f"The platform at {self.url} does not accept your token.", hint=hint)


def _host(url: str) -> str | None:
    """Whose address this is; None where it is no platform's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("http", "https") and not parts.query and not parts.fragment else None


async def _chunks(answer: httpx.Response) -> AsyncGenerator[bytes]:
    """A body as it comes; closed with its reader, which ends the request at the platform."""
    async with contextlib.aclosing(answer):
        async for chunk in answer.aiter_raw():
            yield chunk


def _version_in(answer: httpx.Response) -> str | None:
    try:
        told = answer.json()
    except ValueError:
        return None
    version = told.get("version") if isinstance(told, dict) else None
    return version if isinstance(version, str) and "status" in told else None
