"""Structured logs: one JSON object a line, with bounded size and without keys, tokens or passwords."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path
from typing import Any

import orjson

from dbaas_provisioning.errors import DbaasError
from dbaas_provisioning.secrets import redact

__all__ = ["JsonLines", "last_line", "log_cut_off", "log_to_file"]

_BYTES = 10 * 1024 * 1024
_FILES = 5


class JsonLines(logging.Formatter):
    """A record as ``{"at", "level", "logger", …}``; a message that is JSON itself is merged in.

    Every text in it is redacted before it is quoted, so that a line stays valid JSON whatever was found.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        message = record.getMessage()
        try:
            fields = orjson.loads(message) if message.startswith("{") else {"message": message}
        except orjson.JSONDecodeError:
            fields = {"message": message}
        line |= fields
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(_redacted(line)).decode()


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(name): _redacted(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _text(value)


def _text(value: object) -> str:
    """Without secrets, and without the halves of characters that JSON cannot hold."""
    return redact(str(value)).encode("utf-8", "backslashreplace").decode()


def log_to_file(path: Path) -> None:
    """Send every log line of this process to a rotating file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=_BYTES, backupCount=_FILES)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def log_cut_off(log: logging.Logger, what: str, error: Exception) -> None:
    """Say that an answer ended early, from where the error is handled. An engine's message quotes values."""
    if isinstance(error, DbaasError):
        log.warning("%s was cut off: %s", what, error.code)
    else:
        log.exception("%s was cut off", what)


def last_line(path: Path) -> str:
    """The last thing that a process printed there; empty when that is nothing."""
    try:
        lines = path.read_text(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.strip()), "")
