"""Commands, a file a family. Importing this package registers all of them."""

from __future__ import annotations

from . import (
    collections,
    cursors,
    diagnostic,
    explain,
    handshake,
    indexes,
    login,
    operations,
    reading,
    sessions,
    statistics,
    testing,
    writing,
)

__all__ = [
    "collections",
    "cursors",
    "diagnostic",
    "explain",
    "handshake",
    "indexes",
    "login",
    "operations",
    "reading",
    "sessions",
    "statistics",
    "testing",
    "writing",
]
