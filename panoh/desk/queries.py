"""What the pages of the desk join from the rooms below."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from uuid import UUID

from django.urls import NoReverseMatch

from panoh.access.models import Dossier, Team, User
from panoh.access.queries import excluded, may, my_teams
from panoh.access.rules import WRITES, Permission, said_in
from panoh.bodies import queries as bodies
from panoh.cases import queries as cases
from panoh.cases.models import FACTS, Case, Fact
from panoh.cases.rules import Branch, State
from panoh.consent import queries as consents
from panoh.consent.models import Consent, Decision
from panoh.consent.queries import Receiver
from panoh.decisions import queries as status
from panoh.decisions.queries.application import PURPOSE
from panoh.desk import rules
from panoh.directory import queries as directory
from panoh.directory.models import Contact, Organisation
from panoh.directory.queries import Entry
from panoh.duties import queries as duties
from panoh.duties.models import Duty
from panoh.duties.queries import Owed
from panoh.duties.rules import Deadline, kind
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy
from panoh.referrals import queries as referrals
from panoh.referrals.models import Referral
from panoh.ui.templatetags.addresses import address

# Questions that have a page of their own, and what cannot be offered as a list of facts.
ASSESSED = ("trafficking", "smuggling", "case_category")
# In which order a case is told.
ORDER = (
    Category.CORE,
    Category.STORY,
    Category.HEALTH,
    Category.SERVICES,
    Category.SAFETY,
    Category.LEGAL,
    Category.MONEY,
)


def url(name: str, *args: object) -> str:
    """The address of a page; empty where it does not stand (yet)."""
    try:
        return address(name, *args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class Task:
    """A duty on a page: its words, where it is done, and what may be done with it at once."""

    owed: Owed
    ref: str
    url: str
    may_take: bool
    may_finish: bool
    may_ask_why: bool


def tasks(found: Iterable[Duty], *, user: User, at: datetime) -> list[Task]:
    """Duties in their order, with their words at a moment."""
    settles = may(user, Permission.DUTY_SETTLE)
    reads = may(user, Permission.CASE_READ)
    asks = may(user, Permission.DUTY_READ)
    mine = my_teams()
    return [
        _task(owed, settles, reads, owed.duty.owner_id in mine, asks)
        for owed in duties.told(found, at)
    ]


def _task(owed: Owed, settles: bool, reads: bool, is_mine: bool, asks: bool) -> Task:
    duty = owed.duty
    sort = kind(duty.kind)
    # A receiver owes something about a case that it does not see: then there is no page of it.
    ref = duty.dossier.ref if duty.dossier is not None and reads else ""
    return Task(
        owed,
        ref,
        # What another team owes can be read here, and done only there.
        _where(duty, ref) if is_mine else "",
        may_take=settles and is_mine and sort.alert and duty.acknowledged_at is None,
        may_finish=settles and is_mine and sort.by_hand,
        may_ask_why=asks and bool(duty.period or duty.due_at),
    )


def _where(duty: Duty, ref: str) -> str:
    name = rules.LEADS_TO.get(duty.kind, "desk:case")
    takes = _takes(name)
    if takes == "ref":
        return address(name, ref) if ref else ""
    if takes == "duty":
        return address(name, duty.pk)
    return url(name) or (url("desk:case", ref) if ref else "")


@cache
def _takes(name: str) -> str:
    """Which one argument the address needs; asked once, as a failing ``reverse`` is slow."""
    samples: dict[str, object] = {"ref": "X", "duty": UUID(int=0)}
    return next((what for what, sample in samples.items() if url(name, sample)), "")


@dataclass(frozen=True, slots=True)
class Line:
    """One case in a list: codes in words, no name."""

    case: Case
    urgency: str
    sex: str
    age: str
    district: str
    tone: str


def lines(found: Iterable[Case]) -> list[Line]:
    """Cases as a list shows them."""
    result = []
    for case in found:
        place = policy.place(case.district)
        result.append(
            Line(
                case,
                policy.label("urgencies", case.urgency),
                policy.label("sexes", case.sex) if case.sex else "",
                policy.label("age_bands", case.age_band)
                if case.age_band
                else policy.label("age_branches", case.age_branch),
                place.label() if place else "",
                _tone(case),
            )
        )
    return result


def _tone(case: Case) -> str:
    if case.state == State.CLOSED:
        return "quiet"
    return "danger" if cases.at_once(case) else ""


@dataclass(frozen=True, slots=True)
class Answered:
    """One coded question of a case with its answers in words; ``url`` if it may be changed."""

    label: str
    answers: list[str]
    url: str


@dataclass(slots=True)
class Section:
    """What one data category holds, for those who may read it."""

    code: str
    label: str
    questions: list[Answered] = field(default_factory=list)
    notes: int = 0
    notes_url: str = ""

    @property
    def answered(self) -> list[Answered]:
        """The questions that have an answer."""
        return [one for one in self.questions if one.answers]

    @property
    def open(self) -> list[Answered]:
        """The questions not asked yet that this account may ask."""
        return [one for one in self.questions if one.url and not one.answers]


def sections(
    dossier: Dossier, found: Iterable[Fact], readable: Category, *, user: User, changeable: bool
) -> list[Section]:
    """The case by data category: only what the account's teams reach and its roles read.

    ``found`` are the facts of the case that the account reads, ``readable`` its categories.
    """
    facts = [
        fact for fact in found if Category(fact.category) & readable and fact.field not in ASSESSED
    ]
    labels = dict[object, list[str]]()
    for fact, label in cases.labelled(facts):
        labels.setdefault(fact.field, []).append(label)
    counts = cases.note_counts(dossier, user=user)
    result = []
    for category in ORDER:
        if not category & readable:
            continue
        code = category.codes[0]
        section = Section(
            code,
            policy.label("data_categories", code),
            _questions(dossier, category, labels, user, changeable),
            counts[category],
            url("desk:notes", dossier.ref, code),
        )
        result.append(section)
    return result


def _questions(
    dossier: Dossier,
    category: Category,
    labels: dict[object, list[str]],
    user: User,
    changeable: bool,
) -> list[Answered]:
    writes = changeable and may(user, WRITES.get(category, Permission.CASE_WRITE))
    return [
        Answered(
            str(question.label),
            labels.get(name, []),
            url("desk:facts", dossier.ref, name) if writes else "",
        )
        for name, question in FACTS.items()
        if question.category == category and name not in ASSESSED
    ]


def may_note(user: User, category: Category) -> bool:
    """May the account write a note of this category?"""
    return may(user, WRITES.get(category, Permission.NOTE_WRITE))


@dataclass(frozen=True, slots=True)
class Assessed:
    """One assessment of a history: what, who, when, why."""

    fact: Fact
    label: str
    reason: str


def receivers(purpose: str, dossier: Dossier, *, user: User) -> list[tuple[str, str]]:
    """Who may be named for a purpose: authorities only where they are asked for apart, for status
    the commissions that decide on it; and none whom the person excludes. See ``recipient``."""
    row = policy.code("consent_purposes", purpose)
    if row is None or row.extra["receiver"] != "yes":
        return []
    if purpose == PURPOSE:
        return commissions(dossier)
    apart, never = consents.is_apart(purpose), excluded(dossier)
    return [
        (str(one.pk), one.name())
        for one in directory.organisations()
        if (one.unit_id is None or one.unit_id != user.unit_id)
        and _receiver(one).is_authority is apart
        and not never.covers(one.unit, one.district)
    ]


BODY = "body:"


def commissions(dossier: Dossier) -> list[tuple[str, str]]:
    """Those that decide on status, that of the person's own district first; none whom she or he
    excludes."""
    never = excluded(dossier)
    return [
        (f"{BODY}{one.code}", str(one))
        for one in status.bodies_to_ask(dossier, policy.today())
        if not never.covers(one.team.unit, one.team.unit.district)
    ]


def recipient(key: str, language: str = "") -> tuple[Team | Organisation, str]:
    """Whom a choice names, and what it is called in a language of the pack: the team of a
    commission, or an entry of the directory. Raises ``Gone``."""
    if key.startswith(BODY):
        body = bodies.all_bodies().filter(code=key.removeprefix(BODY), decides=True).first()
        if body is None:
            raise Gone
        return body.team, said_in(language, body.names, str(body))
    one = directory.organisation(key)
    return one, one.name(language)


def _receiver(one: Organisation) -> Receiver:
    return Receiver(unit=one.unit) if one.unit else Receiver(organisation=one)


# -- requests to other services ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the person agreed that one receiver may be told: in effect ``now``, or ``later``."""

    now: Category
    later: Category
    starts_at: datetime | None
    until: datetime | None
    services: tuple[str, ...]

    def covers(self, wanted: Category) -> bool:
        """Whether all of it may be told now."""
        return not wanted & ~self.now


