"""Feeds of the platform that tests share, and who follows them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from dbaas_provisioning.platform import Platform
from dbaas_server.feeds import Feed
from dbaas_server.feeds.keeper import DaemonFeeds
from followers import Follower


@pytest.fixture
async def feeds(platform: Platform) -> AsyncIterator[DaemonFeeds]:
    feeds = DaemonFeeds(platform)
    yield feeds
    await feeds.close()


@pytest.fixture
async def follower(feed: Feed) -> AsyncIterator[Callable[..., Follower]]:
    """``follower(after)``: follows the test's ``feed``, to its end at the latest."""
    made: list[Follower] = []

    def make(*args) -> Follower:
        made.append(Follower(feed, *args))
        return made[-1]

    yield make
    for one in made:
        await one.close()
