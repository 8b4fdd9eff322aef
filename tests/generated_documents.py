"""Documents, filters, updates and pipelines, made up at random: the same ones for the same seed.

:class:`Rich` knows every type and every operator whose outcome does not depend on the order in which documents are come
upon. :class:`Plain` keeps to what mongomock, an independent implementation, is right about.
"""

from __future__ import annotations

import random
from typing import Any

from bson import Binary, DatetimeMS, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

__all__ = ["Plain", "Rich"]

Made = dict[str, Any]

SCALARS: list[Any] = [
    0, 1, 2, 5, -1, 1.0, 1.5, -0.0, Int64(1), Int64(2**40), Decimal128("1"), Decimal128("1.50"), float("nan"),
    float("inf"), "", "a", "A", "ab", "b", "é", "10", "9", None, True, False, DatetimeMS(0), DatetimeMS(10**12),
    ObjectId("5f" * 12), b"", b"ab", Binary(b"ab", 5), Timestamp(5, 1), Regex("^a"), MinKey(), MaxKey(),
]  # fmt: skip
COMPARABLE = [one for one in SCALARS if not isinstance(one, Regex)]
KINDS = ["double", "string", "object", "array", "null", "int", "long", "decimal", "number", "date", "bool", "minKey"]


class Rich:
    """Of all types, nested, with fields missing."""

    def __init__(self, seed: int) -> None:
        self._chosen = random.Random(seed)

    def any(self, *values: Any) -> Any:
        return self._chosen.choice(values)

    def value(self, depth: int = 2) -> Any:
        kind = self._chosen.random()
        if depth and kind < 0.2:
            return [self.value(depth - 1) for _ in range(self._chosen.randrange(4))]
        if depth and kind < 0.4:
            return self.fields("abn", depth - 1)
        return self._chosen.choice(SCALARS)

    def fields(self, names: str, depth: int) -> Made:
        return {name: self.value(depth) for name in names if self._chosen.random() < 0.7}

    def document(self, id: Any) -> Made:
        return {"_id": id, **self.fields("abc", 2), "n": self._chosen.randrange(8)}

    def path(self) -> str:
        return self.any("a", "b", "c", "n", "a", "b", "a.b", "a.a", "b.a", "b.n", "a.0", "c.1.a", "a.b.a")

    def condition(self) -> Any:
        made = [
            lambda: self.any(*COMPARABLE),
            lambda: self.value(),
            lambda: {self.any("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"): self.any(*COMPARABLE)},
            lambda: {self.any("$eq", "$ne", "$gte", "$lt"): self.any(None, [], {}, [1], {"a": 1}, [1, "a"])},
            lambda: {"$gte": self.any(0, 1, "a", None), "$lt": self.any(2, 5, "b", MaxKey())},
            lambda: {self.any("$in", "$nin"): [self.any(*SCALARS) for _ in range(self._chosen.randrange(4))]},
            lambda: {"$exists": self.any(True, False)},
            lambda: {"$type": self.any(*KINDS)},
            lambda: {"$size": self._chosen.randrange(4)},
            lambda: {"$mod": [self.any(2, 3), self.any(0, 1)]},
            lambda: {"$regex": self.any("^a", "a", "^A", "b$", "é"), "$options": self.any("", "i")},
            lambda: {"$all": [self.any(*COMPARABLE) for _ in range(self._chosen.randrange(1, 3))]},
            lambda: {"$elemMatch": self.any({"$gte": 1, "$lt": 5}, {"a": {"$exists": True}}, {"$in": ["a", 1]})},
            lambda: {"$not": {self.any("$gt", "$lte"): self.any(0, 1, "a")}},
            lambda: {"$bitsAnySet": self.any(1, 4)},
        ]
        return self.any(*made)()

    def filter(self, depth: int = 2) -> Made:
        if depth and self._chosen.random() < 0.3:
            parts = [self.filter(depth - 1) for _ in range(self._chosen.randrange(1, 4))]
            return {self.any("$and", "$or", "$or", "$nor"): parts}
        if self._chosen.random() < 0.05:
            return {"$expr": {self.any("$gt", "$lte", "$eq"): ["$a", self.any("$b", "$n", 1)]}}
        if self._chosen.random() < 0.08:
            return {"_id": self.any({"$gte": self.any(3, 10)}, {"$in": [1, 5, 9]}, self._chosen.randrange(30))}
        return {self.path(): self.condition() for _ in range(self._chosen.randrange(1, 3))}

    def order(self) -> Made:
        fields = self._chosen.sample(["a", "b", "n", "a.b", "c"], self._chosen.randrange(3))
        return {field: self.any(1, -1) for field in fields} | {"_id": self.any(1, -1)}

    def projection(self) -> Made | None:
        return self.any(
            None, None, {"a": 1}, {"a": 0}, {"n": 1, "_id": 0}, {"a.b": 1, "n": 1}, {"b.a": 0, "c": 0}, {"_id": 1},
            {"a": {"$slice": 2}}, {"m": {"$ifNull": ["$a", "none"]}}, {"b": {"$elemMatch": {"a": {"$exists": True}}}},
        )  # fmt: skip

    def sure_update(self) -> Any:
        """One that fails for no document."""
        return self.any(
            {"$set": {self.any("a", "b", "c"): self.value(), "n": self._chosen.randrange(8)}},
            {"$unset": {self.any("a", "b", "c"): ""}},
            {"$min": {self.any("a", "b"): self.any(*COMPARABLE)}, "$max": {"n": self._chosen.randrange(8)}},
            {"$inc": {"n": self.any(1, -1, Int64(2), 0.5)}},
            {"$mul": {"n": self.any(2, -1, 1.5)}},
            {"$rename": {"a": "b"}},
            [{"$set": {"c": {"$ifNull": ["$a", "$n"]}}}, {"$unset": "a"}],
            [{"$replaceWith": {"_id": "$_id", "a": "$b", "n": "$n", "b": ["$a", "$c"]}}],
        )

    def update(self) -> Any:
        """One that some documents may refuse."""
        path = self.any("a", "b", "c", "a.b", "b.a", "a.0", "b.n")
        value = self.value(1)
        return self.any(
            self.sure_update(),
            {"$set": {path: value}},
            {"$inc": {path: self.any(1, Int64(3), 0.5, Decimal128("2"))}},
            {"$push": {path: value}},
            {"$push": {path: {"$each": [value, 1], "$slice": self.any(-3, 2), "$position": self.any(0, 1)}}},
            {"$addToSet": {path: value}},
            {"$pull": {path: self.any({"$gte": 1}, value, {"a": 1})}},
            {"$pop": {path: self.any(1, -1)}},
            {"$pullAll": {path: [value, 1, "a"]}},
            {"$bit": {path: {"or": 5}}},
            {"$set": {f"{path}.$[]": value}},
            {**self.fields("abc", 2), "n": 1},
        )

    def pipeline(self) -> list[Made]:
        middle = [self._stage() for _ in range(self._chosen.randrange(3))]
        return [{"$match": self.filter()}, {"$sort": {"_id": 1}}, *middle, *self._last()]

    def _stage(self) -> Made:
        return self.any(
            {"$match": self.filter()},
            {"$addFields": {"z": {"$cond": [{"$gt": ["$a", "$b"]}, "$a", ["$n", "$b"]]}}},
            {"$project": {"a": 1, "n": 1, "b": {"$type": "$b"}}},
            {"$unwind": {"path": self.any("$a", "$b"), "preserveNullAndEmptyArrays": self.any(True, False)}},
            {"$limit": 20},
            {"$skip": 2},
            {"$unset": self.any("a", "b")},
        )

    def _last(self) -> list[Made]:
        key = self.any("$a", "$n", "$b.a", {"x": "$a", "y": "$n"}, None)
        return self.any(
            [],
            [{"$count": "found"}],
            [
                {"$group": {
                    "_id": key, "count": {"$sum": 1}, "sum": {"$sum": "$n"}, "low": {"$min": "$a"},
                    "high": {"$max": "$b"}, "ids": {"$push": "$_id"}, "first": {"$first": "$c"},
                }},
                {"$sort": {"_id": 1}},
            ],
            [{"$sortByCount": key}, {"$sort": {"_id": 1}}],
            [{"$facet": {"few": [{"$limit": 2}], "many": [{"$count": "n"}]}}],
            [{"$lookup": {"from": "orders", "localField": "n", "foreignField": "n", "as": "alike"}},
             {"$project": {"n": {"$size": "$alike"}}}],
            [{"$sort": {"n": -1, "_id": 1}}, {"$limit": 5}],
        )  # fmt: skip


