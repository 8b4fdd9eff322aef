"""Calls that follow ``find()`` or ``aggregate()`` and change what it reads."""

from __future__ import annotations

from dataclasses import replace

from ..errors import ShellError
from ..plan import Answer, Change, Given, Plan

__all__ = ["batch_size", "counted", "explain", "field", "unchanged"]


def field(name: str, *kinds: type, of_find: bool = False) -> Change:
    """A call that sets a field of the command; ``of_find``: which a pipeline has as a stage instead."""

    def change(given: Given, plan: Plan) -> Plan:
        value = given.next("a value")
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ShellError(f"{name}() takes another kind of value.")
        if of_find and "find" not in plan.body:
            raise ShellError(f"{name}() cannot follow this.", hint=f"Write it as a stage: {{${name}: …}}.")
        return replace(plan, body={**plan.body, name: value})

    return change


def batch_size(given: Given, plan: Plan) -> Plan:
    """``batchSize(number)``."""
    size = given.next("a number")
    field = {"batchSize": size} if "find" in plan.body else {"cursor": {"batchSize": size}}
    return replace(plan, body=plan.body | field)


def explain(given: Given, plan: Plan) -> Plan:
    """``explain(verbosity)``: how it would be read."""
    verbosity = (given.rest() or ["queryPlanner"])[0]
    return Plan({"explain": plan.body, "verbosity": verbosity})


def counted(given: Given, plan: Plan) -> Plan:
    """``count()``: how many documents come."""
    return Plan(plan.body, Answer.number)


def unchanged(given: Given, plan: Plan) -> Plan:
    """``toArray()``: documents are a list of their own here."""
    return plan
