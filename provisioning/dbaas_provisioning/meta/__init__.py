"""``platform_meta``: what exists, on a PostgreSQL cluster of its own.

1. The cluster is described by a file in the data folder, since there is nothing else to ask before it runs.
2. The schema has a version; migrations are files, applied in order under a lock; a newer schema is refused.
3. Secrets are closed before they get here and opened after; this database alone gives nothing away.
4. Every change is announced by a trigger, so that other processes' caches follow whoever made it.
"""
