"""What lies under the server's layer, drafts, and marks of forms that were sent."""

import base64
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from panoh.vault.actions.calls import current_user
from panoh.vault.models import AccountKey, Draft, Sent
from panoh.vault.rules import (
    box,
    outer_seal,
)


def seal_outer(text: str) -> str:
    """Lay a text under the server's outer key only: seeds of the second factor."""
    sealed = outer_seal(settings.PANOH_OUTER_KEY, text.encode(), "text")
    return base64.b64encode(sealed).decode()


@transaction.atomic
def keep_draft(user_id: int, page: str, typed: dict[str, Any], *, expires_at: datetime) -> None:
    """Seal what was typed on a page to the account's own key; it replaces an older draft.

    Needs no open vault, so it works when the session has just run out. An account without a
    key keeps no draft.
    """
    account = AccountKey.objects.filter(user_id=user_id).first()
    if account is None:
        return
    sealed = box(bytes(account.public), json.dumps(typed).encode(), "draft")
    Draft.objects.update_or_create(
        user_id=user_id, page=page, defaults={"sealed": sealed, "expires_at": expires_at}
    )


def drop_draft(page: str) -> None:
    """Forget the acting account's draft of a page: it was saved."""
    Draft.objects.filter(user_id=current_user(), page=page).delete()


def sent_before(mark: UUID, page: str, *, expires_at: datetime) -> str | None:
    """Keep that the acting account has sent this very form and that it led to ``page``; where it
    led the first time, if it was sent before. Who sends it at the same moment waits for the
    first, and goes on alone if that one failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO vault_sent (id, user_id, page, expires_at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            [mark, current_user(), page, expires_at],
        )
        if cursor.rowcount:
            return None
    return led_before(mark)


def led_before(mark: UUID) -> str | None:
    """Where this very form led, if the acting account has sent it already."""
    return Sent.objects.filter(pk=mark).values_list("page", flat=True).first()
