"""A ``%dbaas`` line: words, options, target; and what is said when it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas.arguments import Arguments, Option, parse, split
from dbaas.commands import COMMANDS, find
from dbaas.errors import UsageError

OPTIONS = {"tenant": Option("a tenant"), "yes": Option(), "expose": Option("a rule", ("policies", "all"))}


def parsed(line: str) -> Arguments:
    return parse(split(line), OPTIONS, least=0, most=2, usage="usage")


def test_words_options_and_target() -> None:
    assert parsed("'my db' --tenant=acme --yes >> out") == Arguments(("my db",), {"tenant": "acme", "yes": ""}, "out")
    assert parsed("--expose all x >>out") == Arguments(("x",), {"expose": "all"}, "out")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a b c", "'c' is too much.*usage"),
        ("--tenat acme", "Did you mean --tenant"),
        ("--tenant", "needs a tenant"),
        ("--yes=1", "takes no value"),
        ("--expose everything", "one of policies, all"),
        (">> 1x", "no name for a variable"),
        (">>", "no name for a variable"),
        ("'open", "no closing quotation"),
    ],
)
def test_a_wrong_line_says_what_is_wrong(line: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parsed(line)


@given(st.text(max_size=40))
def test_any_line_is_read_or_refused(line: str) -> None:
    try:
        parsed(line)
    except UsageError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tenats", "Did you mean tenants"),
        ("keys creat", "Did you mean create"),
        ("tenant creat", "Did you mean create"),
        ("xyzzy", "help"),
    ],
)
def test_an_unknown_command_names_the_nearest(line: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        command, rest = find(split(line))
        command.parse(rest)


def test_every_command_says_how_it_is_used_and_its_example_is_right() -> None:
    for command in COMMANDS:
        assert command.summary.endswith(".") and command.usage.startswith(f"%dbaas {command.name}")
        if command.example:
            found, rest = find(split(command.example)[1:])
            found.parse(rest)
            assert found is command
