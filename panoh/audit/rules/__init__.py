"""The sealed table as a tree, and what stands in it in words."""

from panoh.audit.rules.events import EVENTS, words_of
from panoh.audit.rules.tree import (
    COLUMNS,
    EPOCH,
    EVENT,
    HASH_BYTES,
    HEAD_WORD,
    LEAF_SQL,
    NAME,
    REASON,
    TIMES,
    Finding,
    SignedHead,
    Tree,
    first_difference,
    is_signed,
    leaf,
    sign,
)

__all__ = [
    "COLUMNS",
    "EPOCH",
    "EVENT",
    "EVENTS",
    "HASH_BYTES",
    "HEAD_WORD",
    "LEAF_SQL",
    "NAME",
    "REASON",
    "TIMES",
    "Finding",
    "SignedHead",
    "Tree",
    "first_difference",
    "is_signed",
    "leaf",
    "sign",
    "words_of",
]
