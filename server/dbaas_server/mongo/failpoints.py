"""Failing on purpose, for the test suites of drivers: ``configureFailPoint`` with ``failCommand``.

Source: the README "Fail points" of MongoDB's specifications. Off unless the settings say ``test_commands``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from ..documents.codec import Document
from ..documents.errors import Code, DocumentError
from .answers import RETRYABLE_CODES, RETRYABLE_WRITE
from .arguments import Fields, integer

__all__ = ["FailPoints", "FailedOnPurpose", "HangUp"]


class HangUp(Exception):
    """The connection is to be closed without an answer."""


class FailedOnPurpose(DocumentError):
    """An error that was asked for.

    Attributes:
        is_labelled: its labels were asked for, too; no others are added.
    """

    is_labelled = False


@dataclass(slots=True)
class _FailPoint:
    commands: frozenset[str]
    times: int | None  # None: always
    skip: int
    application: str | None
    code: int | None
    labels: list[str] | None
    closes: bool
    blocks_seconds: float
    write_concern_error: Document | None

    def wants(self, command: str, application: str) -> bool:
        """Whether this command is to fail; it counts as having failed then."""
        if command not in self.commands or self.application not in (None, application):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


class FailPoints:
    """The one fail point that there is, if it is on."""

    def __init__(self) -> None:
        self._point: _FailPoint | None = None

    @property
    def active(self) -> bool:
        """Whether commands have to ask."""
        return self._point is not None

    def configure(self, name: str, mode: Any, data: Document) -> None:
        """Turn it on or off.

        Raises:
            DocumentError: ``BadValue``.
        """
        if name != "failCommand":
            raise DocumentError(Code.BadValue, f"There is no fail point called {name}.")
        times, skip = _mode(mode)
        if mode == "off":
            self._point = None
            return
        fields = Fields("failCommand.data", data)
        self._point = _FailPoint(
            commands=frozenset(name for name in fields.array("failCommands") or () if isinstance(name, str)),
            times=times,
            skip=skip,
            application=fields.text("appName"),
            code=integer(data.get("errorCode")),
            labels=fields.array("errorLabels"),
            closes=fields.flag("closeConnection"),
            blocks_seconds=(fields.natural("blockTimeMS") or 0) / 1_000 if fields.flag("blockConnection") else 0,
            write_concern_error=fields.document("writeConcernError"),
        )

    async def meet(self, command: str, application: str) -> Document | None:
        """Let a command fail if it is to.

        Returns:
            A write concern error that its answer is to have.

        Raises:
            FailedOnPurpose: as was asked for.
            HangUp: the connection is to be closed without an answer.
        """
        point = self._point
        if point is None or not point.wants(command, application):
            return None
        if point.blocks_seconds:
            await asyncio.sleep(point.blocks_seconds)
        if point.closes:
            raise HangUp
        if point.code is not None:
            raise _failure(point)
        if point.write_concern_error is None:
            return None
        complaint = dict(point.write_concern_error)
        labels = point.labels
        if labels is None and complaint.get("code") in RETRYABLE_CODES:
            labels = [RETRYABLE_WRITE]
        return {**complaint, **({"errorLabels": labels} if labels else {})}


def _failure(point: _FailPoint) -> FailedOnPurpose:
    assert point.code is not None
    error = FailedOnPurpose(point.code, "Failing command via 'failCommand' failpoint", labels=point.labels or ())
    error.is_labelled = point.labels is not None
    return error


def _mode(mode: Any) -> tuple[int | None, int]:
    """How often, and how many times not before that."""
    if mode in ("alwaysOn", "off"):
        return None, 0
    if isinstance(mode, dict):
        times, skip = integer(mode.get("times")), integer(mode.get("skip"))
        if times is not None or skip is not None:
            return times, skip or 0
    raise DocumentError(Code.BadValue, "The mode of a fail point is alwaysOn, off, {times: n} or {skip: n}.")
