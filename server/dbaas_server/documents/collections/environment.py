"""What every operation on collections works in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..store import Store
from .catalog import Catalog
from .lines import Lines
from .retrying import Sessions

__all__ = ["REAP_SECONDS", "EngineLimits", "Environment"]

REAP_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """What one engine may spend.

    Attributes:
        stage_bytes: that a blocking stage or sort keeps in memory before it goes to disk.
        batch_bytes: of documents in one batch on their way to a client.
        attempts: that a write makes when others are faster each time.
        reap_seconds: between two looks for documents whose time is over.
        sessions_kept_seconds: that the record of a retryable write is kept.
    """

    stage_bytes: int = 100 * 1024 * 1024
    batch_bytes: int = 4 * 1024 * 1024
    attempts: int = 30
    reap_seconds: float = REAP_SECONDS
    sessions_kept_seconds: float = 1_800.0


@dataclass(frozen=True, slots=True)
class Environment:
    """One open store and what is known of it.

    Attributes:
        folder: where files go that are too large for memory; None: the system's.
        sessions: what retryable writes did.
        lines: before documents that many want to change.
    """

    store: Store
    catalog: Catalog
    folder: Path | None = None
    limits: EngineLimits = field(default_factory=EngineLimits)
    sessions: Sessions = field(default_factory=Sessions)
    lines: Lines = field(default_factory=Lines)
