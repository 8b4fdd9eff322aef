"""The master key and what hangs on it."""

from __future__ import annotations

import base64
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpu_time import costs_less_than
from dbaas_provisioning.errors import Unauthorized, Unavailable
from dbaas_provisioning.nouns import Home, KeyRole
from dbaas_provisioning.secrets import PREFIX_LENGTH, Vault, hash_key, new_api_key, redact

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_a_secret_opens_where_it_was_closed_and_does_not_show_before(secret: str, context: str) -> None:
    closed = Vault(KEY).encrypt(secret, context)
    assert Vault(KEY).decrypt(closed, context) == secret
    assert len(secret) < 8 or secret not in closed


@given(TEXT, TEXT, TEXT)
def test_a_secret_opens_neither_in_another_place_nor_with_another_key(secret: str, context: str, other: str) -> None:
    closed = Vault(KEY).encrypt(secret, context)
    with pytest.raises(Unavailable) as refused:
        Vault(OTHER_KEY).decrypt(closed, context)
    assert refused.value.code == "master_key_wrong"
    if other != context:
        with pytest.raises(Unavailable):
            Vault(KEY).decrypt(closed, other)


@given(st.binary(max_size=80))
def test_damaged_secrets_are_refused_with_a_code(data: bytes) -> None:
    with pytest.raises(Unavailable) as refused:
        Vault(KEY).decrypt(base64.urlsafe_b64encode(data).decode(), "row")
    assert refused.value.code == "master_key_wrong"


def test_closing_a_secret_twice_never_looks_the_same() -> None:
    assert Vault(KEY).encrypt("s", "row") != Vault(KEY).encrypt("s", "row")


def test_the_master_key_is_made_once_for_this_user_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    closed = Vault.open(home, create=True).encrypt("s", "row")
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600
    assert Vault.open(home, create=True).decrypt(closed, "row") == "s"


def test_the_master_key_is_where_the_setting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBAAS_MASTER_KEY_FILE", str(tmp_path / "elsewhere"))
    Vault.open(Home(tmp_path), create=True)
    assert (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "master.key").exists()


def test_a_master_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    Vault.open(Home(tmp_path), create=True)
    (tmp_path / "master.key").chmod(0o640)
    with pytest.raises(Unavailable) as refused:
        Vault.open(Home(tmp_path))
    assert refused.value.code == "master_key_exposed"
    assert "chmod 600" in (refused.value.hint or "")


@pytest.mark.parametrize("content", [b"", b"not base64 \xff", base64.b64encode(b"short")])
def test_a_damaged_master_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Unavailable) as refused:
        Vault.open(Home(tmp_path))
    assert refused.value.code == "master_key_invalid"


def test_a_lost_master_key_is_told_and_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        Vault.open(Home(tmp_path))
    assert refused.value.code == "master_key_missing"
    assert not list(tmp_path.iterdir())


def test_a_persons_token_names_them_until_it_expires() -> None:
    vault = Vault(KEY)
    found = vault.check_person_token(vault.person_token("ann", 60, epoch=3, tenant="acme"))
    assert (found.person, found.epoch, found.tenant) == ("ann", 3, "acme")
    assert vault.check_person_token(vault.person_token("ann", 60)).tenant is None
    with pytest.raises(Unauthorized) as refused:
        vault.check_person_token(vault.person_token("ann", -1))
    assert refused.value.code == "token_expired"


def test_tokens_of_others_and_of_other_kinds_are_refused() -> None:
    vault = Vault(KEY)
    claims = {"sub": "ann", "exp": 4_000_000_000, "aud": "dbaas person", "epoch": 0}
    for token in (
        Vault(OTHER_KEY).person_token("ann", 60),
        "dbt_" + jwt.encode(claims, "", algorithm="none"),
        "dbt_" + jwt.encode(claims, KEY, algorithm="HS256"),  # the master key itself signs nothing
        vault.person_token("ann", 60).removeprefix("dbt_"),
        "dbt_",
        "",
    ):
        with pytest.raises(Unauthorized) as refused:
            vault.check_person_token(token)
        assert refused.value.code == "token_invalid"


@given(st.text())
def test_no_text_is_a_token_by_chance(text: str) -> None:
    with pytest.raises(Unauthorized):
        Vault(KEY).check_person_token(f"dbt_{text}")


@pytest.mark.parametrize(("role", "start"), [(KeyRole.anon, "dbk_p_"), (KeyRole.service_role, "dbk_s_")])
def test_api_keys_show_their_role_and_nothing_else_twice(role: KeyRole, start: str) -> None:
    keys = {new_api_key(role) for _ in range(100)}
    assert len({hash_key(key) for key in keys}) == 100
    assert all(key.startswith(start) and len(key) == len(start) + 43 for key in keys)
    assert len(start) + 10 > PREFIX_LENGTH


@given(st.sampled_from(list(KeyRole)), TEXT, TEXT)
def test_logs_show_neither_keys_nor_tokens_nor_passwords(role: KeyRole, before: str, after: str) -> None:
    key, token = new_api_key(role), Vault(KEY).person_token("ann", 60)
    signed = jwt.encode({"sub": "x"}, "s" * 32, algorithm="HS256")
    url = "postgresql://o_x:hunter2@127.0.0.1:5432/shop"
    shown = redact(f"{before} {key} {token} {signed} {url} {after}")
    assert key[8:] not in shown
    assert token[8:] not in shown
    assert signed[8:] not in shown
    assert "hunter2" not in shown
    assert "127.0.0.1:5432/shop" in shown


@pytest.mark.parametrize(
    "part", ["alter--", "a-", "eyJ-", "eyJ.", "a://", "a://b", "://a:", "://:@", "a://:b", "dbk_", "dbk_s_-", "a.", "@"]
)
def test_no_text_takes_long_to_look_through(part: str) -> None:
    text = part * (100_000 // len(part))
    assert costs_less_than(1, lambda: redact(text))


def test_nothing_secret_is_in_a_repr() -> None:
    assert "kkkk" not in repr(Vault(KEY))
