"""gql, unmodified: it fetches the schema, checks documents against it, and sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport
from graphql import GraphQLError, GraphQLObjectType

from .conftest import Project

Open = Callable[..., Any]


@pytest.fixture
def opened(project: Project) -> Iterator[Open]:
    """Opens a session with a key, and with a token where one is given; ``url`` is the database's own endpoint."""
    clients: list[Client] = []

    def open_session(key: str, token: str | None = None, url: str | None = None) -> Any:
        headers = {"apikey": key} | ({"Authorization": f"Bearer {token}"} if token else {})
        transport = HTTPXTransport(url or f"{project.base}/graphql/v1", headers=headers, timeout=60)
        clients.append(Client(transport=transport, fetch_schema_from_transport=True))
        return clients[-1].connect_sync()

    yield open_session
    for client in clients:
        client.close_sync()


def run(session: Any, document: str, **variables: Any) -> dict[str, Any]:
    answer: dict[str, Any] = session.execute(GraphQLRequest(gql(document), variable_values=variables))
    return answer


def test_queries_with_variables_fragments_and_relations(opened: Open, project: Project) -> None:
    anon = opened(project.anon)
    document = """
      query films($where: films_bool_exp!, $limit: Int) {
        find_films(where: $where, order_by: [{year: asc}], limit: $limit) { ...film }
      }
      fragment film on films { title roles(order_by: [{actor_id: asc}]) { character actor { last_name } } }
    """
    (film,) = run(anon, document, where={"title": {"_eq": "Vertigo"}}, limit=5)["find_films"]
    assert film["title"] == "Vertigo"
    assert [(role["character"], role["actor"]["last_name"]) for role in film["roles"]] == [
        ("Scottie", "Stewart"),
        ("Madeleine", "Novak"),
    ]
    years = run(anon, "{ find_films(order_by: [{year: asc}]) { year } }")["find_films"]
    assert [row["year"] for row in years] == sorted(row["year"] for row in years)


def test_mutations_with_returning(opened: Open, project: Project) -> None:
    anon = opened(project.anon)
    added = run(
        anon,
        """mutation ($rows: [notes_insert_input!]!) {
          insert_notes(objects: $rows) { affected_rows returning { title } }
        }""",
        rows=[{"id": 950, "title": 'ü " \\ \n'}, {"id": 951}],
    )["insert_notes"]
    assert added == {"affected_rows": 2, "returning": [{"title": 'ü " \\ \n'}, {"title": "untitled"}]}
    merged = run(
        anon,
        """mutation ($rows: [notes_insert_input!]!) {
          insert_notes(objects: $rows, on_conflict: {constraint: notes_pkey, update_columns: [title]}) {
            returning { id title }
          }
        }""",
        rows=[{"id": 950, "title": "merged"}],
    )["insert_notes"]
    assert merged == {"returning": [{"id": 950, "title": "merged"}]}
    gone = run(anon, "mutation { delete_notes(where: {id: {_in: [950, 951]}}) { affected_rows } }")
    assert gone == {"delete_notes": {"affected_rows": 2}}


def test_an_error_of_the_engine_has_its_code_and_a_path(opened: Open, project: Project) -> None:
    anon = opened(project.anon)
    twice = 'mutation { again: insert_countries(objects: [{id: 1, code: "X", name: "X"}]) { affected_rows } }'
    with pytest.raises(TransportQueryError) as refused:
        run(anon, twice)
    (error,) = refused.value.errors or []
    assert error["extensions"]["code"] == "23505" and error["path"] == ["again"]
    with pytest.raises(GraphQLError, match="nonsense"):  # the client knows the schema, and sends nothing
        run(anon, "{ find_films { nonsense } }")


def test_row_policies_decide_by_the_token(opened: Open, project: Project) -> None:
    todos = "{ find_todos(order_by: [{id: asc}]) { title } }"
    assert run(opened(project.anon, project.token), todos) == {"find_todos": [{"title": "mine"}]}
    assert len(run(opened(project.secret), todos)["find_todos"]) == 2
    assert run(opened(project.anon), todos) == {"find_todos": []}


def test_comments_are_descriptions_and_the_tenants_endpoint_has_the_same_tables(opened: Open, project: Project) -> None:
    session = opened(project.anon, url=f"{project.data}/graphql")
    films = session.client.schema.type_map["films"]
    assert isinstance(films, GraphQLObjectType)
    assert "What was shown" in (films.description or "") and films.fields["year"].description == "Of the premiere"
