"""A command's fields, checked for their types as they are taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bson import Decimal128, Int64

from ..documents.codec import Document
from ..documents.errors import Code, DocumentError
from ..documents.requests import Hint
from ..documents.values.kinds import alias

__all__ = ["Fields", "integer", "unknown_field", "wrong_type"]

_UNKNOWN_FIELD: Final = 40415
_MISSING_FIELD: Final = 40414
_OUT_OF_BOUNDS: Final = 51024
_NO_FIELDS: Final[Mapping[str, Any]] = {}
_INT64: Final = 2**63


class Fields:
    """The fields of a command or of a part of it.

    A field that is not there is None (or what the method says); so is null. All methods raise ``TypeMismatch``.

    Args:
        path: for messages: ``find``, ``update.updates``.
    """

    __slots__ = ("_body", "_path")

    def __init__(self, path: str, body: Document) -> None:
        self._path = path
        self._body = body

    def has(self, name: str) -> bool:
        """Whether it is there, null or not."""
        return name in self._body

    def value(self, name: str) -> Any:
        """Whatever it is."""
        return self._body.get(name)

    def only(self, known: frozenset[str]) -> Fields:
        """Refuse fields that MongoDB would not know.

        Raises:
            DocumentError: 40415.
        """
        if not self._body.keys() <= known:
            raise unknown_field(self._path, next(name for name in self._body if name not in known))
        return self

    def document(self, name: str) -> Document | None:
        """A document."""
        value = self._body.get(name)
        if value is None or type(value) is dict:
            return value
        raise wrong_type(f"{self._path}.{name}", value, "object")

    def required_document(self, name: str) -> Document:
        """A document that has to be there. Raises 40414 where it is not."""
        value = self.document(name)
        if value is None:
            raise self._missing(name)
        return value

    def array(self, name: str) -> list[Any] | None:
        """An array."""
        value = self._body.get(name)
        if value is None or type(value) is list:
            return value
        raise wrong_type(f"{self._path}.{name}", value, "array")

    def documents(self, name: str) -> list[Document] | None:
        """An array of documents."""
        value = self.array(name)
        for place, one in enumerate(value or ()):
            if type(one) is not dict:
                raise wrong_type(f"{self._path}.{name}.{place}", one, "object")
        return value

    def required_documents(self, name: str) -> list[Document]:
        """An array of documents that has to be there."""
        value = self.documents(name)
        if value is None:
            raise self._missing(name)
        return value

    def text(self, name: str) -> str | None:
        """A string."""
        value = self._body.get(name)
        if value is None or type(value) is str:
            return value
        raise wrong_type(f"{self._path}.{name}", value, "string")

    def required_text(self, name: str) -> str:
        """A string that has to be there."""
        value = self.text(name)
        if value is None:
            raise self._missing(name)
        return value

    def payload(self, name: str) -> bytes | None:
        """Binary data."""
        value = self._body.get(name)
        if value is None or isinstance(value, bytes):
            return value
        raise wrong_type(f"{self._path}.{name}", value, "binData")

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false; a number will do."""
        value = self._body.get(name)
        if type(value) is bool:
            return value
        if value is None:
            return default
        if isinstance(value, int | float):
            return value != 0
        raise wrong_type(f"{self._path}.{name}", value, "bool', '[bool, long, int, decimal, double")

    def natural(self, name: str) -> int | None:
        """A whole number from 0. Raises 51024 for a negative one."""
        number = self.number(name)
        if number is not None and number < 0:
            raise DocumentError(_OUT_OF_BOUNDS, f"BSON field '{name}' value must be >= 0, actual value '{number}'")
        return number

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = self._body.get(name)
        if value is None:
            return None
        number = integer(value)
        if number is None:
            raise wrong_type(f"{self._path}.{name}", value, "long', '[long, int, decimal, double")
        return number

    def hint(self, name: str = "hint") -> Hint:
        """An index's name or pattern."""
        value = self._body.get(name)
        if value is None or type(value) is str:
            return value
        if type(value) is dict:
            return value or None
        raise DocumentError(Code.FailedToParse, "Hint must be a string or an object")

    def variables(self, name: str = "let") -> Mapping[str, Any]:
        """Values by name."""
        return self.document(name) or _NO_FIELDS

    def _missing(self, name: str) -> DocumentError:
        return DocumentError(_MISSING_FIELD, f"BSON field '{self._path}.{name}' is missing but a required field")


def integer(value: Any) -> int | None:
    """A whole number of any numeric type, within int64; None for anything else."""
    if type(value) is int or type(value) is Int64:
        return int(value)
    if isinstance(value, Decimal128):
        exact = value.to_decimal()
        whole = exact.is_finite() and abs(exact) < _INT64 and exact == exact.to_integral_value()
        return int(exact) if whole else None
    if isinstance(value, float) and abs(value) < _INT64 and value.is_integer():
        return int(value)
    return None


def unknown_field(path: str, name: str) -> DocumentError:
    """The refusal of a field that no MongoDB knows."""
    return DocumentError(_UNKNOWN_FIELD, f"BSON field '{path}.{name}' is an unknown field.")


def wrong_type(path: str, value: Any, expected: str) -> DocumentError:
    """The refusal of a value of a wrong type."""
    return DocumentError(
        Code.TypeMismatch, f"BSON field '{path}' is the wrong type '{alias(value)}', expected type '{expected}'"
    )
