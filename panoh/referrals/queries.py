"""Inbox and outbox, what a receiver sees, and the table of sources and destinations."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Dossier, Team, User
from panoh.access.queries import EXCLUDED, excluded, may, my_teams, visible_to
from panoh.access.rules import Permission
from panoh.cases import queries as cases
from panoh.consent import queries as consent
from panoh.directory.models import Organisation
from panoh.kernel.codes import new_ref
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from panoh.policy.rules import Guideline, GuideStep
from panoh.referrals import rules
from panoh.referrals.models import Referral
from panoh.referrals.rules import LIFECYCLE, Line, Preview, State

PAGE = 50
_RECEIVER = ("to_team__unit", "to_organisation")
_SIDES = ("from_team__unit", *_RECEIVER)

# Which verbs a page offers to whom; all others belong to the clock or to another verb.
SENDER_VERBS = {
    "send": Permission.REFERRAL_SEND,
    "answer_info": Permission.REFERRAL_SEND,
    "accept": Permission.REFERRAL_SEND,
    "decline": Permission.REFERRAL_SEND,
    "complete": Permission.REFERRAL_SEND,
    "hand_over": Permission.REFERRAL_SEND,
    "withdraw": Permission.REFERRAL_WITHDRAW,
}
RECEIVER_VERBS = frozenset({"ask_info", "accept", "decline", "propose_other", "complete"})


def codes(name: str) -> list[str]:
    """The codes of a list today."""
    return [code for code, _label in policy.choices(name)]


def by_ref(ref: str) -> Referral:
    """A referral that my teams hold or were asked. Raises ``Gone``."""
    rows = visible_to(Referral.objects.filter(ref=ref))
    found = rows.select_related(*_SIDES, "proposed").first()
    if found is None:
        raise Gone
    return found


# What a list of the requests about a case shows.
LISTED = (
    "ref",
    "state",
    "to_team__unit__name",
    "to_team__unit__names",
    "to_organisation__names",
)


def on_dossier(dossier: Dossier) -> QuerySet[Referral]:
    """Every request about a case, newest first: the holder sees all, a receiver its own."""
    rows = visible_to(Referral.objects.filter(dossier=dossier))
    return rows.select_related(*_RECEIVER).order_by("-drafted_at", "-pk")


def inbox(
    teams: Iterable[int] | None = None,
    *,
    states: Iterable[str] = (State.SENT, State.INFO_ASKED, State.ACCEPTED),
    limit: int = PAGE,
    after: Referral | None = None,
) -> list[Referral]:
    """Requests to my teams: urgency, then sensitivity, then the oldest. ``after`` is the last row
    of the page before."""
    rows = Referral.objects.filter(to_team__in=_mine(teams), state__in=list(states))
    if after is not None:
        rows = rows.filter(
            _beyond(
                "gt",
                urgency_rank=after.urgency_rank,
                sensitivity_rank=after.sensitivity_rank,
                sent_at=after.sent_at,
                pk=after.pk,
            )
        )
    rows = rows.order_by("urgency_rank", "sensitivity_rank", "sent_at", "pk")
    return list(rows.select_related("from_team__unit")[:limit])


def waiting_count(most: int = PAGE) -> int:
    """How many requests wait for an answer of my teams, counted up to ``most``."""
    rows = Referral.objects.filter(to_team__in=my_teams(), state__in=list(rules.WAITING))
    # In no order all of them would be gathered first.
    rows = rows.order_by("to_team_id", "urgency_rank", "sensitivity_rank", "sent_at", "pk")
    return len(rows.values_list("pk", flat=True)[:most])


def outbox(
    teams: Iterable[int] | None = None,
    *,
    states: Iterable[str] = (),
    limit: int = PAGE,
    before: Referral | None = None,
) -> list[Referral]:
    """Requests that my teams wrote, newest first. ``before`` is the last row of the page before."""
    rows = Referral.objects.filter(from_team__in=_mine(teams))
    if states:
        rows = rows.filter(state__in=list(states))
    if before is not None:
        rows = rows.filter(_beyond("lt", drafted_at=before.drafted_at, pk=before.pk))
    return list(rows.order_by("-drafted_at", "-pk").select_related(*_RECEIVER)[:limit])


def _beyond(side: str, **values: Any) -> Q:
    """Rows behind the last one that was shown, in the order of the named columns."""
    found, here = Q(), Q()
    for name, value in values.items():
        found |= here & Q(**{f"{name}__{side}": value})
        here &= Q(**{name: value})
    return found


def _mine(teams: Iterable[int] | None) -> list[int]:
    mine = my_teams()
    return list(mine if teams is None else [team for team in teams if team in mine])


def verbs(referral: Referral, user: User) -> list[str]:
    """The verbs that this account may use on it now: the buttons of a page.

    For the sender ``accept`` and ``decline`` mean an answer by telephone; ``confirm`` and ``deny``
    are offered to the receiver while a yes waits for confirmation.
    """
    possible = LIFECYCLE.verbs(referral.state)
    if referral.to_team_id in my_teams():
        if not may(user, Permission.REFERRAL_ANSWER):
            return []
        if referral.awaits_confirmation:
            return ["confirm", "deny"]
        return [verb for verb in possible if verb in RECEIVER_VERBS]
    # A receiver does not even see the dossier before its yes, so it is not asked for by its row.
    if not Dossier.objects.filter(pk=referral.dossier_id, holder__in=my_teams()).exists():
        return []
    unready = {"hand_over"} if referral.to_team_id is None else set()
    if referral.awaits_confirmation:
        unready |= {"complete", "hand_over"}
    return [
        verb
        for verb in possible
        if verb in SENDER_VERBS and verb not in unready and may(user, SENDER_VERBS[verb])
    ]


def written(
    dossier: Dossier,
    *,
    to: Team | Organisation,
    services: Collection[str],
    categories: Category = rules.DEFAULT_PACKET,
    urgency: str = "",
    by: User,
    at: datetime,
) -> Referral:
    """A request as it would be sent now, not saved: what the preview shows and ``draft`` keeps.

    Raises ``Invalid``.
    """
    receiver = consent.to(to)
    team = to if isinstance(to, Team) else receiver.team
    if receiver.unit is not None and team is None:
        raise Invalid(_("This service takes no requests here yet. Call it."), field="to")
    place = receiver.organisation.district if receiver.organisation else ""
    if excluded(dossier).covers(team.unit if team else receiver.unit, place):
        raise NotPossible(EXCLUDED)
    if team == dossier.holder:
        raise Invalid(_("Your own team already has this case."), field="to")
    rules.check_codes(list(services), codes("services"), "services")
    least = cases.minimum(dossier)
    urgency = urgency or least.urgency
    rules.check_codes([urgency], codes("urgencies"), "urgency")
    row = policy.code("urgencies", urgency)
    return Referral(
        ref=new_ref(),
        dossier=dossier,
        from_team=dossier.holder,
        to_team=team,
        to_organisation=None if team else receiver.organisation,
        source=cases.case_of(dossier).contact_source or rules.NOT_KNOWN,
        destination=receiver.unit.type if receiver.unit else _type_of(receiver.organisation),
        services=list(services),
        urgency=urgency,
        urgency_rank=int(row.extra["rank"]) if row else least.urgency_rank,
        sensitivity_rank=least.sensitivity_rank,
        danger=least.danger_now,
        sex=least.sex,
        age_band=least.age_band,
        children=least.children,
        language=least.language,
        care_needs=list(least.care_needs),
        region=least.region,
        categories=int(rules.packet(categories)),
        drafted_at=at,
        drafted_by=by,
    )


def _type_of(organisation: Organisation | None) -> str:
    return organisation.type if organisation else ""


def lines(referral: Referral) -> list[Line]:
    """The minimum as the receiver reads it; what was not asked has no line."""
    found = []
    for name, label in rules.LINES.items():
        value = getattr(referral, name)
        texts = [_words(name, one) for one in (value if isinstance(value, list) else [value])]
        if text := ", ".join(filter(None, texts)):
            found.append(Line(name, label, text))
    return found


def _words(name: str, value: str) -> str:
    if name == "region":
        place = policy.place(value)
        return place.label() if place else ""
    return policy.label(rules.MINIMUM[name], value) if value else ""


def preview(referral: Referral) -> Preview:
    """Exactly what the receiver will see before its yes, what a yes opens, what stays shut."""
    opened = Category(referral.categories)
    return Preview(
        before=lines(referral),
        after=[policy.label("data_categories", code) for code in opened.codes],
        never=[policy.label("data_categories", code) for code in (CASE_CATEGORIES & ~opened).codes],
    )


def mark(referral: Referral) -> str:
    """A short mark of all that the receiver would read and get: it changes when any of it does."""
    shown = [referral.categories, *(getattr(referral, name) for name in rules.MINIMUM)]
    return sha256(repr(shown).encode()).hexdigest()[:16]


def waiting(dossier: Dossier) -> QuerySet[Referral]:
    """Requests about a case that are open: sent, asked about, or accepted."""
    return on_dossier(dossier).filter(state__in=[*rules.WAITING, State.ACCEPTED])


@dataclass(frozen=True, slots=True)
class Flow:
    """One cell of the table of row A22; ``not_yet_known`` is a source like any other."""

    source: str
    destination: str
    count: int


def source_destination_counts(
    since: datetime | None = None, until: datetime | None = None
) -> list[Flow]:
    """How many sent requests went from each source to each kind of receiver, of those that my
    teams see. The cells add up to all of them."""
    rows = Referral.objects.exclude(sent_at=None)
    if since:
        rows = rows.filter(sent_at__gte=since)
    if until:
        rows = rows.filter(sent_at__lt=until)
    counted = rows.values_list("source", "destination").annotate(count=Count("pk"))
    return [Flow(*row) for row in counted.order_by("source", "destination")]


def guide_of(referral: Referral) -> Guideline | None:
    """The guideline in force on the day on which the request was sent: a version that was
    published later changes no running request (row C2). None if the pack has none."""
    begun = referral.sent_at or referral.drafted_at
    return policy.guide_for("referral", policy.local_day(begun))


def required_steps(referral: Referral) -> tuple[GuideStep, ...]:
    """The steps that must be done before the outcome is told."""
    guide = guide_of(referral)
    return guide.required if guide else ()
