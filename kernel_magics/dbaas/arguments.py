"""The words of a ``%dbaas`` line: positionals, options, and the variable that takes the answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .errors import UsageError, did_you_mean

__all__ = ["Arguments", "Option", "parse", "split"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option; ``value`` describes what it takes, None for a switch. ``choices`` are the only values."""

    value: str | None = None
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was written.

    Attributes:
        words: the positionals.
        options: by name without dashes; a switch's value is empty.
        target: the variable after ``>>``.
    """

    words: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None

    def get(self, name: str) -> str | None:
        """An option's value, or None."""
        return self.options.get(name)

    def has(self, name: str) -> bool:
        """Whether an option was given."""
        return name in self.options


def split(line: str) -> list[str]:
    """Words as a shell splits them. Raises ``UsageError`` for a quote that is not closed."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"The line cannot be read: {str(error).lower()}.") from None


def parse(tokens: Sequence[str], options: Mapping[str, Option], *, least: int, most: int, usage: str) -> Arguments:
    """Sort tokens into positionals, options and target.

    Args:
        tokens: behind the command's own words.
        options: what the command knows, by name without dashes.
        least, most: how many positionals there may be.
        usage: shown when that is not so.

    Raises:
        UsageError: with a hint.
    """
    words: list[str] = []
    given: dict[str, str] = {}
    target: str | None = None
    rest = iter(tokens)
    for token in rest:
        if token.startswith(">>"):
            target = token[2:] or next(rest, "")
            if not target.isidentifier():
                raise UsageError(f"{target!r} is no name for a variable.", hint="Write >> name.")
        elif token.startswith("--") and len(token) > 2:
            name, equals, value = token[2:].partition("=")
            option = options.get(name)
            if option is None:
                nearest = did_you_mean(f"--{name}", (f"--{known}" for known in options))
                raise UsageError(f"There is no option --{name}.", hint=nearest or usage)
            if option.value is None and equals:
                raise UsageError(f"--{name} takes no value.")
            if option.value is not None and not equals:
                found = next(rest, None)
                if found is None:
                    raise UsageError(f"--{name} needs {option.value}.", hint=usage)
                value = found
            if option.choices and value not in option.choices:
                raise UsageError(
                    f"--{name} is one of {', '.join(option.choices)}.", hint=did_you_mean(value, option.choices)
                )
            given[name] = value
        else:
            words.append(token)
    if not least <= len(words) <= most:
        raise UsageError("Too few words." if len(words) < least else f"{words[most]!r} is too much.", hint=usage)
    return Arguments(tuple(words), given, target)
