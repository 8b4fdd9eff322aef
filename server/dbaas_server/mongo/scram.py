"""SCRAM-SHA-256, the server's side. RFC 5802, RFC 7677; MongoDB's "Authentication" specification. Pure.

What is stored of a password is salted and hashed; it does not let anybody log in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from ..documents.errors import Code, DocumentError

__all__ = ["ITERATIONS", "Conversation", "Verifier", "decoy", "failed", "user_name", "verifier_of"]

ITERATIONS: Final = 15_000
_NONCE_BYTES: Final = 18


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is kept of a password."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


def verifier_of(password: str, *, salt: bytes | None = None, iterations: int = ITERATIONS) -> Verifier:
    """Salt and hash a password, of ASCII characters (ours are), which SASLprep leaves as they are."""
    salt = secrets.token_bytes(28) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = _hmac(salted, b"Client Key")
    return Verifier(salt, iterations, hashlib.sha256(client_key).digest(), _hmac(salted, b"Server Key"))


def decoy(user: str, secret: bytes) -> Verifier:
    """What to go on with for a user who does not exist: the same every time, and right for no password."""
    salt = _hmac(secret, user.encode())[:28]
    return Verifier(salt, ITERATIONS, secrets.token_bytes(32), secrets.token_bytes(32))


def user_name(first: bytes) -> str:
    """Who wants to log in, from the client's first message. Raises ``AuthenticationFailed``."""
    return _First.parse(first).user


class Conversation:
    """One login: ``first`` and then ``final``, each with the client's message and returning the server's.

    Args:
        verifier: of the user that :func:`user_name` gave.
        nonce: the server's part.
    """

    def __init__(self, verifier: Verifier, *, nonce: str | None = None) -> None:
        self._verifier = verifier
        self._nonce = nonce or secrets.token_urlsafe(_NONCE_BYTES)
        self._both = ""
        self._said = ""

    def first(self, message: bytes) -> bytes:
        """Answer the client's first message with salt and iterations. Raises ``AuthenticationFailed``."""
        first = _First.parse(message)
        self._both = first.nonce + self._nonce
        salt = base64.b64encode(self._verifier.salt).decode()
        answer = f"r={self._both},s={salt},i={self._verifier.iterations}"
        self._said = f"{first.bare},{answer}"
        return answer.encode()

    def final(self, message: bytes) -> bytes:
        """Check the client's proof and give the server's. Raises ``AuthenticationFailed``."""
        try:
            text = message.decode()
            without_proof, _, proof_text = text.rpartition(",p=")
            proof = base64.b64decode(proof_text, validate=True)
            fields = dict(part.split("=", 1) for part in without_proof.split(","))
        except ValueError:
            raise failed() from None
        if fields.get("c") != "biws" or fields.get("r") != self._both or not self._both or len(proof) != 32:
            raise failed()
        said = f"{self._said},{without_proof}".encode()
        signature = _hmac(self._verifier.stored_key, said)
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), self._verifier.stored_key):
            raise failed()
        return b"v=" + base64.b64encode(_hmac(self._verifier.server_key, said))


def failed() -> DocumentError:
    """The one answer to whatever is wrong with a login."""
    return DocumentError(Code.AuthenticationFailed, "Authentication failed.")


@dataclass(frozen=True, slots=True)
class _First:
    user: str
    nonce: str
    bare: str

    @classmethod
    def parse(cls, message: bytes) -> _First:
        try:
            text = message.decode()
            header, bare = text[:3], text[3:]
            if header not in ("n,,", "y,,"):
                raise ValueError
            fields = dict(part.split("=", 1) for part in bare.split(","))
            user = fields["n"].replace("=2C", ",").replace("=3D", "=")
            if not user or not fields["r"] or "m" in fields:
                raise ValueError
        except (ValueError, KeyError):
            raise failed() from None
        return cls(user, fields["r"], bare)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
