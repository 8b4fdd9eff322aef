"""What of a request may leave this Jupyter, and what of an answer may come back."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote_plus, urlsplit

from ..auth import carries_credential
from ..http import Request

__all__ = ["answered_headers", "forwarded_headers", "forwarded_query", "here"]

# RFC 9110 section 7.6.1, with what older clients send.
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade", "http2-settings"}
)  # fmt: skip

# Jupyter's, the browser's about Jupyter's page, and what the next connection says for itself.
_STAYS_HERE = frozenset(
    {"authorization", "cookie", "host", "x-xsrftoken", "x-csrftoken", "referer", "forwarded", "expect",
     "x-real-ip", "x-scheme", "content-length"}
)  # fmt: skip
_STAYS_HERE_PREFIXES = ("x-forwarded-", "sec-")

# Of the platform's host and its proxies: here they would speak for Jupyter's.
_STAYS_THERE = frozenset(
    {"set-cookie", "set-cookie2", "strict-transport-security", "alt-svc", "clear-site-data", "server"}
)
_JUPYTERS_QUERY = frozenset({"token", "_xsrf"})


def forwarded_headers(request: Request, token: str | None) -> list[tuple[str, str]]:
    """A request's headers as the platform gets them.

    Args:
        token: the person's, where Jupyter said that it is this person who asks; else what the request brings counts.
    """
    named = _named_by_connection(request.headers.get("connection", ""))
    headers = [
        (name, value)
        for name, value in request.headers.items()
        if name not in _HOP | _STAYS_HERE | named and not name.startswith(_STAYS_HERE_PREFIXES)
    ]
    if token is None:
        given = request.headers.get("authorization", "")
        if carries_credential({"authorization": given}):  # else it is Jupyter's token
            headers.append(("authorization", given))
    else:
        # Who asks is decided: no key beside the token, and no page that would need leave to read.
        headers = [(name, value) for name, value in headers if name not in ("apikey", "origin")]
        headers.append(("authorization", f"Bearer {token}"))
    return headers


def forwarded_query(query: str, *, jupyters: bool) -> str:
    """The query string, without what Jupyter reads of it where ``jupyters``: elsewhere a column may be called so."""
    if not jupyters:
        return query
    return "&".join(pair for pair in query.split("&") if unquote_plus(pair.partition("=")[0]) not in _JUPYTERS_QUERY)


def answered_headers(headers: Iterable[tuple[str, str]], there: str, mounted: str) -> list[tuple[str, str]]:
    """An answer's headers as the client here gets them; where they name places of the platform, those here.

    Args:
        there: the platform's URL.
        mounted: where the client finds it: scheme, host and mount point.
    """
    pairs = [(name.lower(), value) for name, value in headers]
    named = _named_by_connection(",".join(value for name, value in pairs if name == "connection"))
    hidden = _HOP | _STAYS_THERE | named
    return [
        (name, here(value, there, mounted) if name == "location" else value)
        for name, value in pairs
        if name not in hidden
    ]


def here(location: str, there: str, mounted: str) -> str:
    """A place of the platform as it is called here; any other as it is."""
    path = urlsplit(there).path
    for known, called in ((there, mounted), (path, urlsplit(mounted).path)):
        rest = location.removeprefix(known)
        if known and rest != location and rest[:1] in ("", "/", "?"):
            return called + rest
    return location


def _named_by_connection(value: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in value.split(",") if name.strip())
