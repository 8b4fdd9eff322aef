"""mongosh, unmodified and without a terminal, at the document door."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from live_documents import LiveDocuments
from node_suites import FOLDER

# On loopback the shell gives a server two seconds, which are few on a busy machine.
PATIENCE = "serverSelectionTimeoutMS=90000&connectTimeoutMS=90000"
SHELL = FOLDER / "node_modules" / ".bin" / "mongosh"


@pytest.fixture
def shell(node: str, documents: LiveDocuments, tmp_path: Path) -> Any:
    """Runs a script; gives what it printed, as JSON."""

    def run(script: str, *, url: str = documents.url) -> Any:
        done = subprocess.run(
            [node, str(SHELL), f"{url}&{PATIENCE}", "--quiet", "--norc", "--json=relaxed", "--eval", script],
            capture_output=True,
            text=True,
            timeout=180,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def test_the_shell_creates_reads_changes_and_explains(shell: Any) -> None:
    found = shell("""
        db.shell.drop();
        const told = {};
        told.inserted = Object.keys(db.shell.insertMany([{n: 1, t: 'a'}, {n: 2, t: 'b'}, {n: 3, t: 'b'}]).insertedIds).length;
        told.found = db.shell.find({t: 'b'}, {_id: 0}).sort({n: -1}).toArray();
        told.changed = db.shell.updateMany({t: 'b'}, {$inc: {n: 10}}).modifiedCount;
        told.index = db.shell.createIndex({n: 1}, {unique: true});
        told.indexes = db.shell.getIndexes().map(one => one.name);
        told.plan = db.shell.find({n: 12}).explain('executionStats').executionStats.totalDocsExamined;
        told.groups = db.shell.aggregate([{$group: {_id: '$t', n: {$sum: '$n'}}}, {$sort: {_id: 1}}]).toArray();
        told.distinct = db.shell.distinct('t').sort();
        try { db.shell.insertOne({n: 12}) } catch (error) { told.refused = error.code }
        told.modified = db.shell.findOneAndUpdate({n: 1}, {$set: {t: 'c'}}, {returnNewDocument: true}).t;
        const bulk = db.shell.initializeUnorderedBulkOp();
        bulk.insert({n: 50}); bulk.find({n: 50}).update({$set: {late: true}});
        bulk.execute();
        told.late = db.shell.countDocuments({late: true});
        told.removed = db.shell.deleteMany({n: {$gt: 5}}).deletedCount;
        told.left = db.shell.find({}, {_id: 0}).toArray();
        told
    """)  # noqa: E501
    assert found == {
        "inserted": 3, "found": [{"n": 3, "t": "b"}, {"n": 2, "t": "b"}], "changed": 2, "index": "n_1",
        "indexes": ["_id_", "n_1"], "plan": 1, "groups": [{"_id": "a", "n": 1}, {"_id": "b", "n": 25}],
        "distinct": ["a", "b"], "refused": 11000, "modified": "c", "late": 1, "removed": 3,
        "left": [{"n": 1, "t": "c"}],
    }  # fmt: skip


def test_what_the_shell_shows_of_a_server_is_answered(shell: Any) -> None:
    found = shell("""
        db.createCollection('shown', {validator: {n: {$gt: 0}}});
        const told = {
            version: db.version(), databases: db.getMongo().getDBNames(), collections: db.getCollectionNames(),
            hello: db.hello().isWritablePrimary, stats: db.stats().ok, size: db.shown.stats().count,
            status: db.serverStatus().ok, build: db.serverBuildInfo().ok, host: db.hostInfo().ok,
            operations: Array.isArray(db.currentOp().inprog), valid: db.shown.validate().valid,
            infos: db.getCollectionInfos({name: 'shown'})[0].options, user: db.runCommand({connectionStatus: 1}).ok,
            log: db.adminCommand({getLog: 'startupWarnings'}).ok,
            parameter: db.adminCommand({getParameter: 1, featureCompatibilityVersion: 1}).ok,
        };
        db.shown.drop();
        told
    """)
    assert found.pop("version").startswith("7.")
    assert found.pop("databases") == ["app"]
    assert "shown" in found.pop("collections")
    assert found.pop("infos")["validator"] == {"n": {"$gt": 0}}
    assert found.pop("size") == 0
    assert all(value == 1 for value in found.values()), found


def test_the_shell_says_who_may_not_come_in(shell: Any, documents: LiveDocuments) -> None:
    with pytest.raises(AssertionError, match="Authentication failed"):
        shell("1", url=documents.as_user(f"{documents.tenant}.app", "wrong"))
