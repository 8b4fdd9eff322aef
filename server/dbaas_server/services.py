"""What every handler is given."""

from __future__ import annotations

from dataclasses import dataclass

from dbaas_provisioning.platform import Platform

from .attendance import Attendance
from .auth import Authenticator, Hub
from .feeds import Feeds
from .feeds.hub import Hubs
from .feeds.remote import SocketFeeds
from .mongo_clients import MongoClients
from .open_results import OpenResults
from .rates import Rates
from .rooms import Rooms
from .sessions import Sessions
from .turnstile import Turnstile

__all__ = ["Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """The platform, its open databases and who may use them, in one process.

    Attributes:
        attendance: connections that stay, and what their tenants' plans allow.
        rates: how fast counters of databases grow.
        results: of statements, that stay open for who reads them.
        mongo: this process as a client of document databases.
        hub: the JupyterHub that this process is a service of.
        turnstile: how many requests tenants make.
    """

    platform: Platform
    sessions: Sessions
    auth: Authenticator
    feeds: Feeds
    hubs: Hubs
    rooms: Rooms
    attendance: Attendance
    rates: Rates
    results: OpenResults
    mongo: MongoClients
    hub: Hub | None
    turnstile: Turnstile

    @classmethod
    def over(cls, platform: Platform, feeds: Feeds | None = None, hub: Hub | None = None) -> Services:
        """Everything on top of an open platform.

        Args:
            feeds: where changes come from; without them, from the daemon.
            hub: whose users' tokens are taken; without one, no Hub's are.
        """
        sessions = Sessions(platform)
        feeds = feeds or SocketFeeds(platform.home)
        return cls(
            platform,
            sessions,
            Authenticator(platform, sessions, hub),
            feeds,
            Hubs(platform, sessions, feeds),
            Rooms(platform.home),
            Attendance(platform),
            Rates(),
            OpenResults(platform),
            MongoClients(platform),
            hub,
            Turnstile(platform.home),
        )

    async def close(self) -> None:
        """Close every hub, room, feed, client and session, and the platform."""
        if self.hub is not None:
            await self.hub.close()
        await self.attendance.close()
        await self.results.close()
        await self.hubs.close()
        await self.rooms.close()
        await self.feeds.close()
        await self.mongo.close()
        await self.sessions.close()
        self.turnstile.close()
        await self.platform.close()
