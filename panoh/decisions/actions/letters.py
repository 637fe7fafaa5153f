"""Letters about an application: numbered first, then set, many in one print."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import override

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.decisions import queries
from panoh.decisions.actions.beats import of_holder
from panoh.decisions.models import Application, Ruling
from panoh.decisions.queries import letters
from panoh.decisions.rules.application import Outcome
from panoh.files import actions as files
from panoh.files import queries as papers
from panoh.kernel.rules import Gone, NotPossible
from panoh.policy import queries as policy

APPLICATION, RECEIPT, NOTICE = "status_application", "status_receipt", "status_notice"
DECISION, CERTIFICATE = "status_decision", "certificate"
OF_HOLDER = (APPLICATION, RECEIPT, NOTICE, CERTIFICATE)


@transaction.atomic
def print_letter(
    row: Application, *, code: str, language: str, is_named: bool, by: User, at: datetime
) -> bytes:
    """A letter that the holder of the case completes: application, receipt, notice or certificate,
    with the name only where the person chose so and the account may read it.

    Raises ``NotPossible`` before the ruling that the letter tells of, ``Gone``.
    """
    if code not in OF_HOLDER:
        raise Gone
    found = of_holder(row, by)
    ruling = queries.ruling_of(found)
    if ruling is not None and ruling.effective_at is None:
        ruling = None
    if code in {NOTICE, CERTIFICATE} and ruling is None:
        raise NotPossible
    if code == CERTIFICATE and (ruling is None or ruling.outcome != Outcome.GRANTED):
        raise NotPossible
    name = queries.name_for_print(found.dossier, by=by, at=at) if is_named else ""
    with override(language):
        if code == APPLICATION:
            data = letters.of_application(found, name=name)
        elif code == RECEIPT or ruling is None:
            data = letters.of_receipt(found)
        else:
            data = letters.of_ruling(ruling, name=name)
    team = found.dossier.holder
    made = _printed(
        [(found.dossier, found.pk, data)], code, language, team, is_named=bool(name), by=by, at=at
    )
    audit.record("status.letter_printed", by=by, at=at, subject=found, reason=code)
    return made


@transaction.atomic
def print_decisions(rulings: Sequence[Ruling], *, language: str, by: User, at: datetime) -> bytes:
    """The secretary's letters of many decisions in one print: number and code, never a name.

    Raises ``NotPossible`` without any that is in effect, ``Gone``.
    """
    reach.require(by, Permission.STATUS_DECIDE)
    keys = [one.pk for one in rulings]
    found = list(
        Ruling.objects.filter(pk__in=keys, team_id__in=reach.my_teams())
        .exclude(effective_at=None)
        .select_related("body__team", "sitting")
        .order_by("entered_at", "pk")
    )
    if not found:
        raise NotPossible
    with override(language):
        told = [(None, one.application_id, letters.of_ruling(one)) for one in found]
    made = _printed(told, DECISION, language, found[0].body.team, is_named=False, by=by, at=at)
    audit.record(
        "status.letters_printed", by=by, at=at, subject=found[0], reason=f"{len(found)} letters"
    )
    return made


def _printed(
    told: Sequence[tuple[Dossier | None, Any, Mapping[str, Any]]],
    code: str,
    language: str,
    team: Team,
    *,
    is_named: bool,
    by: User,
    at: datetime,
) -> bytes:
    rows = files.number_letters(
        [(dossier, key) for dossier, key, _data in told],
        code=code,
        language=language,
        team=team,
        is_named=is_named,
        by=by,
        at=at,
    )
    sheets = [
        {**data, "paper": papers.proof_of(row)}
        for row, (_dossier, _key, data) in zip(rows, told, strict=True)
    ]
    return policy.letter(code, language, {"letters": sheets})
