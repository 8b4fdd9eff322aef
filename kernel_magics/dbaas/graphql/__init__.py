"""GraphQL from a notebook: ``%%dbaas --graphql``.

1. The cell is the document, as any GraphQL client sends it; values travel as variables, never inside it.
2. An answer is data. One root list is a table like a statement's; anything else is JSON.
3. Completion reads the document only as far as the cursor, and knows what the server's introspection says.
"""

from .answer import Answer, shown
from .completion import complete
from .introspection import QUERY, Schema
from .variables import read_variables

__all__ = ["QUERY", "Answer", "Schema", "complete", "read_variables", "shown"]
