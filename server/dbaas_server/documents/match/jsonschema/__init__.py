"""``$jsonSchema``: MongoDB's dialect of JSON Schema, draft 4.

1. A schema is read once, to rules over one value; a rule is a keyword's.
2. A rule that does not hold says why, in the words of ``errInfo.details`` of MongoDB's "Document failed validation".
3. A keyword looks at values of its own type only; ``minLength`` holds for every number.
"""

from __future__ import annotations

from .schema import Schema, compile_schema

__all__ = ["Schema", "compile_schema"]
