"""``/v1/login`` and ``/login``: a terminal logs in, and a signed-in person says on a page that it may."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources
from urllib.parse import quote, urljoin

from dbaas_provisioning.errors import Forbidden

from ..auth import Asker
from ..body import body_fields, required
from ..http import Request, Response, json_response
from ..services import Services

__all__ = ["MAX_BODY", "begin", "confirm", "finish", "look", "page"]

MAX_BODY = 4 * 1024
_ASK_AGAIN_SECONDS = 2
_NEVER_KEPT = [("Cache-Control", "no-store")]


async def begin(request: Request, services: Services) -> Response:
    """A code for a person to confirm, and what the terminal asks with meanwhile (the answer of RFC 8628, 3.2)."""
    fields = await body_fields(request, {"name": str})
    made = await services.platform.terminals.begin(fields.get("name", "a terminal"))
    where = f"{request.base_url}/login"
    if services.hub is not None:  # whoever signs in to the Hub is led to their own Jupyter, which knows them
        where = urljoin(f"{request.base_url}/", services.hub.settings.pages) + "user-redirect/dbaas/login"
    body = {
        "device_code": made.device,
        "user_code": made.code,
        "verification_uri": where,
        "verification_uri_complete": f"{where}?code={quote(made.code)}",
        "expires_at": int(made.expires_at.timestamp()),
        "interval": _ASK_AGAIN_SECONDS,
    }
    return json_response(body, 201, _NEVER_KEPT)


async def finish(request: Request, services: Services) -> Response:
    """The token, once; 202 while nobody confirmed. 404 ``login_not_found`` when it is over."""
    fields = await body_fields(request, {"device_code": str})
    done = await services.platform.terminals.finish(required(fields, "device_code"))
    if done is None:
        return json_response({"state": "pending"}, 202, _NEVER_KEPT)
    return json_response(
        {"token": done.token, "person": done.person, "expires_at": done.expires_at}, headers=_NEVER_KEPT
    )


async def look(request: Request, services: Services) -> Response:
    """What a code would let in, and as whom. 404 ``code_not_found``, 403 ``too_many_codes``."""
    asker, person = await _person(request, services)
    fields = await body_fields(request, {"code": str})
    found = await services.platform.terminals.look(required(fields, "code"), person=person)
    return json_response(
        {"asked_by": found.asked_by, "person": asker.actor, "expires_at": int(found.expires_at.timestamp())},
        headers=_NEVER_KEPT,
    )


async def confirm(request: Request, services: Services) -> Response:
    """Let the terminal in as the person who asks. As :func:`look`; a code works once."""
    asker, person = await _person(request, services)
    fields = await body_fields(request, {"code": str})
    await services.platform.terminals.confirm(required(fields, "code"), person=person, until=asker.ends)
    return Response(204)


async def page(request: Request, services: Services) -> Response:
    """The page. It holds nothing: who is signed in, its questions show."""
    text, script, style = _page()
    policy = (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", policy),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-cache"),
    ]
    return Response(200, text, headers)


async def _person(request: Request, services: Services) -> tuple[Asker, str]:
    """Who confirms: a person, with nothing less than all that they may."""
    asker = await services.auth.asker(request)
    asker.require_unbound()
    if asker.person is None:
        raise Forbidden("person_needed", "A key is no person.", hint="Send it with each request instead.")
    return asker, asker.person


@lru_cache(maxsize=1)
def _page() -> tuple[bytes, str, str]:
    """The page, and the digests of its script and its style, which are the only ones that a browser runs there."""
    text = resources.files(__package__).joinpath("login.html").read_text(encoding="utf-8")
    return text.encode(), _digest(text, "script"), _digest(text, "style")


def _digest(text: str, tag: str) -> str:
    inside = text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
    return "sha256-" + base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
