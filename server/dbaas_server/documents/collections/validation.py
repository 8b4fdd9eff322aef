"""A collection's validator.

MongoDB's manual, "Schema Validation": ``strict`` holds for every write, ``moderate`` for documents that were valid
before; ``warn`` lets everything through and says so in the log.
"""

from __future__ import annotations

import logging

from ..codec import Document
from ..errors import Code, DocumentError
from ..match import explain_failure
from ..scope import Scope
from .metadata import Collection

__all__ = ["validate"]

log = logging.getLogger(__name__)


def validate(collection: Collection, after: Document, before: Document | None = None) -> None:
    """Refuse a document that its collection must not have.

    Args:
        before: what it replaces; None: it is new.

    Raises:
        DocumentError: ``DocumentValidationFailure``.
    """
    validator = collection.validator
    if validator is None:
        return
    node, holds = validator
    level = collection.options.get("validationLevel", "strict")
    if level == "off" or holds(after) or (level == "moderate" and before is not None and not holds(before)):
        return
    if collection.options.get("validationAction", "error") == "warn":
        log.warning("a document of %s is not valid and was written all the same", collection.namespace)
        return
    details = explain_failure(node, after, Scope(collation=collection.collation))
    raise DocumentError(
        Code.DocumentValidationFailure,
        "Document failed validation",
        info={"errInfo": {"failingDocumentId": after.get("_id"), "details": details}},
    )
