"""Logging in from a terminal: it shows a code, a person who is signed in elsewhere confirms it, it is given a token.

The shape is that of the OAuth 2.0 device authorization grant (RFC 8628). Both secrets are kept as SHA-256 only: the
terminal's is not to be guessed, and the short one, which is, can be tried a few times only, by signed-in persons.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta

from ..errors import Forbidden, Invalid, NotFound
from ..meta.store import Store
from ..nouns import LoginBegun, LoginDone, PendingLogin
from ..secrets import hash_key
from .audit import audited
from .members import Members

__all__ = ["Terminals"]

VALID = timedelta(minutes=10)
TOKEN_SECONDS = 30 * 24 * 3600
HUB_SECONDS = 24 * 3600  # of a JupyterHub's users: the Hub does not tell whom it no longer lets in
MOST_AT_A_TIME = 1_000
MOST_FAILURES = 10  # of a person, in as long as a code is valid
LONGEST_NAME = 100
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 section 6.1: no vowels, so no words; 8 of 20 are 34 bits
LETTERS = 8


class Terminals:
    """Errors and ``actor`` as :class:`Platform` says."""

    def __init__(self, store: Store, members: Members) -> None:
        self._store = store
        self._members = members

    async def begin(self, asked_by: str) -> LoginBegun:
        """A login that waits for a person.

        Args:
            asked_by: what the terminal says of itself; anybody may say anything.

        Raises ``Invalid`` (``invalid_name``), ``Unavailable`` (``too_many_logins``).
        """
        if not asked_by.strip() or len(asked_by) > LONGEST_NAME or not asked_by.isprintable():
            raise Invalid("invalid_name", f"A terminal's name has 1 to {LONGEST_NAME} characters.")
        device, code = secrets.token_urlsafe(32), "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
        expires_at = await self._store.terminals.insert(
            hash_key(device), hash_key(code), asked_by.strip(), valid=VALID, most=MOST_AT_A_TIME
        )
        return LoginBegun(device, f"{code[: LETTERS // 2]}-{code[LETTERS // 2 :]}", expires_at)

    async def look(self, code: str, *, person: str) -> PendingLogin:
        """What a code would let in, before somebody confirms it. Raises as :meth:`confirm`."""
        plain = await self._tried(code, person)
        found = await self._store.terminals.find(hash_key(plain))
        if found is None:
            raise await self._wrong(person)
        return found

    async def confirm(self, code: str, *, person: str, until: float | None) -> None:
        """Let the terminal with this code in, as this person. A code can be confirmed once.

        Args:
            until: as of ``time.time``; when the token ends at the latest, None for the longest that there is.

        Raises ``NotFound`` (``code_not_found``), ``Forbidden`` (``too_many_codes``).
        """
        async with audited(self._store, "confirm_login", person, None, person):
            plain = await self._tried(code, person)
            end = None if until is None else datetime.fromtimestamp(until, UTC)
            if await self._store.terminals.confirm(hash_key(plain), person, end) is None:
                raise await self._wrong(person)

    async def finish(self, device: str) -> LoginDone | None:
        """The terminal's token, once; None while nobody confirmed.

        Raises ``NotFound`` (``login_not_found``): it expired, or was finished.
        """
        found = await self._store.terminals.take(hash_key(device))
        if isinstance(found, bool):
            raise NotFound("login_not_found", "This login has expired.", hint="Begin another one.")
        if found is None:
            return None
        person, until = found
        now = time.time()
        end = now + (HUB_SECONDS if person.startswith("hub:") else TOKEN_SECONDS)
        if until is not None:
            end = min(end, until.timestamp())
        token = await self._members.token(person, ttl_seconds=int(end - now))
        return LoginDone(token, person, int(end))

    async def _tried(self, code: str, person: str) -> str:
        if await self._store.terminals.failures(person, VALID) >= MOST_FAILURES:
            raise Forbidden("too_many_codes", "You tried too many codes.", hint=f"Wait {VALID.seconds // 60} minutes.")
        return "".join(letter for letter in code.upper() if letter.isalnum())

    async def _wrong(self, person: str) -> NotFound:
        await self._store.terminals.fail(person, VALID)
        return NotFound(
            "code_not_found", "That code is not valid (any more).", hint="Codes hold ten minutes, and once."
        )
