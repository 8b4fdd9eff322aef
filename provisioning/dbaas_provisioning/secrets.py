"""The master key and what hangs on it: secrets at rest, API keys, person tokens; and how to keep them out of logs.

1. One key file, mode 0600, at ``DBAAS_MASTER_KEY_FILE`` or in the data folder. Who has it has everything.
2. Secrets at rest are AES-256-GCM with their row as associated data: moved to another row they do not open.
3. API keys are random and stored as SHA-256: there is nothing to guess, so nothing to slow down.
4. Keys for other purposes (signing person tokens) are derived with HKDF; the master key itself signs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import Unauthorized, Unavailable
from .nouns import Home, JwtSecret, KeyRole

__all__ = [
    "PREFIX_LENGTH",
    "PersonToken",
    "Vault",
    "hash_key",
    "master_key_file",
    "new_api_key",
    "new_invitation",
    "new_jwt_secret",
    "new_password",
    "redact",
]

PREFIX_LENGTH = 12  # of an API key: enough to recognise it, too little to guess the rest
PERSON_TOKEN, API_KEY, INVITATION = "dbt_", "dbk_", "dbi_"
ROLE_LETTERS = {KeyRole.anon: "p", KeyRole.service_role: "s", KeyRole.admin: "a"}  # publishable, secret, admin
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NONCE_BYTES, KEY_BYTES = 12, 32
VERSION = b"\x01"


def master_key_file(home: Home) -> Path:
    """Where the master key is: ``DBAAS_MASTER_KEY_FILE``, else ``master.key`` in the data folder."""
    chosen = os.environ.get("DBAAS_MASTER_KEY_FILE")
    return Path(chosen).expanduser() if chosen else home.path / "master.key"


class Vault:
    """Opens and closes secrets with the master key. Its ``repr`` shows nothing of it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_derive(key, b"secrets at rest"))
        self._token_key = _derive(key, b"person tokens")

    @classmethod
    def open(cls, home: Home, *, create: bool = False) -> Vault:
        """Read the master key; with ``create``, make it when there is none.

        Raises ``Unavailable``: ``master_key_missing``, ``master_key_exposed`` (others may read it),
        ``master_key_invalid``.
        """
        path = master_key_file(home)
        if create:
            _create(path)
        try:
            if path.stat().st_mode & 0o077:
                raise Unavailable(
                    "master_key_exposed", f"Other users may read the master key {path}.", hint=f"Run: chmod 600 {path}"
                )
            key = base64.b64decode(path.read_bytes(), validate=False)
        except FileNotFoundError:
            raise Unavailable(
                "master_key_missing",
                f"The master key {path} is missing; without it no stored secret can be read.",
                hint="Restore it from your backup, or name its place in DBAAS_MASTER_KEY_FILE.",
            ) from None
        except (OSError, ValueError) as error:
            raise Unavailable(
                "master_key_invalid", f"The master key {path} cannot be read.", details=type(error).__name__
            ) from None
        if len(key) != KEY_BYTES:
            raise Unavailable(
                "master_key_invalid", f"The master key {path} is damaged.", hint="Restore it from your backup."
            )
        return cls(key)

    def encrypt(self, secret: str, context: str) -> str:
        """Close a secret; it opens only with the same ``context`` (the row's id and the secret's purpose)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        closed = VERSION + nonce + self._cipher.encrypt(nonce, secret.encode(), context.encode())
        return base64.urlsafe_b64encode(closed).decode()

    def decrypt(self, closed: str, context: str) -> str:
        """Open a secret. Raises ``Unavailable`` (``master_key_wrong``) when key or context is another one."""
        try:
            data = base64.urlsafe_b64decode(closed)
            if data[:1] != VERSION:
                raise InvalidTag
            nonce, text = data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :]
            return self._cipher.decrypt(nonce, text, context.encode()).decode()
        except (InvalidTag, ValueError):
            raise Unavailable(
                "master_key_wrong",
                "A stored secret does not open with this master key.",
                hint="Use the key that this data folder was made with.",
            ) from None

    def person_token(self, person: str, ttl_seconds: int, *, epoch: int = 0, tenant: str | None = None) -> str:
        """``dbt_`` and an HS256 token that names a person; see :class:`PersonToken` for what it says of them."""
        now = int(time.time())
        claims = {"sub": person, "iat": now, "exp": now + ttl_seconds, "aud": "dbaas person", "epoch": epoch}
        claims["jti"] = secrets.token_urlsafe(12)
        if tenant is not None:
            claims["tenant"] = tenant
        return PERSON_TOKEN + jwt.encode(claims, self._token_key, algorithm="HS256")

    def check_person_token(self, token: str) -> PersonToken:
        """What a token says. Raises ``Unauthorized``: ``token_expired``, ``token_invalid``."""
        if not token.startswith(PERSON_TOKEN):
            raise Unauthorized("token_invalid", "This is not a person's token.")
        try:
            claims = jwt.decode(
                token.removeprefix(PERSON_TOKEN), self._token_key, algorithms=["HS256"], audience="dbaas person",
                options={"require": ["sub", "exp", "aud", "epoch", "jti"]},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise Unauthorized("token_expired", "The token has expired.", hint="Log in again.") from None
        except jwt.InvalidTokenError:
            raise Unauthorized("token_invalid", "The token is not valid.", hint="Log in again.") from None
        return PersonToken(
            str(claims["sub"]), int(claims["epoch"]), claims.get("tenant"), float(claims["exp"]), str(claims["jti"])
        )


@dataclass(frozen=True, slots=True)
class PersonToken:
    """What a person's token says.

    Attributes:
        epoch: while it was signed; the person's tokens of another one are void.
        tenant: the subdomain of the only tenant that it opens; None for all of the person's.
        expires_at: seconds since 1970.
        id: no other token has it.
    """

    person: str
    epoch: int
    tenant: str | None
    expires_at: float
    id: str


def new_api_key(role: KeyRole) -> str:
    """A new API key: ``dbk_``, a letter for its role, 43 random characters (256 bits)."""
    return f"{API_KEY}{ROLE_LETTERS[role]}_{_guessed_by_nobody()}"


def new_invitation() -> str:
    """``dbi_`` and 43 random characters: who has it may become a member, once."""
    return INVITATION + _guessed_by_nobody()


def _guessed_by_nobody() -> str:
    return "".join(secrets.choice(BASE62) for _ in range(43))


def new_password() -> str:
    """A login's password: 142 random bits, of characters that need no quoting anywhere."""
    return "".join(secrets.choice(BASE62) for _ in range(24))


