"""Turning a launch plan into something that runs.

1. A runtime knows no engine: all it needs to know is in the plan.
2. What it starts outlives it: own process session, output to a file. It adopts what it finds running.
3. It tells at once when something died.
"""
