"""The schema follows the catalog, and says what it is."""

from __future__ import annotations

from graphql import build_client_schema, get_introspection_query, validate_schema


def test_a_table_made_a_moment_ago_is_there(own) -> None:
    assert own.data("{ find_first { id } }") == {"find_first": []}
    for number in range(3):
        own.sql(f"create table made_{number} (id int primary key, first_id int references first)")
        assert own.data(f"{{ find_made_{number} {{ id first {{ id }} }} }}") == {f"find_made_{number}": []}
    own.sql("alter table first add column name text")
    assert own.data("{ find_first { name made_0 { id } } }") == {"find_first": []}


def test_a_column_that_went_is_refused_and_not_a_fault(own) -> None:
    own.sql("alter table first add column gone text")
    assert own.data("{ find_first { gone } }") == {"find_first": []}
    own.sql("alter table first drop column gone")
    assert own.refused("{ find_first { gone } }") in {"unknown_column", "invalid_document", "42703"}


def test_a_right_that_is_given_opens_a_field(own) -> None:
    assert own.refused("{ find_first { id } }", key=own.anon) == "invalid_document"
    own.sql("grant select on first to anon")
    assert own.data("{ find_first { id } }", key=own.anon) == {"find_first": []}


def test_a_role_that_may_do_nothing_has_a_schema_all_the_same(own) -> None:
    own.sql("revoke all on all tables in schema public from authenticated")
    bearer = {"key": own.anon, "Authorization": f"Bearer {own.token()}"}
    assert own.refused("{ find_first { id } }", **bearer) == "invalid_document"
    assert own.data("{ __typename __schema { mutationType { name } } }", **bearer) == {
        "__typename": "Query", "__schema": {"mutationType": None}
    }  # fmt: skip


def test_a_database_made_later_joins_the_tenants_schema(own) -> None:
    assert own.operator.post(f"/v1/{own.tenant}/databases", json={"name": "more-data"}).status_code == 201
    own.sql("create table late (id int primary key)", "more-data")
    assert own.data("{ more_data_find_late { id } find_first { id } stats_find_events { id } }") == {
        "more_data_find_late": [], "find_first": [], "stats_find_events": [{"id": 1}]
    }  # fmt: skip


def test_introspection_is_complete_and_mixes_with_data(door) -> None:
    result = door.data(get_introspection_query(descriptions=True, input_value_deprecation=True))
    schema = build_client_schema(result)
    assert validate_schema(schema) == []
    assert schema.get_type("books_bool_exp") is not None
    data = door.data('{ a: find_covers(limit: 0) { colour } b: __type(name: "covers") { name } __typename }')
    assert list(data) == ["a", "b", "__typename"]
    assert data["b"] == {"name": "covers"}


def test_introspection_takes_variables_and_fragments(door) -> None:
    text = """query($name: String!, $all: Boolean!) { __type(name: $name) { ...T } }
              fragment T on __Type { name fields @include(if: $all) { name } }"""
    assert door.data(text, {"name": "covers", "all": False}) == {"__type": {"name": "covers"}}
    assert len(door.data(text, {"name": "covers", "all": True})["__type"]["fields"]) == 4
