"""Which names tenants and databases may have."""

from __future__ import annotations

import re
import unicodedata

from .errors import Invalid

__all__ = [
    "LONGEST_DATABASE_NAME", "RESERVED_DATABASES", "check_database_name", "check_subdomain", "check_tenant_name",
    "derive_subdomain",
]  # fmt: skip

SUBDOMAIN = re.compile(r"[a-z][a-z0-9-]{1,38}")
LONGEST_SUBDOMAIN = 39
LONGEST_TENANT_NAME = 200  # characters
LONGEST_DATABASE_NAME = 63  # bytes; PostgreSQL cuts longer identifiers off without a word

# Names with a meaning in URLs, now or in what may come.
RESERVED_SUBDOMAINS = frozenset({
    "admin", "api", "audit", "auth", "clusters", "dbaas", "docs", "editor", "graphql", "health", "healthz",
    "invitations", "lab", "login", "logout", "metrics", "oidc", "openapi", "openapi-json", "operators",
    "platform", "platform-meta", "realtime", "rest", "static", "status", "storage", "system", "tenants", "token", "v1",
    "v2", "www",
})  # fmt: skip
RESERVED_DATABASES = frozenset({"postgres", "template0", "template1", "platform_meta"})


def check_tenant_name(name: str) -> str:
    """A tenant's name without surrounding space. Raises ``Invalid`` (``invalid_name``)."""
    name = name.strip()
    if not name or len(name) > LONGEST_TENANT_NAME or _has_control(name):
        raise Invalid(
            "invalid_name", f"A tenant's name has 1 to {LONGEST_TENANT_NAME} characters and no control characters."
        )
    return name


def check_subdomain(subdomain: str) -> str:
    """Raises ``Invalid``: ``invalid_subdomain``, ``reserved_name``."""
    if not SUBDOMAIN.fullmatch(subdomain):
        raise Invalid(
            "invalid_subdomain",
            f"{subdomain!r} cannot be a subdomain.",
            hint="Use 2 to 39 characters: lower-case letters, digits and '-', a letter first.",
        )
    if subdomain in RESERVED_SUBDOMAINS:
        raise Invalid("reserved_name", f"{subdomain!r} is a reserved name.", hint="Choose another subdomain.")
    return subdomain


def derive_subdomain(name: str) -> str:
    """The subdomain of a tenant that was given none: its name in plain letters.

    Raises ``Invalid`` (``invalid_subdomain``, ``reserved_name``) when nothing usable comes out.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if words and not words[0].isalpha():
        words = f"t-{words}"
    return check_subdomain(words[:LONGEST_SUBDOMAIN].strip("-"))


def check_database_name(name: str) -> str:
    """A database's name: any text that is not misleading, since it is always quoted.

    Raises ``Invalid``: ``invalid_name``, ``reserved_name``.
    """
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        size = 0
    if not 1 <= size <= LONGEST_DATABASE_NAME or name != name.strip() or "/" in name or _has_control(name):
        raise Invalid(
            "invalid_name",
            "This cannot be a database's name.",
            hint=f"Use 1 to {LONGEST_DATABASE_NAME} bytes, no '/', no control characters, no space at either end.",
        )
    if name.lower() in RESERVED_DATABASES:
        raise Invalid("reserved_name", f"{name!r} is a reserved name.", hint="Choose another name.")
    return name


def _has_control(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text)
