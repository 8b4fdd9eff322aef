"""BSON bytes and Python values. See https://bsonspec.org/spec.html.

What a driver sends is checked once, when it arrives; a store gives back what it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, final

import bson
from bson import DBRef
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import InvalidBSON, InvalidDocument

from .errors import Code, DocumentError

__all__ = ["CODEC", "MAX_DOCUMENT_BYTES", "MISSING", "Document", "Missing", "Raw", "decode", "decode_all", "encode"]

MAX_DOCUMENT_BYTES: Final = 16 * 1024 * 1024

Raw: TypeAlias = bytes
"""One BSON document."""

Document: TypeAlias = dict[str, Any]

CODEC: Final[CodecOptions[Document]] = CodecOptions(
    document_class=dict,
    tz_aware=False,
    uuid_representation=UuidRepresentation.UNSPECIFIED,
    datetime_conversion=DatetimeConversion.DATETIME_MS,  # every date that BSON can hold
)


@final
class Missing:
    """No value at all, which is not null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


def decode(raw: Raw) -> Document:
    """A document's values; int64 keeps its type, dates are milliseconds, references stay documents.

    Raises:
        DocumentError: ``InvalidBSON``.
    """
    try:
        document = bson.decode(raw, CODEC)
    except InvalidBSON as error:
        raise DocumentError(Code.InvalidBSON, f"The document is no valid BSON: {error}") from None
    if b"\x02$ref\x00" in raw:  # the library makes objects of them, which have no fields
        document = {name: _plain(value) for name, value in document.items()}
    return document


def decode_all(raws: Sequence[Raw]) -> list[Document]:
    """:func:`decode` of many, in less time than one by one."""
    together = b"".join(raws)
    if b"\x02$ref\x00" in together:
        return [decode(raw) for raw in raws]
    try:
        return bson.decode_all(together, CODEC)
    except InvalidBSON as error:
        raise DocumentError(Code.InvalidBSON, f"A document is no valid BSON: {error}") from None


def encode(document: Document) -> Raw:
    """The bytes of a document.

    Raises:
        DocumentError: ``BSONObjectTooLarge``; ``InvalidBSON`` for what BSON cannot hold.
    """
    try:
        raw = bson.encode(document, codec_options=CODEC)
    except (InvalidDocument, OverflowError, ValueError) as error:
        raise DocumentError(Code.InvalidBSON, f"This is no BSON document: {error}") from None
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise DocumentError(
            Code.BSONObjectTooLarge, f"The document has {len(raw)} bytes; the most is {MAX_DOCUMENT_BYTES}."
        )
    return raw


def _plain(value: Any) -> Any:
    if isinstance(value, DBRef):
        return {name: _plain(part) for name, part in value.as_doc().items()}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value
