"""The Node driver and mongoose, unmodified, at the document door."""

from __future__ import annotations

import pytest

from live_documents import LiveDocuments
from node_suites import FOLDER, run_suite

suites = sorted(path.name for path in FOLDER.glob("*.mongo.mjs"))


@pytest.mark.parametrize("suite", suites)
def test_javascript_clients(suite: str, node: str, documents: LiveDocuments):
    run_suite(node, suite, 240, URI=documents.url, DATABASE="app")
