"""The printed card: one-time codes on paper that stand for the second factor.

It lies in the row that the sign-in library keeps for recovery codes, so there is one paper and no
second way in: a new card voids the old one and the codes of set-up. The library's own codes can
be shown again by the server; of a card only marks are kept, which give no code back.
"""

import hmac
import secrets
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from panoh.access.models import User
from panoh.access.rules import CARD
from panoh.audit import actions as audit
from panoh.kernel.rules import NotPossible
from panoh.vault import queries as keys
from panoh.vault.rules import SALT, new_card


@transaction.atomic
def make_card(*, by: User, at: datetime) -> list[str]:
    """Make a card and return its codes, which are shown once. What was on paper before is void.

    Raises ``NotPossible`` before a code app or a security key is connected.
    """
    paper = Authenticator.Type.RECOVERY_CODES
    # The account's rows are held: of two cards made at one moment the later one stands.
    held = {row.type for row in _rows(by)}
    if not held - {paper}:
        raise NotPossible(_("Connect a code app or a security key first."))
    codes, salt = new_card(), secrets.token_hex(SALT)
    marks = [keys.card_mark(salt, code, by.pk) for code in codes]
    kept = {"migrated_codes": [], CARD: {"salt": salt, "marks": marks}}
    _rows(by).filter(type=paper).delete()
    Authenticator(user=by, type=paper, data=kept).save(force_insert=True)
    audit.record("account.card_made", by=by, at=at, subject=by)
    return codes


@transaction.atomic
def take_card_code(*, code: str, by: User, at: datetime) -> Authenticator | None:
    """Cross out a code of the account's card; None if it is none, or was used.

    Called while signing in, when nobody acts yet; the caller counts the tries.
    """
    found = _rows(by).filter(type=Authenticator.Type.RECOVERY_CODES).first()
    card = found.data.get(CARD) if found else None
    if found is None or card is None:
        return None
    typed = keys.card_mark(card["salt"], code, by.pk)
    left = [mark for mark in card["marks"] if not hmac.compare_digest(mark, typed)]
    if len(left) == len(card["marks"]):
        return None
    card["marks"] = left
    found.save(update_fields=["data"])
    audit.record(
        "account.card_code_used",
        by=None,
        at=at,
        subject=by,
        unit_id=by.unit_id,
        reason=f"{len(left)} left",
    )
    return found


def _rows(user: User) -> QuerySet[Authenticator]:
    rows: QuerySet[Authenticator] = Authenticator.objects.all()
    return rows.select_for_update().filter(user_id=user.pk).order_by("pk")
