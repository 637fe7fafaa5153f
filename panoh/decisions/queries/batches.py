"""Batches of letters: whose are they, how far are they."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F

from panoh.access.models import User
from panoh.access.queries import my_teams
from panoh.bodies.models import Body
from panoh.decisions.models import Batch, BatchPart, Ruling
from panoh.decisions.rules.batch import is_tried_again
from panoh.kernel.rules import Gone


@dataclass(frozen=True, slots=True)
class BatchTold:
    """A batch and the numbers of the parts that can be fetched."""

    batch: Batch
    parts: Sequence[int]


def ruled_between(body: Body, since: date, until: date) -> list[UUID]:
    """The applications whose rulings took effect, in the order of the decisions."""
    rows = Ruling.objects.filter(
        body=body, team_id__in=my_teams(), decided_on__range=(since, until)
    ).exclude(effective_at=None)
    return list(rows.order_by("decided_on", "pk").values_list("application_id", flat=True))


def deciding_bodies() -> list[Body]:
    """The bodies of the acting account's teams that decide on status."""
    return list(
        Body.objects.filter(team_id__in=my_teams(), decides=True)
        .select_related("team")
        .order_by("code")
    )


def batches_of(user: User, at: datetime) -> list[BatchTold]:
    """What this account asked for and may still fetch, newest first."""
    rows = list(Batch.objects.filter(account=user, expires_at__gt=at).order_by("-asked_at", "pk"))
    numbers = BatchPart.objects.filter(batch__in=rows).values_list("batch_id", "number")
    found: dict[UUID, list[int]] = {}
    for key, number in numbers.order_by("number"):
        found.setdefault(key, []).append(number)
    return [BatchTold(row, found.get(row.pk, [])) for row in rows]


def batch_of(user: User, key: UUID) -> Batch:
    """One of them. Raises ``Gone``."""
    found = Batch.objects.filter(account=user, pk=key).first()
    if found is None:
        raise Gone
    return found


def left_behind(at: datetime) -> list[UUID]:
    """Unfinished batches that no worker is at, when it is their turn again; for role ``jobs``."""
    rows = Batch.objects.filter(made__lt=F("letters"), expires_at__gt=at)
    return [row.pk for row in rows if is_tried_again(at - row.moved_at)]
