"""The grammar of PostgREST's query parameters, without effects.

1. One module per parameter family: ``select``, filters and logic trees, ``order``, list values.
2. A parser reads text that is already percent-decoded, and raises :class:`~dbaas_provisioning.errors.Invalid` with
   code ``PGRST100`` and the place of the first wrong character.
3. Depth is bounded everywhere, so no input can exhaust the stack.
4. Values never stay in the result: they go into :class:`~.scanner.Arguments`, and an index stays.
"""
