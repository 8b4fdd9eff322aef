"""supabase-js, postgrest-js and graphql-request, unmodified, and the audits of GraphQL over HTTP."""

from __future__ import annotations

import pytest

from node_suites import FOLDER, run_suite

from .conftest import Project

suites = sorted(path.name for path in FOLDER.glob("*.test.mjs"))


@pytest.mark.parametrize("suite", suites)
def test_javascript_clients(suite: str, node: str, project: Project):
    run_suite(
        node,
        suite,
        240,
        BASE=project.base,
        DATA=project.data,
        ANON=project.anon,
        SECRET=project.secret,
        TOKEN=project.token,
    )
