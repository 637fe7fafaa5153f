"""Who looks at which page in the browser, and the pages that nobody looks at, each with a reason.

An address that stands in neither fails ``tests/house/test_pages.py``. A page is reached by links
from Today, or from an address that ``tests/factories/country.py`` gives to the account.
"""


def _of(room: str, names: str) -> set[str]:
    return {f"{room}:{name}" for name in names.split()}


LOOKS: dict[str, set[str]] = {
    # Holds the cases.
    "nigora": _of(
        "desk",
        "today more search first_contact cases case next answers facts assess apart person name"
        " way why notes documents close consent ask refer preview knows stop inbox outbox request"
        " letter act groups group_begin group group_add asked_for asked_answer sought never seal"
        " line call_log call_add call roster give_over papers night"
        " kin child advocate propose guardian check_guardian tell_guardian birthday relatives"
        " add_relative safety safety_line protect rights right emergency_ring emergency_rings"
        " plan plan_add plan_text plan_task plan_give conferences conference_call conference"
        " conference_attend conference_decide"
        " handbook chapter conference_guest"
        " bed_find whole whole_paper"
        " orders add_order order order_step order_sign order_export order_counts concerned told",
    )
    | _of(
        "cases",
        "questions part result recruitment leaving leaving_plan leaving_left leaving_contact",
    )
    | {"exit_counts"}
    | _of(
        "care",
        "plan need step served step_end review returns return_write depart permit letter",
    )
    | _of("decisions", "reflection reflection_used reflection_end interview status apply appeal")
    | _of("decisions", "supply tell letter hearing")
    | _of("justice", "charges enter notice end")
    | {"files_paper"}
    | _of("exchange", "import show")
    | _of("fund", "person receipt")
    | _of("access", "account card sessions pin teams")
    | _of("directory", "list print entry add change contacts add_service service archive")
    | {"mfa_index"}
    | {"policy_in_force", "policy_roles", "policy_code_list"}
    | {"policy_act", "policy_guideline", "policy_agreements", "policy_treaties"},
    # Takes the shift over, and asks whom a colleague saw off.
    "safar": _of("desk", "today more line take_over")
    | _of("access", "teams seat lead")
    | {"cases:leaving_interview"},
    # Is asked for help, and has said yes before.
    "shirin": _of(
        "desk",
        "today inbox request act copies beds bed_house bed_refuse bed_leave bed_move house_new"
        " house_life house_settings house_add house_address house_moved inspected takeover"
        " funding",
    ),
    # Is asked to protect.
    "pulod": _of("desk", "today protection"),
    # Stands beside the boy: signs or refuses.
    "latif": _of("desk", "today case child decision"),
    # Asked for an emergency opening, and looks at what was opened.
    "mavluda": _of("desk", "today more emergency emergency_show"),
    # Opened it, and looks at it afterwards.
    "hadia": _of("desk", "today emergency_show emergency_review"),
    # Keeps the books of a fund, and signs.
    "gulnoz": _of("desk", "today more")
    | _of(
        "fund",
        "list add_line line statement balance cost close request approve pay refuse take_back",
    ),
    # Keeps the papers of a commission, and answers what is proposed to it.
    "ibrohim": _of("desk", "today more queue overdue bed_region bed_agenda")
    | {"directory:missing"}
    | _of(
        "bodies",
        "list body sitting call paper add_seat seat drafts add_event event proposals proposal"
        " read resolve matter votes addendum resolution",
    ),
    # Keeps the papers of a commission that decides on status.
    "sadbarg": _of("desk", "today more") | _of("decisions", "docket many before missing decide"),
    # Compares recruiters; prepares estimates and releases.
    "rustam": _of("desk", "today more")
    | {"patterns"}
    | _of("statistics", "list estimate release leavers show ask ledger"),
    # Signs them.
    "dilovar": _of("desk", "today more") | _of("statistics", "list show sign refuse withdraw"),
    "amina": _of("desk", "today more") | _of("access", "audit"),
    "admin": _of("desk", "today more breaches")
    | _of("access", "people invite names add_team units emergency")
    | _of("bodies", "found coordination end"),
    # Is in a team that has not let the account in yet.
    "navruz": _of("desk", "today more") | _of("access", "teams recover"),
}

_POST = "answers a POST only, or leads on"
_SIGN_IN = "before or beside the work: tests/browser/test_sign_in.py and test_gallery.py look"

UNSEEN: dict[str, str] = {
    **dict.fromkeys(
        _of(
            "desk",
            "take finish reopen interpreter of_duty unflag end_way group_alone lift unlink"
            " end_advocate safety_end unprotect emergency_call emergency_open emergency_stop"
            " queue_ask shift_drop night_hold plan_end plan_done plan_drop conference_unseat"
            " conference_end conference_guest_end"
            " clock_asked clock_turn"
            " bed_release bed_admit bed_use paper_end house_closing house_close takeover_settle",
        )
        | _of("access", "close sign_out let_in leave end_session end_sessions lock")
        | _of("directory", "checked drop_service")
        | _of("fund", "of_duty reverse withdraw")
        | _of("statistics", "allow publish")
        | _of("care", "drop give_up permit_end")
        | _of("decisions", "reflection_begin complete sign letters close withdraw let_stand")
        | {"decisions:readers"}
        | _of("bodies", "act item of_duty")
        | {"exchange:act", "cases:recruitment_end", "set_language"}
        | {"cases:leaving_sign", "cases:leaving_agree"},
        _POST,
    ),
    **dict.fromkeys(
        {"files_download", "exchange:back", "directory:folded", "directory:keep", "desk:paper"}
        | _of("fund", "statement_file balance_file cost_file")
        | _of("statistics", "file")
        | _of("bodies", "calendar minutes invitation")
        | {"desk:letter_file"},
        "a file, no page",
    ),
    "policy_treaties_file": "a file, no page",
    "decisions:many_part": "a file, no page",
    **dict.fromkeys(
        _of("desk", "clock_stop more_time"),
        "needs a clock of the law that runs: tests/rooms/desk/test_views_clock.py opens them",
    ),
    "fund:open": "one field and a button: fund/form.html is looked at with a new line",
    "desk:night_held": "only after a hold: tests/browser/test_moments.py opens it",
    "decisions:half": "the parts of decisions:before, for a member of another organisation",
    "care:arrive": "the same form as care:depart, on a later day",
    "access:team_key": "only after a key was made: tests/rooms/access/test_teams.py opens it",
    "access:unlock": "only in a locked session: tests/browser/test_moments.py opens it",
    "access:invitation": _SIGN_IN,
}
# Of the sign-in library: each of its templates is looked at.
LIBRARY = ("account_", "mfa_")
