"""What could be better about a database."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import TableRef

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is probably not what was meant, with what to do about it.

    Attributes:
        code: stable, for programs.
        table: None for what concerns the whole database.
        message: one sentence, names included.
        hint: what to do, in words.
        remedy: in the engine's own language, complete enough to be run; None where a person has to decide first.
    """

    code: str
    table: TableRef | None
    message: str
    hint: str
    remedy: str | None = None
