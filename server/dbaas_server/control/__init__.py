"""The control door: tenants, databases, keys, schema, arbitrary queries and bulk loads, over HTTP.

1. Each handler authenticates first, then reads its input, then makes one call on the platform or a session.
2. Bodies are checked field by field: an unknown field is an error, since it is mostly a misspelt one.
3. A secret leaves once, in the answer to the request that made it, or when asked for by an operator.
"""
