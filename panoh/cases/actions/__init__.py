"""Open a contact, answer questions, assess, keep apart, note, close and reopen; advocates,
guardians, relatives and coming of age."""

from panoh.cases.actions.adulthood import come_of_age, expect_adult
from panoh.cases.actions.advocates import end_advocacy_of_kin, end_advocate, name_advocate
from panoh.cases.actions.answers import Changed, change, open_contact, record_facts
from panoh.cases.actions.apart import flag, unflag
from panoh.cases.actions.assessments import assess, classify
from panoh.cases.actions.breaches import open_breach, tell_of_breach
from panoh.cases.actions.circle import seal
from panoh.cases.actions.clock import end_lapsed_protections, warn_of_parts
from panoh.cases.actions.conference import (
    call_conference,
    decide_task,
    end_conference,
    seat,
    seat_guest,
    unseat,
    unseat_guest,
)
from panoh.cases.actions.course import add_note, close, read, read_notes, reopen, tell
from panoh.cases.actions.groups import Found, add_people, asked_alone, open_group
from panoh.cases.actions.guardians import add_guardian, check_guardian, tell_guardian
from panoh.cases.actions.kin import add_relative, link, unlink
from panoh.cases.actions.leaving import (
    agree_leaving,
    hold_interview,
    leave,
    note_contact,
    note_gone,
    owe_contacts,
    plan_leaving,
    sign_leaving,
    watch_silence,
)
from panoh.cases.actions.many import open_contact_many
from panoh.cases.actions.orders import (
    HandedOver,
    enter_order,
    give_view,
    meet_order,
    note_notice,
    refuse_order,
    sign_order,
)
from panoh.cases.actions.parting import (
    end_lapsed_parts,
    end_part,
    end_shut_out,
    pass_plan,
)
from panoh.cases.actions.plan import (
    add_task,
    do_task,
    drop_task,
    give_task,
    join_plan,
    write_plan,
)
from panoh.cases.actions.queue import Waiting, ask_holder, read_queue
from panoh.cases.actions.recruitment import (
    compare_recruiters,
    end_recruitment,
    read_patterns,
    write_recruitment,
)
from panoh.cases.actions.rights import record_right
from panoh.cases.actions.safety import (
    answer_protection,
    ask_protection,
    end_protections,
    end_safety,
    review_risk,
    withdraw_protection,
    write_safety,
)
from panoh.cases.actions.screening import (
    answer_page,
    begin_screening,
    decide,
    read_screening,
)
from panoh.cases.actions.sought import decide_sought
from panoh.cases.actions.status import note_status
from panoh.cases.queries.leaving import require_leaving

__all__ = [
    "Changed",
    "Found",
    "HandedOver",
    "Waiting",
    "add_guardian",
    "add_note",
    "add_people",
    "add_relative",
    "add_task",
    "agree_leaving",
    "answer_page",
    "answer_protection",
    "ask_holder",
    "ask_protection",
    "asked_alone",
    "assess",
    "begin_screening",
    "call_conference",
    "change",
    "check_guardian",
    "classify",
    "close",
    "come_of_age",
    "compare_recruiters",
    "decide",
    "decide_sought",
    "decide_task",
    "do_task",
    "drop_task",
    "end_advocacy_of_kin",
    "end_advocate",
    "end_conference",
    "end_lapsed_parts",
    "end_lapsed_protections",
    "end_part",
    "end_protections",
    "end_recruitment",
    "end_safety",
    "end_shut_out",
    "enter_order",
    "expect_adult",
    "flag",
    "give_task",
    "give_view",
    "hold_interview",
    "join_plan",
    "leave",
    "link",
    "meet_order",
    "name_advocate",
    "note_contact",
    "note_gone",
    "note_notice",
    "note_status",
    "open_breach",
    "open_contact",
    "open_contact_many",
    "open_group",
    "owe_contacts",
    "pass_plan",
    "plan_leaving",
    "read",
    "read_notes",
    "read_patterns",
    "read_queue",
    "read_screening",
    "record_facts",
    "record_right",
    "refuse_order",
    "reopen",
    "require_leaving",
    "review_risk",
    "seal",
    "seat",
    "seat_guest",
    "sign_leaving",
    "sign_order",
    "tell",
    "tell_guardian",
    "tell_of_breach",
    "unflag",
    "unlink",
    "unseat",
    "unseat_guest",
    "warn_of_parts",
    "watch_silence",
    "withdraw_protection",
    "write_plan",
    "write_recruitment",
    "write_safety",
]
