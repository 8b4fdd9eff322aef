"""GraphiQL for a browser that opens a GraphQL endpoint.

The page holds no data and no secret, so everybody may load it; the key that a person types stays in their tab and goes
with each question to the address that the page came from. It is the build of ``extension/src/graphiql`` (npm's
``graphiql``), and nothing on it comes from another machine.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dbaas_provisioning.errors import NotFound, Unavailable

from ..http import Request, Response
from ..services import Services

__all__ = ["asset", "browser_asks", "page"]

_FOLDER = Path(__file__).resolve().parent / "static"
_TYPES = {"graphiql.js": "text/javascript; charset=utf-8", "graphiql.css": "text/css; charset=utf-8"}
_JSON = ("application/json", "application/graphql-response+json")

# The editor sets styles on its elements, and its fonts are inside its style sheet; scripts are ours alone.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{up}graphiql/graphiql.css?v={style}">
<style>html, body, #graphiql {{ height: 100%; margin: 0 }}</style>
</head>
<body>
<div id="graphiql"></div>
<script src="{up}graphiql/graphiql.js?v={script}"></script>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class _Asset:
    plain: bytes
    packed: bytes
    digest: str


def browser_asks(request: Request) -> bool:
    """Whether a person opened this URL in a browser, rather than a client asking for data."""
    accepted = request.header("accept").lower()
    return request.method == "GET" and "text/html" in accepted and not any(kind in accepted for kind in _JSON)


def page(request: Request) -> Response:
    """The page, for any endpoint. Raises ``Unavailable`` (``page_not_built``) in a checkout without its build."""
    # Relative, so that it holds below Jupyter's base URL and behind a proxy's prefix.
    up = "../" * (request.path.count("/") - 1)
    body = _PAGE.format(up=up, script=_load("graphiql.js").digest, style=_load("graphiql.css").digest)
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", _POLICY),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept"),
    ]
    return Response(200, body.encode(), headers)


async def asset(request: Request, services: Services) -> Response:
    """``/graphiql/{asset}``: the page's script or style sheet. Its URL names its digest, so it may be kept for ever."""
    name = request.params["asset"]
    if name not in _TYPES:
        raise NotFound("no_such_url", "There is nothing at this URL.")
    found = _load(name)
    headers = [
        ("Content-Type", _TYPES[name]),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "public, max-age=31536000, immutable"),
        ("Vary", "Accept-Encoding"),
    ]
    if "gzip" not in request.header("accept-encoding"):
        return Response(200, found.plain, headers)
    return Response(200, found.packed, [*headers, ("Content-Encoding", "gzip")])


@lru_cache(maxsize=len(_TYPES))
def _load(name: str) -> _Asset:
    try:
        plain = (_FOLDER / name).read_bytes()
    except FileNotFoundError:
        raise Unavailable(
            "page_not_built", "GraphiQL was not built in this checkout.", hint="`make run` builds it; wheels have it."
        ) from None
    return _Asset(plain, gzip.compress(plain, 6, mtime=0), hashlib.sha256(plain).hexdigest()[:16])
