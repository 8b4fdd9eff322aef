"""The calls that a text may make, each as the MongoDB command that it is.

A call's options are the command's own fields, so whatever the server knows may be given.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..plan import Change, Start
from .administration import (
    collection_names,
    command,
    create_collection,
    create_index,
    create_indexes,
    drop_index,
    listed,
    of_command,
    rename,
    run_command,
)
from .following import batch_size, counted, explain, field, unchanged
from .reading import aggregate, count, count_documents, distinct, find, find_one
from .writing import delete, find_and, insert_many, insert_one, replace_one, update

__all__ = ["COLLECTION", "CURSOR", "DATABASE", "of_command"]

COLLECTION: Final[Mapping[str, Start]] = MappingProxyType(
    {
        "find": find,
        "findOne": find_one,
        "aggregate": aggregate,
        "countDocuments": count_documents,
        "estimatedDocumentCount": count,
        "count": count,
        "distinct": distinct,
        "insertOne": insert_one,
        "insertMany": insert_many,
        "updateOne": update(multi=False),
        "updateMany": update(multi=True),
        "replaceOne": replace_one,
        "deleteOne": delete(1),
        "deleteMany": delete(0),
        "findOneAndUpdate": find_and("update"),
        "findOneAndReplace": find_and("update"),
        "findOneAndDelete": find_and("delete"),
        "createIndex": create_index,
        "createIndexes": create_indexes,
        "getIndexes": listed("listIndexes"),
        "dropIndex": drop_index,
        "dropIndexes": command("dropIndexes", index="*"),
        "drop": command("drop"),
        "renameCollection": rename,
        "stats": command("collStats"),
        "validate": command("validate"),
    }
)
"""Of ``db.collection``, by name."""

DATABASE: Final[Mapping[str, Start]] = MappingProxyType(
    {
        "aggregate": aggregate,
        "runCommand": run_command,
        "getCollectionNames": collection_names,
        "getCollectionInfos": listed("listCollections"),
        "createCollection": create_collection,
        "dropDatabase": command("dropDatabase"),
        "stats": command("dbStats"),
    }
)
"""Of ``db``, by name."""

CURSOR: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "sort": field("sort", dict, of_find=True),
        "limit": field("limit", int, of_find=True),
        "skip": field("skip", int, of_find=True),
        "projection": field("projection", dict, of_find=True),
        "collation": field("collation", dict),
        "hint": field("hint", dict, str),
        "min": field("min", dict, of_find=True),
        "max": field("max", dict, of_find=True),
        "maxTimeMS": field("maxTimeMS", int),
        "comment": field("comment", str, dict),
        "batchSize": batch_size,
        "explain": explain,
        "count": counted,
        "itcount": counted,
        "toArray": unchanged,
    }
)
"""Of a cursor, by name."""
