"""In a real kernel: Stop, errors, widgets, completion, ``%%sql``, and a platform that goes away."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from dbaas.client import DatabaseClient
from live_notebook import Kernel
from live_platform import LivePlatform, without_platform
from waiting import eventually, kill

NewKernel = Callable[[dict[str, str]], Kernel]


@pytest.fixture
def kernel(live: LivePlatform, shop: DatabaseClient, new_kernel: NewKernel) -> Kernel:
    """A kernel that found the shared platform and uses the shared database."""
    kernel = new_kernel({**without_platform(os.environ), "DBAAS_HOME": str(live.home)})
    assert not kernel.run("%load_ext dbaas").errors
    assert not kernel.run(f"%dbaas use {shop.tenant}/shop").errors
    return kernel


def running(shop: DatabaseClient, mark: str) -> int:
    """How many backends run a statement with ``mark``, seen from a connection of one's own."""
    with psycopg.connect(str(shop.connection_string())) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity"
            " where query like %s and state = 'active' and pid <> pg_backend_pid()",
            [f"%{mark}%"],
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_stop_cancels_the_statement_in_the_engine_and_says_so_in_one_line(kernel: Kernel, shop: DatabaseClient) -> None:
    cell = kernel.send("%%dbaas\nselect 'stop me', pg_sleep(60)")
    eventually(lambda: running(shop, "stop me") == 1)
    kernel.interrupt()
    seen = kernel.collect(cell)
    (error,) = seen.errors
    assert error["traceback"] == ["Stopped. The server cancels the statement.  [stopped]"]
    eventually(lambda: running(shop, "stop me") == 0)
    assert not kernel.run("%%dbaas\nselect 1").errors


def test_an_error_in_a_notebook_is_one_line(kernel: Kernel) -> None:
    (error,) = kernel.run("%%dbaas\nselect * from nowhere").errors
    (line,) = error["traceback"]
    assert "nowhere" in line and "\n" not in line and "File" not in line


def test_a_result_has_a_static_page_and_buttons_only_where_somebody_sits(kernel: Kernel) -> None:
    code = "%%dbaas\nselect g from generate_series(1, 500) g order by g"
    stored = kernel.run(code)
    (bundle,) = stored.bundles()
    assert "<table" in bundle["text/html"] and "rows 1–20 of more" in bundle["text/plain"]
    live = kernel.run(code, allow_stdin=True)
    page, buttons = live.bundles()
    assert "<table" in page["text/html"] and "application/vnd.jupyter.widget-view+json" in buttons
    # What has a grid of its own knows by these what it shows, and that it shows no buttons.
    assert page["application/vnd.dbaas.result+json"]["rows"][99] == [100]
    assert buttons["application/vnd.dbaas.pager+json"] == {}


def test_next_and_previous_turn_the_page_in_the_engine(kernel: Kernel) -> None:
    kernel.run("%%dbaas >> r\nselect g from generate_series(1, 130) g order by g")
    turned = kernel.run(
        "import ipywidgets; made = []\n"
        "old = ipywidgets.Button.on_click\n"
        "ipywidgets.Button.on_click = lambda self, f, remove=False: (made.append(self), old(self, f, remove))[1]\n"
        "from IPython.display import display; display(r)\n"
        "previous, following = made\n"
        "for _ in range(6): following.click()\n"
        "print(previous.disabled, following.disabled)\n"
        "previous.click()",
        allow_stdin=True,
    )
    assert not turned.errors, turned.errors
    pages = [bundle["text/plain"].splitlines()[-1] for bundle in turned.bundles() if "text/html" in bundle]
    assert pages == [
        "rows 1–20 of more", "rows 21–40 of more", "rows 41–60 of more", "rows 61–80 of more", "rows 81–100 of more",
        "rows 101–120 of 130", "rows 121–130 of 130", "rows 101–120 of 130",
    ]  # fmt: skip
    assert "False True" in turned.text


