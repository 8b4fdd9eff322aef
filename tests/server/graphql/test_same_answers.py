"""Whatever is asked, GraphQL, REST and plain SQL give the same rows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_questions import as_graphql, as_rest, as_sql, generate, questions

SEEDS = (1, 2)
DATABASES = {seed: generate(seed) for seed in SEEDS}


@pytest.fixture(scope="module")
def generated(own):
    """A database for each generated schema."""
    for seed, database in DATABASES.items():
        assert own.operator.post(f"/v1/{own.tenant}/databases", json={"name": f"g{seed}"}).status_code == 201
        own.sql(database.script(), f"g{seed}")
    return own


@pytest.mark.parametrize("seed", SEEDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_three_doors_one_answer(generated, seed: int, data: st.DataObject) -> None:
    question = data.draw(questions(DATABASES[seed]))
    name = f"g{seed}"
    answer = generated.data(as_graphql(question), path=f"/p/{generated.tenant}/{name}/graphql/v1")["rows"]
    rest = generated.http.get(
        f"/p/{generated.tenant}/{name}/rest/v1/{question.table.name}",
        params=as_rest(question),
        headers={"apikey": generated.secret, "Prefer": "numbers=string"},
    )
    assert rest.status_code == 200, rest.text
    assert answer == rest.json()
    assert answer == generated.sql(as_sql(question), name)[0]["rows"]
