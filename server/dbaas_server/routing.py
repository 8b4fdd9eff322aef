"""Routes and how a path finds its own: a walk over segments, so that the number of routes costs nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias
from urllib.parse import unquote

from dbaas_provisioning.errors import DbaasError, Invalid, NotFound

from .http import Request, Response
from .services import Services

__all__ = ["Guard", "Handler", "MethodNotAllowed", "Route", "Router"]

Handler: TypeAlias = Callable[[Request, Services], Awaitable[Response]]


class Guard(Enum):
    """Who may come through a route. Each handler authenticates itself; adapters only need to know how."""

    public = "public"
    operator = "operator"  # a person Jupyter knows, a person token, an admin key
    caller = "caller"  # a tenant's key or token, never a cookie


@dataclass(frozen=True, slots=True)
class Route:
    """One URL.

    Attributes:
        pattern: segments; ``{name}`` captures one.
        streams: media types of bodies that the handler reads while they arrive; others are collected first.
        max_body: bytes; of bodies that are collected.
        counted: whether requests are counted as the tenant's own use. None: where callers come through.
    """

    pattern: str
    guard: Guard
    methods: Mapping[str, Handler]
    streams: frozenset[str] = frozenset()
    max_body: int = 64 * 1024 * 1024
    counted: bool | None = None

    @property
    def metered(self) -> bool:
        """Whether a tenant's plan says how many such requests there may be."""
        return self.guard is Guard.caller if self.counted is None else self.counted

    def streams_body(self, content_type: str) -> bool:
        """Whether a body of this type is handed on while it arrives."""
        return bool(self.streams) and content_type.partition(";")[0].strip().lower() in self.streams


class MethodNotAllowed(DbaasError):
    """The URL exists, the method does not. ``allow`` lists those that do."""

    def __init__(self, allow: str) -> None:
        super().__init__("method_not_allowed", "This URL does not take that method.", hint=f"It takes {allow}.")
        self.allow = allow


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    capture: tuple[str, _Node] | None = None
    route: Route | None = None


class Router:
    """Finds the route of a path."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self.routes = routes
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.pattern.strip("/").split("/"):
            if segment.startswith("{"):
                name = segment[1:-1]
                if node.capture is None:
                    node.capture = (name, _Node())
                elif node.capture[0] != name:
                    raise ValueError(f"{route.pattern}: {{{name}}} is {{{node.capture[0]}}} elsewhere")
                node = node.capture[1]
            else:
                node = node.literal.setdefault(segment, _Node())
        if node.route is not None:
            raise ValueError(f"{route.pattern} is there twice")
        node.route = route

    def find(self, path: str) -> tuple[Route, dict[str, str]]:
        """The route of a percent-encoded path, and what it captures. Raises ``NotFound`` (``no_such_url``)."""
        segments = path.strip("/").split("/")
        params: dict[str, str] = {}
        node = self._walk(self._root, segments, 0, params)
        if node is None or node.route is None:
            raise NotFound("no_such_url", "There is nothing at this URL.", hint="See /v1/openapi.json.")
        return node.route, params

    def _walk(self, node: _Node, segments: list[str], index: int, params: dict[str, str]) -> _Node | None:
        if index == len(segments):
            return node if node.route else None
        segment = segments[index]
        following = node.literal.get(segment)
        if following is not None:
            found = self._walk(following, segments, index + 1, params)
            if found is not None:
                return found
        if node.capture is not None and segment:
            name, following = node.capture
            found = self._walk(following, segments, index + 1, params)
            if found is not None:
                params[name] = _decode(segment)
                return found
        return None


def _decode(segment: str) -> str:
    if "%" not in segment:
        return segment
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise Invalid("invalid_url", "The URL is not valid UTF-8.") from None
    if "\0" in text:  # which no name has, and no engine takes
        raise Invalid("invalid_url", "The URL has a null character in it.")
    return text
