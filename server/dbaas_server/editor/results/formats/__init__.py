"""Files that a result can be exported as.

1. An encoder is fed whole rows as the engine's CSV (or JSON) and gives bytes; it knows neither HTTP nor the engine.
2. It never holds more than a bounded part of the rows, and runs in a thread.
3. What a format cannot hold is said, never changed in silence. The mappings of types: :mod:`~dbaas_server.arrow_types`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from dbaas_provisioning.errors import Invalid

from .encoder import Encoder, Sheet
from .plain import Csv, Json, NdJson

__all__ = ["FORMATS", "Encoder", "Sheet", "encoder_of"]


Kind: TypeAlias = Callable[[], type[Encoder]]
"""Gives an encoder's class. Some import what takes half a second, which only those wait for who ask."""


def _parquet() -> type[Encoder]:
    from .columnar import Parquet

    return Parquet


def _arrow() -> type[Encoder]:
    from .columnar import ArrowStream

    return ArrowStream


def _xlsx() -> type[Encoder]:
    from .workbook import Workbook

    return Workbook


def _markdown() -> type[Encoder]:
    from .written import Markdown

    return Markdown


def _inserts() -> type[Encoder]:
    from .written import Inserts

    return Inserts


FORMATS: dict[str, Kind] = {
    "csv": lambda: Csv,
    "json": lambda: Json,
    "ndjson": lambda: NdJson,
    "parquet": _parquet,
    "arrow": _arrow,
    "xlsx": _xlsx,
    "markdown": _markdown,
    "inserts": _inserts,
}


async def encoder_of(name: str) -> type[Encoder]:
    """A format's encoder. Raises ``Invalid`` (``unknown_format``)."""
    found = FORMATS.get(name)
    if found is None:
        raise Invalid("unknown_format", f"There is no format “{name[:40]}”.", hint=f"There are {', '.join(FORMATS)}.")
    return await asyncio.to_thread(found)
