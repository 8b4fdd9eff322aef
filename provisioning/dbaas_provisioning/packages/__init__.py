"""Where engines' programs come from.

1. What the machine has comes before what we bring; an explicit setting comes before both.
2. A folder counts as an installation when the programs asked for are really in it; links and wrappers are resolved.
3. The user that runs the engines has to reach them: what it cannot reach is copied once, keyed by version.
4. Nothing here knows an engine: names of programs and packages are arguments.
"""
