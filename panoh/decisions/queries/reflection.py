"""The time to recover in words, what it gives, and what of it was not used yet (row B14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from panoh.access.models import Dossier
from panoh.access.queries import visible_to
from panoh.decisions.models import Interview, Reflection, Used
from panoh.decisions.rules.reflection import Stage, stage
from panoh.policy import queries as policy
from panoh.policy.rules import Period
from panoh.vault import queries as vault

REFLECTION, ENTITLEMENTS = "reflection_days", "reflection_entitlements"


@dataclass(frozen=True, slots=True)
class Entitled:
    """One thing that the time to recover gives; ``used_on`` is empty while the person has not had
    it."""

    code: str
    label: str
    used_on: date | None


@dataclass(frozen=True, slots=True)
class ReflectionTold:
    """A time to recover as a page shows it; ``period`` is the law, or the guess, it was counted
    by. ``half_is_over``: what was not used is listed now."""

    row: Reflection
    stage: Stage
    period: Period
    entitled: Sequence[Entitled]
    words: str
    half_is_over: bool

    @property
    def unused(self) -> list[Entitled]:
        """What the person has not had yet."""
        return [one for one in self.entitled if one.used_on is None]


def running(dossier: Dossier) -> Reflection | None:
    """The time to recover that was not ended, its time over or not."""
    return visible_to(Reflection.objects.filter(dossier=dossier, ended_at=None)).first()


def entitlements(row: Reflection) -> list[Entitled]:
    """What it gives, by the list of the day on which it began."""
    used = dict(visible_to(Used.objects.filter(reflection=row)).values_list("code", "on"))
    return [
        Entitled(one.code, one.label(), used.get(one.code))
        for one in policy.codes(ENTITLEMENTS, row.started_on)
    ]


def told_reflection(dossier: Dossier, at: datetime) -> list[ReflectionTold]:
    """Every time to recover of a case, newest first; the words open where the reader has the
    key."""
    rows = list(
        visible_to(Reflection.objects.filter(dossier=dossier))
        .select_related("started_by", "ended_by")
        .order_by("-started_at", "-pk")
    )
    texts = vault.open_many(rows, "ended_words", missing="")
    return [
        ReflectionTold(
            row,
            stage(ends_at=row.ends_at, ended_at=row.ended_at, at=at),
            policy.period(REFLECTION, row.started_on),
            entitlements(row),
            text or "",
            row.half_at is not None and row.half_at <= at,
        )
        for row, text in zip(rows, texts, strict=True)
    ]


def stopped_by(row: Reflection) -> list[Interview]:
    """Interviews for a day in a time to recover for which the person did not ask: they were planned
    before it began, and do not take place."""
    rows = Interview.objects.filter(dossier=row.dossier, is_her_wish=False, on__gte=row.started_on)
    if row.last_on is not None:
        rows = rows.filter(on__lte=row.last_on)
    if row.ended_on is not None:
        rows = rows.filter(on__lt=row.ended_on)
    return list(visible_to(rows))


def interviews_of(dossier: Dossier) -> list[tuple[Interview, str, bool]]:
    """Interviews that are or were planned, the next one first, with the person's words, and whether
    a time to recover stopped them."""
    rows = list(
        visible_to(Interview.objects.filter(dossier=dossier)).select_related("by").order_by("-on")
    )
    times = visible_to(Reflection.objects.filter(dossier=dossier))
    stopped = {one.pk for time in times for one in stopped_by(time)}
    texts = vault.open_many(rows, "words", missing="")
    return [(row, text or "", row.pk in stopped) for row, text in zip(rows, texts, strict=True)]
