"""Who signed in with an OpenID provider: its ID tokens, checked with its own keys.

What is asked of the network: the discovery document of a provider that an operator registered, and the keys that it
names (OpenID Connect Discovery 1.0 section 4). Nothing that a token says makes anybody else be asked. Answers are small
and soon, or nothing; redirects are not followed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import orjson

from dbaas_provisioning.errors import Unauthorized, Unavailable
from dbaas_provisioning.nouns import OidcIssuer
from dbaas_provisioning.persons import is_person
from dbaas_provisioning.platform import Platform, is_trustworthy

__all__ = ["OpenIdProviders"]

LONGEST_TOKEN = 16 * 1024  # characters: providers put groups into them
_ALGORITHMS: Mapping[str, Mapping[str, str]] = {"RS256": {"kty": "RSA"}, "ES256": {"kty": "EC", "crv": "P-256"}}
_CLOCK_SKEW_SECONDS = 30
_KEYS_SECONDS = 3600.0
_LONGEST_SECONDS = 24 * 3600.0  # while the provider does not answer
_AGAIN_SECONDS = 5.0  # at the earliest: for keys that nobody knows, and for providers that do not answer
_PATIENCE_SECONDS = 10.0
_LONGEST_ANSWER = 512 * 1024
_MOST_KEYS = 100
_LEAST_RSA_BITS = 2048


@dataclass(slots=True)
class _Provider:
    """What is known of a provider.

    Attributes:
        got: when the keys came, as of ``time.monotonic``.
        asked: when they were asked for last.
    """

    keys: list[dict[str, Any]] = field(default_factory=list)
    got: float = float("-inf")
    asked: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class OpenIdProviders:
    """Checks ID tokens. Belongs to one event loop."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._registered: dict[str, OidcIssuer] | None = None
        self._providers: dict[str, _Provider] = {}
        self._changes = 0
        platform.on_change(self._forget)

    def _forget(self, kind: str, identity: str) -> None:
        if not identity:
            self._changes += 1
            self._registered = None
            self._providers.clear()

    async def registered(self) -> Mapping[str, OidcIssuer]:
        """The providers whose word is taken, by URL."""
        known = self._registered
        if known is None:
            changes = self._changes
            known = {one.issuer: one for one in await self._platform.issuers.all()}
            if changes == self._changes:
                self._registered = known
        return known

    async def person(self, token: str, nonce: str | None = None) -> str:
        """Who an ID token says somebody is (OpenID Connect Core 1.0 section 3.1.3.7).

        Args:
            nonce: that the sign-in was begun with; the token has to have it.

        Raises:
            Unauthorized: ``id_token_invalid``, ``token_expired``.
            Unavailable: ``provider_unreachable``.
        """
        header, issuer = await self._named(token)
        for fresh in (False, True):
            try:
                key = _chosen(await self._keys(issuer, fresh=fresh), header)
                break
            except LookupError:
                continue
        else:
            raise _invalid("It is signed with a key that its provider does not know.")
        claims = _verified(token, key, header["alg"], issuer)
        if nonce is not None and claims.get("nonce") != nonce:
            raise _invalid("It belongs to another sign-in.")
        person = f"oidc:{issuer.issuer}#{claims['sub']}"
        if not is_person(person):
            raise _invalid("Its subject is no name.")
        return person

    async def _named(self, token: str) -> tuple[dict[str, Any], OidcIssuer]:
        """What an unverified token says of how it was signed, and by whom; only what is known goes on."""
        if len(token) > LONGEST_TOKEN:
            raise _invalid(f"It is longer than {LONGEST_TOKEN:,} characters.")
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError):
            raise _invalid("It cannot be read.") from None
        if not isinstance(algorithm := header.get("alg"), str) or algorithm not in _ALGORITHMS:
            raise _invalid(f"It has to be signed with {' or '.join(_ALGORITHMS)}.")
        named = claims.get("iss")
        issuer = (await self.registered()).get(named) if isinstance(named, str) else None
        if issuer is None:
            raise _invalid("Its provider is not registered here.")
        return header, issuer

    async def _keys(self, issuer: OidcIssuer, *, fresh: bool) -> list[dict[str, Any]]:
        """A provider's keys, asked for anew when they are old, or ``fresh`` ones are wanted; never too often."""
        provider = self._providers.setdefault(issuer.issuer, _Provider())
        async with provider.lock:
            now = time.monotonic()
            if now - provider.asked >= _AGAIN_SECONDS and (fresh or now - provider.got >= _KEYS_SECONDS):
                provider.asked = now
                with contextlib.suppress(Unavailable):  # what came before holds for a while
                    provider.keys, provider.got = await _asked_for_keys(issuer), now
            if now - provider.got >= _LONGEST_SECONDS:
                raise _unreachable(issuer)
            return provider.keys


