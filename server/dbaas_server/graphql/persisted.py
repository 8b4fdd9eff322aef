"""Documents that are sent by their SHA-256."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from .errors import Refused
from .requests import Asked

__all__ = ["Persisted"]

_MOST_BYTES = 8 * 1024 * 1024


class Persisted:
    """Automatically persisted documents of one process: whoever sends a text with its hash may send the hash alone."""

    def __init__(self) -> None:
        self._texts: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._bytes = 0

    def text(self, tenant: str, asked: Asked) -> str:
        """The document that is asked for.

        Raises:
            Refused: ``PERSISTED_QUERY_NOT_FOUND`` (clients look for this word and send the text), ``hash_mismatch``.
        """
        if asked.sha256 is None:
            assert asked.text is not None
            return asked.text
        key = (tenant, asked.sha256)
        if asked.text is None:
            known = self._texts.get(key)
            if known is None:
                raise Refused.because("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
            self._texts.move_to_end(key)
            return known
        if hashlib.sha256(asked.text.encode("utf-8", "surrogatepass")).hexdigest() != asked.sha256:
            raise Refused.because("hash_mismatch", "The hash is not the document's.", malformed=True)
        if key not in self._texts and len(asked.text) < _MOST_BYTES // 64:
            self._texts[key] = asked.text
            self._bytes += len(asked.text)
            while self._bytes > _MOST_BYTES:
                _, oldest = self._texts.popitem(last=False)
                self._bytes -= len(oldest)
        return asked.text
