"""The same routes inside Jupyter Server, under ``{base_url}dbaas/``.

A request that brings a key or token of ours is judged by our own doors, without Jupyter's cookie, and so without its
XSRF check. Any other request needs a Jupyter identity (cookie with XSRF token, or Jupyter's own token).

With ``DBAAS_URL`` set nothing is started here: what comes is sent on to that platform (:mod:`~dbaas_server.elsewhere`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any, Protocol

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import APIHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import ensure_async, url_path_join
from tornado import web
from tornado.iostream import StreamClosedError
from tornado.routing import Rule

from dbaas_provisioning.errors import DbaasError, Forbidden, Invalid, NotFound, Unauthorized
from dbaas_provisioning.nouns import Home
from dbaas_provisioning.platform import Platform

from .auth import carries_credential
from .auth.jupyter import person_in_jupyter
from .auth.local_token import LocalToken
from .control.about import VERSION
from .daemon_link import SocketSupervision, start_daemon
from .dispatch import dispatch, refuse
from .elsewhere import Elsewhere
from .home import default_home
from .http import Request, Response
from .jupyter_requests import path_below, request_from
from .jupyter_sockets import PlatformSocket, Upgrading
from .logs import log_cut_off
from .routes import ROUTER
from .routing import Guard, Route
from .services import Services

__all__ = ["Behind", "Opening", "PlatformHandler", "load", "start"]

MOUNT = "dbaas"
_KERNEL_TOKEN_SECONDS = 30 * 24 * 3600
_TOLD = ("DBAAS_API_URL", "DBAAS_API_TOKEN")
_QUEUED_CHUNKS = 8
_STALLED_SECONDS = 60.0
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Behind(Protocol):
    """What answers the requests that Jupyter let in."""

    async def answer(self, route: Route, request: Request) -> Response:
        """Answer a request. Raises nothing but cancellation."""
        ...


class Opening:
    """The platform of this Jupyter, opened at the first need and again after a failure."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._task: asyncio.Task[Services] | None = None

    async def services(self) -> Services:
        """The open platform. Raises ``Unavailable`` with the reason; the next call tries again."""
        if self._task is None or (self._task.done() and self._task.exception() is not None):
            self._task = asyncio.create_task(self._open())
        return await asyncio.shield(self._task)

    async def answer(self, route: Route, request: Request) -> Response:
        """Ask the platform, opening it first if need be."""
        try:
            services = await self.services()
        except DbaasError as error:
            return refuse(error)
        return await dispatch(route, request, services)

    async def _open(self) -> Services:
        await start_daemon(self.home)
        return Services.over(await Platform.open(self.home, SocketSupervision(self.home)))


