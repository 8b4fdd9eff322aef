"""Names of tenants and databases."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.naming import check_database_name, check_subdomain, check_tenant_name, derive_subdomain


@given(st.text(max_size=80))
@example("Acme Ünited GmbH & Co.")
@example("3 Musketeers")
@example("-" * 60)
@example("x" * 38 + " y")
def test_a_derived_subdomain_is_a_valid_one_or_none_at_all(name: str) -> None:
    try:
        subdomain = derive_subdomain(name)
    except Invalid as refused:
        assert refused.code in ("invalid_subdomain", "reserved_name")
    else:
        assert re.fullmatch(r"[a-z][a-z0-9-]{1,38}", subdomain)
        assert check_subdomain(subdomain) == subdomain


@pytest.mark.parametrize(
    ("name", "subdomain"),
    [("Acme", "acme"), ("Acme Ünited GmbH", "acme-united-gmbh"), ("3M", "t-3m"), ("  a b ", "a-b"), ("café", "cafe")],
)
def test_a_subdomain_is_the_name_in_plain_letters(name: str, subdomain: str) -> None:
    assert derive_subdomain(name) == subdomain


@pytest.mark.parametrize("subdomain", ["", "a", "A-b", "1ab", "-ab", "a_b", "a" * 40, "a b", "ab\n", "äb"])
def test_subdomains_that_do_not_fit_a_url_are_refused(subdomain: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_subdomain(subdomain)
    assert refused.value.code == "invalid_subdomain"


@pytest.mark.parametrize("subdomain", ["v1", "healthz", "tenants", "metrics", "platform", "rest"])
def test_subdomains_that_urls_need_are_refused(subdomain: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_subdomain(subdomain)
    assert refused.value.code == "reserved_name"


@pytest.mark.parametrize(
    "name", ['a"; drop role x; --', "O'Brien", "naïve", "数据库", "a b", "$user", "a%b?c=d#e", "\\"]
)
def test_any_plain_text_can_be_a_databases_name(name: str) -> None:
    assert check_database_name(name) == name


@pytest.mark.parametrize("name", ["", " a", "a ", "a/b", "a\0b", "a\nb", "a\x7fb", "x" * 64, "ä" * 32, "\ud800"])
def test_misleading_database_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_database_name(name)
    assert refused.value.code == "invalid_name"


@pytest.mark.parametrize("name", ["postgres", "template1", "Template0"])
def test_the_engines_own_databases_cannot_be_named(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_database_name(name)
    assert refused.value.code == "reserved_name"


@given(st.text(max_size=100))
def test_every_text_is_a_database_name_or_refused_with_a_code(name: str) -> None:
    try:
        assert len(check_database_name(name).encode()) <= 63
    except Invalid as refused:
        assert refused.code in ("invalid_name", "reserved_name")


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb"])
def test_tenants_need_a_readable_name(name: str) -> None:
    with pytest.raises(Invalid):
        check_tenant_name(name)
