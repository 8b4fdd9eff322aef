"""The editor door on document databases: statements of MongoDB's shell, read by ``dbaas_shell`` and run here.

1. What a person may do is what the user of that one database may do: everything goes through MongoDB's own door.
2. A result is read in any place by the same protocol as one of SQL: pages, order, conditions, whole cells, exports.
3. An order and conditions of a grid come behind the person's own statement, whose sort, skip and limit are respected.
4. Columns are the outermost fields of the first page in order of appearance: documents have no others. Who reads on
   sends their names, so that they stay what they were when documents with other fields come first.
5. Names of fields are data: none becomes an operator or a path because of how it is written.
"""

from __future__ import annotations

from .language import complete, diagnose, format_text, hover, statements

format = format_text

__all__ = ["complete", "diagnose", "format", "hover", "statements"]
