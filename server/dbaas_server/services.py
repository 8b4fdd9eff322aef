"""What every handler is given."""

from __future__ import annotations

from dataclasses import dataclass

from dbaas_provisioning.platform import Platform

from .auth import Authenticator
from .sessions import Sessions

__all__ = ["Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """The platform, its open databases and who may use them, in one process."""

    platform: Platform
    sessions: Sessions
    auth: Authenticator

    @classmethod
    def over(cls, platform: Platform) -> Services:
        """Everything on top of an open platform."""
        sessions = Sessions(platform)
        return cls(platform, sessions, Authenticator(platform, sessions))

    async def close(self) -> None:
        """Close every session and the platform."""
        await self.sessions.close()
        await self.platform.close()
