"""Record an answer, take it back, confirm that copies are gone; decide what is best for a child."""

from panoh.consent.actions.answers import (
    confirm_copies,
    need_interpreter,
    record,
    record_spoken,
    withdraw,
)
from panoh.consent.actions.decisions import (
    ask_signature,
    end_decisions,
    propose,
    read_decision,
    refuse,
    sign,
    withdraw_decision,
)

__all__ = [
    "ask_signature",
    "confirm_copies",
    "end_decisions",
    "need_interpreter",
    "propose",
    "read_decision",
    "record",
    "record_spoken",
    "refuse",
    "sign",
    "withdraw",
    "withdraw_decision",
]
