"""The OpenAPI document, and what requests generated from it meet: never a 500, only answers it promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .conftest import Project


@pytest.fixture(scope="session")
def fuzzed(project: Project) -> Project:
    project.run((Path(__file__).resolve().parent / "fuzz.sql").read_text())
    return project


def read_document(project: Project, key: str, **headers: str) -> dict[str, Any]:
    with project.client(key, **headers) as client:
        answer = client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openapi+json")
    return answer.json()


ALWAYS = [not_a_server_error, status_code_conformance]


def checks(case: schemathesis.Case, answer: schemathesis.Response) -> list[Any]:
    """What an answer is held to. A write returns nothing unless asked; rows are whatever `select` asks for."""
    if not answer.content and case.method != "GET":
        return ALWAYS
    if "select" in (case.query or {}):
        return [*ALWAYS, content_type_conformance]
    return [*ALWAYS, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.timeout(300)
def test_generated_requests_meet_documented_answers(fuzzed: Project, mode: GenerationMode):
    schema = schemathesis.openapi.from_dict(read_document(fuzzed, fuzzed.anon, Accept_Profile="fuzz"))
    schema.config.update(base_url=fuzzed.data)
    headers = {"apikey": fuzzed.anon, "Accept-Profile": "fuzz", "Content-Profile": "fuzz"}
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(operation.as_strategy(generation_mode=mode))
        @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def ask(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=checks(case, answer))

        ask()
    assert asked > 100


def test_a_role_sees_what_it_may_reach(project: Project):
    anonymous = read_document(project, project.anon)
    secret = read_document(project, project.secret)
    assert anonymous["openapi"] == "3.1.0"
    assert {"/data/cities", "/data/cities/{id}", "/rpc/add_them", "/data/%22Odd%20%5C%22name%5C%22.x%22"} <= set(
        anonymous["paths"]
    )
    assert "/data/hidden" not in anonymous["paths"]
    assert "/data/hidden" in secret["paths"]
    assert set(anonymous["paths"]["/data/films_after_1955"]) == {"get"}
    assert "/data/items" not in anonymous["paths"]
    assert anonymous["servers"][0]["url"] == project.data


def test_columns_are_described(project: Project):
    schemas = read_document(project, project.anon)["components"]["schemas"]
    cities = schemas["cities"]["properties"]
    assert cities["population"]["type"] == ["integer", "null"]
    assert cities["name"]["type"] == "string"
    assert schemas["moods"]["properties"]["mood"]["enum"] == ["sad", "ok", "happy", None]
    assert schemas["users"]["properties"]["tags"]["type"] == "array"


def test_the_supabase_shaped_base_describes_itself_too(project: Project):
    answer = httpx.get(f"{project.base}/rest/v1/", headers={"apikey": project.anon})
    assert answer.status_code == 200
    assert "/cities" in answer.json()["paths"]
    assert answer.json()["servers"][0]["url"] == f"{project.base}/rest/v1"
