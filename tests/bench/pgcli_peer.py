"""pgcli's completer on the same catalog: CPU seconds per text. Runs in an environment of its own, speaks JSON.

In: ``{tables: {name: [column]}, links: [[table, column, parent, column]], texts: [text], rounds}``, each text with its
cursor at ``|``. Out: for each text a list of seconds.
"""

from __future__ import annotations

import json
import sys
import time

from pgcli.packages.parseutils.meta import ForeignKey
from pgcli.pgcompleter import PGCompleter
from prompt_toolkit.document import Document


def main() -> None:
    asked = json.load(sys.stdin)
    completer = PGCompleter(smart_completion=True, settings={})
    completer.extend_schemata(["public"])
    completer.extend_relations([("public", table) for table in asked["tables"]], kind="tables")
    completer.extend_columns(
        [
            ("public", table, column, "text", False, None)
            for table, columns in asked["tables"].items()
            for column in columns
        ],
        kind="tables",
    )
    completer.extend_foreignkeys(
        [
            ForeignKey("public", parent, parent_column, "public", table, column)
            for table, column, parent, parent_column in asked["links"]
        ]
    )
    completer.set_search_path(["public"])
    taken = []
    for text in asked["texts"]:
        document = Document(text.replace("|", "", 1), text.index("|"))
        list(completer.get_completions(document, None))  # what is made on first use
        own = []
        for _ in range(asked["rounds"]):
            started = time.process_time()
            list(completer.get_completions(document, None))
            own.append(time.process_time() - started)
        taken.append(own)
    json.dump(taken, sys.stdout)


if __name__ == "__main__":
    main()
