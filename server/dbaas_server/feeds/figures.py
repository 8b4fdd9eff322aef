"""How one database's feed is doing: figures for who looks after it, and a warning before its log is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic
from typing import Any

from dbaas_provisioning.nouns import Database

from ..changelog import LogKept

__all__ = ["LAG_BYTES", "FeedState", "Figures", "Watch"]

log = logging.getLogger("dbaas.feeds")

LAG_BYTES = 256 * 1024 * 1024
"""Unread log from which on the operator is warned; the engine keeps a gigabyte."""

CATCHING_UP_SECONDS = 1.0
CATCHING_UP_BYTES = 16 * 1024 * 1024

_REMEDIES = {
    "unreserved": "it is about to be lost: end transactions that are open for long, and make the disk faster or the"
    " writing slower",
    "lost": "who followed is told to resync, and reading begins anew; end transactions that are open for long, which"
    " keep it from being read",
    "lag": "changes arrive late: end transactions that are open for long, and see whether this machine has processor"
    " time and a disk that is fast enough",
}


class FeedState(StrEnum):
    """What a feed does."""

    asleep = "asleep"  # the database's server does not run; whoever follows wakes it
    starting = "starting"
    ready = "ready"  # nobody follows; the log is kept from now on
    live = "live"
    catching_up = "catching_up"
    unreachable = "unreachable"  # it is tried again and again
    lost = "lost"  # changes are missing; followers are told to resync


@dataclass(frozen=True, slots=True)
class Figures:
    """A feed at a moment. Times are ISO 8601; None is what is not known, or does not exist, in this state.

    Attributes:
        slot: the name of the replication slot.
        wal_status: as in ``pg_replication_slots``: ``reserved``, ``extended``, ``unreserved``, ``lost``.
        retained_bytes: of log that the engine keeps for the feed.
        left_bytes: of log that may be written before the engine gives up keeping it.
        lag_bytes: of log that is not read yet; without followers, that is not let go yet.
        lag_seconds: for how long some of it has been waiting to be read.
        position: of the newest change told.
        oldest_position: a client that comes back with this one or a later one misses nothing.
        history_bytes: of the replay log on disk.
        followers: processes that follow, each for all of its subscribers.
        last_error: what last went wrong with the reading.
        looked_at: when the engine was last asked.
    """

    state: FeedState
    slot: str | None = None
    wal_status: str | None = None
    retained_bytes: int | None = None
    left_bytes: int | None = None
    lag_bytes: int | None = None
    lag_seconds: float | None = None
    position: str | None = None
    oldest_position: str | None = None
    history_bytes: int = 0
    followers: int = 0
    last_error: str | None = None
    last_error_at: str | None = None
    looked_at: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {**asdict(self), "state": self.state.value}

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Figures:
        """What another process told."""
        return cls(**{**fields, "state": FeedState(fields["state"])})


class Watch:
    """What is known of one database's log without asking, and who was warned of what."""

    def __init__(self, database: Database, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._behind_since: float | None = None
        self._warned: set[str] = set()
        self._looked = -1e9
        self._end = 0
        self.read_to: int | None = None
        self.kept: LogKept | None = None
        self.looked_at: datetime | None = None
        self.error: tuple[str, datetime] | None = None
        self.failing = False

    @property
    def age(self) -> float:
        """Seconds since the engine was asked."""
        return self._clock() - self._looked

    @property
    def lag_bytes(self) -> int:
        """Of log that is known to exist and not to be read."""
        return max(0, self._end - self.read_to) if self.read_to is not None else 0

    @property
    def lag_seconds(self) -> float:
        """How long what is known to exist has been waiting."""
        return 0.0 if self._behind_since is None else self._clock() - self._behind_since

    @property
    def behind(self) -> bool:
        """Whether changes arrive late."""
        return self.lag_seconds > CATCHING_UP_SECONDS or self.lag_bytes > CATCHING_UP_BYTES

    def read(self, place: int | None) -> None:
        """The log was read up to there; None when it is not read any more."""
        self.read_to = place
        if place is None or place >= self._end:
            self._behind_since = None

    def ends(self, place: int) -> None:
        """The log goes as far as this."""
        self._end = place
        if self.read_to is not None and self.read_to < place and self._behind_since is None:
            self._behind_since = self._clock()

    def works(self) -> None:
        """The log is being read."""
        self.failing = False

    def failed(self, error: str) -> None:
        """The log cannot be read."""
        self.failing = True
        self.error = (error, datetime.now(UTC))

    def looked(self, kept: LogKept) -> None:
        """The engine told what it keeps. Warns once of what is wrong, and again only after it was right."""
        self.kept = kept
        self._looked = self._clock()
        self.looked_at = datetime.now(UTC)
        self.ends(kept.now)
        status = kept.status
        for kind, wrong in (("unreserved", status == "unreserved"), ("lost", status == "lost")):
            self._say(kind, wrong, f"is {kind}")
        self._say("lag", self.lag_bytes > LAG_BYTES, f"has {self.lag_bytes:,} bytes that are not read yet")

    def _say(self, kind: str, wrong: bool, what: str) -> None:
        if not wrong:
            self._warned.discard(kind)
        elif kind not in self._warned:
            self._warned.add(kind)
            log.warning(
                "the log of changes of database %s (%r) %s; %s",
                self._database.id, self._database.name, what, _REMEDIES[kind],
            )  # fmt: skip
