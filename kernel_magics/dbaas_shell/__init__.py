"""The language of MongoDB's shell: read and planned here, carried out by whoever asked.

1. No JavaScript is run. A text is calls on collections with literal values, read by a small parser that says where it
   stopped understanding.
2. Names that are no literals are the caller's variables. Values never become text.
3. Every operation is one of MongoDB's commands; options are the command's own, so what the server knows works here.
4. Nothing is sent from here and nothing waits: a plan says what to send and what to make of the answer. Notebooks and
   the server carry plans out each in their own way.
"""

from __future__ import annotations

from .calls import COLLECTION, CURSOR, DATABASE
from .errors import ShellError, nearest
from .plan import Answer, Plan
from .planning import planned
from .scanner import Scanner, Token
from .statement import Chain, Command, Statement, parse

__all__ = [
    "COLLECTION", "CURSOR", "DATABASE", "Answer", "Chain", "Command", "Plan", "Scanner", "ShellError", "Statement",
    "Token", "nearest", "parse", "planned",
]  # fmt: skip
