"""Pages of a result: far away, arranged by the engine, of one snapshot, and reopened where it is not open any more."""

from __future__ import annotations

import threading

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import victims
from live_platform import LivePlatform
from waiting import eventually, kill

MILLION = "select g as id, md5(g::text) as v from generate_series(1, 1000000) g"
OPERATORS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
COLUMNS = {
    "i": st.integers(-(2**31), 2**31 - 1).map(str), "b": st.integers(-(2**63), 2**63 - 1).map(str),
    "n": st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-999, max_value=999).map(str),
    "f": st.floats(width=32).map(lambda value: str(value).replace("inf", "Infinity")),
    "t": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
    "d": st.dates().map(str), "o": st.booleans().map(lambda value: str(value).lower()),
    "a": st.lists(st.integers(0, 9), max_size=3).map(lambda value: "{" + ",".join(map(str, value)) + "}"),
}  # fmt: skip
KEYS = list(COLUMNS)
HOSTILE = ["'", "' or true --", "%", "_", "\\", "\\%", "a%b", "$1", "$2", "); drop table sorted_rows; --", "A", "é"]


@pytest.fixture(scope="module")
def rows_table(editor) -> str:
    """A table with nulls, twins and hostile texts; the statement that reads it."""
    with editor.connect() as connection:
        connection.execute(
            "create table sorted_rows (id int primary key, i int, b bigint, n numeric, f float8, t text, d date,"
            " o bool, a int[], j json, p point)"
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into sorted_rows values (%s, %s, %s, %s, %s, %s, %s, %s, %s, '{\"a\": 1}', '(1,2)')",
                [
                    (
                        place, None if place % 7 == 0 else place % 11 - 5, place * 2**57 if place < 60 else None,
                        place / 8, [None, float("nan"), float("inf"), -0.5][place % 4] if place % 3 else place / 3,
                        None if place % 13 == 0 else HOSTILE[place % len(HOSTILE)] + str(place % 3),
                        f"20{place % 30:02d}-01-0{place % 9 + 1}", [True, False, None][place % 3],
                        None if place % 5 == 0 else [place % 4, place % 2],
                    )
                    for place in range(120)
                ],
            )  # fmt: skip
    return "select id, i, b, n, f, t, d, o, a from sorted_rows -- as it is"


def test_pages_far_away_and_back(editor) -> None:
    first = editor.ask("run", MILLION, limit=100)
    result = first["result"]
    assert first["rows"][0][0] == 1
    for offset in (300_000, 300_100, 299_900, 999_990, 0, 300_000):
        page = editor.ask("rows", MILLION, result=result, offset=offset, limit=100)
        assert [row[0] for row in page["rows"]] == list(range(offset + 1, min(offset + 100, 1_000_000) + 1))
        assert (page["result"], page["reopened"]) == (result, False)
        assert page["complete"] == (offset == 999_990)
    beyond = editor.ask("rows", MILLION, result=result, offset=1_000_001, limit=10)
    assert beyond["rows"] == [] and beyond["complete"]


def test_the_first_page_of_a_table_does_not_read_all_of_it(editor) -> None:
    with editor.connect() as connection:
        connection.execute(
            "create table read_first as select g as id, repeat('x', 100) as v from generate_series(1, 200000) g"
        )
        connection.execute("analyze read_first")
        # A row far behind fails: who got there noticed.
        connection.execute(
            "create function fails_late(int) returns int immutable language plpgsql as"
            " $$ begin if $1 > 150000 then raise 'too far'; end if; return $1; end $$"
        )
    text = "select fails_late(id), v from read_first"
    first = editor.ask("run", text, limit=100)
    assert len(first["rows"]) == 100
    page = editor.ask("rows", text, result=first["result"], offset=100_000, limit=10)
    assert page["rows"][0][0] == 100_001
    assert "too far" in editor.refused("rows", text, result=first["result"], offset=160_000, limit=10)["message"]


def test_what_is_read_again_is_the_same_even_if_it_is_random(editor) -> None:
    text = "select random() as r, id from sorted_by_nobody"
    with editor.connect() as connection:
        connection.execute("create table sorted_by_nobody as select generate_series(1, 3000) as id")
    first = editor.ask("run", text, limit=100)
    editor.ask("rows", text, result=first["result"], offset=2000, limit=100)
    again = editor.ask("rows", text, result=first["result"], offset=0, limit=100)
    assert again["rows"] == first["rows"] and not again["reopened"]


