"""Who can help, who may be told what, and what is asked of them already."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from panoh.access.models import Dossier, Team, User
from panoh.access.queries import excluded
from panoh.access.rules import said_in
from panoh.bodies import queries as bodies
from panoh.cases import queries as cases
from panoh.cases.rules import Branch
from panoh.consent import queries as consents
from panoh.consent.models import Consent, Decision
from panoh.consent.queries import Receiver
from panoh.decisions import queries as status
from panoh.decisions.queries.application import PURPOSE
from panoh.desk.queries.addresses import url
from panoh.directory import queries as directory
from panoh.directory.models import Contact, Organisation
from panoh.directory.queries import Entry
from panoh.duties import queries as duties
from panoh.duties.models import Duty
from panoh.duties.rules import Deadline
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy
from panoh.referrals import queries as referrals
from panoh.referrals.models import Referral

BODY = "body:"


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


def ask_url(dossier: Dossier, to: Organisation, *, user: User) -> str:
    """Where the person is asked about this receiver; authorities are asked for apart."""
    if _receiver(to).is_authority:
        return url("desk:consent", dossier.ref)
    purpose = consents.purpose_to_ask(user)
    return f"{url('desk:ask', dossier.ref, purpose)}?to={to.pk}" if purpose else ""


def clocks(found: Iterable[Referral], at: datetime) -> dict[object, Deadline]:
    """Until when an answer is due, in words, by the key of the request."""
    keys = [one.pk for one in found]
    kinds = ("referral.reply", "referral.enter_answer", "referral.confirm")
    rows = Duty.objects.unsettled().filter(subject_id__in=keys, kind__in=kinds)
    return {duty.subject_id: duties.deadline(duty, at) for duty in rows}


def ways_to(one: Organisation | None) -> list[Contact]:
    """How to reach an organisation by telephone."""
    return [row for row in directory.contacts_of(one) if row.kind == "telephone"] if one else []