def agreed(dossier: Dossier, receiver: Receiver, at: datetime) -> Agreed:
    """What may be told to this receiver and its one team: what the person agreed to; for a child
    what two people decided; while the age is not known, only what both say."""
    branch = cases.case_of(dossier).age_branch
    own = _agreed(consents.standing_to(dossier, receiver, at), receiver, at)
    if branch == Branch.ADULT:
        return own
    decided = _agreed(consents.decided(dossier, at, receiver), receiver, at)
    if branch == Branch.CHILD:
        return decided
    ends = [end for end in (own.until, decided.until) if end]
    return Agreed(own.now & decided.now, Category(0), None, min(ends, default=None), own.services)


def _agreed(words: Iterable[Consent | Decision], receiver: Receiver, at: datetime) -> Agreed:
    now = later = Category(0)
    starts, ends, services = [], [], dict[str, None]()
    for one in words:
        if receiver.team and one.team_id not in {None, receiver.team.pk}:
            continue
        if one.effective_at and one.effective_at <= at:
            now |= Category(one.categories)
            ends.append(one.ends_at)
            services |= dict.fromkeys(getattr(one, "services", ()))
        else:
            later |= Category(one.categories)
            starts.append(one.effective_at)
    return Agreed(
        now,
        later & ~now,
        min(filter(None, starts), default=None),
        min(filter(None, ends), default=None),
        tuple(services),
    )


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who can help, as the page of a request shows it.

    ``agreed`` says that the person agreed already, ``waiting`` is a request that is open there.
    """

    entry: Entry
    agreed: bool = False
    waiting: Referral | None = None
    is_own: bool = False

    @property
    def organisation(self) -> Organisation:
        """Who it is."""
        return self.entry.organisation

    @property
    def kind(self) -> str:
        """What sort of organisation it is."""
        return policy.label("organisation_types", self.organisation.type)

    @property
    def hours(self) -> str:
        """When it is open."""
        return policy.label("opening_hours", self.entry.service.opening)

    @property
    def telephones(self) -> list[str]:
        """Numbers to call."""
        return [one.value for one in self.entry.contacts if one.kind == "telephone"]


def waiting_at(dossier: Dossier) -> dict[object, Referral]:
    """Open requests about a case, by the unit or the organisation that was asked."""
    found: dict[object, Referral] = {}
    for one in referrals.waiting(dossier).select_related(None).select_related("to_team"):
        team = one.to_team
        found.setdefault(team.unit_id if team else one.to_organisation_id, one)
    return found


def helpers(
    entries: Iterable[Entry],
    told: Iterable[Consent],
    waiting: Mapping[object, Referral],
    *,
    user: User,
) -> list[Helper]:
    """Entries of the directory with what was agreed (``told``) and asked already; the agreed
    ones first."""
    known = {one.unit_id or one.organisation_id for one in told}
    found = []
    for entry in entries:
        key = entry.organisation.unit_id or entry.organisation.pk
        is_own = key == user.unit_id
        found.append(Helper(entry, key in known, waiting.get(key), is_own))
    return sorted(found, key=lambda helper: not helper.agreed)


def ask_url(dossier: Dossier, to: Organisation) -> str:
    """Where the person is asked about this receiver; authorities are asked for apart."""
    if _receiver(to).is_authority:
        return url("desk:consent", dossier.ref)
    return f"{url('desk:ask', dossier.ref, 'service')}?to={to.pk}"


def clocks(found: Iterable[Referral], at: datetime) -> dict[object, Deadline]:
    """Until when an answer is due, in words, by the key of the request."""
    keys = [one.pk for one in found]
    kinds = ("referral.reply", "referral.enter_answer", "referral.confirm")
    rows = Duty.objects.unsettled().filter(subject_id__in=keys, kind__in=kinds)
    return {duty.subject_id: duties.deadline(duty, at) for duty in rows}


def ways_to(one: Organisation | None) -> list[Contact]:
    """How to reach an organisation by telephone."""
    return [row for row in directory.contacts_of(one) if row.kind == "telephone"] if one else []
