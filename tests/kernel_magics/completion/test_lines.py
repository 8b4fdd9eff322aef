"""What lines propose: commands, options, and what is there."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from IPython.core.completer import provisionalcompleter

from dbaas.client import Client, TenantClient
from live_notebook import Shell
from waiting import eventually


@pytest.fixture
def tenant(client: Client) -> Iterator[TenantClient]:
    tenant = client.create_tenant(f"l{uuid4().hex[:10]}")
    tenant.create_database("shop")
    yield tenant
    tenant.drop()


def completed(shell: Shell, line: str) -> list[str]:
    completer = shell.ip.Completer
    assert completer is not None
    completer.use_jedi = False
    with provisionalcompleter():
        return [each.text for each in completer.completions(line, len(line))]


def test_commands_and_their_options(shell: Shell) -> None:
    assert {"dump", "dumps", "restore", "undrop", "branch", "import", "usage", "plans", "upgrade", "clusters"} <= set(
        completed(shell, "%dbaas ")
    )
    assert completed(shell, "%dbaas clusters ") == ["show"]
    assert {"redeem", "invitations", "remove"} <= set(completed(shell, "%dbaas members "))
    assert completed(shell, "%dbaas branch shop test --") == ["--tenant", "--schema-only", "--show"]
    assert completed(shell, "%dbaas import x --expose ") == ["policies", "all"]


def test_variables_that_hold_a_text(shell: Shell) -> None:
    shell.ip.push({"url_of_elsewhere": "postgresql://…", "a_number": 1})
    for line in ("%dbaas import acme/x --dsn ", "%dbaas members redeem "):
        found = completed(shell, line)
        assert "url_of_elsewhere" in found and "a_number" not in found


def test_dumps_and_what_was_dropped(shell: Shell, tenant: TenantClient) -> None:
    made = tenant.database("shop").dump()
    shell.run(f"%dbaas use {tenant.name}")
    assert eventually(lambda: completed(shell, "%dbaas restore shop ")) == [made.id]
    assert eventually(lambda: completed(shell, f"%dbaas restore {tenant.name}/shop {made.id[:3]}")) == [made.id]
    assert tenant.name in eventually(lambda: completed(shell, "%dbaas usage "))
    tenant.database("shop").drop()
    assert eventually(lambda: completed(shell, "%dbaas undrop ")) == ["shop"]
    assert eventually(lambda: completed(shell, f"%dbaas undrop {tenant.name}/")) == [f"{tenant.name}/shop"]