@web.stream_request_body
class PlatformHandler(APIHandler):
    """Carries a request from Jupyter's tornado to a route and its response back."""

    _track_activity = False
    _route: Route | DbaasError
    _queue: asyncio.Queue[bytes | None]

    def initialize(self, behind: Behind) -> None:
        """Find the route: tornado checks for forgery before it prepares, and what is checked depends on the route."""
        self._behind = behind
        self._handling: asyncio.Task[Response] | None = None
        self._sending: asyncio.Task[None] | None = None
        self._params: dict[str, str] = {}
        try:
            path = path_below(url_path_join(self.base_url, MOUNT), self.request)
            self._route, self._params = ROUTER.find(path)
        except DbaasError as error:
            self._route = error

    def check_xsrf_cookie(self) -> None:
        """Only for requests that come with a cookie's authority."""
        if not self._ours():
            super().check_xsrf_cookie()

    def _ours(self) -> bool:
        guard = self._route.guard if isinstance(self._route, Route) else Guard.caller
        return guard is not Guard.operator or carries_credential(self.request.headers)

    async def prepare(self, *, _redirect_to_login: bool = True) -> None:
        """Let Jupyter say who this is unless a key of ours says it."""
        self._queue = asyncio.Queue(_QUEUED_CHUNKS)
        if self._ours():
            self.current_user = self._jupyter_current_user = None
            return
        await super().prepare()
        user = self.current_user
        if user is not None:
            action = "read" if self.request.method in _READING else "write"
            allowed = await ensure_async(self.authorizer.is_authorized(self, user, action, "dbaas"))
            if not allowed:
                raise web.HTTPError(403, "not allowed by this Jupyter's authorizer")

    async def data_received(self, chunk: bytes) -> None:
        """Some of the body; holds the connection until there is room."""
        if self._handling is None:
            self._begin()
        if self._handling is not None and not self._handling.done():
            put = asyncio.ensure_future(self._queue.put(chunk))
            await asyncio.wait({put, self._handling}, return_when=asyncio.FIRST_COMPLETED)
            put.cancel()

    def _begin(self) -> None:
        self._handling = asyncio.create_task(self._answer())

    async def _body(self) -> AsyncIterator[bytes]:
        while (chunk := await self._queue.get()) is not None:
            yield chunk

    async def _answer(self) -> Response:
        if not isinstance(self._route, Route):
            return refuse(self._route)
        request = request_from(
            self.request,
            url_path_join(self.base_url, MOUNT),
            self._params,
            self._body,
            identity=person_in_jupyter(self.identity_provider, self.current_user),
        )
        self.set_header("X-Request-Id", request.request_id)
        return await self._behind.answer(self._route, request)

    def on_connection_close(self) -> None:
        """The client went away: so does its statement in the engine, and a stream that nobody reads."""
        for task in (self._handling, self._sending):
            if task is not None:
                task.cancel()

    async def _handle(self) -> None:
        if self._handling is None:
            self._begin()
        assert self._handling is not None
        ending = asyncio.ensure_future(self._queue.put(None))
        try:
            response = await self._handling
        except asyncio.CancelledError:
            return
        finally:
            ending.cancel()
        self._sending = asyncio.create_task(self._send(response))
        with contextlib.suppress(StreamClosedError, asyncio.CancelledError):
            await self._sending

    async def _send(self, response: Response) -> None:
        self.set_status(response.status)
        self.clear_header("Content-Type")
        content_type = "application/json"
        for name, _ in response.headers:
            self.clear_header(name)  # what Jupyter sets on every answer, such as its content security policy
        for name, value in response.headers:
            if name.lower() == "content-type":
                content_type = value
            self.add_header(name, value)
        if isinstance(response.body, bytes):
            if response.status in (204, 304):
                self.clear_header("Content-Type")
                await self.finish(set_content_type=None)
                return
            await self.finish(response.body, set_content_type=content_type)
            return
        try:
            async with contextlib.aclosing(response.body):
                async for chunk in response.body:
                    self.write(chunk)
                    # A client that takes nothing may not hold an engine's connection for ever.
                    await asyncio.wait_for(self.flush(), _STALLED_SECONDS)
        except StreamClosedError:
            raise
        except Exception as error:
            # The status is out: cutting the connection is how a client learns that the body is not whole.
            self.request.connection.stream.close()  # type: ignore[union-attr]
            log_cut_off(self.log, "dbaas: a response", error)
            return
        await self.finish(set_content_type=content_type)

    def finish(self, *args: Any, set_content_type: str | None = "application/json", **kwargs: Any) -> Any:
        """End the response; a streamed or empty one keeps the headers that it has."""
        if set_content_type is None or self._headers_written:
            return web.RequestHandler.finish(self, *args)
        return super().finish(*args, set_content_type=set_content_type, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Jupyter's own refusals in the platform's words."""
        kinds: dict[int, DbaasError] = {
            401: Unauthorized("unauthorized", "Sign in to Jupyter first."),
            403: Forbidden("forbidden", "Jupyter does not let this request in.", hint="Sign in, or send a key."),
            404: NotFound("no_such_url", "There is nothing at this URL."),
        }
        error = kinds.get(status_code) or Invalid("bad_request", self._reason)
        self.set_header("Content-Type", "application/json")
        self.set_header("Connection", "close")  # the body was not read, so tornado ends the connection
        body = refuse(error).body
        assert isinstance(body, bytes)
        self.set_status(status_code)
        web.RequestHandler.finish(self, body)

    @allow_unauthenticated
    async def get(self, *args: str) -> None:
        """Carry the request to its route; who may pass is decided in ``prepare`` and by the route itself."""
        if isinstance(self._route, Route) and self._route.guard is Guard.operator and not self._ours():
            await self._signed_in()
        await self._handle()

    async def _signed_in(self) -> None:
        if self.current_user is None:
            raise web.HTTPError(403, "sign in to Jupyter first")

    head = get
    post = get
    put = get
    patch = get
    delete = get
    options = get  # type: ignore[assignment]


def load(server_app: ServerApp) -> None:
    """Mount the routes (Jupyter calls this while it starts)."""
    behind: Behind = Elsewhere.named(os.environ, VERSION) or Opening(default_home())
    server_app.web_app.settings["dbaas_behind"] = behind
    base = url_path_join(server_app.base_url, MOUNT)
    below = {"prefix": base, "router": ROUTER, "answer": behind.answer}
    sockets = Rule(Upgrading(f"{base}/"), PlatformSocket, below)
    server_app.web_app.add_handlers(  # type: ignore[no-untyped-call]
        ".*$", [sockets, (rf"{base}/(.*)", PlatformHandler, {"behind": behind})]
    )


async def start(server_app: ServerApp) -> None:
    """Once Jupyter listens: start the platform without making anybody wait, and tell kernels where it is."""
    behind: Behind = server_app.web_app.settings["dbaas_behind"]
    if isinstance(behind, Opening):
        server_app.web_app.settings["dbaas_starting"] = asyncio.create_task(_tell_kernels(server_app, behind))
        return
    for name in _TOLD:  # of a Jupyter that this one was started from: kernels would ask that one
        os.environ.pop(name, None)


async def _tell_kernels(server_app: ServerApp, opening: Opening) -> None:
    try:
        services = await opening.services()
    except DbaasError as error:
        server_app.log.warning("dbaas: %s %s", error.message, error.hint or "")
        return
    url = url_path_join(server_app.connection_url, MOUNT)

    def tell(token: str) -> None:
        os.environ.update(zip(_TOLD, (url, token), strict=True))

    local = LocalToken(services.platform, ttl_seconds=_KERNEL_TOKEN_SECONDS)
    tell(await local.make())
    local.keep(tell)
