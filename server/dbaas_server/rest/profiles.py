"""Which schema a request means: ``Accept-Profile`` for reads, ``Content-Profile`` for the rest."""

from __future__ import annotations

from dbaas_provisioning.errors import Invalid

from ..engine import Session
from ..http import Request

__all__ = ["DEFAULT_SCHEMA", "schema_of"]

DEFAULT_SCHEMA = "public"


async def schema_of(request: Request, session: Session, *, either: bool = False) -> str:
    """The schema's name.

    Args:
        either: of a POST that reads: what the one header leaves open, the other may say.

    Raises:
        Invalid: ``PGRST106`` when the database does not expose it.
    """
    header = "accept-profile" if request.method in ("GET", "HEAD") else "content-profile"
    name = request.headers.get(header) or (request.headers.get("accept-profile") if either else "") or DEFAULT_SCHEMA
    if name == DEFAULT_SCHEMA:
        return name
    if name in (await session.catalog()).schemas:
        return name
    schemas = (await session.catalog(fresh=True)).schemas  # it may have been made a moment ago
    if name not in schemas:
        raise Invalid(
            "PGRST106",
            f"Invalid schema: {name[:100]}",
            hint=f"Only the following schemas are exposed: {', '.join(schemas)}",
        )
    return name
