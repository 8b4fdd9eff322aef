"""Web origins, as browsers send them (RFC 6454 section 6.2, the URL standard's serialisation)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address

from .errors import Invalid

__all__ = ["ANY", "check_origins"]

ANY = "*"
MOST = 100
LONGEST = 255  # characters

_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_origins(origins: Iterable[object]) -> tuple[str, ...]:
    """A tenant's list of origins as browsers will send them: lower case, no default port, each once.

    Empty is nobody; ``*`` alone is everybody. Raises ``Invalid`` (``invalid_origin``).
    """
    found = tuple(dict.fromkeys(_check(origin) for origin in origins))
    if len(found) > MOST:
        raise Invalid("invalid_origin", f"A tenant has at most {MOST} origins.", hint="Or allow all of them with '*'.")
    if ANY in found and len(found) > 1:
        raise Invalid("invalid_origin", "'*' already is every origin.", hint="Give '*' alone, or leave it out.")
    return found


def _check(origin: object) -> str:
    if origin == ANY:
        return ANY
    text = origin.lower() if isinstance(origin, str) else ""
    match = _ORIGIN.fullmatch(text) if len(text) <= LONGEST else None
    if match is None or not _is_host(match["host"]) or not 1 <= int(match["port"] or 1) <= 65535:
        shown = repr(origin[:100]) if isinstance(origin, str) else "What is no text"
        raise Invalid(
            "invalid_origin",
            f"{shown} is not an origin.",
            hint="Write scheme://host or scheme://host:port, without a path or a slash at the end, such as"
            " https://app.example.com; names in other scripts as xn--….",
        )
    scheme, host, port = match["scheme"], match["host"], int(match["port"] or 0)
    return f"{scheme}://{host}" + (f":{port}" if port not in (0, _DEFAULT_PORTS.get(scheme)) else "")


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return ".." not in host
    try:
        # Browsers send the shortest form; another one would never match.
        return str(IPv6Address(host[1:-1])) == host[1:-1]
    except ValueError:
        return False
