"""What the REST door itself costs: from a query string to a shape and its arguments. No platform needed."""

from __future__ import annotations

import time
from collections.abc import Callable

from figures import Bench, figure

from dbaas_server.nouns import TableRef
from dbaas_server.rest.negotiate import negotiate
from dbaas_server.rest.parameters import Parameters
from dbaas_server.rest.plan import ReadPlan, plan_read
from dbaas_server.rest.prefer import parse_prefer
from dbaas_server.rest.shapes import Shapes

TABLE = TableRef("flights", "public")
ROUNDS, REQUESTS = 5, 2_000


def build(parameters: Parameters) -> ReadPlan:
    return plan_read(TABLE, parameters, negotiate("application/json"), parse_prefer(""))


def microseconds(query: Callable[[int], str], *, remember: bool) -> list[float]:
    """Per request; each has values of its own."""
    shapes: Shapes[ReadPlan] = Shapes()
    samples = []
    for turn in range(ROUNDS):
        queries = [query(turn * REQUESTS + number) for number in range(REQUESTS)]
        began = time.perf_counter()
        for text in queries:
            shapes.resolve(TABLE, text, build, remember=remember)
        samples.append((time.perf_counter() - began) / REQUESTS * 1e6)
    return samples


def by_id(number: int) -> str:
    return f"id=eq.{number}"


def listing(number: int) -> str:
    return f"select=id,carrier,airlines(name)&origin=eq.JFK&dep_delay=gt.{number}&order=dep_delay.desc&limit=100"


@figure("REST: by-id URL to shape, remembered", unit="µs", target="≤ 60")
def by_id_remembered(bench: Bench) -> list[float]:
    return microseconds(by_id, remember=True)


@figure("REST: by-id URL to shape, parsed", unit="µs")
def by_id_parsed(bench: Bench) -> list[float]:
    return microseconds(by_id, remember=False)


@figure("REST: list URL to shape, remembered", unit="µs")
def list_remembered(bench: Bench) -> list[float]:
    return microseconds(listing, remember=True)


@figure("REST: list URL to shape, parsed", unit="µs")
def list_parsed(bench: Bench) -> list[float]:
    return microseconds(listing, remember=False)
