"""Begin and end the time to recover, use what it gives, plan an interview."""

from panoh.decisions.actions.reflection import (
    assess,
    begin_reflection,
    end_reflection,
    plan_interview,
    use_entitlement,
)

__all__ = [
    "assess",
    "begin_reflection",
    "end_reflection",
    "plan_interview",
    "use_entitlement",
]
