"""Documents that are sent by their SHA-256: those a tenant stores, and those that clients persist as they go.

A key that is kept to stored documents runs what its tenant stores, whether it sends the hash or the text.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from dbaas_provisioning.platform import Platform

from .errors import Refused
from .requests import Asked

__all__ = ["Persisted"]

_MOST_BYTES = 8 * 1024 * 1024
_MOST_UNKNOWN = 10_000


class _Texts:
    """Texts by tenant and hash, the most recently used ones."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._size = 0

    def get(self, key: tuple[str, str]) -> str | None:
        text = self._found.get(key)
        if text is not None:
            self._found.move_to_end(key)
        return text

    def put(self, key: tuple[str, str], text: str) -> None:
        if key in self._found or len(text) > _MOST_BYTES // 64:
            return
        self._found[key] = text
        self._size += len(text)
        while self._size > _MOST_BYTES:
            _, oldest = self._found.popitem(last=False)
            self._size -= len(oldest)

    def clear(self) -> None:
        self._found.clear()
        self._size = 0


class Persisted:
    """The persisted documents that one process knows."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._automatic = _Texts()
        self._stored = _Texts()
        self._unknown: set[tuple[str, str]] = set()
        self._changes = 0
        platform.on_change(lambda kind, identity: self._forget())

    def _forget(self) -> None:
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
        self._automatic.put((tenant, digest), asked.text)
        return asked.text

    async def _by_hash(self, tenant: str, sha256: str, stored_only: bool) -> str:
        key = (tenant, sha256)
        if not stored_only:
            text = self._automatic.get(key)
            if text is not None:
                return text
        text = self._stored.get(key)
        if text is None and key not in self._unknown:
            text = await self._look(key)
        if text is not None:
            return text
        if stored_only:
            raise Refused.because("document_not_stored", "That document is not one of the stored ones.", status=403)
        raise Refused.because("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")

    async def _look(self, key: tuple[str, str]) -> str | None:
        changes = self._changes
        found = await self._platform.document(*key)
        if changes == self._changes:  # else it may be of before the change
            if found is not None:
                self._stored.put(key, found.document)
            elif len(self._unknown) < _MOST_UNKNOWN:
                self._unknown.add(key)
        return found.document if found is not None else None
