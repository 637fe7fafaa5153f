"""What is live, what it covers, and who knows about the person."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as access
from panoh.access.models import Dossier, Grant, Team, Unit, User
from panoh.audit.queries import Seen, who_saw
from panoh.consent import rules
from panoh.consent.models import Consent, ConsentQuerySet, Decision
from panoh.consent.rules import Answer
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Invalid, NoConsent
from panoh.policy import queries as policy
from panoh.policy.rules import Script

CONSENT_PERIOD = "consent_days"
AUTHORITY_DELAY = "consent_police_delay"
# Kinds of organisations without a unit type that are authorities all the same (HTCDS org_Type).
RECEIVER = ("unit", "team__unit", "organisation")
AUTHORITIES = frozenset({"law_enforcement", "immigration_service"})


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a sentence names: a unit and the one team the preview showed, an organisation
    without accounts, or nobody."""

    unit: Unit | None = None
    team: Team | None = None
    organisation: Organisation | None = None

    @property
    def is_named(self) -> bool:
        """Whether anybody is told anything."""
        return self.unit is not None or self.organisation is not None

    @property
    def name(self) -> str:
        """The name that is read aloud."""
        return str(self.unit or self.organisation or "")

    @property
    def is_authority(self) -> bool:
        """Police, prosecutor, commission and their like: asked apart, with a delay (pack)."""
        if self.unit is not None:
            return is_authority(self.unit.type)
        if self.organisation is None:
            return False
        row = policy.code("organisation_types", self.organisation.type)
        extra = row.extra if row else {}
        return is_authority(extra.get("unit_type", "")) or extra.get("htcds") in AUTHORITIES


def is_authority(unit_type: str) -> bool:
    """Whether units of this kind are authorities; an unknown kind is none."""
    found = policy.unit_types().get(unit_type)
    return found is not None and found.is_authority


def to(recipient: Team | Unit | Organisation | None) -> Receiver:
    """The receiver behind a team, a unit or an entry of the directory (its unit, if linked)."""
    if isinstance(recipient, Team):
        return Receiver(unit=recipient.unit, team=recipient)
    if isinstance(recipient, Organisation):
        if recipient.unit is None:
            return Receiver(organisation=recipient)
        recipient = recipient.unit
    if isinstance(recipient, Unit):
        return Receiver(unit=recipient, team=access.intake_team(recipient))
    return Receiver()


def receiver(purpose: str, recipient: Team | Organisation | None) -> Receiver:
    """The receiver of a purpose. Raises ``Invalid`` if one is missing, or named without need."""
    row = policy.code("consent_purposes", purpose)
    if row is None:
        raise Invalid(_("This answer is not in the list."), field="purpose")
    found = to(recipient)
    if found.is_named is not (row.extra["receiver"] == "yes"):
        raise Invalid(_("Say who may be told, one receiver in one sentence."), field="recipient")
    return found


def receiver_of(consent: Consent | Decision) -> Receiver:
    """Whom a saved sentence, or a decision for a child, named."""
    return Receiver(consent.unit, consent.team, consent.organisation)


def is_apart(purpose: str) -> bool:
    """Whether a purpose is one that is asked apart from services."""
    row = policy.code("consent_purposes", purpose)
    return row is not None and row.extra["apart"] == "yes"


def delay_of(purpose: str, receiver: Receiver) -> str:
    """The key of the period after which a yes takes effect; empty: at once."""
    row = policy.code("consent_purposes", purpose)
    delay = row.extra.get("delay", "") if row else ""
    return delay or (AUTHORITY_DELAY if receiver.is_authority else "")


def purposes_of(user: User) -> tuple[str, ...]:
    """The purposes that an account's unit may record; a police unit only ``be_called``."""
    unit_type = policy.unit_types().get(user.unit_type)
    return unit_type.consent_purposes if unit_type else ()


def purpose_to_ask(user: User) -> str:
    """What an account's unit asks a person first: the help of a service, or of a police unit
    whether a helper may call; empty where it may record nothing."""
    return next(iter(purposes_of(user)), "")


def blocking(present: Iterable[str]) -> list[str]:
    """Those before whom no yes is saved; somebody whom the pack does not know is one of them."""
    found = []
    for code in present:
        row = policy.code("who_present", code)
        if row is None or row.extra["blocks_yes"] == "yes":
            found.append(code)
    return found


def needs_interpreter(language: str) -> bool:
    """Whether the pack has no script in the person's language."""
    return policy.script(rules.SERVICE, language).missing


def default_until(at: datetime) -> date:
    """Until when, unless the person says otherwise."""
    due = policy.due(CONSENT_PERIOD, at)
    return policy.local_day(due or at)


