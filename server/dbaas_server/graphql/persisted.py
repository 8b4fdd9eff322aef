"""Documents that are sent by their SHA-256: those a tenant stores, and those that clients persist as they go.

A key that is kept to stored documents runs what its tenant stores, whether it sends the hash or the text.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections import OrderedDict

from dbaas_provisioning.platform import Platform

from .errors import Refused
from .kept import Kept
from .requests import Asked

__all__ = ["Persisted"]

_MOST_BYTES = 16 * 1024 * 1024
_SHARE = _MOST_BYTES // 8  # of one tenant
_MOST_UNKNOWN = 10_000
_UNKNOWN_SECONDS = 5.0


class Persisted:
    """The persisted documents that one process knows."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._automatic: Kept[str] = Kept(_MOST_BYTES, _SHARE)
        self._stored: Kept[str] = Kept(_MOST_BYTES, _SHARE)
        self._unknown: OrderedDict[tuple[str, str], float] = OrderedDict()  # until when
        self._changes = 0
        platform.on_change(lambda kind, identity: self._forget(kind))

    def _forget(self, kind: str) -> None:
        if kind == "member":
            return
        self._changes += 1
        self._stored.clear()
        self._unknown.clear()

    async def text(self, tenant: str, asked: Asked, *, stored_only: bool) -> str:
        """The document that is asked for.

        Args:
            stored_only: the caller may run stored documents and nothing else.

        Raises:
            Refused: ``PERSISTED_QUERY_NOT_FOUND`` (clients look for this word and send the text), ``hash_mismatch``,
                ``document_not_stored``.
        """
        if asked.text is None:
            assert asked.sha256 is not None
            return await self._by_hash(tenant, asked.sha256, stored_only)
        if asked.sha256 is None and not stored_only:
            return asked.text
        digest = hashlib.sha256(asked.text.encode("utf-8", "surrogatepass")).hexdigest()
        if asked.sha256 is not None and digest != asked.sha256:
            raise Refused.because("hash_mismatch", "The hash is not the document's.", malformed=True)
        if stored_only:
            return await self._by_hash(tenant, digest, stored_only)
        self._automatic.put(tenant, digest, asked.text, sys.getsizeof(asked.text))
        return asked.text

    async def _by_hash(self, tenant: str, sha256: str, stored_only: bool) -> str:
        if not stored_only:
            text = self._automatic.get(tenant, sha256)
            if text is not None:
                return text
        text = self._stored.get(tenant, sha256)
        if text is None and self._unknown.get((tenant, sha256), 0.0) < time.monotonic():
            text = await self._look(tenant, sha256)
        if text is not None:
            return text
        if stored_only:
            raise Refused.because("document_not_stored", "That document is not one of the stored ones.", status=403)
        raise Refused.because("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")

    async def _look(self, tenant: str, sha256: str) -> str | None:
        changes = self._changes
        found = await self._platform.document(tenant, sha256)
        if changes == self._changes:  # else it may be of before the change
            if found is not None:
                self._stored.put(tenant, sha256, found.document, sys.getsizeof(found.document))
            else:
                self._unknown[tenant, sha256] = time.monotonic() + _UNKNOWN_SECONDS
                self._unknown.move_to_end((tenant, sha256))
                if len(self._unknown) > _MOST_UNKNOWN:
                    self._unknown.popitem(last=False)
        return found.document if found is not None else None
