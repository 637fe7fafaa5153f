"""Applications in words: for the holder of the case, for members, for the secretary of the body."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Unit, User
from panoh.access.queries import grants_on, holds, may, my_teams, visible_to
from panoh.access.rules import Permission
from panoh.bodies import queries as sittings
from panoh.bodies.models import Body, Item, Sitting
from panoh.bodies.models.states import State as Course
from panoh.cases import queries as cases
from panoh.consent import queries as consents
from panoh.consent.models import Consent, Decision
from panoh.decisions.models import Application, Moved, Ruling
from panoh.decisions.queries.readers import readers_told, without_copy
from panoh.decisions.rules.application import WAITING, Kind, Outcome, State, named_in
from panoh.duties import queries as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, NoConsent
from panoh.policy import queries as policy

PERIODS = ("status_decision_days", "notice_days", "appeal_days")
# The purpose (list ``consent_purposes``) under which a commission is told.
PURPOSE = "status"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card: what, and its words."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class ApplicationTold:
    """An application as its holder reads it: receipt number, where it stands, the day of the
    sitting, the ruling with its grounds; ``readers``: of whom the person was told that they read
    the half page beside the body, ``to_tell``: of whom not yet; ``is_unread``: it waits before a
    body that may read nothing of the person any more."""

    row: Application
    kind: str
    state: str
    sits_on: date | None
    missing: Sequence[str]
    documents: Sequence[str]
    hearing: str
    opinion: str
    ruling: Ruling | None
    outcome: str
    grounds: Sequence[str]
    readers: Sequence[Unit] = ()
    to_tell: Sequence[Unit] = ()
    is_unread: bool = False

    @property
    def untold(self) -> str:
        """Keys of ``to_tell``, for a form."""
        return " ".join(str(one.pk) for one in self.to_tell)

    @property
    def has_opinion(self) -> bool:
        """Whether civil society has told its opinion."""
        return has_opinion(self.row)

    @property
    def waits_to_be_told(self) -> bool:
        """A decision stands, and the person has not been told."""
        ruled = self.ruling is not None and self.ruling.effective_at is not None
        return ruled and self.row.told_at is None

    @property
    def may_appeal(self) -> bool:
        """It was refused, and not appealed yet."""
        return self.row.state == State.REFUSED

    @property
    def may_stand(self) -> bool:
        """It was refused, and nobody has written down that the person does not appeal."""
        return self.may_appeal and not stands(self.row)


def labels(name: str, codes: Iterable[str]) -> list[str]:
    """The words for codes of a list of the pack."""
    return [policy.label(name, code) for code in codes]


def stands(row: Application) -> bool:
    """Whether it was written down that the person does not appeal."""
    return Moved.objects.filter(application_id=row.pk, verb="let_stand").exists()


def may_file(dossier: Dossier) -> bool:
    """Whether a first application may be handed in. While one waits there is no second; once
    granted there is nothing to ask for; after a refusal the way is the appeal, until the person
    wants none."""
    rows = Application.objects.filter(dossier=dossier)
    return not any(
        row.state in {*WAITING, State.GRANTED} or (row.state == State.REFUSED and not stands(row))
        for row in rows
    )


def ruling_of(row: Application) -> Ruling | None:
    """The one ruling on an application, in effect or waiting for its second signature."""
    found = Ruling.objects.filter(application_id=row.pk)
    # The sitting itself is the body's: who holds the case knows its day and its number.
    return found.select_related("body", "entered_by", "second_by").first()


def applications_of(dossier: Dossier) -> list[ApplicationTold]:
    """Every application of a case, newest first; for who holds it. Raises ``Gone``."""
    if not holds(dossier):
        raise Gone
    rows = Application.objects.filter(dossier=dossier).select_related("body", "filed_by")
    known, read = readers_told(dossier), set(grants_on(dossier).values_list("source_id", flat=True))
    found = []
    for row in rows.order_by("-filed_at", "-pk"):
        waits = row.state in WAITING
        came = set(without_copy(row).values()) if waits else set()
        to_tell = sorted(Unit.objects.filter(pk__in=came), key=str) if came else []
        is_unread = waits and row.pk not in read
        readers = known.get(row.pk, [])
        found.append(replace(told(row), readers=readers, to_tell=to_tell, is_unread=is_unread))
    return found


def application(dossier: Dossier, number: str) -> Application:
    """One application of this case by its receipt number. Raises ``Gone``."""
    rows = Application.objects.filter(dossier=dossier, number=number)
    found = rows.select_related("body", "team__unit").first()
    if found is None or not holds(dossier):
        raise Gone
    found.dossier = dossier
    return found


def told(row: Application) -> ApplicationTold:
    """One application in words."""
    ruling = ruling_of(row)
    return ApplicationTold(
        row,
        str(Kind(row.kind).label),
        str(State(row.state).label),
        sits_on(row),
        labels("status_documents", row.missing),
        labels("status_documents", row.documents),
        policy.label("hearing_wishes", row.hearing) if row.hearing else "",
        policy.label("status_opinions", row.opinion) if row.opinion else "",
        ruling,
        str(Outcome(ruling.outcome).label) if ruling else "",
        labels("status_grounds", ruling.grounds) if ruling else [],
    )


def has_opinion(row: Application) -> bool:
    """Whether civil society has told its opinion: without it agenda and minutes say so."""
    kind = policy.unit_types().get(row.by_unit_type)
    return bool(row.opinion) and kind is not None and kind.is_civil


def sits_on(row: Application) -> date | None:
    """The day on which the body treats it, as far as it is called; for both sides."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT decisions_sits_at(%s)", [row.pk])
        (found,) = cursor.fetchone()
    return sittings.local_day(row.body, found) if found else None


