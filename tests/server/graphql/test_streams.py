"""Subscriptions on a running platform: what is told, to whom, from where on, and how a stream ends."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from graphql_socket import GraphqlSocket, connected
from live_platform import LivePlatform
from live_project import LiveProject, new_project

ORDERS = """subscription ($ids: [Int!], $cursor: String) {
  orders_stream(where: {id: {_in: $ids}}, cursor: $cursor) {
    cursor type record { id note } old_record { id note }
  } }"""
NOTES = (
    "subscription ($ids: [Int!]) { notes_stream(where: {id: {_in: $ids}}) { type record { id } old_record { id } } }"
)


def only(low: int, many: int = 100, **more: Any) -> dict[str, Any]:
    """Variables for rows of a test's own."""
    return {"ids": list(range(low, low + many)), **more}


def address(project: LiveProject) -> str:
    return f"{project.base}/graphql/v1"


def door_address(door) -> str:
    return f"{str(door.http.base_url).rstrip('/')}{door.path}"


def row_of(change: dict[str, Any]) -> int:
    return (change["record"] or change["old_record"])["id"]


async def rows(client: GraphqlSocket, stream: str, many: int) -> list[int]:
    return [row_of(await client.change(stream)) for _ in range(many)]


# --- what is told ----------------------------------------------------------------------------------------------


async def test_changes_of_every_kind_in_the_shape_that_was_asked_for(realtime: LiveProject) -> None:
    text = """subscription ($without: Boolean!) {
      watched: orders_stream(where: {id: {_eq: 8000}}) {
        __typename kind: type ...rest record { ...row customer @skip(if: $without) } old_record { __typename ...row }
      } }
    fragment rest on orders_change { commit_timestamp @include(if: $without) at: cursor }
    fragment row on orders_record { number: id amount note }"""
    async with connected(address(realtime), realtime.secret) as client:
        stream = await client.stream(text, {"without": True})
        realtime.run("insert into orders values (8000, 'x', 1.50, null)")
        realtime.run("update orders set amount = 2 where id = 8000; delete from orders where id = 8000")
        payloads = [await client.next(stream) for _ in range(3)]
        assert [list(one["data"]) for one in payloads] == [["watched"]] * 3
        inserted, updated, deleted = (one["data"]["watched"] for one in payloads)
        assert list(inserted) == ["__typename", "kind", "commit_timestamp", "at", "record", "old_record"]
        row = {"number": 8000, "amount": "1.50", "note": None}
        assert (inserted["__typename"], inserted["kind"], inserted["record"]) == ("orders_change", "INSERT", row)
        assert inserted["old_record"] is None
        assert (updated["kind"], updated["record"]["amount"]) == ("UPDATE", "2")
        assert updated["old_record"] == {"__typename": "orders_record", **row}
        assert (deleted["kind"], deleted["record"], deleted["old_record"]["amount"]) == ("DELETE", None, "2")


async def test_values_are_written_as_queries_write_them(door) -> None:
    fields = (
        "id big exact many bigs amount real8 at plain_at day clock zoned_clock span key doc raw bytes feeling feelings"
        " odd net range place yes grid small tiny code short x"
    )
    columns = ", ".join(fields.split()[1:])
    async with connected(door_address(door), door.secret) as client:
        stream = await client.stream(
            f"subscription {{ kinds_stream(where: {{id: {{_gt: 100}}}}) {{ type record {{ {fields} }} }} }}"
        )
        try:
            door.sql(f"insert into kinds (id, {columns}) select 101, {columns} from kinds where id = 1")
            door.sql("insert into kinds (id) values (102)")
            door.sql(
                "insert into kinds (id, real8, exact, at, day, span, many, feelings, doc, bigs) values (103, 'NaN',"
                " 'NaN', 'infinity',"
                " '0044-03-15 BC', '-1 year 3 days', '[2:3]={1,2}', '{}', '\"text\"', '{{1},{null}}')"
            )
            door.sql(
                "insert into kinds (id, real8, at, plain_at) values (104, 1e300, '2026-01-02 03:04:05.5+05:30', null)"
            )
            told = [(await client.change(stream))["record"] for _ in range(4)]
            found = await client.data(
                f"{{ find_kinds(where: {{id: {{_gt: 100}}}}, order_by: {{id: asc}}) {{ {fields} }} }}"
            )
            assert told == found["find_kinds"]
        finally:
            door.sql("delete from kinds where id > 100")


