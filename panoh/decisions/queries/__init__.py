"""What stands about a person's status and the time to recover."""

from panoh.decisions.queries.reflection import (
    Entitled,
    ReflectionTold,
    entitlements,
    interviews_of,
    running,
    told_reflection,
)

__all__ = [
    "Entitled",
    "ReflectionTold",
    "entitlements",
    "interviews_of",
    "running",
    "told_reflection",
]
