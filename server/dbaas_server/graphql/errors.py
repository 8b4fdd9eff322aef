"""Errors as GraphQL says them (October 2021, section 7.1.2), with the platform's code in ``extensions``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import FieldNode, GraphQLError, Node

from dbaas_provisioning.errors import DbaasError

__all__ = ["PlanFault", "Refused", "error_of", "graphql_error"]


class PlanFault(Exception):
    """A root that cannot be answered, known before anything is asked. Stays inside this door."""

    def __init__(self, error: DbaasError, path: list[str], node: FieldNode) -> None:
        super().__init__(error.message)
        self.error = error
        self.path = path
        self.node = node


class Refused(Exception):
    """A request that is not executed: there is no ``data`` in its answer. Stays inside this door.

    Args:
        malformed: the request itself is wrong, not its document, so the status is 400 whatever is accepted.
    """

    def __init__(self, errors: Sequence[dict[str, Any]], *, status: int = 400, malformed: bool = False) -> None:
        super().__init__(errors[0]["message"] if errors else "refused")
        self.errors = list(errors)
        self.status = status
        self.malformed = malformed

    @classmethod
    def because(cls, code: str, message: str, hint: str | None = None, **more: Any) -> Refused:
        """One error."""
        return cls([error_of(code, message, hint=hint)], **more)


def error_of(
    code: str,
    message: str,
    *,
    details: str | None = None,
    hint: str | None = None,
    path: Sequence[str | int] | None = None,
    node: Node | None = None,
) -> dict[str, Any]:
    """An error of ours."""
    found: dict[str, Any] = {"message": message}
    if node is not None and node.loc is not None:
        start = node.loc.start_token
        found["locations"] = [{"line": start.line, "column": start.column}]
    if path is not None:
        found["path"] = list(path)
    extensions = {"code": code}
    if details:
        extensions["details"] = details
    if hint:
        extensions["hint"] = hint
    found["extensions"] = extensions
    return found


def dbaas_error(
    error: DbaasError, *, path: Sequence[str | int] | None = None, node: Node | None = None
) -> dict[str, Any]:
    """An error of the core or of an engine."""
    return error_of(error.code, error.message, details=error.details, hint=error.hint, path=path, node=node)


def graphql_error(error: GraphQLError, code: str) -> dict[str, Any]:
    """An error of the parser, of validation or of introspection."""
    found: dict[str, Any] = {"message": error.message}
    if error.locations:
        found["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        found["path"] = list(error.path)
    found["extensions"] = {"code": code}
    return found