def test_one_snapshot_while_others_write(editor) -> None:
    with editor.connect() as connection:
        connection.execute("create table written_on as select generate_series(1, 2000) as id")
        text = "select id from written_on order by id"
        result = editor.ask("run", text, limit=10)["result"]
        connection.execute("delete from written_on where id % 2 = 0")
        connection.execute("update written_on set id = -id where id > 1000")
        connection.execute("insert into written_on select generate_series(5000, 6000)")
    page = editor.ask("rows", text, result=result, offset=1990, limit=100)
    assert [row[0] for row in page["rows"]] == list(range(1991, 2001)) and page["complete"]


def test_an_open_result_stands_in_nobodys_way(editor) -> None:
    with editor.connect() as connection:
        connection.execute("create table altered as select generate_series(1, 2000) as id")
        result = editor.ask("run", "select * from altered", limit=10)["result"]
        connection.execute("set lock_timeout = '50s'")
        connection.execute("alter table altered add column more int default 7")
    page = editor.ask("rows", "select * from altered", result=result, offset=1000, limit=1)
    assert page["reopened"] and page["rows"] == [[1001, 7]]


@settings(max_examples=60)
@given(
    order=st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), max_size=3),
    where=st.lists(
        st.one_of(
            *(st.tuples(st.just(key), st.sampled_from(sorted(OPERATORS)), values) for key, values in COLUMNS.items()),
            st.tuples(
                st.sampled_from(KEYS), st.sampled_from(["contains", "starts"]), st.sampled_from([*HOSTILE, "1", ""])
            ),
            st.tuples(st.sampled_from(KEYS), st.sampled_from(["null", "not_null"]), st.none()),
        ),
        max_size=2,
    ),
    offset=st.integers(0, 60),
)
def test_order_and_conditions_are_the_engines_own(editor, rows_table, order, where, offset) -> None:
    with editor.connect() as connection:
        names = ["id", *KEYS]
        clauses, values = [], []
        for key, op, value in where:
            if op in OPERATORS:
                kind = {"i": "int", "b": "bigint", "n": "numeric", "f": "float8", "t": "text", "d": "date", "o": "bool",
                        "a": "int[]"}[key]  # fmt: skip
                clauses.append(f"{key} {OPERATORS[op]} %s::{kind}")
                values.append(value)
            elif op in ("contains", "starts"):
                found = f"strpos(lower({key}::text), lower(%s))"
                clauses.append(f"{found} > 0" if op == "contains" else f"{found} = 1")
                values.append(value)
            else:
                clauses.append(f"{key} is {'not ' * (op == 'not_null')}null")
        keys = [*order, ("id", False)]
        wanted = connection.execute(
            "select id from sorted_rows" + (" where " + " and ".join(clauses) if clauses else "")
            + " order by " + ", ".join(f"{key} {'desc' if down else 'asc'} nulls last" for key, down in keys),
            values,
        ).fetchall()  # fmt: skip
    arranged = {
        "order": [{"column": names.index(key), "descending": down} for key, down in keys],
        "where": [{"column": names.index(key), "op": op, "value": value} for key, op, value in where],
    }
    page = editor.ask("rows", rows_table, offset=offset, limit=50, **arranged)
    assert [row[0] for row in page["rows"]] == [row[0] for row in wanted[offset : offset + 50]]
    assert editor.ask("count", rows_table, where=arranged["where"])["total"] == len(wanted)


