"""Cross-origin access to the data doors (the Fetch standard's CORS protocol).

Data is opened by a key that the caller sends, never by a cookie, so any origin may ask by default and no answer allows
credentials. A tenant that lists origins keeps the pages of all others from reading its data.
"""

from __future__ import annotations

from collections.abc import Sequence

from dbaas_provisioning.errors import DbaasError, Forbidden, NotFound

from .http import Request, Response
from .services import Services

__all__ = ["ANY_ORIGIN", "check_origin", "origins_of", "preflight", "with_cors"]

ANY_ORIGIN: tuple[str, ...] = ("*",)

_METHODS = "GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS"
_EXPOSED = (
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Preference-Applied, Range-Unit, "
    "Retry-After, Server, X-Next-Cursor"
)
_MAX_AGE_SECONDS = "86400"


def preflight(request: Request, cors_origins: Sequence[str]) -> Response | None:
    """The answer to a browser's question before a request; None when this is not one.

    It comes without a key, so it is answered before authentication and says nothing of what exists.

    Args:
        cors_origins: the tenant's list of origins, or ``("*",)``.
    """
    if request.method != "OPTIONS" or not request.header("access-control-request-method"):
        return None
    headers = [("Access-Control-Allow-Methods", _METHODS), ("Access-Control-Max-Age", _MAX_AGE_SECONDS)]
    asked = request.header("access-control-request-headers")
    if asked.isprintable() and asked:
        headers.append(("Access-Control-Allow-Headers", asked))
    return with_cors(Response(204, b"", headers), request, cors_origins)


def with_cors(response: Response, request: Request, cors_origins: Sequence[str]) -> Response:
    """Let the request's origin read the response, if the tenant's list has it. Changes the response in place."""
    origin = request.headers.get("origin")
    if "*" in cors_origins:
        if origin is not None:
            response.headers.append(("Access-Control-Allow-Origin", "*"))
            response.headers.append(("Access-Control-Expose-Headers", _EXPOSED))
        return response
    response.headers.append(("Vary", "Origin"))
    if origin is not None and origin in cors_origins:
        response.headers.append(("Access-Control-Allow-Origin", origin))
        response.headers.append(("Access-Control-Expose-Headers", _EXPOSED))
    return response


async def check_origin(request: Request, services: Services, tenant: str) -> None:
    """A page may open a WebSocket when the tenant lets it read: no preflight comes before one.

    Raises:
        Forbidden: ``origin_refused``.
    """
    allowed = await origins_of(request, services, tenant)
    if "origin" in request.headers and "*" not in allowed and request.header("origin") not in allowed:
        raise Forbidden("origin_refused", "Pages of this origin may not read this tenant's data.")


async def origins_of(request: Request, services: Services, tenant: str) -> Sequence[str]:
    """Whose pages may read the answer: a tenant that does not exist is as open as a new one, and tells nothing."""
    if "origin" not in request.headers:
        return ()
    try:
        return (await services.sessions.known(tenant)).tenant.cors_origins
    except NotFound:
        return ANY_ORIGIN
    except DbaasError:
        return ()  # nobody, while that cannot be known
