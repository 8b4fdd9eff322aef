"""Whom Jupyter let in, as the platform names them."""

from __future__ import annotations

import pytest
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider, User

from dbaas_provisioning.persons import local_person
from dbaas_server.auth.jupyter import person_in_jupyter


class WithUsers(IdentityProvider):
    """A provider that knows people by name."""


@pytest.mark.parametrize("provider", [IdentityProvider(), PasswordIdentityProvider()])
def test_whoever_has_the_secret_of_a_server_is_who_runs_it(provider: IdentityProvider) -> None:
    assert person_in_jupyter(provider, User(username="made up for this browser")) == local_person()
    assert person_in_jupyter(provider, None) is None


def test_a_server_with_users_of_its_own_tells_them_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    assert person_in_jupyter(WithUsers(), User(username="ann")) == "jupyter:ann"
    assert person_in_jupyter(WithUsers(), User(username="local:0")) == "jupyter:local:0", "a name vouches for nothing"
    assert person_in_jupyter(WithUsers(), None) is None


def test_a_hubs_server_belongs_to_whom_it_was_started_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ann")
    assert person_in_jupyter(WithUsers(), User(username="ann")) == local_person()
    assert person_in_jupyter(WithUsers(), User(username="bob")) == "jupyter:bob", "somebody it is shared with"