def sentence(
    purpose: str,
    *,
    who: str = "",
    categories: Category = rules.NOTHING,
    services: Iterable[str] = (),
    until: date,
    language: str,
) -> str:
    """The one sentence to read aloud in a language of the pack: may I tell who what until when?

    Empty where the pack has no words in that language.
    """
    script = policy.script(purpose, language)
    if script.missing:
        return ""
    parts = []
    for code in categories.codes:
        words = policy.says("data_categories", code, language)
        wanted = [policy.says("services", service, language) for service in services]
        if code == "services" and wanted:
            words = f"{words} ({', '.join(wanted)})"
        parts.append(words)
    said = policy.said_day(until, language)
    return script.ask(who=who, what="; ".join(parts), until=said)


def read_earlier(dossier: Dossier, *, script: Script, by: User, at: datetime) -> datetime | None:
    """When this account read this version of the script to the person today, in this language; then
    only the sentence is read. None: it was not, or on another day, or the version has changed."""
    if script.missing or is_apart(script.purpose):
        return None
    found = (
        Consent.objects.filter(dossier=dossier, asked_by=by, script_version=script.version)
        .filter(read_in=script.language, read_at__lte=at)
        .order_by("-read_at")
        .values_list("read_at", flat=True)
        .first()
    )
    return found if found and policy.local_day(found) == policy.local_day(at) else None


def live_on(dossier: Dossier, at: datetime) -> ConsentQuerySet:
    """Every yes in effect; the holder sees them, nobody else."""
    return Consent.objects.filter(dossier=dossier).live(at).select_related(*RECEIVER)


def history(dossier: Dossier) -> QuerySet[Consent]:
    """Every sentence that was asked, newest first."""
    return (
        Consent.objects.filter(dossier=dossier)
        .select_related(*RECEIVER, "asked_by")
        .order_by("-asked_at")
    )


def standing_to(dossier: Dossier, receiver: Receiver, at: datetime) -> ConsentQuerySet:
    """Every yes to this receiver that has not ended, in effect already or not."""
    rows = Consent.objects.filter(dossier=dossier).standing(at).select_related(*RECEIVER)
    if receiver.unit is not None:
        return rows.filter(unit=receiver.unit)
    return rows.filter(unit=None, organisation=receiver.organisation)


def require_live(
    dossier: Dossier,
    *,
    recipient: Team | Unit | Organisation,
    categories: Category,
    at: datetime,
) -> list[Consent]:
    """The live consents that together let this receiver be told all of ``categories``.

    Consent names the unit and covers the one team that the preview showed. The caller holds the
    dossier's lock. Raises ``NoConsent``.
    """
    receiver = to(recipient)
    standing = [
        one
        for one in standing_to(dossier, receiver, at)
        if one.categories
        and (one.team_id is None or receiver.team is None or one.team_id == receiver.team.pk)
    ]
    live = [one for one in standing if one.effective_at and one.effective_at <= at]
    if not rules.missing(categories, [one.categories for one in live]):
        return live
    if not rules.missing(categories, [one.categories for one in standing]):
        raise NoConsent(
            _(
                "The person has agreed, and the agreement takes effect later, unless the person "
                "asks for it now. Nothing was sent."
            )
        )
    raise NoConsent


def decisions_on(dossier: Dossier) -> QuerySet[Decision]:
    """What was proposed and decided for a child, newest first: for the holder and the advocate."""
    rows = Decision.objects.filter(dossier=dossier).select_related(
        *RECEIVER, "proposed_by__unit", "signed_by__unit"
    )
    return rows.order_by("-proposed_at", "-pk")


def decided_on() -> QuerySet[Decision, int]:
    """The dossiers with a decision that has not ended, for the clock."""
    return Decision.objects.filter(state__in=rules.OPEN).values_list("dossier_id", flat=True)


def decided(dossier: Dossier, at: datetime, receiver: Receiver | None = None) -> QuerySet[Decision]:
    """What both signed and has not run out (about one receiver), in effect already or not."""
    rows = Decision.objects.filter(dossier=dossier, state=rules.Standing.SIGNED, ends_at__gte=at)
    if receiver is not None:
        rows = rows.filter(unit=receiver.unit, organisation=receiver.organisation)
    return rows.select_related(*RECEIVER)


