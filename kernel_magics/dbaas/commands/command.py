"""What a command is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..arguments import Arguments, Option, parse
from ..context import Context

__all__ = ["DATABASE", "SHOW", "TENANT", "Command"]

TENANT = {"tenant": Option("a tenant")}
DATABASE = {**TENANT, "database": Option("a database")}
SHOW = {"show": Option()}


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand.

    Attributes:
        words: what calls it.
        positional: its positionals as usage shows them; the optional ones in brackets.
        summary: one sentence.
        run: does it and answers with something to display.
        options: by name without dashes.
        example: a line that works.
    """

    words: tuple[str, ...]
    positional: tuple[str, ...]
    summary: str
    run: Callable[[Context, Arguments], object]
    options: Mapping[str, Option] = field(default_factory=dict)
    example: str = ""

    @property
    def name(self) -> str:
        """Its words."""
        return " ".join(self.words)

    @property
    def usage(self) -> str:
        """The line as one writes it."""
        options = [f"[--{name}{' ' + _value(option) if option.value else ''}]" for name, option in self.options.items()]
        return " ".join(["%dbaas", *self.words, *self.positional, *options])

    def parse(self, tokens: Sequence[str]) -> Arguments:
        """Sort the tokens behind its words. Raises ``UsageError``."""
        least = sum(not word.startswith("[") for word in self.positional)
        return parse(tokens, self.options, least=least, most=len(self.positional), usage=self.usage)


def _value(option: Option) -> str:
    return "|".join(option.choices) or (option.value or "").split()[-1].upper()
