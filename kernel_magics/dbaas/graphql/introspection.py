"""What a server says of its schema, as far as completion wants to know it (GraphQL specification, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["QUERY", "Field", "Schema", "Type"]

# Types nest at most as deep as a list of lists, each of them not null.
QUERY = """
query completion {
  __schema {
    queryType { name } mutationType { name } subscriptionType { name }
    types {
      kind name
      fields { name args { name type { ...named } } type { ...named } }
      inputFields { name type { ...named } }
      enumValues { name }
    }
  }
}
fragment named on __Type { name ofType { name ofType { name ofType { name ofType { name } } } } }
"""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: the name of its type without lists and not-nulls, and of each argument's."""

    type: str
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Type:
    """A type: what can be selected of it, what goes into it, or which words it is."""

    kind: str
    fields: Mapping[str, Field]
    inputs: Mapping[str, str]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """Types by name, and the root type of each kind of operation."""

    types: Mapping[str, Type] = field(default_factory=dict)
    roots: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Schema:
        """From the answer to :data:`QUERY`."""
        found = data["__schema"]
        roots = {
            kind: found[f"{kind}Type"]["name"]
            for kind in ("query", "mutation", "subscription")
            if found.get(f"{kind}Type")
        }
        return cls({each["name"]: _type(each) for each in found["types"]}, roots)

    def named(self, *kinds: str) -> list[str]:
        """The names of the types of some kinds, the schema's own ones left out."""
        return [name for name, each in self.types.items() if each.kind in kinds and not name.startswith("__")]


def _type(data: Mapping[str, Any]) -> Type:
    return Type(
        kind=data["kind"],
        fields={
            each["name"]: Field(_name(each["type"]), {arg["name"]: _name(arg["type"]) for arg in each["args"]})
            for each in data["fields"] or ()
        },
        inputs={each["name"]: _name(each["type"]) for each in data["inputFields"] or ()},
        values=tuple(each["name"] for each in data["enumValues"] or ()),
    )


def _name(data: Mapping[str, Any] | None) -> str:
    while data is not None and data.get("name") is None:
        data = data.get("ofType")
    return "" if data is None else str(data["name"])
