"""The verbs of a referral: its sender's, its receiver's, and the clock's."""

from panoh.referrals.actions.answering import (
    accept,
    ask_info,
    complete,
    confirm,
    decline,
    propose_other,
    receive,
)
from panoh.referrals.actions.clock import escalate_overdue, lapse_ended, warn_of_end
from panoh.referrals.actions.never import declare_kin, exclude
from panoh.referrals.actions.sending import (
    accept_by_telephone,
    answer_info,
    decline_by_telephone,
    draft,
    hand_over,
    print_letter,
    send,
    withdraw,
    withdraw_for_consent,
    withdraw_for_decision,
)

__all__ = [
    "accept",
    "accept_by_telephone",
    "answer_info",
    "ask_info",
    "complete",
    "confirm",
    "declare_kin",
    "decline",
    "decline_by_telephone",
    "draft",
    "escalate_overdue",
    "exclude",
    "hand_over",
    "lapse_ended",
    "print_letter",
    "propose_other",
    "receive",
    "send",
    "warn_of_end",
    "withdraw",
    "withdraw_for_consent",
    "withdraw_for_decision",
]
