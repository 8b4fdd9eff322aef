"""PostgreSQL's language, read while it is being typed.

1. Pure: text and a catalog in, an answer out. No connection, no clock, no state but what a catalog version implies.
2. The lexer takes any text and loses none: its tokens, put together, are the text.
3. A statement is read by its brackets and its clauses, so that what is missing in one place does not hide the others.
4. What a name may mean follows PostgreSQL's own rules of visibility: tables before it, outer queries around it.
5. Silence rather than a false alarm: a diagnostic is given only for what is wrong for sure.
6. What depends on the catalog alone is computed once for each of its versions.
"""
