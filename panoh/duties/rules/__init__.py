"""Kinds of duties, the order in which they are shown, and deadlines in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from panoh.policy.rules import Calendar, Standing, TimeUnit

# Rows without a rank of their own stand behind those that have one.
LAST_RANK = 9


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of duty: its words, whether it rings named people at once, whether a person may
    tick it off by hand (the others are settled by doing the thing itself), and whether it only
    keeps a case open while something lasts: such a one is no work and stands in no list of it."""

    label: str | Promise
    alert: bool = False
    by_hand: bool = False
    keeps: bool = False


class Verb(StrEnum):
    """What may happen to a running clock."""

    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"


KINDS: Mapping[str, Kind] = {
    "urgent.alert": Kind(_("Urgent: see to this person now"), alert=True, by_hand=True),
    "case.later_questions": Kind(_("Ask what was left for later"), by_hand=True),
    "case.talk_alone": Kind(
        _("It was not safe to talk: find a safe way to talk alone"), by_hand=True
    ),
    "case.close_review": Kind(_("Read why a case was closed"), by_hand=True),
    "non_punishment_review": Kind(
        _("Check that the person is not punished for what she or he was forced to do")
    ),
    "justice.charge": Kind(_("A charge that follows from exploitation: see to it until it ends")),
    "justice.notice": Kind(_("Tell the prosecutor, if the person agrees or the lawyer sends it")),
    "reflection.half_time": Kind(
        _("Half of the time to recover is over: look at what was not used"), by_hand=True
    ),
    "reflection.interview": Kind(
        _("An interview by investigators is planned: lawyer, interpreter, safety"), by_hand=True
    ),
    "status.receive": Kind(_("An application has come: look whether papers are missing")),
    "status.papers": Kind(_("Papers are missing for an application: add them")),
    "status.readers": Kind(
        _("Somebody came who would read an application: tell the person, then let them read it")
    ),
    "status.decide": Kind(_("Decide on an application")),
    "status.sign": Kind(_("A decision of an earlier day waits for the second signature")),
    "status.notice": Kind(_("The decision has been made: tell the person in her or his language")),
    "status.lawyer": Kind(
        _("An application was refused: a lawyer reads why and talks about an appeal"), by_hand=True
    ),
    "status.appeal": Kind(_("The time to appeal runs: ask the person")),
    "status.plan": Kind(_("After a refusal: look at the plan; no help ends"), by_hand=True),
    "referral.reply": Kind(_("Answer a request")),
    "referral.confirm": Kind(_("Confirm an answer given by telephone")),
    "referral.info": Kind(_("Answer a question of the receiver"), by_hand=True),
    "referral.declined": Kind(_("A request was declined: find another place"), by_hand=True),
    "referral.unanswered": Kind(
        _("Nobody answered a request: call or ask elsewhere"), by_hand=True
    ),
    "referral.next": Kind(_("A request was answered: go on"), by_hand=True),
    "referral.outcome": Kind(_("Enter what came of a request")),
    "referral.enter_answer": Kind(_("Enter the answer of a receiver without an account")),
    "referral.consent_gone": Kind(
        _("Consent ended: talk to the person about the request"), by_hand=True
    ),
    "consent.destroy_copies": Kind(_("Destroy copies, and confirm it")),
    "consent.ask_later": Kind(_("Ask for consent again, as the person wished"), by_hand=True),
    "consent.interpreter": Kind(_("Find an interpreter, then ask for consent"), by_hand=True),
    "consent.ends_soon": Kind(_("Consent ends soon: ask whether to go on"), by_hand=True),
    "child.advocate": Kind(_("Name an independent advocate for a child")),
    "child.sign": Kind(_("Read what is proposed for a child, and sign or refuse")),
    "child.decided": Kind(_("The advocate has answered: go on with the child"), by_hand=True),
    "child.ask_anew": Kind(_("Of age, or soon: ask the person for consent anew"), by_hand=True),
    "safety.review": Kind(_("A new threat: look at the risk and the safety plan"), alert=True),
    "protection.reply": Kind(_("Somebody needs protection: answer the request")),
    "protection.next": Kind(_("A request for protection was answered: go on"), by_hand=True),
    "leaving.sign": Kind(
        _("Somebody wants to go into a high risk: read the plan, and sign or not")
    ),
    "leaving.agree": Kind(
        _("A child is to leave: the independent advocate reads the plan, and signs or not"),
        by_hand=True,
    ),
    "leaving.contact": Kind(_("Ask safely after somebody who left")),
    "leaving.welfare": Kind(
        _("Silence or danger after somebody left: see to the person"), alert=True
    ),
    "protection.gone": Kind(
        _("A request for protection ended with its consent: talk to the person"), by_hand=True
    ),
    "plan.ends_soon": Kind(
        _("A part in the joint plan ends soon: ask the person whether it goes on"), by_hand=True
    ),
    "care.need": Kind(_("A need is not met yet: find help")),
    "care.step": Kind(_("Do a step of the plan of care, or say what came of it")),
    "care.review": Kind(_("Ask the person how things are")),
    "care.papers": Kind(_("Papers are missing for a way back: get them")),
    "care.permit": Kind(_("A permit to stay ends soon: act before"), by_hand=True),
    "plan.joined": Kind(_("You were let into a joint plan: read it"), by_hand=True),
    "plan.task": Kind(_("Do what the joint plan says")),
    "plan.back": Kind(_("A task of the joint plan came back: do it, or give it to somebody")),
    "conference.come": Kind(_("Take part in a conference about a person"), by_hand=True),
    "order.answer": Kind(
        _("An order to hand over data: lawyer, notice, two signatures, or refusal")
    ),
    "order.notice": Kind(_("Tell the person of the order as soon as it is allowed")),
    "breach.tell": Kind(
        _("Data may be in strange hands: tell the person by a safe channel"), alert=True
    ),
    "people.ring": Kind(
        _("Another service may be helping the same person: ask whether you may speak"),
        by_hand=True,
    ),
    "people.kin": Kind(
        _("A colleague is kin of this person: ask whether everybody who knows is safe"),
        by_hand=True,
    ),
    "people.sought": Kind(
        _("Somebody asks for this person: look at the danger, then ask the person"), alert=True
    ),
    "people.unusual_search": Kind(_("Look at an unusual number of searches"), by_hand=True),
    "emergency.ring": Kind(
        _("Danger to life: somebody asks for emergency access. Answer now"), alert=True
    ),
    "emergency.pass_on": Kind(_("Danger to life: open the file for another service"), alert=True),
    "emergency.review": Kind(_("Look at an emergency access")),
    "emergency.tell": Kind(
        _("Tell the person, when it is safe, that the file was opened in an emergency"),
        by_hand=True,
    ),
    # Messages of the commission's secretariat, which does not know the person: each says all.
    "queue.call": Kind(
        _("Pass on to the person, when it is safe: the commission's secretariat asks for a call"),
        by_hand=True,
    ),
    "queue.papers": Kind(
        _("Pass on to the person, when it is safe: the commission needs another paper"),
        by_hand=True,
    ),
    "queue.sitting": Kind(
        _("Pass on to the person, when it is safe: the commission has set a day"), by_hand=True
    ),
    "intake.gap": Kind(_("Nobody is on the emergency desk: fill the shift"), alert=True),
    "intake.call": Kind(_("A call has no outcome yet")),
    "bed.expected": Kind(_("A bed is held: expect somebody, let them in or say no"), alert=True),
    "bed.refused": Kind(_("A shelter said no: find another bed"), by_hand=True),
    "bed.lapsed": Kind(
        _("Nobody came to the bed that was held: find out whether the person is safe"),
        by_hand=True,
    ),
    "bed.left": Kind(
        _("Somebody has left the shelter: see that they are safe, and plan what comes next"),
        by_hand=True,
    ),
    "bed.stays": Kind(
        _("A bed is held for this person, or they live in a shelter: the case stays open"),
        keeps=True,
    ),
    "house.inspection": Kind(_("An inspection of the shelter is due")),
    "house.paper": Kind(_("A paper of the shelter ends")),
    "house.vetting": Kind(_("A colleague of the shelter is to be vetted again")),
    "house.funding": Kind(_("The shelter's money ends: plan who pays on")),
    # Of a fund, which knows no name and no case.
    "money.decide": Kind(_("Somebody asks for money: sign, or say no")),
    "money.decide_now": Kind(_("Urgent: money for somebody tonight. Sign, or say no"), alert=True),
    "money.pay": Kind(_("Approved: pay it out")),
    "money.second": Kind(_("The second signature under money that was paid at once")),
    "money.receipt": Kind(_("Say how the money reached the person")),
    "money.refused": Kind(_("A fund said no: look for another way"), by_hand=True),
    "body.resolution": Kind(_("Do what a body resolved")),
    "body.lesson": Kind(_("Write what was learned at an event")),
    "body.answer": Kind(_("Answer a proposal")),
    "body.shelter_ends": Kind(
        _("A shelter's money ends: put it on the agenda, and say who pays on"), by_hand=True
    ),
    "coordination.task": Kind(_("Coordinate: see to what was asked"), by_hand=True),
    "clock.more_time": Kind(
        _("A colleague asks for more time on a clock: allow it, or not"), by_hand=True
    ),
    "directory.verify": Kind(_("Check that the entry of an organisation is still true")),
    "exchange.import": Kind(_("Finish an import")),
}
UNNAMED = Kind(_("Something to see to"), by_hand=True)


