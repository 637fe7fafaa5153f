"""Neutral words for words that blame; where a duty leads."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.policy.rules import ListedWord

# The page on which a duty of this kind is done; the others are done on the page of the case.
LEADS_TO = {
    "referral.reply": "desk:of_duty",
    "referral.confirm": "desk:of_duty",
    "referral.outcome": "desk:of_duty",
    "referral.enter_answer": "desk:of_duty",
    "referral.info": "desk:of_duty",
    "referral.declined": "desk:refer",
    "referral.unanswered": "desk:of_duty",
    "referral.next": "desk:of_duty",
    "referral.consent_gone": "desk:of_duty",
    "consent.destroy_copies": "desk:copies",
    "emergency.ring": "desk:emergency_ring",
    "emergency.pass_on": "desk:emergency_call",
    "emergency.review": "desk:emergency_call",
    "emergency.tell": "desk:knows",
    "people.sought": "desk:sought",
    "people.unusual_search": "access:teams",
    "money.decide": "fund:of_duty",
    "money.decide_now": "fund:of_duty",
    "money.pay": "fund:of_duty",
    "money.second": "fund:of_duty",
    "money.receipt": "fund:person",
    "money.refused": "fund:person",
    "body.resolution": "bodies:of_duty",
    "body.answer": "bodies:of_duty",
    "body.lesson": "bodies:of_duty",
    "clock.more_time": "desk:clock_asked",
    "directory.verify": "directory:list",
    "exchange.import": "exchange:import",
    "case.later_questions": "desk:answers",
    "case.talk_alone": "desk:next",
    "child.advocate": "desk:child",
    "child.sign": "desk:child",
    "child.decided": "desk:child",
    "child.ask_anew": "desk:consent",
    "safety.review": "desk:safety",
    "protection.reply": "desk:protection",
    "protection.next": "desk:safety",
    "leaving.sign": "cases:leaving",
    "leaving.agree": "cases:leaving",
    "leaving.contact": "cases:leaving",
    "leaving.welfare": "cases:leaving",
    "protection.gone": "desk:safety",
    "plan.ends_soon": "desk:plan",
    "care.need": "care:plan",
    "care.step": "care:plan",
    "care.review": "care:plan",
    "care.papers": "care:returns",
    "care.permit": "care:returns",
    "reflection.half_time": "decisions:reflection",
    "status.receive": "decisions:docket",
    "status.decide": "decisions:docket",
    "status.sign": "decisions:docket",
    "status.papers": "decisions:status",
    "status.readers": "decisions:status",
    "status.notice": "decisions:status",
    "status.lawyer": "decisions:status",
    "status.appeal": "decisions:status",
    "status.plan": "decisions:status",
    "reflection.interview": "decisions:reflection",
    "justice.charge": "justice:charges",
    "justice.notice": "justice:charges",
    "non_punishment_review": "justice:charges",
    "plan.joined": "desk:plan",
    "plan.task": "desk:plan",
    "plan.back": "desk:plan",
    "conference.come": "desk:conferences",
    "breach.tell": "desk:concerned",
    "bed.expected": "desk:beds",
    "bed.refused": "desk:bed_find",
    "bed.lapsed": "desk:bed_find",
    "bed.stays": "desk:bed_find",
    "house.inspection": "desk:beds",
    "house.paper": "desk:beds",
    "house.vetting": "desk:beds",
    "house.funding": "desk:beds",
    "intake.gap": "desk:roster",
    "intake.call": "desk:line",
    "consent.ask_later": "desk:consent",
    "consent.interpreter": "desk:consent",
    "consent.ends_soon": "desk:consent",
}


def neutral_words(text: str, words: Iterable[ListedWord]) -> list[ListedWord]:
    """The listed words that stand in a text, each once, in any case and with any ending.

    A hint and nothing more: the text stays as it was written (row A23).
    """
    found: dict[str, ListedWord] = {}
    for word in words:
        if re.search(rf"(?<!\w){re.escape(word.stem)}", text, re.IGNORECASE):
            found.setdefault(word.stem, word)
    return list(found.values())


# What an account of another service did with a file, as the person is told it. Everything else
# in the audit (a duty settled, a key laid) is no look at the person.
LOOKS: Mapping[str, Promise] = {
    "referral.seen": _("Read the request"),
    "referral.accepted": _("Said yes to the request"),
    "case.read": _("Opened the case"),
    "note.read": _("Read notes"),
    "decision.read": _("Read what is proposed for the child"),
    "people.identity_read": _("Saw the name"),
    "people.contact_read": _("Saw how to reach the person"),
    "file.opened": _("Opened a document"),
    "referral.printed": _("Printed a letter"),
    "case.printed": _("Printed the case"),
    "file.exported": _("Took a file along"),
    "case.exported": _("Took the case along as a file"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """One sort of look: how often, and when last."""

    label: Promise
    count: int
    last_at: datetime


def looks(seen: Iterable[tuple[str, datetime]]) -> list[Look]:
    """What was looked at, printed or taken along, in the order of the table above; ``seen`` are
    events of the audit and their times."""
    found: dict[str, list[datetime]] = {}
    for event, at in seen:
        found.setdefault(event, []).append(at)
    return [
        Look(label, len(found[event]), max(found[event]))
        for event, label in LOOKS.items()
        if event in found
    ]
