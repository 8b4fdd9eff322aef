"""Media types (the GraphQL-over-HTTP draft, sections 4 and 6)."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["JSON", "RESPONSE", "accepted", "is_json"]

JSON = "application/json; charset=utf-8"
RESPONSE = "application/graphql-response+json; charset=utf-8"


@lru_cache(maxsize=256)
def accepted(header: str) -> str | None:
    """The media type to answer with; None where none of ours is accepted.

    Without a wish it is ``application/json``, which every client reads.
    """
    if not header.strip():
        return JSON
    best: tuple[float, int] = (0.0, 0)
    chosen: str | None = None
    for place, part in enumerate(header.split(",")):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        charset = "utf-8"
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
            elif name.strip() == "charset":
                charset = value.strip().strip('"')
        if charset not in ("utf-8", "utf8") or quality <= 0.0:
            continue
        ours = {
            "application/graphql-response+json": RESPONSE, "application/json": JSON, "*/*": JSON, "application/*": JSON,
        }.get(media)  # fmt: skip
        if ours is not None and (quality, -place) > (best[0], best[1] if chosen is not None else -10_000):
            best, chosen = (quality, -place), ours
    return chosen


@lru_cache(maxsize=256)
def is_json(content_type: str) -> bool:
    """Whether a request's body is JSON in UTF-8."""
    media, *parameters = (piece.strip().lower() for piece in content_type.split(";"))
    if media != "application/json":
        return False
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            return False
    return True
