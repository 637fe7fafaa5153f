"""The plan of one person: needs with their steps and log, reviews, requests to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from panoh.access.models import Dossier, User
from panoh.access.queries import reaches, visible_to
from panoh.care.models import CareStep, Need, Review, Served
from panoh.care.rules import RATINGS, NeedState
from panoh.cases import queries as cases
from panoh.directory import queries as directory
from panoh.directory.models import Organisation
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy
from panoh.referrals import queries as referrals
from panoh.referrals.rules import State as RequestState
from panoh.ui.templatetags.panoh import day
from panoh.vault import queries as vault

Row = TypeVar("Row", bound=models.Model)


def reads_care(user: User, dossier: Dossier) -> bool:
    """Whether the account reads somebody's care: who helps, and never an authority."""
    return bool(reaches(dossier) & Category.SERVICES) and not cases.is_authority(user)


def _one(rows: models.QuerySet[Row]) -> Row:
    found = rows.first()
    if found is None:
        raise Gone
    return found


def need(dossier: Dossier, need_id: UUID) -> Need:
    """One need of this case. Raises ``Gone``."""
    return _one(Need.objects.filter(dossier=dossier, pk=need_id))


def step(dossier: Dossier, step_id: UUID) -> CareStep:
    """One step of this case. Raises ``Gone``."""
    return _one(CareStep.objects.filter(dossier=dossier, pk=step_id).select_related("need"))


def providers() -> list[tuple[str, Organisation]]:
    """Who can be named as helping, by key."""
    return [(str(one.pk), one) for one in directory.organisations()]


@dataclass(frozen=True, slots=True)
class Line:
    """A step, or a line of the log, opened and in words."""

    row: CareStep | Served
    provider: str
    outcome: str
    text: str


@dataclass(frozen=True, slots=True)
class NeedTold:
    """A need with what the person wants, the steps towards it and what was given."""

    row: Need
    service: str
    state: str
    goal: str
    steps: Sequence[Line]
    log: Sequence[Line]


def needs_of(dossier: Dossier) -> list[NeedTold]:
    """Every need, what is open first. A page that shows them records the reading."""
    rows = list(_seen(Need, dossier).order_by("assessed_at", "pk"))
    rows.sort(key=lambda one: one.state != NeedState.OPEN)
    goals = vault.open_many(rows, "goal", missing="")
    steps = _by_need(list(_seen(CareStep, dossier).order_by("due_on", "added_at", "pk")))
    log = _by_need(list(_seen(Served, dossier).order_by("-on", "-at", "pk")))
    return [
        NeedTold(
            row,
            policy.label("services", row.service),
            str(NeedState(row.state).label),
            goal or "",
            steps.get(row.pk, []),
            log.get(row.pk, []),
        )
        for row, goal in zip(rows, goals, strict=True)
    ]


def _seen(model: type[Row], dossier: Dossier) -> models.QuerySet[Row]:
    found: models.QuerySet[Any] = model._default_manager.filter(dossier=dossier)
    joined = ("provider", "team__unit") if model in {CareStep, Served} else ()
    return visible_to(found.select_related(*joined) if joined else found)


def _by_need(rows: Sequence[CareStep | Served]) -> dict[UUID, list[Line]]:
    texts = vault.open_many(rows, "text", missing="")
    found: dict[UUID, list[Line]] = {}
    for row, text in zip(rows, texts, strict=True):
        provider = row.provider.name() if row.provider else row.team.unit.name
        outcome = policy.label("care_outcomes", row.outcome) if row.outcome else ""
        found.setdefault(row.need_id, []).append(Line(row, provider, outcome, text or ""))
    return found


@dataclass(frozen=True, slots=True)
class ReviewTold:
    """A review, opened and in words."""

    row: Review
    rating: str
    words: str


def reviews_of(dossier: Dossier) -> list[ReviewTold]:
    """Every review, newest first."""
    rows = list(_seen(Review, dossier).select_related("by").order_by("-on", "-at", "pk"))
    words = vault.open_many(rows, "words", missing="")
    return [
        ReviewTold(row, str(RATINGS[row.rating]) if row.rating else "", text or "")
        for row, text in zip(rows, words, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to another service as the plan shows it: nothing is typed again."""

    services: str
    provider: str
    state: str
    outcome: str


def asked_elsewhere(dossier: Dossier) -> list[Asked]:
    """What others were asked for, how far it is, and what came of it."""
    return [
        Asked(
            ", ".join(policy.label("services", code) for code in one.services),
            one.to_organisation.name()
            if one.to_organisation
            else (one.to_team.unit.name if one.to_team else ""),
            str(RequestState(one.state).label),
            policy.label("referral_outcomes", one.outcome) if one.outcome else "",
        )
        for one in referrals.on_dossier(dossier)
    ]


def plan_data(dossier: Dossier, *, name: str) -> dict[str, Any]:
    """What the printed plan holds, in the reader's language: need, goal, who helps, outcome."""
    return {
        "ref": dossier.ref,
        "name": name,
        "needs": [
            {
                "service": one.service,
                "goal": one.goal,
                "state": one.state,
                "lines": [
                    {
                        "text": line.text,
                        "provider": line.provider,
                        "day": _day(line.row),
                        "outcome": line.outcome,
                    }
                    for line in (*one.steps, *one.log)
                ],
            }
            for one in needs_of(dossier)
        ],
        "asked": [
            {
                "service": one.services,
                "provider": one.provider,
                "outcome": one.outcome or one.state,
            }
            for one in asked_elsewhere(dossier)
        ],
        "reviews": [
            {"day": day(one.row.on), "rating": one.rating, "words": one.words}
            for one in reviews_of(dossier)
        ],
    }


def _day(row: CareStep | Served) -> str:
    return day(row.on if isinstance(row, Served) else row.due_on)