async def _asked_for_keys(issuer: OidcIssuer) -> list[dict[str, Any]]:
    import httpx  # takes a tenth of a second to import: only where there are providers

    try:
        async with (
            asyncio.timeout(_PATIENCE_SECONDS),
            httpx.AsyncClient(follow_redirects=False, timeout=_PATIENCE_SECONDS) as client,
        ):
            about = await _json(client, f"{issuer.issuer.rstrip('/')}/.well-known/openid-configuration")
            place = about.get("jwks_uri")
            if about.get("issuer") != issuer.issuer or not isinstance(place, str) or not is_trustworthy(place):
                raise ValueError("the discovery document is another one's")
            if place.startswith("http:") and not issuer.issuer.startswith("http:"):
                raise ValueError("the keys are in the open")
            keys = (await _json(client, place)).get("keys")
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise _unreachable(issuer) from None
    if not isinstance(keys, list):
        raise _unreachable(issuer)
    return [key for key in keys[:_MOST_KEYS] if isinstance(key, dict)]


async def _json(client: Any, url: str) -> dict[str, Any]:
    """A small document. Raises ``ValueError`` for anything else."""
    body = b""
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
        if answer.status_code != 200:
            raise ValueError("not there")
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > _LONGEST_ANSWER:
                raise ValueError("too long")
    found = orjson.loads(body)
    if not isinstance(found, dict):
        raise ValueError("no document")
    return found


def _chosen(keys: list[dict[str, Any]], header: Mapping[str, Any]) -> Any:
    """The key that a token was signed with. Raises ``LookupError`` when none, or none for sure, is the one."""
    algorithm = header["alg"]
    fitting = [
        key
        for key in keys
        if all(key.get(name) == value for name, value in _ALGORITHMS[algorithm].items())
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and ("kid" not in header or key.get("kid") == header["kid"])
    ]
    if len(fitting) != 1:
        raise LookupError
    try:
        key = jwt.PyJWK(fitting[0], algorithm=algorithm).key
    except jwt.PyJWTError:
        raise LookupError from None
    if algorithm == "RS256" and key.key_size < _LEAST_RSA_BITS:
        raise LookupError
    return key


def _verified(token: str, key: Any, algorithm: str, issuer: OidcIssuer) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=issuer.audience,
            issuer=issuer.issuer,
            leeway=_CLOCK_SKEW_SECONDS,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError:
        raise Unauthorized("token_expired", "The token has expired.", hint="Sign in again.") from None
    except (jwt.PyJWTError, ValueError, OverflowError) as error:
        raise _invalid(f"{error}.") from None
    audiences = claims["aud"]
    party = claims.get("azp")
    if party not in (None, issuer.audience) or (isinstance(audiences, list) and len(audiences) > 1 and party is None):
        raise _invalid("It was made for somebody else.")
    return claims


def _invalid(why: str) -> Unauthorized:
    return Unauthorized("id_token_invalid", "The ID token is not valid.", details=why, hint="Sign in again.")


def _unreachable(issuer: OidcIssuer) -> Unavailable:
    return Unavailable(
        "provider_unreachable",
        f"The provider {issuer.name!r} cannot be asked for its keys.",
        hint="Try again later; `dbaas oidc list` shows where it is asked.",
    )