class Plain:
    """Whole numbers, strings, arrays of numbers and documents within documents."""

    def __init__(self, seed: int) -> None:
        self._chosen = random.Random(seed)

    def any(self, *values: Any) -> Any:
        return self._chosen.choice(values)

    def small(self) -> int:
        return self._chosen.randrange(-3, 10)

    def smalls(self, least: int = 0) -> list[int]:
        return [self.small() for _ in range(self._chosen.randrange(least, 5))]

    def document(self, id: Any) -> Made:
        made: Made = {"_id": id, "n": self.small(), "s": self.any("x", "y", "zz"), "l": self.smalls()}
        made["o"] = {"p": self.small(), "q": self.smalls()}
        if self._chosen.random() < 0.5:
            made["m"] = self.small()
        return made

    def condition(self) -> Any:
        made = [
            self.small,
            lambda: {self.any("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"): self.small()},
            lambda: {"$gte": self.small(), "$lt": self.small()},
            lambda: {self.any("$in", "$nin"): self.smalls()},
            lambda: {"$exists": self.any(True, False)},
            lambda: {"$not": {"$gt": self.small()}},
        ]
        return self.any(*made)()

    def filter(self, depth: int = 2) -> Made:
        if depth and self._chosen.random() < 0.3:
            parts = [self.filter(depth - 1) for _ in range(self._chosen.randrange(1, 4))]
            return {self.any("$and", "$or", "$nor"): parts}
        made = [
            lambda: {self.any("n", "m", "o.p"): self.condition(), self.any("n", "o.p"): self.condition()},
            lambda: {self.any("l", "o.q"): self.any(self.small(), {"$all": self.smalls(1)}, {"$size": 2})},
            lambda: {self.any("l", "o.q"): {"$elemMatch": {"$gte": self.small(), "$lt": 8}}},
            lambda: {"s": self.any("x", {"$in": ["x", "zz"]}, {"$regex": "^z"}, {"$ne": "y"})},
            lambda: {"_id": self.any({"$gte": self.small()}, {"$in": self.smalls()}, self.small())},
        ]
        return self.any(*made)()

    def order(self) -> Made:
        fields = self._chosen.sample(["n", "m", "s", "o.p"], self._chosen.randrange(3))
        return {field: self.any(1, -1) for field in fields} | {"_id": self.any(1, -1)}

    def update(self) -> Made:
        """Operators that do not meet in one field."""
        made = {
            "$set": {self.any("new", "o.r", "o.t.u"): self.any(self.small(), self.smalls())},
            "$inc": {self.any("m", "o.w"): self.small()},
            self.any("$min", "$max"): {self.any("n", "o.p"): self.small()},
            "$unset": {"nothing": ""},
            "$push": {"l": {"$each": self.smalls(), "$slice": self.small(), "$sort": self.any(1, -1)}},
            self.any("$pull", "$pullAll"): {"o.q": []},
        }
        made.pop("$pull", None)
        if "$pullAll" in made:
            made["$pullAll"] = {"o.q": self.smalls()}
        else:
            made["$addToSet"] = {"o.q": {"$each": sorted(set(self.smalls()))}}
        names = self._chosen.sample(sorted(made), self._chosen.randrange(1, 4))
        return {name: made[name] for name in names}

    def pipeline(self) -> list[Made]:
        stages = [
            {"$match": self.filter()},
            {"$addFields": {"z": {"$add": ["$n", self.small()]}}},
            {"$unwind": {"path": "$l", "preserveNullAndEmptyArrays": self.any(True, False)}},
            {"$skip": 2},
            {"$limit": 9},
        ]
        last = self.any(
            [],
            [{"$group": {"_id": "$s", "c": {"$sum": 1}, "t": {"$sum": "$n"}, "a": {"$avg": "$o.p"}}}],
            [{"$group": {"_id": {"k": "$s"}, "lo": {"$min": "$n"}, "hi": {"$max": "$n"}, "f": {"$first": "$_id"}}}],
            [{"$lookup": {"from": "orders", "localField": "n", "foreignField": "m", "as": "found"}}],
        )
        few = self._chosen.sample(stages, self._chosen.randrange(3))
        return [{"$match": self.filter()}, {"$sort": {"_id": 1}}, *few, *last]
