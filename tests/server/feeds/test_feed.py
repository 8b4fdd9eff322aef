"""Following a database inside the process that reads its log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from dbaas_provisioning.platform import Access, Platform
from dbaas_server.changes import Change, ChangeKind
from dbaas_server.feeds import Feed
from dbaas_server.feeds.keeper import DaemonFeeds
from followers import Follower


@pytest.fixture
async def feeds(platform: Platform) -> AsyncIterator[DaemonFeeds]:
    feeds = DaemonFeeds(platform)
    yield feeds
    await feeds.close()


@pytest.fixture
def feed(feeds: DaemonFeeds, database: Access) -> Feed:
    return feeds.of(database.tenant.subdomain, database.database.name)


@pytest.fixture
async def follower(feed: Feed) -> AsyncIterator[Callable[..., Follower]]:
    made: list[Follower] = []

    def make(*args) -> Follower:
        made.append(Follower(feed, *args))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def told(changes: list[Change]) -> list[tuple]:
    return [(change.kind.value, change.record, change.old) for change in changes]


async def test_what_is_committed_is_told_in_order(follower, feed, database, connect) -> None:
    owner = await connect(database)
    await owner.execute("create table t (id int primary key, name text)")
    following = follower(await feed.live())
    await owner.execute("insert into t values (1, 'one'), (2, null)")
    await owner.execute("update t set name = 'two' where id = 2")
    await owner.execute("delete from t where id = 1")
    await owner.execute("truncate t")
    changes = await following.until(5)
    assert told(changes) == [
        ("insert", ("1", "one"), None),
        ("insert", ("2", None), None),
        ("update", ("2", "two"), None),
        ("delete", None, ("1", None)),
        ("truncate", None, None),
    ]
    assert [change.position for change in changes] == sorted(change.position for change in changes)
    assert changes[3].old_is_key and changes[0].kind is ChangeKind.insert
    assert [(column.name, column.type, column.key) for column in changes[0].table.columns] == [
        ("id", "integer", True),
        ("name", "text", False),
    ]
