"""One connected client, as far as commands are concerned: who it is and what was agreed with it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ..documents.codec import Document
from .accounts import Account
from .scram import Conversation

__all__ = ["Client", "Login"]


@dataclass(slots=True)
class Login:
    """A SCRAM conversation under way.

    Attributes:
        account: None for a user who does not exist; nobody is told before the end.
        skips_empty: the client does without the empty exchange at the end.
        proven: the proof was right; only that empty exchange is missing.
    """

    id: int
    conversation: Conversation
    account: Account | None
    skips_empty: bool
    proven: bool = False
    began: float = field(default_factory=time.monotonic)


@dataclass(slots=True, eq=False)
class Client:
    """Lives as long as its connection.

    Attributes:
        id: ``connectionId``.
        address: host and port, for people.
        account: who is logged in; None before.
        owner: digest that tells this user's sessions from everybody else's.
        compressors: agreed on, by number.
        metadata: what the driver says of itself.
    """

    id: int
    address: str
    account: Account | None = None
    owner: bytes = b""
    login: Login | None = None
    compressors: frozenset[int] = frozenset()
    metadata: Document = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def application(self) -> str:
        """The name that a driver's user gave with ``appName``."""
        application = self.metadata.get("application")
        name = application.get("name") if isinstance(application, dict) else None
        return name if isinstance(name, str) else ""
