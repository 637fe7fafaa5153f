"""The verbs of access. Each calls one definer function of the walls, which checks again."""

from panoh.access.actions.account import change_passphrase, end_sessions
from panoh.access.actions.dossiers import (
    end,
    hand_over,
    offer,
    open_dossier,
    open_dossier_many,
    release,
    sweep,
)
from panoh.access.actions.keys import tend_keys
from panoh.access.actions.staff import (
    add_team,
    add_unit,
    appoint,
    close_account,
    dismiss,
    invite,
    join,
    leave,
    let_in,
    make_key,
    name_hotline,
    recover,
    set_up,
    share_search_key,
    take_invitation,
)

__all__ = [
    "add_team",
    "add_unit",
    "appoint",
    "change_passphrase",
    "close_account",
    "dismiss",
    "end",
    "end_sessions",
    "hand_over",
    "invite",
    "join",
    "leave",
    "let_in",
    "make_key",
    "name_hotline",
    "offer",
    "open_dossier",
    "open_dossier_many",
    "recover",
    "release",
    "set_up",
    "share_search_key",
    "sweep",
    "take_invitation",
    "tend_keys",
]
