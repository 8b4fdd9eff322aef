"""The GraphQL door: a document becomes engine-neutral reads and writes, and the engine makes the JSON.

1. A schema is made from a catalog and a role, in a thread: what the role may not touch is not in it. The old one serves
   until the new one is ready.
2. A document is measured before it is parsed and again before it is validated, so that a hostile one costs little.
   What was parsed, validated and planned is remembered.
3. There are no resolvers. All roots of a query on one database are one :meth:`~dbaas_server.engine.Session.read_all`,
   hence one statement and one snapshot; all roots of a mutation are one transaction.
4. Values are arguments, names are the shape: what a document or a variable says never becomes text of a statement.
5. A name that GraphQL cannot spell is mapped, never refused; two that map to one are numbered.
6. Keys come in headers, never in a cookie, and a GET cannot change anything.
"""
