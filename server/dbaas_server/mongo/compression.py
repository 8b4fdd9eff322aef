"""OP_COMPRESSED's compressors (specification "OP_COMPRESSED"): zlib always, the others where they are installed."""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import Any, Final

__all__ = ["COMPRESSORS", "compress", "decompress", "negotiate", "numbers"]


def _optional(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


_snappy: Final = _optional("snappy")
_zstandard: Final = _optional("zstandard")

_NOOP, _SNAPPY, _ZLIB, _ZSTD = 0, 1, 2, 3

COMPRESSORS: Final[dict[int, str]] = {
    **({_SNAPPY: "snappy"} if _snappy is not None else {}),
    _ZLIB: "zlib",
    **({_ZSTD: "zstd"} if _zstandard is not None else {}),
}


def negotiate(asked: object) -> list[str]:
    """Those of the client's compressors that are known here, in its order."""
    known = set(COMPRESSORS.values())
    return [name for name in asked if isinstance(name, str) and name in known] if isinstance(asked, list) else []


def numbers(names: list[str]) -> frozenset[int]:
    """Compressors as OP_COMPRESSED numbers them."""
    return frozenset(number for number, name in COMPRESSORS.items() if name in names)


def compress(compressor: int, data: bytes) -> bytes:
    """Pack bytes."""
    if compressor == _SNAPPY:
        packed: bytes = _snappy.compress(data)
        return packed
    if compressor == _ZSTD:
        zstd: bytes = _zstandard.ZstdCompressor().compress(data)
        return zstd
    return zlib.compress(data)


def decompress(compressor: int, data: bytes, size: int) -> bytes:
    """Unpack bytes, never more than were announced.

    Raises:
        ValueError: they are not what was announced.
    """
    try:
        if compressor == _SNAPPY:
            if _snappy_length(data) != size:
                raise ValueError("another length than announced")
            found = bytes(_snappy.decompress(data))
        elif compressor == _ZSTD:
            reader = _zstandard.ZstdDecompressor().stream_reader(data)
            found = reader.read(size + 1)
        else:
            unpacking = zlib.decompressobj()
            found = unpacking.decompress(data, size + 1)
    except ValueError:
        raise
    except Exception as error:  # each library has errors of its own
        raise ValueError(f"not compressed with {COMPRESSORS[compressor]}: {error}") from None
    if len(found) != size:
        raise ValueError("another length than announced")
    return found


def _snappy_length(data: bytes) -> int:
    """Snappy's preamble: the length before compression, as a variable-length integer."""
    length = shift = 0
    for byte in data[:5]:
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return length
        shift += 7
    raise ValueError("no length")