async def test_a_truncation_is_told_and_a_view_has_no_stream(realtime: LiveProject) -> None:
    realtime.run("create table heaps (id int primary key); create view seen_heaps as select * from heaps")
    async with connected(address(realtime), realtime.secret) as client:
        stream = await client.stream("subscription { heaps_stream { type record { id } old_record { id } } }")
        realtime.run("insert into heaps values (1)")
        realtime.run("truncate heaps")
        assert await rows(client, stream, 1) == [1]
        assert await client.change(stream) == {"type": "TRUNCATE", "record": None, "old_record": None}
        assert await client.refused("subscription { seen_heaps_stream { type } }") == "invalid_document"


async def test_what_the_log_does_not_have_is_null(realtime: LiveProject) -> None:
    realtime.run("create table papers (id int primary key, title text, body text)")
    realtime.run("alter table papers alter body set storage external")
    async with connected(address(realtime), realtime.secret) as client:
        stream = await client.stream(
            "subscription { papers_stream { type record { id title body } old_record { id title } } }"
        )
        realtime.run("insert into papers values (1, 'a', repeat('x', 9000))")
        realtime.run("update papers set title = 'b'; delete from papers")
        changes = [await client.change(stream) for _ in range(3)]
        assert changes[0]["record"] == {"id": 1, "title": "a", "body": "x" * 9000}
        assert changes[1]["record"] == {"id": 1, "title": "b", "body": None}, "it did not change"
        assert changes[2]["old_record"] == {"id": 1, "title": None}, "the log has the key"