KEEPING = frozenset(code for code, one in KINDS.items() if one.keeps)


def kind(code: str) -> Kind:
    """The kind with this code; a code that is no longer known keeps a plain name."""
    return KINDS.get(code, UNNAMED)


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the owning team whom an alert may ring, with the codes of the steps
    (``duty_officer``, ``deputy``, ``supervisor``) that apply."""

    user_id: int
    steps: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of escalation: whom it rings and after which period the next one follows."""

    user_id: int
    wait: str


def ladder(people: Iterable[Person], steps: Sequence[tuple[str, str]], most: int) -> list[Rung]:
    """Who is rung, one after the other: each person once, at most ``most`` people.

    ``steps`` are ``(code, period key)`` in the pack's order. ``people`` are members of the
    owning team only: an alert never leaves it, and never reaches the police by default (A17).
    """
    members = list(people)
    found: dict[int, Rung] = {}
    for code, wait in steps:
        for person in members:
            if code in person.steps:
                found.setdefault(person.user_id, Rung(person.user_id, wait))
    return list(found.values())[:most]


def next_rung(
    rungs: Sequence[Rung], level: int, assigned_to: int | None, *, ringing: bool
) -> Rung | None:
    """Whom to ring next: the next step of an alert that nobody took; for what is merely late
    the last step at once, the supervisor. ``None`` where nobody further is named."""
    if ringing:
        return rungs[level] if level < len(rungs) else None
    return next((rung for rung in rungs[-1:] if rung.user_id != assigned_to), None)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How much time is left, or by how much a duty is late, in the unit of its period."""

    value: int
    unit: TimeUnit
    late: bool


def time_left(due_at: datetime, at: datetime, unit: TimeUnit, calendar: Calendar) -> TimeLeft:
    """Count down to ``due_at`` (or up from it), never rounding in the reader's favour.

    Minutes and hours are whole ones. Days are local days after today: 0 means today. A period
    of months counts in days; working days leave out weekends and holidays.
    """
    late = due_at < at
    first, last = (due_at, at) if late else (at, due_at)
    gone = last - first
    if unit in {TimeUnit.MINUTES, TimeUnit.HOURS} and gone < timedelta(hours=1):
        return TimeLeft(int(gone.total_seconds() // 60), TimeUnit.MINUTES, late)
    if unit in {TimeUnit.MINUTES, TimeUnit.HOURS} and gone < timedelta(days=1):
        return TimeLeft(int(gone.total_seconds() // 3600), TimeUnit.HOURS, late)
    day, end = calendar.local_day(first), calendar.local_day(last)
    if unit is not TimeUnit.WORKING_DAYS:
        return TimeLeft((end - day).days, TimeUnit.CALENDAR_DAYS, late)
    count = 0
    while day < end:
        day += timedelta(days=1)
        count += calendar.is_working(day)
    return TimeLeft(count, TimeUnit.WORKING_DAYS, late)


def left_in_words(left: TimeLeft) -> str:
    """ "2 working days left", "1 hour late", "today" in the reader's language."""
    n = left.value
    if left.unit in {TimeUnit.CALENDAR_DAYS, TimeUnit.WORKING_DAYS} and n == 0:
        return str(_("late since today") if left.late else _("today"))
    # One of them is asked for: each costs a look into the catalogue.
    match left.unit, left.late:
        case TimeUnit.MINUTES, False:
            words = ngettext("%(n)d minute left", "%(n)d minutes left", n)
        case TimeUnit.MINUTES, True:
            words = ngettext("%(n)d minute late", "%(n)d minutes late", n)
        case TimeUnit.HOURS, False:
            words = ngettext("%(n)d hour left", "%(n)d hours left", n)
        case TimeUnit.HOURS, True:
            words = ngettext("%(n)d hour late", "%(n)d hours late", n)
        case TimeUnit.CALENDAR_DAYS, False:
            words = ngettext("%(n)d day left", "%(n)d days left", n)
        case TimeUnit.CALENDAR_DAYS, True:
            words = ngettext("%(n)d day late", "%(n)d days late", n)
        case _, False:
            words = ngettext("%(n)d working day left", "%(n)d working days left", n)
        case _:
            words = ngettext("%(n)d working day late", "%(n)d working days late", n)
    return words % {"n": n}


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline as the page says it: time left, where the clock comes from, and how sure it is.

    ``article`` is the act and article of the law where the period names one, else empty.
    """

    left: str
    article: str
    standing: Standing
    late: bool
    due_at: datetime | None
    soon: bool = False
    stopped: bool = False

    @property
    def text(self) -> str:
        """ "2 working days left, article 5", "3 hours left, service target, not law" or
        "the day is not set"."""
        if self.stopped:
            return str(_("the clock stands still"))
        if self.due_at is None:
            return str(_("the day is not set"))
        return ", ".join(filter(None, [self.left, self.article, self._standing]))

    @property
    def _standing(self) -> str:
        return "" if self.standing is Standing.UNSET else str(self.standing.label)


def why_here(*, late: bool, urgency: str, sensitivity: str, alert: bool, rung: bool) -> str:
    """Why a duty stands where it stands, in words; labels come from the pack's lists."""
    reasons = [
        _("late") if late else "",
        _("nobody has taken the alert yet") if alert and rung else "",
        urgency,
        sensitivity,
    ]
    return " · ".join(str(reason) for reason in reasons if reason)
