"""The data half of each engine: one package per engine, named as the control plane names it.

A package offers ``open_session(target, limits)``, which answers with a :class:`~dbaas_server.engine.Session`.
"""
