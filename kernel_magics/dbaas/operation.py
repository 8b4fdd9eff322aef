"""A request of the server's API, and how its answer is understood; free of I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from .errors import error_of

__all__ = ["Body", "Operation", "Work", "get", "given", "nothing", "path", "send", "work"]

T = TypeVar("T")
Body = bytes | Callable[[], Iterable[bytes]] | None

_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One HTTP request, and how its answer is understood.

    Attributes:
        path: below the server's URL, percent-encoded.
        body: bytes, or a function that gives them in parts (so that a retry can begin again).
        repeatable: may be sent again when the server could not be reached; a body taken from a one-way stream is not.
    """

    method: str
    path: str
    decode: Callable[[bytes, Mapping[str, str]], T]
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = None
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Work(Generic[T]):
    """Long work. Its answer is a line of JSON for each step as it begins, then one with the outcome, or the error.

    Attributes:
        asked: the request; whoever closes its connection ends the work.
        outcome: takes the last line. Raises ``DbaasError``.
    """

    asked: Operation[Any]
    outcome: Callable[[Mapping[str, Any]], T]


def path(*parts: str) -> str:
    """Names as a path, percent-encoded."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def get(path: str, decode: Callable[[Any], T], query: Sequence[tuple[str, str]] = ()) -> Operation[T]:
    """Ask for JSON."""
    return Operation("GET", path, lambda body, _: decode(json.loads(body)), query=query)


def send(method: str, path: str, body: Mapping[str, Any], decode: Callable[[Any], T]) -> Operation[T]:
    """Send JSON; the answer is JSON."""
    return Operation(
        method, path, lambda answer, _: decode(json.loads(answer)), headers=_JSON, body=json.dumps(body).encode()
    )


def work(path: str, body: Mapping[str, Any], name: str, decode: Callable[[Any], T]) -> Work[T]:
    """Begin long work.

    Args:
        name: what the last line calls the outcome.
    """

    def outcome(line: Mapping[str, Any]) -> T:
        if "error" in line:
            raise error_of(line["error"])
        return decode(line[name])

    headers = {**_JSON, "Accept": "application/x-ndjson"}
    return Work(Operation("POST", path, nothing, headers=headers, body=json.dumps(body).encode()), outcome)


def nothing(_: bytes, __: Mapping[str, str]) -> None:
    """An answer that says nothing more."""


def given(**values: Any) -> dict[str, Any]:
    """Those that are not None."""
    return {name: value for name, value in values.items() if value is not None}
