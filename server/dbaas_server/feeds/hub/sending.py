"""Bytes to members: all of an audience get the same, few sends each, and nobody is waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence

from ...changes import Change
from .audience import Audience, Member, Style, Told

__all__ = ["BACKLOG_BYTES", "Sending"]

log = logging.getLogger(__name__)

BREATH = 256  # sends between two turns of the event loop
RENDERED = 2_000  # changes framed between two turns of the event loop
BACKLOG_BYTES = 8 * 1024 * 1024
"""What a subscriber may leave untaken before it is let go."""

PART_BYTES = 1024 * 1024
"""What is made for an audience before it is looked whether its members took what came before."""

_Framed = list[tuple[int, bytes]]


class Sending:
    """Sends for one hub.

    Args:
        leave: a member is let go.
    """

    def __init__(self, leave: Callable[[Member], None]) -> None:
        self._leave = leave

    async def send(
        self, changes: Sequence[Change], told: dict[Audience, list[tuple[int, Told]]], lose: Callable[[Member], None]
    ) -> None:
        """Every member of an audience gets the same bytes, all of these changes in one send unless they are many.

        Args:
            lose: called for members whom telling fails for.
        """
        sent = framed = 0
        for audience, items in told.items():
            if not items:
                continue
            items.sort(key=_place)
            try:
                for part, is_last in _parts(audience.style, items):
                    framed += len(part)
                    if framed > RENDERED or not is_last:
                        framed = 0
                        await asyncio.sleep(0)
                    sent = await self._part(audience, changes, part, sent, is_last=is_last)
                    if not audience.members:
                        break
            except Exception:
                log.exception("telling an audience failed")
                for member in list(audience.members):
                    lose(member)

    async def _part(
        self, audience: Audience, changes: Sequence[Change], part: _Framed, sent: int, *, is_last: bool
    ) -> int:
        data = b"".join(frame for _, frame in part)
        last = changes[-1].position
        for member in list(audience.members):
            if member.gone:
                continue
            if member.waits and member.sink.backlog > BACKLOG_BYTES:
                self._leave(member)
                member.sink.overrun(member.sent)
                continue
            if member.after is None:
                member.waits = not member.send(data)
            else:
                after = member.after
                mine = b"".join(frame for place, frame in part if changes[place].position > after)
                if is_last and last > after:
                    member.after = None
                if mine:
                    member.waits = not member.send(mine)
            if is_last:
                member.sent = last
            sent += 1
            if not sent % BREATH:
                await asyncio.sleep(0)
        return sent


def _parts(style: Style, items: Sequence[tuple[int, Told]]) -> Iterator[tuple[_Framed, bool]]:
    """Frames, made as they are wanted; with each part, whether it is the last."""
    part: _Framed = []
    size = 0
    for number, (place, one) in enumerate(items, 1):
        frame = style.frame(one)
        part.append((place, frame))
        size += len(frame)
        if size > PART_BYTES and number < len(items):
            yield part, False
            part, size = [], 0
    yield part, True


def _place(item: tuple[int, Told]) -> int:
    return item[0]
