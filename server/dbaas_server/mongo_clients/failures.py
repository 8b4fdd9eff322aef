"""pymongo's errors, as this server tells them. Nothing of a login is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson.errors import BSONError
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError

from dbaas_provisioning.errors import Invalid, Unavailable

from ..engine import QueryError

__all__ = ["AUTHENTICATION_FAILED", "told_plainly"]

AUTHENTICATION_FAILED = 18


@contextmanager
def told_plainly() -> Iterator[None]:
    """What pymongo raises inside becomes one of this server's errors.

    Raises:
        QueryError: the database refused; the code is MongoDB's name for it.
        Unavailable: ``unreachable``: it could not be asked, or did not answer.
        Invalid: ``invalid_document``: a value is none of BSON's.
    """
    try:
        yield
    except BulkWriteError as error:
        told: Mapping[str, Any] = error.details or {}
        first: Mapping[str, Any] = next(iter(told.get("writeErrors") or ()), {})
        raise QueryError(
            f"mongo_{first.get('code', 'error')}",
            str(first.get("errmsg") or "A document was refused."),
            details=f"document {first.get('index', 0)}; {told.get('nInserted', 0):,} inserted",
        ) from None
    except OperationFailure as error:
        told = error.details or {}
        raise QueryError(
            str(told.get("codeName") or f"mongo_{error.code}"),
            str(told.get("errmsg") or "The database refused this."),
        ) from None
    except ConnectionFailure:
        raise Unavailable(
            "unreachable", "The document database could not be reached, or did not answer.", hint="Try again."
        ) from None
    except (PyMongoError, BSONError, OverflowError, UnicodeEncodeError) as error:
        raise Invalid("invalid_document", str(error) or type(error).__name__) from None
