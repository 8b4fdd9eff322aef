"""One file of a replay log: records behind each other, and where to begin reading in it."""

from __future__ import annotations

import os
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from .records import HEAD_SIZE, Damaged, Head, Kind, order_of, read_head

__all__ = ["Segment"]

_MAGIC = b"dbaas\x00f1"
_FILE_HEAD = struct.Struct("!8sQ")
_SPACING = 64 * 1024  # bytes between two places that the index knows
_SCAN = 1024 * 1024


class Segment:
    """A file whose name is the order before its first row, in hexadecimal digits.

    Attributes:
        begin: every row in it has a higher order.
        size: of the file, in bytes.
        next_number: the first table number that was never used before this file.
        written_at: when it was last written, in seconds since 1970.
        last: the order of its last row; ``begin`` while there is none. Known once it was scanned.
        end: where the engine's log goes on, as the last record that knows it says; 0 while none does.
        numbers: of the tables that are defined in it.
    """

    def __init__(self, path: Path, begin: int, descriptor: int, size: int, next_number: int) -> None:
        self.path = path
        self.begin = begin
        self.size = size
        self.next_number = next_number
        self.written_at = 0.0
        self.last = begin
        self.end = 0
        self.numbers: set[int] = set()
        self._descriptor = descriptor
        self._users = 1  # the log itself, and who reads
        self._scanned = False
        self._orders: list[int] = []
        self._places: list[int] = []
        self._tables: list[tuple[int, int]] = []  # (place, bytes) of definitions

    @classmethod
    def create(cls, folder: Path, begin: int, next_number: int) -> Segment:
        """A new file with nothing in it. Raises ``OSError``."""
        path = folder / f"{begin:024x}.log"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(descriptor, _FILE_HEAD.pack(_MAGIC, next_number))
        segment = cls(path, begin, descriptor, _FILE_HEAD.size, next_number)
        segment._scanned = True
        return segment

    @classmethod
    def open(cls, path: Path) -> Segment:
        """A file that is there. Raises :class:`Damaged`, ``OSError``."""
        descriptor = os.open(path, os.O_RDWR)
        try:
            status = os.fstat(descriptor)
            magic, next_number = _FILE_HEAD.unpack(os.pread(descriptor, _FILE_HEAD.size, 0))
            if magic != _MAGIC:
                raise Damaged(f"{path.name} is no replay log")
            segment = cls(path, int(path.stem, 16), descriptor, status.st_size, next_number)
        except (struct.error, ValueError):
            os.close(descriptor)
            raise Damaged(f"{path.name} is no replay log") from None
        except BaseException:
            os.close(descriptor)
            raise
        segment.written_at = status.st_mtime
        return segment

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, data: bytes, now: float) -> None:
        """Append whole records, which are told by :meth:`note`. Raises ``OSError``; then nothing is appended."""
        done = 0
        view = memoryview(data)
        try:
            while done < len(data):
                done += os.pwrite(self._descriptor, view[done:], self.size + done)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)
        self.written_at = now

    def note(self, head: Head, place: int) -> None:
        """Remember what a record means for who reads."""
        if head.kind == Kind.table:
            self._tables.append((place, HEAD_SIZE + head.size))
            self.numbers.add(head.first)
            self.next_number = max(self.next_number, head.first + 1)
            return
        if head.kind == Kind.rows:
            order = order_of(head.commit, head.first)
            if not self._places or place - self._places[-1] >= _SPACING:
                self._orders.append(order)
                self._places.append(place)
            self.last = order + head.rows - 1
        self.end = head.end or self.end

    def sync(self) -> None:
        """Return when everything is on the disk. Blocks."""
        os.fsync(self._descriptor)

    # --- reading ----------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Check every record; cut off what a crash left half written."""
        sound = _FILE_HEAD.size
        for head, place in self._records(verify=True):
            self.note(head, place)
            sound = place + HEAD_SIZE + head.size
        if sound < self.size:
            os.ftruncate(self._descriptor, sound)
            self.size = sound
        self._scanned = True

    def start(self, after: int) -> tuple[bytes, int]:
        """For who knows everything up to ``after``: definitions to have first, and the place to read from."""
        if not self._scanned:
            for head, place in self._records(verify=False):
                self.note(head, place)
            self._scanned = True
        found = bisect_right(self._orders, after) - 1
        place = self._places[found] if found >= 0 else _FILE_HEAD.size
        return b"".join(os.pread(self._descriptor, size, at) for at, size in self._tables if at < place), place

    def read(self, place: int, limit: int) -> bytes:
        """Up to ``limit`` bytes; none at the present end."""
        return os.pread(self._descriptor, min(limit, self.size - place), place) if place < self.size else b""

    def _records(self, *, verify: bool) -> Iterator[tuple[Head, int]]:
        """Heads and places, up to the end or to the first record that is not whole."""
        place = _FILE_HEAD.size
        while place + HEAD_SIZE <= self.size:
            data = os.pread(self._descriptor, _SCAN, place)
            at = 0
            while at + HEAD_SIZE <= len(data):
                try:
                    head = read_head(data, at)
                except Damaged:
                    return
                end = at + HEAD_SIZE + head.size
                if place + end > self.size:
                    return
                if verify:
                    whole = data[at + 8 : end]
                    if end > len(data):
                        whole += os.pread(self._descriptor, end - len(data), place + len(data))
                    if zlib.crc32(whole) != head.checksum:
                        return
                yield head, place + at
                at = end
            place += at

    # --- who holds it open ------------------------------------------------------------------------------------------

    def hold(self) -> Segment:
        """One more reader: the file stays readable for it, also once it was removed."""
        self._users += 1
        return self

    def release(self) -> None:
        """One reader less."""
        self._users -= 1
        if not self._users:
            os.close(self._descriptor)

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)
        self.release()
