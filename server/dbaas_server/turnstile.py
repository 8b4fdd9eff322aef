"""How many requests tenants make, over all processes of a platform on this machine: counted in memory that they share.

1. Every process has cells of its own for each tenant and is the only one to write them, so that counting takes no
   lock: a request adds to its process's cells and reads those of the others. Two that are let in at the same moment may
   be one more than allowed; nobody is ever counted twice or forgotten.
2. Which cells are whose is agreed upon under a lock, once per process and once per tenant in each.
3. A process holds a lock for as long as it lives. What a killed one had under way is taken off when it matters: when
   somebody would be refused for it.
4. Rates are those of the clock's second, which all processes share.
5. A request is under way until its answer begins. Streams and sockets that stay have limits of their own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import mmap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from dbaas_provisioning.errors import Unavailable
from dbaas_provisioning.nouns import Home, Plan

__all__ = ["Turnstile"]

FORMAT = 1
PROCESSES = 64
TENANTS = 8_192
NAME = 2  # words of a tenant's name: 16 bytes of its hash
HEAD = 8  # words before the names: how many tenants there are, and how many processes there ever were at once
SECOND, COUNT, BUSY, TOTAL, REFUSED, WIDTH = range(6)  # words of a process's cells for one tenant
CELLS = HEAD + NAME * TENANTS
WORDS = CELLS + PROCESSES * TENANTS * WIDTH
AGAIN_SECONDS = 0.1  # between two looks for killed processes

_RETRY = "Try again in a second. The operator of the platform can allow more."


class Turnstile:
    """One process's way to the counters. Its methods do not wait.

    The file has holes: it takes what is used of it, a few pages for a process with a few tenants.
    """

    def __init__(self, home: Home) -> None:
        self._folder = home.run / f"requests.{FORMAT}"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opened(self._folder / "counts") as file:
            file.truncate(WORDS * 8)  # the same from everybody: it only ever grows once
            self._map = mmap.mmap(file.fileno(), WORDS * 8)
        self._cells = memoryview(self._map).cast("Q")
        self._places: dict[str, int] = {}
        self._slot, self._life = self._claim()
        self._mine = _start_of(self._slot)
        self._looked_at = 0.0

    def close(self) -> None:
        """Give the place back. Safe to repeat."""
        if not self._life.closed:
            self._life.close()
            self._cells.release()
            self._map.close()

    def enter(self, tenant: str, plan: Plan) -> int:
        """One more request of a tenant's begins.

        Args:
            tenant: its subdomain.

        Returns:
            What :meth:`leave` takes.

        Raises:
            Unavailable: ``rate_limited``, ``too_many_requests``.
        """
        place = self._places.get(tenant)
        if place is None:
            place = self._place(tenant)
        cells, now = self._cells, int(time.time())
        mine = self._mine + place
        if cells[mine] != now:
            cells[mine + COUNT] = 0
            cells[mine] = now
        count, busy = self._sum(place, now)
        if count >= plan.api_requests_per_second:
            cells[mine + REFUSED] += 1
            raise Unavailable(
                "rate_limited", f"This tenant may make {plan.api_requests_per_second:,} requests a second.", hint=_RETRY
            )
        if busy >= plan.api_concurrent_requests and not self._room(place, now, plan.api_concurrent_requests):
            cells[mine + REFUSED] += 1
            raise Unavailable(
                "too_many_requests",
                f"This tenant may have {plan.api_concurrent_requests:,} requests under way at once.",
                hint=_RETRY,
            )
        cells[mine + COUNT] += 1
        cells[mine + BUSY] += 1
        cells[mine + TOTAL] += 1
        return mine

    def leave(self, entered: int) -> None:
        """A request is over."""
        self._cells[entered + BUSY] -= 1

    def totals(self, tenant: str) -> tuple[int, int]:
        """Requests that were let in, and that were refused, since the platform's first day."""
        place = self._place(tenant)
        starts = [_start_of(slot) + place for slot in range(self._cells[1])]
        return sum(self._cells[at + TOTAL] for at in starts), sum(self._cells[at + REFUSED] for at in starts)

    def busy(self, tenant: str) -> int:
        """Requests of a tenant that are under way, in all processes that live."""
        place = self._place(tenant)
        self._reclaim(place)
        return self._sum(place, 0)[1]

    def _sum(self, place: int, now: int) -> tuple[int, int]:
        cells, count, busy = self._cells, 0, 0
        for at in range(CELLS + place, CELLS + place + cells[1] * _SHARE, _SHARE):
            if cells[at] == now:
                count += cells[at + COUNT]
            busy += cells[at + BUSY]
        return count, busy

    def _room(self, place: int, now: int, most: int) -> bool:
        """Whether there is room once killed processes are looked for, which is done so often."""
        if time.monotonic() - self._looked_at < AGAIN_SECONDS:
            return False
        self._looked_at = time.monotonic()
        self._reclaim(place)
        return self._sum(place, now)[1] < most

    def _reclaim(self, place: int) -> None:
        for slot in range(self._cells[1]):
            if slot != self._slot and self._cells[_start_of(slot) + place + BUSY]:
                with contextlib.suppress(BlockingIOError), _held(self._folder / str(slot)):
                    self._forget(slot)

    # --- who has which cells ----------------------------------------------------------------------------------------

    def _claim(self) -> tuple[int, IO[bytes]]:
        """A place that no living process has, and what holds it."""
        with self._agreed():
            for slot in range(PROCESSES):
                life = _opened(self._folder / str(slot))
                try:
                    fcntl.flock(life, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    life.close()
                    continue
                self._cells[1] = max(self._cells[1], slot + 1)
                self._forget(slot)
                return slot, life
        raise Unavailable("too_many_processes", f"A platform has at most {PROCESSES} processes on one machine.")

    def _forget(self, slot: int) -> None:
        """Nothing is under way in a process that is no more. Its totals stay."""
        start = _start_of(slot)
        for place in range(0, self._cells[0] * WIDTH, WIDTH):
            if self._cells[start + place + BUSY]:
                self._cells[start + place + BUSY] = 0

    def _place(self, tenant: str) -> int:
        """Where a tenant's cells are among those of each process; the last place is for all who find none."""
        place = self._places.get(tenant)
        if place is None:
            digest = hashlib.blake2b(tenant.encode(), digest_size=8 * NAME).digest()
            name = [int.from_bytes(digest[start : start + 8]) for start in range(0, 8 * NAME, 8)]
            with self._agreed():
                known = self._cells[0]
                names = self._cells[HEAD : HEAD + NAME * known].tolist()
                found = next((at for at in range(known) if names[NAME * at : NAME * at + NAME] == name), None)
                if found is None:
                    found = min(known, TENANTS - 1)
                    for offset, word in enumerate(name):
                        self._cells[HEAD + NAME * found + offset] = word
                    self._cells[0] = found + 1
            place = self._places[tenant] = found * WIDTH
        return place

    @contextlib.contextmanager
    def _agreed(self) -> Iterator[None]:
        with _opened(self._folder / "agreement") as agreement:
            fcntl.flock(agreement, fcntl.LOCK_EX)
            yield


_SHARE = TENANTS * WIDTH


def _start_of(slot: int) -> int:
    return CELLS + slot * _SHARE


def _opened(path: Path) -> IO[bytes]:
    return path.open("r+b" if path.exists() else "a+b")


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """Raises ``BlockingIOError`` where its process lives."""
    with _opened(path) as life:
        fcntl.flock(life, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