def test_tab_completes_commands_names_and_columns(kernel: Kernel, shop: DatabaseClient) -> None:
    shop.query('create table if not exists "Two Words" (id int, "user" text, "Mixed" int)')
    shop.query("create table if not exists plain (only_here int, zip_code text)")
    kernel.run("import pandas as pd; my_frame = pd.DataFrame(); wanted = 1")

    def offered(code: str, word: str) -> list[str]:
        """A first answer may be late; the next Tab has it."""
        found: list[str] = eventually(lambda: [m for m in [kernel.complete(code)] if word in m])[0]
        return found

    assert offered("%dbaas ten", "tenants") == ["tenants", "tenant"]
    assert "create" in offered("%dbaas tenant ", "create")
    assert offered("%dbaas create postgres x --exp", "--expose") == ["--expose"]
    assert offered("%dbaas create postgres x --expose ", "all") == ["policies", "all"]
    assert "shop" in offered("%dbaas use ", "shop")
    assert shop.tenant in offered("%dbaas use n", shop.tenant)
    assert "plain" in offered("%dbaas schema pl", "plain")
    assert "my_frame" in offered("%dbaas load my", "my_frame")
    assert "shop" in offered("%%dbaas sh", "shop")
    assert "pandas" in offered("%%dbaas --to p", "pandas")
    tables = offered("%%dbaas\nselect * from ", "plain")
    assert '"Two Words"' in tables and "only_here" not in tables
    assert offered('%%dbaas\nselect * from "Tw', '"Two Words"')[0] == '"Two Words"'
    columns = offered('%%dbaas\nselect * from "Two Words" t where t.', "id")
    assert columns[:3] == ["id", '"user"', '"Mixed"']
    assert offered("%%dbaas shop\nselect 1 from plain where only", "only_here")[0] == "only_here"
    assert "wanted" in offered("%%dbaas\nselect :wan", "wanted")
    assert kernel.run("1").text.strip() == "1"


def test_tab_completes_sql_on_the_connection_that_a_cell_names(kernel: Kernel, shop: DatabaseClient) -> None:
    shop.query("create table if not exists plain (only_here int, zip_code text)")

    def offered(code: str) -> list[str]:
        found: list[str] = eventually(lambda: kernel.complete(code))
        return found

    kernel.run("%load_ext sql")
    assert "only_here" not in kernel.complete("%%sql\nselect p. from plain p"[:17])
    assert not kernel.run("%dbaas connect --alias mine").errors
    for code in (
        "%%sql\nselect * from plain p where p.on",
        "%%sql mine\nselect * from plain p where p.on",
        "%%sql mine --save part\nselect * from plain p where p.on",
        "%%sql result <<\nselect * from plain p where p.on",
        "x = 1\ny = %sql select * from plain p where p.on",
    ):
        assert offered(code)[0] == "only_here", code
    kernel.run("%sql sqlite:// --alias theirs")
    assert "only_here" not in kernel.complete("%%sql\nselect * from plain p where p.onl")
    assert offered("%%sql mine\nselect * from plain p where p.onl") == ["only_here"]


def test_sql_cells_run_on_the_database_and_show_data_as_data(kernel: Kernel, shop: DatabaseClient) -> None:
    assert not kernel.run("%dbaas connect").errors
    seen = kernel.run("%%sql\nselect '<img src=x onerror=alert(1)>' as \"<b>h</b>\"")
    page = "".join(bundle.get("text/html", "") for bundle in seen.bundles())
    assert "&lt;img" in page and "<img" not in page and "<b>h" not in page
    shown = kernel.run("%sql --connections").text + str(kernel.run("%sql").messages)
    assert "shop" in shown and not re.search(r"://[^/\s]*:[^/\s]*@", shown)
    secret = re.search(r":([^:@/]+)@", str(shop.connection_string()))
    assert secret is not None and secret.group(1) not in shown
    kernel.run("%dbaas rotate")
    again = kernel.run("%%sql\nselect 40 + 2 as answer")
    assert not again.errors and "42" in json.dumps(again.bundles())


def test_asking_where_nobody_can_answer_names_the_option(kernel: Kernel) -> None:
    (error,) = kernel.run("%dbaas drop shop").errors
    assert "--yes" in error["evalue"]


def test_the_first_command_starts_the_platform_and_a_killed_one_is_started_again(
    own_live: LivePlatform, new_kernel: NewKernel
) -> None:
    kernel = new_kernel({**without_platform(os.environ), "DBAAS_HOME": str(own_live.home)})
    assert not kernel.run("%load_ext dbaas").errors
    assert "No platform runs yet" in kernel.run("%dbaas").text
    for cell in (
        "%dbaas tenant create acme",
        "%dbaas create postgres shop",
        "%%dbaas\ncreate table t as select 7 as v",
    ):
        seen = kernel.run(cell)
        assert not seen.errors, seen.errors
    pid: Any = own_live.run_file["pid"]
    kill(pid)  # what reaches a process while it dies has an unknown outcome; this is about the time after
    seen = kernel.run("%%dbaas\nselect v from t")
    assert not seen.errors and "7" in seen.text
    assert own_live.run_file["pid"] != pid