def require_decided(
    dossier: Dossier,
    *,
    recipient: Team | Unit | Organisation,
    categories: Category,
    at: datetime,
) -> Decision:
    """The one live decision by two people that lets this receiver be told all of ``categories``
    about a child. The caller holds the dossier's lock. Raises ``NoConsent``."""
    wanted = to(recipient)
    rows = Decision.objects.filter(dossier=dossier).live(at).order_by("-ends_at")
    for one in rows.filter(unit=wanted.unit, organisation=wanted.organisation):
        same_team = None in (one.team_id, wanted.team) or one.team == wanted.team
        if same_team and not rules.missing(categories, [one.categories]):
            return one
    raise NoConsent(
        _(
            "Nothing is sent for a child, or while the age is not known, unless two named people "
            "have decided exactly this: the caseworker proposes, the independent advocate signs."
        )
    )


def ends_at(consents: Iterable[Consent]) -> datetime | None:
    """The moment at which the first of them runs out."""
    return min((one.ends_at for one in consents if one.ends_at), default=None)


def refusals(dossier: Dossier) -> QuerySet[Consent]:
    """What the person said no to; nobody else ever learns it."""
    return Consent.objects.filter(dossier=dossier, answer=Answer.NO).order_by("-asked_at")


@dataclass(slots=True)
class Knower:
    """One receiver on the page "Who knows about me?".

    ``reads`` are the categories open to it now, ``agreed`` those agreed to; ``is_asked`` says that
    a request waits there. ``seen`` is what its accounts did with the file, from the audit.
    """

    receiver: Receiver
    consents: list[Consent] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    copies: list[Duty] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the unit or organisation."""
        return self.receiver.name

    @property
    def reads(self) -> Category:
        """What is open to it now."""
        found = rules.NOTHING
        for grant in self.grants:
            found |= Category(grant.categories)
        return found & ~Category.ASK

    @property
    def is_asked(self) -> bool:
        """Whether a request waits for its answer: then it reads that request and nothing else."""
        return any(grant.source == "offer" for grant in self.grants)

    @property
    def agreed(self) -> Category:
        """What the person agreed to."""
        found = rules.NOTHING
        for consent in self.consents:
            found |= Category(consent.categories)
        return found

    @property
    def until(self) -> datetime | None:
        """The last moment of what is open or agreed now."""
        ends = [one.ends_at for one in self.consents] + [one.ends_at for one in self.grants]
        return max((end for end in ends if end), default=None)

    def waits(self, at: datetime) -> datetime | None:
        """When a yes that is not in effect yet takes effect; None if there is none."""
        later = [one.effective_at for one in self.consents if one.effective_at]
        return max((moment for moment in later if moment > at), default=None)

    @property
    def can_stop(self) -> Consent | None:
        """The consent whose withdrawal ends all of it."""
        return self.consents[0] if self.consents else None


def who_knows(dossier: Dossier, at: datetime) -> list[Knower]:
    """Every receiver that may read, was asked, is agreed to, or has read before: who, what, until
    when, and what was read, printed or exported already. Asked by the holder; one page's data."""
    own = dossier.holder.unit_id
    units: dict[int, Knower] = {}
    others: dict[object, Knower] = {}

    def of_unit(unit: Unit) -> Knower:
        return units.setdefault(unit.pk, Knower(Receiver(unit=unit)))

    for consent in Consent.objects.filter(dossier=dossier).standing(at).select_related(*RECEIVER):
        if consent.unit is not None:
            of_unit(consent.unit).consents.append(consent)
        elif consent.organisation is not None:
            knower = others.setdefault(consent.organisation_id, Knower(receiver_of(consent)))
            knower.consents.append(consent)
    for grant in access.grants_on(dossier):
        if grant.team.unit_id != own:
            of_unit(grant.team.unit).grants.append(grant)
    seen: dict[int, list[Seen]] = {}
    for row in who_saw(dossier.pk):
        if row.unit_id is not None and row.unit_id != own:
            seen.setdefault(row.unit_id, []).append(row)
    for unit in Unit.objects.filter(pk__in=seen.keys() | units.keys()):
        of_unit(unit).seen = seen.get(unit.pk, [])
    asked = Duty.objects.filter(dossier=dossier, kind="consent.destroy_copies")
    for duty in asked.select_related("owner__unit"):
        if duty.owner.unit_id != own:
            of_unit(duty.owner.unit).copies.append(duty)
    return sorted([*units.values(), *others.values()], key=lambda one: one.name)


def seen_by(dossier: Dossier, unit: Unit) -> list[Seen]:
    """What accounts of a unit read, printed or exported: shown when a consent is taken back."""
    return [row for row in who_saw(dossier.pk) if row.unit_id == unit.pk]


def choices_of_purposes(user: User) -> Collection[tuple[str, object]]:
    """Purposes that this account may ask for, with their labels."""
    allowed = purposes_of(user)
    return [one for one in policy.choices("consent_purposes") if one[0] in allowed]
