"""Values as parameters of the protocol, in text format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dbaas_provisioning.errors import Invalid

from ...engine import QueryError
from ...nouns import ArgValue

__all__ = ["encoded", "values"]

MOST = 65535  # the protocol counts parameters in 16 bits


def values(indexes: Sequence[int], args: Sequence[ArgValue]) -> list[bytes | None]:
    """The arguments that a statement takes.

    Raises:
        QueryError: as :func:`encoded`.
        Invalid: the shape names an argument that was not sent.
    """
    try:
        chosen = [args[index] for index in indexes]
    except IndexError:
        raise Invalid("missing_argument", "The request names more values than were sent.") from None
    return encoded(chosen)


def encoded(texts: Iterable[ArgValue]) -> list[bytes | None]:
    """Texts as bytes.

    A null character would silently end a text in the protocol, so it is refused here.

    Raises:
        QueryError: ``22021``, for text that PostgreSQL cannot hold; ``54023``, for more than its protocol takes.
    """
    found: list[bytes | None] = []
    try:
        for text in texts:
            data = text.encode() if isinstance(text, str) else text
            if data is not None and b"\0" in data:
                raise QueryError("22021", 'invalid byte sequence for encoding "UTF8": 0x00')
            found.append(data)
    except UnicodeEncodeError:
        raise QueryError("22021", "A value holds half of a character (a lone surrogate).") from None
    if len(found) > MOST:
        raise QueryError("54023", f"A statement takes at most {MOST:,} values.", hint="Ask in several parts.")
    return found
