"""What writes keys and seals texts. Read `open`, `unlock` and the rest from here or from `queries`.

Tables of authority are written by definer functions of `access` (`access_put_…`), which check
the signed context and the grants; here the bytes are made. These are the tools of verbs that
stand higher up: the verb takes `by` and `at` and records; a tool does neither.
"""

from panoh.vault.actions.drafts import drop_draft, keep_draft, led_before, seal_outer, sent_before
from panoh.vault.actions.sealing import keep_keys, lay_keys, lay_named, seal, seal_many
from panoh.vault.actions.teams import (
    change_passphrase,
    let_in,
    make_account,
    make_team,
    recover_team,
    renew_team,
    rewrap_team,
    share_unit_tokens,
)
from panoh.vault.queries import (
    OPENED,
    Opened,
    draft,
    is_open,
    national_token_key,
    open,  # noqa: A004 - read as vault.open
    open_for_team,
    open_from_session,
    open_many,
    open_outer,
    opened,
    seal_for_session,
    seal_for_team,
    unit_token_key,
    unlock,
)

__all__ = [
    "OPENED",
    "Opened",
    "change_passphrase",
    "draft",
    "drop_draft",
    "is_open",
    "keep_draft",
    "keep_keys",
    "lay_keys",
    "lay_named",
    "led_before",
    "let_in",
    "make_account",
    "make_team",
    "national_token_key",
    "open",
    "open_for_team",
    "open_from_session",
    "open_many",
    "open_outer",
    "opened",
    "recover_team",
    "renew_team",
    "rewrap_team",
    "seal",
    "seal_for_session",
    "seal_for_team",
    "seal_many",
    "seal_outer",
    "sent_before",
    "share_unit_tokens",
    "unit_token_key",
    "unlock",
]
