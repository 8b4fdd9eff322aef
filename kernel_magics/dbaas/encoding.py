"""Text files in other encodings, as UTF-8."""

from __future__ import annotations

import codecs
from typing import BinaryIO, cast

from .errors import UsageError

__all__ = ["as_utf8"]


def as_utf8(stream: BinaryIO, encoding: str) -> BinaryIO:
    """The stream's text as UTF-8 bytes. Raises ``UsageError`` for an encoding that Python does not know."""
    try:
        known = codecs.lookup(encoding).name
    except LookupError:
        raise UsageError(f"There is no encoding {encoding!r}.", hint="For example: utf-8, latin-1, cp1252.") from None
    if known in ("utf-8", "ascii", "utf-8-sig"):
        return stream
    return cast(BinaryIO, codecs.EncodedFile(stream, "utf-8", known))