def bodies_to_ask(dossier: Dossier, on: date) -> list[Body]:
    """Where the person may apply: the body of her or his district first, then any other, as she or
    he chooses."""
    deciding = list(sittings.all_bodies().filter(decides=True, founded_on__lte=on))
    near = [cases.case_of(dossier).district]
    region = policy.region_of(near[0])
    near += [region.code] if region else []
    order = {place: rank for rank, place in enumerate([*near, ""])}
    return sorted(deciding, key=lambda one: (order.get(one.place, len(order)), str(one)))


def word_for(dossier: Dossier, body: Body, at: datetime) -> tuple[Consent | None, Decision | None]:
    """What lets this body be asked about the person's status: her or his consent to just that, or
    the decision of two people for a child. Raises ``NoConsent``."""
    agreed, decision = cases.on_whose_word(dossier, body.team, Category.CORE, at)
    given = next((one for one in agreed if one.purpose == PURPOSE), None)
    if given is None and decision is None:
        raise NoConsent(_("The person has not agreed to an application to this commission."))
    return given, decision


def may_be_asked(dossier: Dossier, bodies: Iterable[Body], at: datetime) -> list[Body]:
    """Those of the bodies to which an application may be handed in now, as far as consent goes."""
    told = consents.live_on(dossier, at).filter(purpose=PURPOSE)
    near = {*told.values_list("unit_id", flat=True)}
    near |= {*consents.decided(dossier, at).values_list("unit_id", flat=True)}
    return [one for one in bodies if one.team.unit_id in near and _may_be_asked(dossier, one, at)]


def _may_be_asked(dossier: Dossier, body: Body, at: datetime) -> bool:
    try:
        word_for(dossier, body, at)
    except NoConsent:
        return False
    return True


def named_in_texts(dossier: Dossier, texts: Iterable[str], *, by: User, at: datetime) -> list[str]:
    """Words of the person's identity that stand in texts, as far as the account may read it; the
    opening is recorded."""
    return named_in("\n".join(texts), cases.identity_words(dossier, by=by, at=at))


def name_for_print(dossier: Dossier, *, by: User, at: datetime) -> str:
    """The name for a paper, for who may read it; empty where there is none or it is not reached.
    The opening is recorded."""
    if not may(by, Permission.IDENTITY_READ):
        return ""
    if Category.IDENTITY not in cases.readable(by, dossier):
        return ""
    return cases.name_of([dossier], by=by, at=at).get(dossier.pk, "")


def periods_in_words(on: date, keys: Iterable[str] = PERIODS) -> list[str]:
    """Periods of a day as a letter prints them: what, how long, and how far it can be trusted."""
    found = []
    for key in keys:
        period = policy.period(key, on)
        law = " ".join(filter(None, [period.act, period.article]))
        parts = [period.text] if period.value is None else [period.text, law]
        parts += [] if period.value is None else [str(period.standing.label)]
        found.append(f"{period.label}: {', '.join(filter(None, parts))}")
    return found


# -- the side of the body --------------------------------------------------------------------------


def reads_half(user: User, row: Application, at: datetime) -> bool:
    """Whether the account is a member with a seat who reads half pages; a secretary never is."""
    today = sittings.local_day(row.body, at)
    return (
        may(user, Permission.APPLICATION_READ)
        and sittings.my_seat(row.body, user, today) is not None
    )


def unsigned() -> QuerySet[Ruling]:
    """Rulings of my bodies that wait for their second signature; none of what was withdrawn."""
    rows = Ruling.objects.filter(team_id__in=my_teams(), effective_at=None)
    return rows.filter(application__state=State.COMPLETE)


def asked(number: str) -> Application:
    """An application before my body, by its receipt number. Raises ``Gone``, also for whom the
    matter touches."""
    rows = visible_to(Application.objects.filter(number=number, team_id__in=my_teams()))
    found = rows.select_related("body", "team__unit").first()
    if found is None:
        raise Gone
    return found