def hash_key(key: str) -> bytes:
    """What is kept of an API key or an invitation."""
    return hashlib.sha256(key.encode()).digest()


def new_jwt_secret() -> JwtSecret:
    """A new signing secret: 384 bits, more than HS256 can use, of characters that need no quoting."""
    return JwtSecret(secrets.token_hex(8), secrets.token_urlsafe(48))


_SECRETS = re.compile(
    r"(?P<key>\bdb[kti]_(?:[a-z]_)?)[A-Za-z0-9_.-]+"
    r"|(?P<url>://[^\s:/@]*+:)[^\s/@]++(?=@)",
    re.IGNORECASE,
)
# A run of letters is gone through once, whether or not a dot ends it.
_SIGNED = re.compile(r"\b(eyJ)[A-Z0-9_-]++(\.[A-Z0-9_.-]*+)?", re.IGNORECASE)


def redact(text: str) -> str:
    """``text`` without API keys, person tokens, JWTs and passwords in URLs; for everything that is logged."""
    text = _SECRETS.sub(lambda match: (match["key"] or match["url"]) + "***", text)
    return _SIGNED.sub(lambda match: match[0] if match[2] is None else match[1] + "***", text)


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(key)


def _create(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise Unavailable(
            "master_key_unwritable", f"The master key {path} cannot be created: {error.strerror}."
        ) from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