@pytest.mark.parametrize(
    ("arranged", "code"),
    [
        ({"order": [{"column": 1}]}, "not_comparable"),
        ({"where": [{"column": 1, "op": "eq", "value": "{}"}]}, "not_comparable"),
        ({"where": [{"column": 2, "op": "lt", "value": "(1,2)"}]}, "not_comparable"),
        ({"where": [{"column": 0, "op": "eq", "value": "abc"}]}, "22P02"),
        ({"where": [{"column": 0, "op": "like", "value": "abc"}]}, "unknown_operator"),
        ({"where": [{"column": 0, "op": "eq"}]}, "missing_field"),
        ({"where": [{"column": 3, "op": "null"}]}, "unknown_column"),
        ({"order": [{"column": -1}]}, "unknown_column"),
        ({"order": [{"column": "id"}]}, "invalid_field"),
        ({"order": [7]}, "invalid_field"),
        ({"where": [{"column": 0, "op": "eq", "value": [1]}]}, "invalid_field"),
        ({"offset": -1}, "invalid_field"),
        ({"limit": 1001}, "invalid_field"),
        ({"limt": 10}, "unknown_field"),
    ],
)
def test_what_cannot_be_arranged_is_refused_with_a_code(editor, rows_table, arranged: dict, code: str) -> None:
    refusal = editor.refused("rows", "select id, j, p from sorted_rows", **{"offset": 0, **arranged})
    assert refusal["code"] == code


def test_parts_of_the_text_of_any_column_can_be_looked_for(editor, rows_table) -> None:
    text = "select id, j, p from sorted_rows"
    assert editor.ask("count", text, where=[{"column": 1, "op": "contains", "value": '"A"'}])["total"] == 120
    assert editor.ask("count", text, where=[{"column": 2, "op": "starts", "value": "(1,2"}])["total"] == 120


def test_parameters_and_conditions_do_not_meet(editor, rows_table) -> None:
    arranged = {"order": [{"column": 0, "descending": True}], "where": [{"column": 0, "op": "lt", "value": "50"}]}
    page = editor.ask(
        "rows", "select id from sorted_rows where id > :low -- :not", params={"low": 40}, offset=1, limit=2, **arranged
    )
    assert page["rows"] == [[48], [47]]


def test_another_question_does_not_use_an_open_result(editor, rows_table) -> None:
    text = "select id from sorted_rows where id >= $1"
    mine = editor.ask("run", text, params=[0], limit=10)["result"]
    for fields in ({"params": [50]}, {"params": [0], "order": [{"column": 0, "descending": True}]}):
        page = editor.ask("rows", text, result=mine, offset=0, limit=5, **fields)
        assert page["reopened"] and page["result"] != mine
    assert not editor.ask("rows", text, params=[0], result=mine, offset=0, limit=5)["reopened"]


def test_a_table_altered_meanwhile_shows_no_column_for_another(editor) -> None:
    with editor.connect() as connection:
        connection.execute("create table altered_columns as select i as a, -i as b from generate_series(1, 500) i")
    text, seen = "select * from altered_columns", ["a", "b"]
    opened = editor.ask("run", text)["result"]
    with editor.connect() as connection:
        connection.execute("alter table altered_columns add column c int default 7")
    more = editor.ask("rows", text, result=opened, offset=400, limit=1, columns=seen)
    assert (more["rows"], more["reopened"]) == ([[401, -401, 7]], True)
    with editor.connect() as connection:
        connection.execute("alter table altered_columns drop column a")
    for door, fields in {
        "rows": {"result": more["result"], "offset": 400, "order": [{"column": 0}]},
        "cell": {"row": 400, "column": 0},
        "count": {"where": [{"column": 0, "op": "gt", "value": "0"}]},
        "export": {"format": "csv"},
    }.items():
        answer = editor.post(door, text, columns=seen, **fields)
        assert (answer.status_code, answer.json()["code"]) == (409, "columns_changed")
    assert editor.ask("rows", text, offset=400, limit=1)["rows"] == [[-401, 7]]


def test_values_that_python_takes_for_equal_are_others(editor) -> None:
    text = "select $1::text, g from generate_series(1, 50) g"
    mine = editor.ask("run", text, params=[True], limit=10)["result"]
    for value, shown in ((1, "1"), (1.0, "1.0")):
        page = editor.ask("rows", text, params=[value], result=mine, offset=0, limit=1)
        assert (page["rows"], page["reopened"]) == ([[shown, 1]], True)
    assert editor.ask("rows", text, params=[True], result=mine, offset=0, limit=1)["rows"] == [["true", 1]]


def test_values_have_a_greatest_depth(editor) -> None:
    nested: list = []
    for _ in range(900):
        nested = [nested]
    for door in ("run", "rows", "count"):
        assert editor.refused(door, "select $1::jsonb", params=[nested])["code"] == "too_deep"