async def test_of_a_large_change_the_short_values_come_with_an_error(realtime: LiveProject) -> None:
    async with connected(address(realtime), realtime.secret) as client:
        stream = await client.stream(ORDERS, only(8100))
        realtime.run("insert into orders values (8100, 'x', 1, repeat('x', 1100000)), (8101, 'x', 1, 'short')")
        payload = await client.next(stream)
        assert payload["data"]["orders_stream"]["record"] == {"id": 8100, "note": None}
        (error,) = payload["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["orders_stream"], "payload_too_large")
        assert (await client.change(stream))["record"]["note"] == "short"


# --- which of them ---------------------------------------------------------------------------------------------


async def test_conditions_mean_what_they_mean_in_queries(realtime: LiveProject) -> None:
    realtime.run(
        "create table things (id int primary key, name text, size bigint, tags text[], doc jsonb);"
        "alter table things replica identity full"
    )
    wheres = [
        '{name: {_like: "b%"}}',
        '{name: {_nilike: "B%"}}',
        "{size: {_gt: 9007199254740992}}",
        "{_or: [{id: {_in: [1, 2]}}, {name: {_is_null: true}}]}",
        "{_not: {id: {_nin: [2, 3]}}}",
        '{tags: {_contains: ["x"]}}',
        "{doc: {_contains: {a: 1}}}",
        '{doc: {_has_key: "a"}, id: {_lt: 3}}',
        "{}",
    ]
    async with connected(address(realtime), realtime.secret) as client:
        streams = [
            await client.ask(f"subscription {{ things_stream(where: {where}) {{ record {{ id }} }} }}")
            for where in wheres
        ]
        await client.live()
        realtime.run(
            """insert into things values (1, 'bee', 1, '{x}', '{"a": 1}'),
            (2, 'ant', 9007199254740993, '{}', '{"a": 2}'),
            (3, 'bug', 3, '{x,y}', '{"b": 1}'), (4, null, null, null, null), (9, 'end', null, null, null)"""
        )
        for where, stream in zip(wheres, streams, strict=True):
            queried = await client.data(f"{{ find_things(where: {where}, order_by: {{id: asc}}) {{ id }} }}")
            wanted = [row["id"] for row in queried["find_things"]]
            assert await rows(client, stream, len(wanted)) == wanted, where
        await client.live()
        assert not client.messages


NONSENSE = [
    ('{ books_stream(where: {author: {name: {_eq: "Ada"}}}) { type } }', "stream_by_relation"),
    ("{ books_stream(where: {_not: {_or: [{author: {id: {_eq: 1}}}]}}) { type } }", "stream_by_relation"),
    ("{ books_stream(where: {id: {_eq: null}}) { type } }", "null_comparison"),
    ('{ books_stream(where: {published: {_gt: "soon"}}) { type } }', "invalid_filter"),
    ('{ books_stream(where: {title: {_no: "x"}}) { type } }', "invalid_document"),
    ('{ books_stream(cursor: "here") { type } }', "invalid_cursor"),
    ('{ books_stream(cursor: "1-ff\\u0000") { type } }', "invalid_cursor"),
    ("{ books_stream(cursor: 7) { type } }", "invalid_document"),
    ('{ books_stream(cursor: "1-ff") { type } }', "resync"),
    ("{ books_stream { type } covers_stream { type } }", "invalid_document"),
    ("{ books_stream { type record { author { id } } } }", "invalid_document"),
    ("{ books_stream @skip(if: false) { type } }", "invalid_document"),
    ("{ __typename }", "invalid_document"),
    ('{ \\"books; drop table books\\"_stream { type } }', "syntax_error"),
    ("{ nothing_stream { type } }", "invalid_document"),
    ("{ books_stream { " + "type:" * 3 + " } }", "syntax_error"),
    ("{ books_stream { " + " ".join(f"a{n}: type" for n in range(300)) + " } }", "too_many_aliases"),
]


async def test_what_makes_no_sense_ends_with_a_reason_and_nothing_else(door) -> None:
    async with connected(door_address(door), door.secret) as client:
        for text, code in NONSENSE:
            assert (text, await client.refused(f"subscription {text}")) == (text, code)
        assert await client.data("{ get_books_by_id(id: 1) { id } }") == {"get_books_by_id": {"id": "1"}}


async def test_each_database_of_a_tenant_has_its_streams(door) -> None:
    async with connected(door_address(door), door.secret) as client:
        stream = await client.stream("subscription { stats_events_stream { record { id what } } }")
        door.sql("insert into events values (70, 'begun')", "stats")
        assert (await client.change(stream))["record"] == {"id": 70, "what": "begun"}
        door.sql("delete from events where id = 70", "stats")


def test_over_http_a_subscription_is_told_where_to_go(door) -> None:
    answer = door.post("subscription { books_stream { type } }")
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "socket_needed"
    assert "graphql-transport-ws" in error["extensions"]["hint"]


# --- from where on ---------------------------------------------------------------------------------------------


async def test_a_cursor_gives_exactly_what_lies_behind_it(realtime: LiveProject) -> None:
    async with connected(address(realtime), realtime.secret) as client:
        stream = await client.stream(ORDERS, only(8200))
        realtime.run("insert into orders values (8200, 'x', 1, '')")
        first = await client.change(stream)
        client.socket.transport.abort()  # the network is cut
    with realtime.connect() as connection, connection.transaction():
        connection.execute("insert into orders select n, 'x', 1, '' from generate_series(8201, 8203) n")
        connection.execute("delete from orders where id = 8201")
    async with connected(f"{realtime.url}/graphql", realtime.secret) as client:
        stream = await client.ask(ORDERS, only(8200, cursor=first["cursor"]))
        missed = [await client.change(stream) for _ in range(4)]
        assert [row_of(one) for one in missed] == [8201, 8202, 8203, 8201]
        realtime.run("insert into orders values (8204, 'x', 1, '')")
        assert await rows(client, stream, 1) == [8204]
        # Another begins in the middle of a transaction.
        again = await client.ask(ORDERS, only(8200, cursor=missed[1]["cursor"]))
        assert await rows(client, again, 3) == [8203, 8201, 8204]
        await client.live()
        assert not client.messages


async def test_what_is_committed_after_a_ping_was_answered_arrives(realtime: LiveProject) -> None:
    async with connected(address(realtime), realtime.secret) as client:
        for number in range(8300, 8310):
            stream = await client.ask(ORDERS, only(number, 1))
            await client.live()
            realtime.run(f"insert into orders values ({number}, 'x', 1, '')")
            assert await rows(client, stream, 1) == [number]


async def test_a_lost_history_says_from_where_on_it_is_whole(realtime: LiveProject) -> None:
    async with connected(address(realtime), realtime.secret) as client:
        error = await client.error(await client.ask(ORDERS, only(8400, cursor="1-ff")))
        assert error["extensions"]["code"] == "resync"
        assert "Read the tables again" in error["extensions"]["hint"]
        realtime.run("insert into orders values (8400, 'x', 1, '')")
        stream = await client.ask(ORDERS, only(8400, cursor=error["extensions"]["cursor"]))
        assert await rows(client, stream, 1) == [8400]


# --- to whom ---------------------------------------------------------------------------------------------------


async def test_row_policies_hold_on_every_kind_of_change(realtime: LiveProject) -> None:
    ids = {"ids": list(range(8500, 8510))}
    async with (
        connected(address(realtime), realtime.anon, realtime.token("ann")) as ann,
        connected(address(realtime), realtime.anon) as anon,
    ):
        hers, anybodys = await ann.stream(NOTES, ids), await anon.stream(NOTES, ids)
        realtime.run("insert into notes values (8500, 'ann', 'a'), (8501, 'bob', 'b'), (8502, 'all', 'c')")
        realtime.run("update notes set owner = 'bob' where id = 8500")
        realtime.run("update notes set owner = 'ann' where id = 8501")
        realtime.run("delete from notes where id between 8500 and 8509")
        changes = [await ann.change(hers) for _ in range(5)]
        assert [(one["type"], row_of(one)) for one in changes] == [
            ("INSERT", 8500), ("INSERT", 8502), ("UPDATE", 8501), ("DELETE", 8501), ("DELETE", 8502),
        ]  # fmt: skip
        assert changes[2]["old_record"] is None, "what the row was, she could not see"
        assert await rows(anon, anybodys, 2) == [8502, 8502]
        for client in (ann, anon):
            await client.live()
            assert not client.messages


async def test_a_policy_made_stricter_holds_at_once(live: LivePlatform, realtime: LiveProject) -> None:
    realtime.run(
        "create table posts (id int primary key, open bool); alter table posts enable row level security;"
        "create policy all_of_them on posts using (true)"
    )
    async with connected(address(realtime), realtime.anon) as client:
        stream = await client.stream("subscription { posts_stream { record { id } } }")
        realtime.run("insert into posts values (1, false)")
        assert await rows(client, stream, 1) == [1]
        realtime.run("drop policy all_of_them on posts; create policy open_ones on posts using (open)")
        realtime.run("insert into posts values (2, false), (3, true)")
        assert await rows(client, stream, 1) == [3]


async def test_what_a_role_may_not_read_has_no_stream_and_no_column(door) -> None:
    url = door_address(door)
    async with connected(url, door.anon) as anon, connected(url, door.secret) as secret:
        for text in ("closed_stream { type }", "inbox_stream { type }", "partly_stream { record { closed } }",
                     'partly_stream(where: {closed: {_eq: "x"}}) { type }'):  # fmt: skip
            assert await anon.refused(f"subscription {{ {text} }}") == "invalid_document", text
        seen = await anon.stream("subscription { partly_stream { record { id open } } }")
        filtered = [
            await anon.stream(
                "subscription ($where: partly_bool_exp)"
                " { partly_stream(where: $where) { record { id } old_record { id } } }",
                {"where": {"open": {one: "a"}}},
            )
            for one in ("_eq", "_like")
        ]
        all_of_it = await secret.stream("subscription { partly_stream { record { id open closed } } }")
        door.sql("insert into partly values (50, 'a', 'b')")
        assert (await anon.change(seen))["record"] == {"id": 50, "open": "a"}
        assert (await secret.change(all_of_it))["record"] == {"id": 50, "open": "a", "closed": "b"}
        assert [await rows(anon, stream, 1) for stream in filtered] == [[50], [50]]
        try:
            door.sql("revoke select (open) on partly from anon")
            door.sql("insert into partly values (51, 'a', 'b')")
            assert (await anon.change(seen))["record"] == {"id": 51, "open": None}
            await anon.live()
            assert not [one for one in anon.messages if one.get("id") in filtered]
        finally:
            door.sql("grant select (open) on partly to anon; delete from partly where id >= 50")


async def test_an_expired_token_ends_its_streams_and_says_so(realtime: LiveProject) -> None:
    async with connected(address(realtime), realtime.anon, realtime.token("ann", seconds=2)) as client:
        first, second = await client.ask(NOTES, {"ids": [8600]}), await client.ask(ORDERS, only(8600))
        errors = [await client.error(stream) for stream in (first, second)]
        assert [one["extensions"]["code"] for one in errors] == ["PGRST303"] * 2
        assert errors[0]["message"] == "JWT expired"
        assert await client.closed() == (4403, "PGRST303: JWT expired")


async def test_a_revoked_key_ends_its_streams_and_no_others(live: LivePlatform, realtime: LiveProject) -> None:
    with live.operator() as operator:
        made = operator.post(f"/v1/{realtime.tenant}/keys", json={"role": "service_role"}).json()
        async with (
            connected(address(realtime), made["key"]) as revoked,
            connected(address(realtime), realtime.secret) as other,
        ):
            ended, kept = await revoked.stream(ORDERS, only(8700)), await other.stream(ORDERS, only(8700))
            answer = operator.delete(f"/v1/{realtime.tenant}/keys/{made['id']}")
            assert answer.status_code in (200, 204), answer.text
            assert (await revoked.error(ended))["extensions"]["code"] == "invalid_key"
            assert (await revoked.closed())[0] == 4403
            realtime.run("insert into orders values (8700, 'x', 1, '')")
            assert await rows(other, kept, 1) == [8700]


async def test_a_dropped_database_ends_its_streams(live: LivePlatform) -> None:
    project = new_project(live)
    with live.operator() as operator:
        async with connected(address(project), project.secret) as client:
            stream = await client.stream(ORDERS, only(1))
            assert operator.delete(f"/v1/{project.tenant}/databases/app").status_code in (200, 204)
            assert (await client.error(stream))["extensions"]["code"] == "database_dropped"


# --- beside streams --------------------------------------------------------------------------------------------


async def test_queries_and_mutations_run_over_the_same_socket(door) -> None:
    async with connected(door_address(door), door.secret) as client:
        insert = 'mutation { insert_covers(objects: {book_id: 3, colour: "grey"}) { affected_rows } }'
        assert await client.data(insert) == {"insert_covers": {"affected_rows": 1}}
        two = "query one { find_covers { colour } } query two { __typename }"
        assert await client.refused(two) == "unknown_operation"
        assert await client.data(two, operationName="two") == {"__typename": "Query"}
        payload = await client.next(await client.ask(insert))
        assert (payload["data"], payload["errors"][0]["extensions"]["code"]) == (None, "23505")
        gone = "mutation ($id: BigInt!) { delete_covers(where: {book_id: {_eq: $id}}) { affected_rows } }"
        assert await client.data(gone, {"id": "3"}) == {"delete_covers": {"affected_rows": 1}}
        assert await client.refused(gone, {"id": "x"}) == "invalid_variables"
        assert (
            await client.refused("{ find_books " + "{ author { books " * 7 + "{ id }" + "} }" * 7 + " }") == "too_deep"
        )
        schema = await client.data("{ __schema { subscriptionType { name fields { name } } } }")
        assert {"name": "books_stream"} in schema["__schema"]["subscriptionType"]["fields"]


async def test_a_key_kept_to_stored_documents_streams_those_only(live: LivePlatform) -> None:
    project = new_project(live)
    stored = "subscription Watch { orders_stream { record { id } } }"
    sha256 = hashlib.sha256(stored.encode()).hexdigest()
    with live.operator() as operator:
        key = operator.post(f"/v1/{project.tenant}/keys", json={"role": "anon", "documents_only": True}).json()["key"]
        put = operator.put(f"/v1/{project.tenant}/graphql/documents/{sha256}", json={"query": stored})
        assert put.status_code == 204, put.text
    async with connected(address(project), key) as client:
        assert await client.refused("subscription { orders_stream { type } }") == "document_not_stored"
        assert await client.refused("{ find_orders { id } }") == "document_not_stored"
        by_text = await client.stream(stored)
        by_hash = await client.ask("", extensions={"persistedQuery": {"version": 1, "sha256Hash": sha256}})
        assert (await client.error(by_hash))["extensions"]["code"] == "hash_mismatch"
        await client.send(
            id="h", type="subscribe", payload={"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256}}}
        )
        await client.live()
        project.run("insert into orders values (1, 'x', 1, '')")
        assert await rows(client, by_text, 1) == await rows(client, "h", 1) == [1]
    async with connected(address(project), token=project.token("ann")) as client:
        assert await client.refused("subscription { orders_stream { type } }") == "document_not_stored"


# --- limits ----------------------------------------------------------------------------------------------------


async def test_subscriptions_and_their_rate_and_messages_are_limited(live: LivePlatform) -> None:
    project = new_project(live)
    async with connected(address(project), project.secret) as client:
        asked = [await client.ask("subscription { orders_stream { type } }") for _ in range(101)]
        await client.live()
        codes = {one["payload"][0]["extensions"]["code"] for one in client.messages if one["type"] == "error"}
        assert codes, "the free plan has 100 subscriptions a connection"
        assert codes <= {"too_many_subscriptions", "too_many_joins"}
        for identity in asked:
            await client.send(id=identity, type="complete")
        client.messages.clear()
        assert await client.data("{ __typename }") == {"__typename": "Query"}
        await client.send(type="ping", payload={"x": "x" * 1_200_000})
        assert (await client.closed())[0] == 1009


async def test_a_client_that_takes_nothing_loses_its_stream_and_holds_up_nobody(realtime: LiveProject) -> None:
    async with (
        connected(address(realtime), realtime.secret, max_queue=1) as slow,
        connected(address(realtime), realtime.secret) as quick,
    ):
        one, other = await slow.stream(ORDERS, only(8800)), await quick.stream(ORDERS, only(8800))
        with realtime.connect() as connection:
            for number in range(8800, 8860):
                connection.execute("insert into orders values (%s, 'x', 1, %s)", [number, "z" * 900_000])
                assert await rows(quick, other, 1) == [number]
        got: list[int] = []
        while (message := await slow.receive(id=one))["type"] == "next":
            got.append(row_of(message["payload"]["data"]["orders_stream"]))
        (error,) = message["payload"]
        assert error["extensions"]["code"] == "too_slow"
        assert got == list(range(8800, 8800 + len(got))) and len(got) < 60
        again = await slow.ask(ORDERS, only(8800, cursor=error["extensions"]["cursor"]))
        assert await rows(slow, again, 60 - len(got)) == list(range(8800 + len(got), 8860))


async def test_many_streams_at_once_are_told_the_same_under_their_own_ids(realtime: LiveProject) -> None:
    async with connected(address(realtime), realtime.secret) as client:
        streams = [await client.ask(ORDERS, only(8900)) for _ in range(20)]
        await client.live()
        await client.send(id=streams[0], type="complete")
        await asyncio.to_thread(
            realtime.run, "insert into orders select n, 'x', 1, 'é' from generate_series(8900, 8949) n"
        )
        for stream in streams[1:]:
            assert await rows(client, stream, 50) == list(range(8900, 8950))
        await client.live()
        assert not client.messages
