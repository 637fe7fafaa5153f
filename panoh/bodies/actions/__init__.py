"""Verbs of bodies: found and seat, call and sit, vote and settle, propose and answer, print."""

from panoh.bodies.actions.bodies import (
    change_seat,
    end,
    found,
    move_coordination,
    note_read,
    seat,
)
from panoh.bodies.actions.clock import look_back
from panoh.bodies.actions.items import (
    declare_conflict,
    finish_resolution,
    postpone,
    resolve,
    settle_item,
    table,
    take_off,
    vote,
)
from panoh.bodies.actions.papers import (
    add_event,
    answer,
    close_event,
    propose,
    show_draft,
    write_lesson,
)
from panoh.bodies.actions.prints import print_invitations, print_minutes
from panoh.bodies.actions.sittings import (
    add_to_minutes,
    answer_invitation,
    attend,
    call,
    cancel,
    close_minutes,
    open_sitting,
    sign,
    type_up,
)

__all__ = [
    "add_event",
    "add_to_minutes",
    "answer",
    "answer_invitation",
    "attend",
    "call",
    "cancel",
    "change_seat",
    "close_event",
    "close_minutes",
    "declare_conflict",
    "end",
    "finish_resolution",
    "found",
    "look_back",
    "move_coordination",
    "note_read",
    "open_sitting",
    "postpone",
    "print_invitations",
    "print_minutes",
    "propose",
    "resolve",
    "seat",
    "settle_item",
    "show_draft",
    "sign",
    "table",
    "take_off",
    "type_up",
    "vote",
    "write_lesson",
]