@dataclass(frozen=True, slots=True)
class Waits:
    """One line of the secretary's page: number and code, never a name; ``why`` it is late."""

    number: str
    kind: str
    state: str
    sits_on: date | None
    due_at: datetime | None
    is_late: bool
    why: str
    row: Application
    ruling: Ruling | None

    @property
    def has_opinion(self) -> bool:
        """Whether civil society has told its opinion."""
        return has_opinion(self.row)

    @property
    def hearing(self) -> str:
        """What the person wants, where it needs something of the sitting."""
        wanted = self.row.hearing not in {"", "not_wanted", "not_yet_known"}
        return policy.label("hearing_wishes", self.row.hearing) if wanted else ""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A ruling in words: outcome, grounds, and why it is of an earlier day."""

    row: Ruling
    outcome: str
    grounds: str
    reason: str


@dataclass(frozen=True, slots=True)
class Minutes:
    """A sitting and what was decided in it; ``is_open``: its minutes can still be closed."""

    sitting: Sitting
    is_open: bool
    rulings: Sequence[Ruled]


@dataclass(frozen=True, slots=True)
class Docket:
    """What lies before a body: what waits, what was decided, how much is late and why."""

    waiting: Sequence[Waits]
    to_sign: Sequence[Ruled]
    decided: Sequence[Ruling]
    minutes: Sequence[Minutes]

    @property
    def late(self) -> list[Waits]:
        """What is overdue."""
        return [one for one in self.waiting if one.is_late]


SHOWN = 200


def docket(at: datetime) -> Docket:
    """The docket of the acting account's bodies."""
    rows = list(
        visible_to(Application.objects.filter(team_id__in=my_teams(), state__in=WAITING))
        .select_related("body")
        .order_by("filed_at", "pk")[:SHOWN]
    )
    owed = {
        duty.subject_id: duty
        for duty in Duty.objects.unsettled().filter(
            subject_id__in=[row.pk for row in rows], kind__in=["status.decide", "status.receive"]
        )
    }
    rulings = (
        Ruling.objects.filter(team_id__in=my_teams())
        .select_related("sitting", "body", "entered_by")
        .order_by("-entered_at", "-pk")
    )
    to_sign = list(unsigned().select_related("body", "entered_by").order_by("entered_at", "pk"))
    signs = {one.application_id: one for one in to_sign}
    decided = list(rulings.exclude(effective_at=None)[:SHOWN])
    return Docket(
        [_waits(row, owed.get(row.pk), signs.get(row.pk), at) for row in rows],
        [_ruled(one) for one in to_sign],
        decided,
        _minutes(decided),
    )


def open_sittings() -> list[Sitting]:
    """Sittings, open now, of the acting account's bodies that decide."""
    rows = Sitting.objects.filter(
        body__team_id__in=my_teams(), body__decides=True, state=Course.OPEN
    )
    return list(rows.select_related("body").order_by("starts_at", "pk"))


def _minutes(decided: Sequence[Ruling]) -> list[Minutes]:
    """Open sittings first, then those in which something was decided, the newest first."""
    found: dict[Sitting, list[Ruled]] = {one: [] for one in open_sittings()}
    is_open = set(found)
    for one in decided:
        found.setdefault(one.sitting, []).append(_ruled(one))
    return [Minutes(sitting, sitting in is_open, rows) for sitting, rows in found.items()]


def _ruled(one: Ruling) -> Ruled:
    return Ruled(
        one,
        str(Outcome(one.outcome).label),
        "; ".join(labels("status_grounds", one.grounds)),
        policy.label("backdate_reasons", one.reason) if one.reason else "",
    )


def _waits(row: Application, duty: Duty | None, ruling: Ruling | None, at: datetime) -> Waits:
    late = duty is not None and duties.is_late(duty, at)
    return Waits(
        row.number,
        str(Kind(row.kind).label),
        str(State(row.state).label),
        sits_on(row),
        duty.due_at if duty else None,
        late,
        duties.deadline(duty, at).text if duty is not None else "",
        row,
        ruling,
    )


def item_of(row: Application) -> Item | None:
    """The matter on the agenda of the body, as far as the account reads it."""
    return sittings.item_about(row.pk)


def votes_in_words(row: Application) -> str:
    """How the sitting voted on it; empty before anybody has."""
    item = item_of(row)
    tally = sittings.tally(item) if item is not None and item.sitting_id else None
    return sittings.tally_in_words(tally) if tally is not None and tally.cast else ""


def steps_of(row: Application) -> list[Moved]:
    """Each step with role, day and ground, the newest first."""
    return list(Moved.objects.filter(application_id=row.pk).select_related("by").order_by("-at"))
