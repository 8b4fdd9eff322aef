"""What every handler is given."""

from __future__ import annotations

from dataclasses import dataclass

from dbaas_provisioning.platform import Platform

from .auth import Authenticator
from .feeds import Feeds
from .feeds.remote import SocketFeeds
from .sessions import Sessions

__all__ = ["Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """The platform, its open databases and who may use them, in one process."""

    platform: Platform
    sessions: Sessions
    auth: Authenticator
    feeds: Feeds

    @classmethod
    def over(cls, platform: Platform, feeds: Feeds | None = None) -> Services:
        """Everything on top of an open platform.

        Args:
            feeds: where changes come from; without them, from the daemon.
        """
        sessions = Sessions(platform)
        return cls(platform, sessions, Authenticator(platform, sessions), feeds or SocketFeeds(platform.home))

    async def close(self) -> None:
        """Close every feed, every session and the platform."""
        await self.feeds.close()
        await self.sessions.close()
        await self.platform.close()