@pytest.mark.parametrize("far", [2**31 - 2, 2**31 - 1, 2**31, 2**53])
def test_rows_that_the_engine_cannot_count_to_are_refused(editor, far: int) -> None:
    text = "select generate_series(1, 3)"
    rows, cell = (editor.post("rows", text, offset=far), editor.post("cell", text, row=far, column=0))
    if far == 2**31 - 2:
        assert (rows.json()["rows"], cell.json()["code"]) == ([], "no_row")
    else:
        assert (rows.json()["code"], cell.json()["code"]) == ("invalid_field", "invalid_field")


def test_more_results_than_may_stay_open_are_opened_again(editor) -> None:
    texts = [f"select g, {number} from generate_series(1, 1000) g" for number in range(12)]
    opened = [editor.ask("run", text, limit=10)["result"] for text in texts]
    for number, (text, result) in enumerate(zip(texts, opened, strict=True)):
        page = editor.ask("rows", text, result=result, offset=500, limit=1)
        assert page["rows"] == [[501, number]]


def test_many_at_once_read_one_result_one_after_another(editor) -> None:
    result = editor.ask("run", MILLION, limit=10)["result"]
    seen: dict[int, int] = {}

    def read(offset: int) -> None:
        seen[offset] = editor.ask("rows", MILLION, result=result, offset=offset, limit=5)["rows"][0][0]

    threads = [threading.Thread(target=read, args=(offset,)) for offset in range(0, 50_000, 5_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {offset: offset + 1 for offset in range(0, 50_000, 5_000)}


def test_a_killed_engine_costs_a_result_and_not_its_reader(editor) -> None:
    text = "select g, g from generate_series(1, 5000) g"
    result = editor.ask("run", text, limit=10)["result"]
    with editor.connect() as connection:
        ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like 'fetch forward%'"
        assert connection.execute(ended).fetchone() >= (1,)
    page = editor.ask("rows", text, result=result, offset=4000, limit=1)
    assert page["reopened"] and page["rows"] == [[4001, 4001]]


LONG_TEXTS = (
    "select * from (values (repeat('é', 10000)), (repeat('é', 10001)), (repeat('\U0001f600', 1000000))) v (t),"
    " lateral (select ('\"' || t || '\"')::json as j, decode(repeat('ff', length(t)), 'hex') as b) x"
)


def test_long_values_are_cut_and_can_be_had_whole(editor) -> None:
    answer = editor.ask("run", LONG_TEXTS)
    short, long, longest = (row[0] for row in answer["rows"])
    assert short == "é" * 10_000
    assert long == {"text": "é" * 1_000, "length": 10_001}
    assert longest == {"text": "\U0001f600" * 1_000, "length": 1_000_000}
    assert answer["rows"][2][1] == {"text": '"' + "\U0001f600" * 999, "length": 1_000_002}
    assert answer["rows"][2][2] == {"text": "\\x" + "ff" * 499, "length": 2_000_002}
    for column, value in enumerate(
        ("\U0001f600" * 1_000_000, '"' + "\U0001f600" * 1_000_000 + '"', "\\x" + "ff" * 10**6)
    ):
        whole = editor.ask("cell", LONG_TEXTS, row=2, column=column)
        assert whole["length"] == len(value) and whole["value"] == value
    assert editor.ask("cell", "select null::text", row=0, column=0) == {"value": None, "length": 0}
    assert editor.refused("cell", LONG_TEXTS, row=3, column=0)["code"] == "no_row"
    assert editor.refused("cell", LONG_TEXTS, row=0, column=3)["code"] == "no_column"


def test_a_cell_is_of_the_same_row_as_the_page(editor) -> None:
    text = "select id, repeat(id::text, 5000) as v, random() as r from sorted_by_chance"
    with editor.connect() as connection:
        connection.execute("create table sorted_by_chance as select generate_series(1, 500) as id")
    result = editor.ask("run", text, limit=100)["result"]
    page = editor.ask("rows", text, result=result, offset=300, limit=1)
    ((identity, value, _),) = page["rows"]
    whole = editor.ask("cell", text, result=result, row=300, column=1)
    assert whole["value"] == str(identity) * 5000 and value["length"] == whole["length"]
    # The page goes on where it was.
    assert editor.ask("rows", text, result=result, offset=301, limit=1)["rows"][0][0] == identity + 1


def test_a_page_of_many_long_texts_has_its_bounds(editor) -> None:
    text = "select repeat('x', 9000) as a, repeat('y', 9000) as b, repeat('z', 9000) as c from generate_series(1, 1000)"
    answer = editor.post("rows", text, offset=0, limit=1000)
    assert answer.status_code == 200 and len(answer.content) < 16 * 1024 * 1024
    rows = answer.json()["rows"]
    assert len(rows) == 1000 and rows[0][0] == "x" * 9000 and rows[-1][0]["length"] == 9000


def test_control_characters_and_directions_are_data(editor) -> None:
    text = "select E'\\x01\\x1f\u202e<img onerror=x>' as v"
    assert editor.ask("run", text)["rows"] == [["\x01\x1f\u202e<img onerror=x>"]]


def test_a_killed_server_of_rows_and_a_killed_server_of_requests_cost_a_result_only(own_live: LivePlatform) -> None:
    assert own_live.cli("up").returncode == 0
    tenant = own_live.new_tenant()
    page = {"text": MILLION, "offset": 500, "limit": 1}
    with own_live.operator() as http:
        assert http.post(f"/v1/{tenant}/databases", json={"name": "app"}).status_code == 201
        path = f"/v1/{tenant}/databases/app/editor"
        mine = http.post(f"{path}/run", json={"text": MILLION, "limit": 10}).json()["result"]
        kill(victims.postgres(own_live))

        def again() -> httpx.Response:
            return http.post(f"{path}/rows", json={**page, "result": mine})

        answer = eventually(again, lambda seen: seen.status_code == 200 or seen.status_code != 503)
        assert answer.status_code == 200, answer.text
        assert answer.json()["reopened"] and answer.json()["rows"][0][0] == 501
        mine = answer.json()["result"]
        kill(victims.daemon(own_live))
    # Whoever comes next is another process, as another worker is.
    assert own_live.cli("up").returncode == 0
    with own_live.operator() as http:
        answer = http.post(f"{path}/rows", json={**page, "result": mine})
    assert answer.status_code == 200, answer.text
    assert answer.json()["reopened"] and answer.json()["rows"][0][0] == 501


def test_nothing_stays_behind_on_a_connection(editor) -> None:
    text = "select g from generate_series(1, 1000) g"
    result = editor.ask("run", text, limit=10)["result"]
    editor.http.delete(f"{editor.path}/results/{result}")
    cursors = "select count(*) from pg_cursors where name like 'dbaas%'"
    assert {editor.ask("run", cursors)["rows"][0][0] for _ in range(8)} == {1}  # its own


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("select i % 3 as g, i::text || repeat('x', 20000) as t from generate_series(1, 1000) i", [{"column": 0}]),
        ("select floor(random() * 3) as g, random()::text || repeat('x', 20000) as t from generate_series(1, 300)", []),
        (
            "select floor(random() * 3) as g, random()::text || repeat('x', 20000) as t from generate_series(1, 300)",
            [{"column": 0, "descending": True}],
        ),
        (
            "select i % 3 as g, min(i)::text || repeat('x', 20000) as t from generate_series(1, 300) i"
            " group by i % 3, i % 100",
            [],
        ),
    ],
)
def test_a_cell_is_of_the_row_on_the_page_among_equal_ones(editor, text: str, order: list) -> None:
    fields = {"result": editor.ask("rows", text, offset=0, limit=1, order=order)["result"], "order": order}
    page = editor.ask("rows", text, offset=100, limit=10, **fields)
    for place in range(0, 10, 3):
        whole = editor.ask("cell", text, row=100 + place, column=1, **fields)["value"]
        shown = page["rows"][place][1]
        assert (whole[:1000], len(whole)) == (shown["text"], shown["length"])
    again = editor.ask("rows", text, offset=100, limit=10, **fields)
    assert again["rows"] == page["rows"] and not again["reopened"]


def test_a_composite_is_null_only_by_itself(editor) -> None:
    text = "select * from (values (row(1, null)), (row(null, null)), (row(1, 2)), (null)) v (c)"
    for op, wanted in (("null", 1), ("not_null", 3)):
        assert editor.ask("count", text, where=[{"column": 0, "op": op}])["total"] == wanted
