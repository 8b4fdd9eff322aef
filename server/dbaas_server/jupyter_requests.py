"""From tornado's requests to the routes' own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from tornado.httputil import HTTPServerRequest

from .dispatch import next_request_id
from .http import Request

__all__ = ["path_below", "request_from"]


def path_below(mount: str, asked: HTTPServerRequest) -> str:
    """The request's path below a mount point, which it begins with."""
    return asked.path[len(mount) :]


def request_from(
    asked: HTTPServerRequest,
    mount: str,
    params: dict[str, str],
    stream: Callable[[], AsyncIterator[bytes]],
    *,
    identity: str | None = None,
) -> Request:
    """A request with an id of its own.

    Args:
        mount: the path that the routes are below.
        params: what the route captured.
        stream: the body.
        identity: the person whom Jupyter let in.
    """
    return Request(
        asked.method or "GET",
        path_below(mount, asked),
        asked.query,
        {name.lower(): value for name, value in asked.headers.get_all()},
        stream,
        f"{asked.protocol}://{asked.host}{mount}",
        params,
        identity,
        next_request_id(),
    )
