"""pymongo's errors, as a notebook tells them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson.errors import BSONError
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError

from ..errors import DbaasError

__all__ = ["told_plainly"]

_LONGEST = 300


@contextmanager
def told_plainly() -> Iterator[None]:
    """What pymongo raises inside becomes a ``DbaasError`` whose code is MongoDB's name for it."""
    try:
        yield
    except BulkWriteError as error:
        told = dict(error.details or {})
        first: Mapping[str, Any] = next(iter(told.get("writeErrors", ())), {})
        raise DbaasError(
            str(first.get("errmsg") or error),
            code=f"mongo_{first.get('code', 'error')}",
            details=f"document {first.get('index', 0)}; {told.get('nInserted', 0):,} inserted",
        ) from None
    except OperationFailure as error:
        told = dict(error.details or {})
        code = str(told.get("codeName") or f"mongo_{error.code}")
        raise DbaasError(str(told.get("errmsg") or error), code=code) from None
    except ConnectionFailure as error:
        reason = str(error)[:_LONGEST]
        raise DbaasError("The database could not be reached.", code="unreachable", details=reason) from None
    except (PyMongoError, BSONError, OverflowError, UnicodeEncodeError) as error:
        raise DbaasError(str(error) or type(error).__name__, code="invalid_document") from None
