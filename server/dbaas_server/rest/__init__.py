"""The REST door: PostgREST's grammar over any engine that sits behind the seam.

1. Parsing is pure: a URL, a few headers and a body become a shape (:class:`~dbaas_server.nouns.Read`,
   :class:`~dbaas_server.nouns.Write`) and a tuple of arguments. Nothing here writes SQL.
2. What a person sent as a value is an argument; what varies less often (columns, operators, orders) is the shape.
   Shapes are parsed once and remembered, so a warm request costs a scan of its query string and one look-up.
3. Whatever the bytes, a malformed request is a documented 4xx. Only the engine can fail in other ways.
4. Errors of the core carry neutral codes; :mod:`~dbaas_server.rest.errors` is the one place that turns them into the
   codes and statuses that PostgREST's clients know.
5. The engine renders rows; the door passes its bytes on.
"""

from .errors import error_response
from .functions import handle_function
from .names import split_database
from .openapi import handle_root
from .tables import handle_table

__all__ = [
    "error_response", "handle_function", "handle_root", "handle_table", "split_database",
]  # fmt: skip
