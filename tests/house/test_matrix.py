"""Every page for every role and every relation to a case, as a table written by hand.

``PAGES`` says for each address which permission it needs and who reaches it; an address that is
not named there fails. The expectation is not read from the declarations that it checks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.access.rules import Permission
from panoh.care import actions as care
from panoh.cases import actions as cases
from panoh.cases.models import Affected
from panoh.cases.rules import GuestWay, SafetyKind
from panoh.cases.rules.orders import BreachKind
from panoh.cases.rules.recruitment import RecruitmentKind
from panoh.consent.models import Consent
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.exchange import actions as exchange
from panoh.files import actions as files
from panoh.files.models import Document
from panoh.kernel.rules import CASE_CATEGORIES, Category
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from panoh.vault import actions as vault
from tests.factories import fund as money
from tests.factories.care import needed, way_back
from tests.factories.children import advocate, proposed
from tests.factories.clients import client_of
from tests.factories.directory import organisation, service
from tests.factories.emergency import ask
from tests.factories.leavings import left, planned
from tests.factories.papers import pdf
from tests.factories.plans import joined, task, written
from tests.factories.referrals import NOW, answer, case, drafted, later
from tests.factories.staff import as_user, team, user
from tests.house.test_pages import addresses

P = Permission
NAME, NOTE, PHONE = "Матритсаканарӣ", "Ёддошти канарӣ", "000 777 12 34"
PDF = pdf("a scan")

# Who asks: holder; receiver after its yes; receiver before it; a team that was never asked.
OWN, YES, ASKED, FOREIGN = "own", "yes", "asked", "foreign"
ASKING = {OWN: "nigora", YES: "shirin", ASKED: "shirin", FOREIGN: "mavluda"}
ALL = (OWN, YES, ASKED, FOREIGN)


@dataclass(frozen=True)
class Row:
    """The permission an address needs, and whose question is not answered with "not found"."""

    needs: P | None
    reach: tuple[str, ...] = ALL
    # Looks its row up only when something is sent.
    only_post: bool = False


PAGES: dict[str, Row] = {
    "desk:today": Row(None),
    "desk:more": Row(None),
    "desk:handbook": Row(None),
    "desk:chapter": Row(None),
    "desk:take": Row(P.DUTY_SETTLE, (YES, ASKED), only_post=True),
    "desk:finish": Row(P.DUTY_SETTLE, (YES, ASKED), only_post=True),
    "desk:copies": Row(P.DUTY_SETTLE, ()),
    "desk:search": Row(P.SEARCH_PEOPLE),
    "desk:first_contact": Row(P.CONTACT_CREATE),
    "desk:cases": Row(P.CASE_READ),
    "desk:case": Row(P.CASE_READ, (OWN, YES)),
    "desk:next": Row(P.CASE_READ, (OWN, YES)),
    "desk:answers": Row(P.CASE_WRITE, (OWN, YES)),
    "cases:questions": Row(P.CASE_READ, (OWN, YES)),
    "cases:part": Row(P.CASE_WRITE, (OWN, YES)),
    "cases:result": Row(P.CASE_READ, (OWN, YES)),
    "desk:facts": Row(P.CASE_READ, (OWN, YES)),
    "desk:assess": Row(P.CASE_CLASSIFY, (OWN, YES)),
    "desk:apart": Row(P.LEGAL_READ, (OWN,)),
    "desk:unflag": Row(P.LEGAL_WRITE, (OWN,)),
    "desk:person": Row(P.IDENTITY_READ, (OWN, YES)),
    "desk:name": Row(P.IDENTITY_WRITE, (OWN, YES)),
    "desk:way": Row(P.IDENTITY_WRITE, (OWN, YES)),
    "desk:end_way": Row(P.IDENTITY_WRITE, (OWN, YES)),
    "desk:notes": Row(P.CASE_READ, (OWN, YES)),
    "desk:documents": Row(P.FILE_READ, (OWN, YES)),
    "desk:close": Row(P.CASE_CLOSE, (OWN,)),
    "desk:reopen": Row(P.CASE_WRITE, (OWN, YES)),
    "desk:bed_find": Row(P.BED_HOLD, (OWN,)),
    "desk:beds": Row(P.STAY_WRITE),
    "desk:bed_region": Row(P.BED_ASK),
    "desk:bed_agenda": Row(P.COUNTS_READ),
    "desk:house_new": Row(P.HOUSE_WRITE),
    # Of houses, known to their team alone: tests/rooms/desk/test_beds.py opens these.
    "desk:bed_house": Row(P.STAY_WRITE, ()),
    "desk:house_address": Row(P.STAY_WRITE, ()),
    "desk:bed_release": Row(P.BED_HOLD, (), only_post=True),
    "desk:bed_admit": Row(P.STAY_WRITE, (), only_post=True),
    "desk:bed_refuse": Row(P.STAY_WRITE, ()),
    "desk:bed_leave": Row(P.STAY_WRITE, ()),
    "desk:bed_move": Row(P.STAY_WRITE, ()),
    "desk:house_life": Row(P.HOUSE_WRITE, ()),
    "desk:house_settings": Row(P.HOUSE_WRITE, ()),
    "desk:house_add": Row(P.HOUSE_WRITE, ()),
    "desk:house_moved": Row(P.HOUSE_WRITE, ()),
    "desk:house_closing": Row(P.HOUSE_WRITE, (), only_post=True),
    "desk:house_close": Row(P.HOUSE_WRITE, (), only_post=True),
    "desk:bed_use": Row(P.HOUSE_WRITE, (), only_post=True),
    "desk:paper_end": Row(P.HOUSE_WRITE, (), only_post=True),
    "desk:inspected": Row(P.HOUSE_WRITE, ()),
    "desk:takeover": Row(P.HOUSE_WRITE, ()),
    "desk:takeover_settle": Row(P.HOUSE_WRITE, (), only_post=True),
    "desk:groups": Row(P.CONTACT_CREATE),
    "desk:group_begin": Row(P.CONTACT_CREATE),
    # The reference of a case is none of a group: tests/rooms/cases/test_groups.py opens these.
    "desk:group": Row(P.CONTACT_CREATE, ()),
    "desk:group_add": Row(P.CONTACT_CREATE, ()),
    "desk:group_alone": Row(P.CASE_WRITE, (), only_post=True),
    "desk:line": Row(P.CONTACT_CREATE),
    "desk:call_log": Row(P.CONTACT_CREATE),
    "desk:call_add": Row(P.CONTACT_CREATE),
    # Of the desk's team alone, and none of these keys is one: tests/rooms/intake open these.
    "desk:call": Row(P.CONTACT_CREATE, ()),
    "desk:roster": Row(P.CONTACT_CREATE),
    "desk:shift_drop": Row(P.CONTACT_CREATE, (), only_post=True),
    "desk:give_over": Row(P.CONTACT_CREATE),
    "desk:take_over": Row(P.CONTACT_CREATE, ()),
    "desk:night": Row(P.BED_HOLD),
    "desk:night_hold": Row(P.BED_HOLD, (), only_post=True),
    "desk:night_held": Row(P.BED_HOLD, ()),
    "desk:papers": Row(P.CONTACT_CREATE),
    "desk:paper": Row(P.CONTACT_CREATE),
    "desk:asked_for": Row(P.CONTACT_CREATE),
    "desk:asked_answer": Row(P.CONTACT_CREATE),
    "desk:sought": Row(P.CASE_WRITE, (OWN,)),
    "desk:never": Row(P.CONSENT_WITHDRAW, (OWN,)),
    "desk:lift": Row(P.CONSENT_WITHDRAW, (OWN,), only_post=True),
    "desk:seal": Row(P.CASE_CLOSE, (OWN,)),
    "desk:kin": Row(P.CASE_READ, (OWN, YES)),
    "desk:consent": Row(P.CONSENT_RECORD, (OWN,)),
    "desk:ask": Row(P.CONSENT_RECORD, (OWN,)),
    "desk:interpreter": Row(P.CONSENT_RECORD, (OWN,)),
    "desk:refer": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:preview": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:knows": Row(P.CASE_READ, (OWN,)),
    "desk:stop": Row(P.CONSENT_WITHDRAW, (OWN,)),
    "desk:child": Row(P.CASE_READ, (OWN, YES)),
    "desk:advocate": Row(P.CASE_WRITE, (OWN,)),
    "desk:end_advocate": Row(P.CASE_READ, (OWN,), only_post=True),
    "desk:propose": Row(P.DECISION_PROPOSE, (OWN,)),
    "desk:decision": Row(P.CASE_READ, (OWN,)),
    "desk:guardian": Row(P.CASE_WRITE, (OWN, YES)),
    "desk:check_guardian": Row(P.CASE_WRITE, (OWN, YES)),
    "desk:tell_guardian": Row(P.CASE_WRITE, (OWN, YES)),
    "desk:birthday": Row(P.IDENTITY_WRITE, (OWN,)),
    "desk:relatives": Row(P.CASE_READ, (OWN, YES)),
    "desk:add_relative": Row(P.CONTACT_CREATE, (OWN,)),
    "desk:unlink": Row(P.CASE_WRITE, (OWN,), only_post=True),
    "desk:safety": Row(P.CASE_READ, (OWN, YES)),
    "desk:safety_line": Row(P.CASE_WRITE, (OWN, YES)),
    "desk:safety_end": Row(P.CASE_WRITE, (OWN, YES), only_post=True),
    "desk:protect": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:unprotect": Row(P.REFERRAL_WITHDRAW, (OWN,), only_post=True),
    "desk:protection": Row(P.REFERRAL_ANSWER, ()),
    "desk:plan": Row(P.CASE_READ, (OWN, YES)),
    "desk:plan_add": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:plan_end": Row(P.CASE_WRITE, (OWN,), only_post=True),
    "desk:plan_text": Row(P.CASE_WRITE, (OWN, YES)),
    "desk:plan_task": Row(P.CASE_WRITE, (OWN, YES)),
    "desk:plan_done": Row(P.CASE_WRITE, (OWN,), only_post=True),
    "desk:plan_drop": Row(P.CASE_WRITE, (OWN,), only_post=True),
    "desk:plan_give": Row(P.CASE_WRITE, (OWN,)),
    "desk:conferences": Row(P.CASE_READ, (OWN, YES)),
    "desk:conference_call": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:conference": Row(P.CASE_READ, (OWN, YES)),
    "desk:conference_attend": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:conference_unseat": Row(P.REFERRAL_SEND, (OWN,), only_post=True),
    "desk:conference_guest": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:conference_guest_end": Row(P.REFERRAL_SEND, (OWN,), only_post=True),
    "desk:conference_decide": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:conference_end": Row(P.REFERRAL_SEND, (OWN,), only_post=True),
    "desk:rights": Row(P.CASE_READ, (OWN, YES)),
    "desk:right": Row(P.CASE_WRITE, (OWN, YES)),
    "desk:inbox": Row(P.REFERRAL_ANSWER),
    "desk:outbox": Row(P.REFERRAL_SEND),
    "desk:of_duty": Row(P.DUTY_READ, (YES, ASKED)),
    "desk:request": Row(None, (OWN, YES, ASKED)),
    "desk:letter": Row(P.REFERRAL_SEND, (OWN,)),
    "desk:act": Row(None, (OWN, YES, ASKED)),
    "desk:emergency": Row(P.BREAK_GLASS),
    "desk:emergency_show": Row(P.DUTY_READ, ()),
    "desk:emergency_call": Row(P.DUTY_READ, ()),
    "desk:emergency_open": Row(P.BREAK_GLASS, (), only_post=True),
    "desk:emergency_review": Row(P.DUTY_SETTLE, ()),
    "desk:emergency_ring": Row(P.DUTY_SETTLE, ()),
    "desk:emergency_rings": Row(P.CASE_READ, (OWN,)),
    "desk:queue": Row(P.QUEUE_READ),
    "cases:leaving": Row(P.CASE_READ, (OWN, YES)),
    "cases:leaving_plan": Row(P.CASE_WRITE, (OWN, YES)),
    "cases:leaving_sign": Row(P.CASE_WRITE, (OWN, YES), only_post=True),
    "cases:leaving_left": Row(P.CASE_WRITE, (OWN, YES)),
    "cases:leaving_contact": Row(P.CASE_WRITE, (OWN, YES)),
    "cases:leaving_interview": Row(P.CASE_WRITE, (OWN, YES)),
    "exit_counts": Row(P.COUNTS_READ),
    "care:plan": Row(P.CASE_READ, (OWN, YES)),
    "care:need": Row(P.CASE_WRITE, (OWN, YES)),
    "care:step": Row(P.CASE_WRITE, (OWN, YES)),
    "care:served": Row(P.CASE_WRITE, (OWN, YES)),
    "care:drop": Row(P.CASE_WRITE, (OWN, YES), only_post=True),
    "care:step_end": Row(P.CASE_WRITE, (OWN, YES)),
    "care:review": Row(P.CASE_WRITE, (OWN, YES)),
    "care:paper": Row(P.CASE_READ, (OWN, YES)),
    "care:returns": Row(P.CASE_READ, (OWN, YES)),
    "care:return_write": Row(P.CASE_WRITE, (OWN, YES)),
    "care:depart": Row(P.CASE_WRITE, (OWN, YES)),
    "care:arrive": Row(P.CASE_WRITE, (OWN, YES)),
    "care:give_up": Row(P.CASE_WRITE, (OWN, YES), only_post=True),
    "care:permit": Row(P.LEGAL_WRITE, (OWN,)),
    "care:permit_end": Row(P.LEGAL_WRITE, (OWN,), only_post=True),
    "care:letter": Row(P.CASE_WRITE, (OWN, YES)),
    "cases:recruitment": Row(P.LEGAL_READ, (OWN,)),
    "cases:recruitment_end": Row(P.LEGAL_WRITE, (OWN,), only_post=True),
    "patterns": Row(P.PATTERN_READ),
    "desk:queue_ask": Row(P.QUEUE_ASK, only_post=True),
    "desk:orders": Row(P.CASE_READ, (OWN,)),
    "desk:add_order": Row(P.ORDER_WRITE, (OWN,)),
    "desk:order": Row(P.CASE_READ, (OWN,)),
    "desk:order_step": Row(P.CASE_READ, (OWN,)),
    "desk:order_sign": Row(P.ORDER_SIGN, (OWN,)),
    "desk:order_export": Row(P.ORDER_WRITE, (OWN,)),
    "desk:breaches": Row(P.BREACH_OPEN),
    "desk:concerned": Row(P.CASE_READ),
    "desk:told": Row(P.CASE_WRITE, (OWN,)),
    "desk:emergency_stop": Row(P.DUTY_SETTLE, (OWN,), only_post=True),
    "fund:person": Row(P.MONEY_ASK, (OWN, YES)),
    "fund:receipt": Row(P.MONEY_ASK, (OWN, YES)),
    "fund:withdraw": Row(P.MONEY_ASK, (OWN, YES), only_post=True),
    # Of the fund that was asked, which none of these accounts belongs to.
    "fund:list": Row(P.MONEY_READ),
    "fund:of_duty": Row(P.MONEY_READ, ()),
    "fund:request": Row(P.MONEY_READ, ()),
    "fund:approve": Row(P.MONEY_APPROVE, ()),
    "fund:pay": Row(P.MONEY_PAY, ()),
    "fund:refuse": Row(P.MONEY_APPROVE, ()),
    "fund:take_back": Row(P.MONEY_BOOK, ()),
    "fund:open": Row(P.MONEY_BOOK, ()),
    "fund:add_line": Row(P.MONEY_BOOK, ()),
    "fund:line": Row(P.MONEY_READ, ()),
    "fund:reverse": Row(P.MONEY_BOOK, (), only_post=True),
    "fund:statement": Row(P.MONEY_READ, ()),
    "fund:statement_file": Row(P.MONEY_READ, ()),
    "fund:balance": Row(P.MONEY_READ, ()),
    "fund:balance_file": Row(P.MONEY_READ, ()),
    "fund:cost": Row(P.MONEY_READ, ()),
    "fund:cost_file": Row(P.MONEY_READ, ()),
    "fund:close": Row(P.MONEY_BOOK, ()),
    "policy_in_force": Row(P.POLICY_READ),
    "policy_roles": Row(P.POLICY_READ),
    "policy_code_list": Row(P.POLICY_READ),
    "files_download": Row(P.FILE_READ, (OWN, YES)),
    "exchange:import": Row(P.IMPORT_CASES),
    "exchange:show": Row(P.IMPORT_CASES, (OWN,)),
    "exchange:back": Row(P.IMPORT_CASES, (OWN,)),
    "exchange:act": Row(P.IMPORT_CASES, (OWN,), only_post=True),
    "directory:list": Row(P.DIRECTORY_READ),
    "directory:print": Row(P.DIRECTORY_READ),
    "directory:folded": Row(P.DIRECTORY_READ),
    "directory:keep": Row(P.DIRECTORY_READ),
    "directory:entry": Row(P.DIRECTORY_READ),
    "directory:add": Row(P.DIRECTORY_WRITE),
    "directory:change": Row(P.DIRECTORY_WRITE),
    "directory:contacts": Row(P.DIRECTORY_WRITE),
    "directory:add_service": Row(P.DIRECTORY_WRITE),
    "directory:service": Row(P.DIRECTORY_WRITE),
    "directory:drop_service": Row(P.DIRECTORY_WRITE),
    "directory:checked": Row(P.DIRECTORY_WRITE),
    "directory:archive": Row(P.DIRECTORY_WRITE),
    "access:people": Row(P.UNIT_MANAGE),
    "access:invite": Row(P.UNIT_MANAGE),
    "access:close": Row(P.UNIT_MANAGE),
    "access:units": Row(P.INSTALLATION_MANAGE),
    "access:add_team": Row(P.UNIT_MANAGE),
    "access:names": Row(P.UNIT_MANAGE),
    "access:teams": Row(None),
    "access:team_key": Row(None, (OWN,), only_post=True),
    "access:recover": Row(None, (OWN,)),
    "access:let_in": Row(None, (OWN,), only_post=True),
    "access:leave": Row(None, (OWN,), only_post=True),
    "access:emergency": Row(P.INSTALLATION_MANAGE),
    "access:account": Row(None),
    "access:sessions": Row(None),
    "access:end_session": Row(None, only_post=True),
    "access:end_sessions": Row(None),
    "access:pin": Row(None),
    "access:card": Row(None),
    "access:lock": Row(None, only_post=True),
    "access:unlock": Row(None),
    "access:audit": Row(P.AUDIT_READ),
}
# Refused inside the page: the declaration does not say it.
SUPERVISED = {"access:let_in", "access:leave"}
INSIDE = {"access:people", "access:invite", "access:close", "access:add_team", "access:names"}
# Before sign-in, or of the sign-in library: other tests open them.
ELSEWHERE = {"access:invitation", "desk:order_counts", "set_language"}
LIBRARY = ("account_", "mfa_")
OPEN = {200, 302, 405}
# Roles that stand for the kinds of work; each of them also tries to send something.
KINDS = ("ngo", "pol", "adm", "aud", "rap")


def of_case(name: str) -> bool:
    """Does this address name something of a case: its reference, or a key of a row of it?"""
    text = next(text for text, found, _entry in addresses() if found == name)
    return bool(re.search(r"<(uuid:\w+|str:(request_)?ref)>", text))


def named() -> Iterator[tuple[str, Any]]:
    """Every address that belongs into the table."""
    for _text, name, entry in addresses():
        if name not in ELSEWHERE and not name.startswith(LIBRARY):
            yield name, entry


def test_every_address_is_named_in_the_table() -> None:
    assert {name for name, _entry in named()} == PAGES.keys()


def test_declarations_ask_for_what_the_table_says() -> None:
    declared = {name: entry.callback.panoh_page.permission for name, entry in named()}
    wrong = {
        name: (declared[name], row.needs)
        for name, row in PAGES.items()
        if declared[name] != row.needs and name not in INSIDE
    }
    assert wrong == {}


@dataclass
class World:
    """Two cases of one team, asked of the shelter: to one it said yes. Keys for addresses."""

    keys: dict[str, dict[str, Any]]

    def url(self, name: str, relation: str, **other: Any) -> str:
        """The address of a page for this relation, with the real keys or others."""
        text = next(text for text, found, _entry in addresses() if found == name)
        wanted = set(re.findall(r"<(?:\w+:)?(\w+)>", text))
        values = self.keys[relation] | CODES.get(name, {}) | other
        return reverse(name, kwargs={key: values[key] for key in wanted})


CODES: dict[str, dict[str, Any]] = {
    "cases:part": {"page_key": 1},
    "desk:chapter": {"code": "first-contact"},
    "desk:facts": {"code": "exploitation_forms"},
    "desk:assess": {"code": "trafficking"},
    "desk:notes": {"code": "story"},
    "desk:safety_line": {"code": "threat"},
    "desk:right": {"right_code": "lawyer"},
    "desk:plan_text": {"code": "services", "side_code": "shared"},
    "desk:ask": {"code": "service"},
    "desk:order_step": {"code": "notice"},
    "desk:paper": {"paper_code": "hold", "language_code": "en"},
    "policy_code_list": {"code": "services"},
    "fund:statement_file": {"code": "csv"},
    "fund:balance_file": {"code": "csv"},
    "fund:cost_file": {"code": "csv"},
    "desk:house_add": {"code": "room"},
    "exchange:back": {"code": "csv"},
    "exchange:act": {"verb": "check"},
}


OF_HOUSES = (
    *("house_id", "hold_id", "stay_id", "paper_id", "inspection_id", "funding_id"),
    "takeover_id",
)


def _full(to: Organisation, *, is_accepted: bool) -> dict[str, Any]:
    """A case with a row behind every key of an address."""
    agreed = CASE_CATEGORIES & ~Category.LEGAL
    shelter, aid = team("shelter-cases"), organisation("Fictional Aid")
    with as_user("nigora") as by:
        dossier = case(by, age_branch="unknown").dossier
        advocate(dossier, by=by)
        aunt = cases.add_guardian(dossier, relation="mother", name=NAME, by=by, at=NOW)
        words: dict[str, Any] = {"reason": NOTE, "view": NOTE, "branch": "unknown"}
        decision = proposed(dossier, by=by, **words)
        kin = cases.link(dossier, other=case(by).dossier, relation="child", by=by, at=NOW)
        grown = {"age_branch": "adult"}
        cases.change(dossier, changes=grown, seen_version=1, by=by, at=NOW)
        people.name(dossier, person=Person(given=NAME), by=by, at=NOW)
        way = people.add_contact(
            dossier, kind="phone", value=PHONE, is_safe=True, hours="", cover="", by=by, at=NOW
        )
        cases.add_note(dossier, category=Category.STORY, text=NOTE, by=by, at=NOW)
        paper = files.add(dossier, category=Category.STORY, title=NOTE, content=PDF, by=by, at=NOW)
        # As a file of its own, without the slow cleaning of one.
        writ = Document(
            dossier=dossier, category=Category.LEGAL, number=2, type="pdf", size=1, added_at=NOW
        )
        vault.seal(writ, "title", NOTE)
        vault.seal(writ, "key", NOTE)
        writ.save(force_insert=True)
        order = cases.enter_order(
            dossier,
            issuer=NOTE,
            number=NOTE,
            issued_on=policy.local_day(NOW),
            paper=writ,
            scope=NOTE,
            fields=["sex"],
            by=by,
            at=NOW,
        )
        flagged = cases.flag(
            dossier, field="exploitation_forms", code="armed_groups", by=by, at=NOW
        )
        answer(
            dossier,
            team("police-cases"),
            by=by,
            purpose="police",
            categories=Category.SAFETY,
            asked_now=True,
        )
        rule = cases.write_safety(
            dossier, kind=SafetyKind.CONTACT, code="never_call", text=NOTE, by=by, at=NOW
        )
        (alleged,) = cases.write_recruitment(
            dossier, texts={RecruitmentKind.RECRUITER: NOTE}, by=by, at=NOW
        )
        asked: dict[str, Any] = {"measure": "patrol", "danger": "none", "text": NOTE}
        protection = cases.ask_protection(dossier, to=team("police-cases"), **asked, by=by, at=NOW)
        interview = cases.begin_screening(dossier, form_id="opening", by=by, at=NOW)
        excluded = access.exclude(
            dossier, kind="unit", unit=team("children-cases").unit, by=by, at=NOW
        )
        given: Consent = answer(dossier, shelter, by=by, categories=agreed)
        request = drafted(dossier, shelter, by=by, categories=agreed)
        request = referrals.send(request, by=by, at=NOW)
        part = joined(dossier, "hotline-cases", by=by)
        written(dossier, NOTE, by=by)
        owed = task(dossier, NOTE, "ngo-cases", by=by)
        safe, *_others = left(dossier, by=by)
        want = needed(dossier, by=by)
        towards = care.add_step(
            want, text=NOTE, due_on=policy.local_day(later(days=1)), by=by, at=NOW
        )
        way_back(dossier, by=by)
        visa = care.keep_permit(
            dossier, kind="visa", ends_on=policy.local_day(later(days=9)), by=by, at=NOW
        )
        leaving = planned(dossier, by=by, plan=NOTE, at=later(minutes=1))
        tomorrow = policy.local_day(later(days=1))
        meeting = cases.call_conference(dossier, on=tomorrow, categories=agreed, by=by, at=NOW)
        answer(dossier, aid, by=by, categories=agreed)
        guest = cases.seat_guest(meeting, organisation=aid, way=GuestWay.TELEPHONE, by=by, at=NOW)
        place = None
    if is_accepted:
        with as_user("shirin") as by:
            referrals.accept(Referral.objects.get(pk=request.pk), by=by, at=NOW)
        with as_user("nigora") as by:
            cases.join_plan(dossier, team=shelter, categories=agreed, by=by, at=NOW)
            place = cases.seat(meeting, team=shelter, by=by, at=NOW)
    with as_user("admin") as admin:
        cases.open_breach(
            kind=BreachKind.PAPER,
            team=team("ngo-cases"),
            since=NOW - timedelta(hours=1),
            until=NOW,
            by=admin,
            at=NOW,
        )
    with as_user("nigora"):
        concerned = Affected.objects.filter(dossier=dossier)[0]
    with as_user("shirin"):
        duty = Duty.objects.filter(owner=shelter, subject_id=request.pk).order_by("opened_at")[0]
    return {
        "ref": dossier.ref,
        "fact_id": flagged.pk,
        "screening_id": interview.pk,
        "never_id": excluded.pk,
        "member_id": uuid4(),
        "contact_id": way.pk,
        "safe_id": safe.pk,
        "leaving_id": leaving.pk,
        "need_id": want.pk,
        "care_step_id": towards.pk,
        "permit_id": visa.pk,
        "order_id": order.pk,
        "affected_id": concerned.pk,
        "document_id": paper.pk,
        "consent_id": given.pk,
        "decision_id": decision.pk,
        "guardian_id": aunt.pk,
        "kin_id": kin.pk,
        "entry_id": rule.pk,
        "line_id": alleged.pk,
        "protection_id": protection.pk,
        "part_id": part.pk,
        "task_id": owed.pk,
        "conference_id": meeting.pk,
        "guest_id": guest.pk,
        "seat_id": place.pk if place else uuid4(),
        "shift_id": uuid4(),
        **{name: uuid4() for name in OF_HOUSES},
        "bed_id": 1,
        "handover_id": uuid4(),
        "organisation_id": to.pk,
        "duty_id": duty.pk,
        "money_id": money.asked(dossier).pk,
        "request_ref": request.ref,
        "verb": "complete" if is_accepted else "ask_info",
    }


@pytest.fixture
def world(fresh_db: str) -> World:
    return furnished()


def furnished() -> World:
    """Make the two cases, and a row behind every key of an address."""
    house = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    bed = service(house)
    with as_user("nigora") as by:
        run = exchange.start(
            b"external_id,prs_FirstName\n1,A\n", team=team("ngo-cases"), by=by, at=NOW
        )
    accepted, asked = _full(house, is_accepted=True), _full(house, is_accepted=False)
    ids = {
        # Of the hotline, about the first case: nobody of this table sees it.
        "call_id": ask(ref=str(accepted["ref"])).pk,
        "unit_id": user("nigora").unit_id,
        "team_id": team("ngo-cases").pk,
        "user_id": user("safar").pk,
        "id": house.pk,
        "account_id": 1,
        "service_id": bed.pk,
        "run_id": run.pk,
    }
    keys = dict.fromkeys((OWN, YES, FOREIGN), ids | accepted)
    return World(keys | {ASKED: ids | asked})


def plain(answer: Any, *typed: object) -> str:
    """A page without what differs by itself: the form's token, and what stood in the address."""
    text = re.sub(r"<input[^>]*csrfmiddlewaretoken[^>]*>", "", answer.content.decode())
    for one in typed:
        text = text.replace(str(one), "…")
    return text


def leaks(answer: Any) -> list[str]:
    """What a refusal must not hold."""
    text = answer.content.decode()
    return [word for word in (NAME, NOTE, PHONE, PHONE.replace(" ", "")) if word in text]


def become(owner: psycopg.Connection, name: str, role: str) -> None:
    """Give an account another role and no other."""
    owner.execute("UPDATE access_rolegrant SET role = %s WHERE user_id = %s", [role, user(name).pk])


def refusals(auditor: psycopg.Connection) -> int:
    row = auditor.execute("SELECT count(*) FROM audit_entry WHERE event = 'access.refused'")
    found = row.fetchone()
    assert found is not None
    return int(found[0])


Connect = Callable[[str], psycopg.Connection]


def test_who_lacks_a_permission_is_refused_on_every_page(world: World, connect: Connect) -> None:
    """The account sits in the holder's own team: only the role is wrong."""
    owner, auditor = connect("owner"), connect("auditor")
    browser = client_of("nigora", "en")
    wrong, refused = [], 0
    for number, (role, permissions) in enumerate(policy.roles().items()):
        become(owner, "nigora", role)
        methods = (browser.get, browser.post) if role in KINDS else (browser.get,)
        closed = [name for name, row in PAGES.items() if row.needs and row.needs not in permissions]
        # The other roles look at a part each; declarations were compared with the table for all.
        for name in closed if role in KINDS else closed[number % 4 :: 4]:
            path = world.url(name, OWN)
            for method in methods:
                got = method(path)
                hidden = P.CASE_READ not in permissions and of_case(name)
                refused += got.status_code == (404 if hidden else 403)
                if got.status_code not in {404 if hidden else 403, 405} or leaks(got):
                    wrong.append((role, method.__name__, path, got.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert refused > 300
    assert refusals(auditor) == refused, "each refusal is recorded"


@pytest.mark.parametrize("role", ["ics", "rap", "adm", "aud"])
def test_b2_every_address_of_a_case_is_not_found_for_who_reads_none(
    world: World, connect: Connect, role: str
) -> None:
    """The account sits in the holder's own team; the answer is that of a case that is not. The
    register of organisations has keys too, and nothing of a person in it."""
    become(connect("owner"), "nigora", role)
    browser = client_of("nigora", "en")
    names = [name for name in PAGES if of_case(name) and not name.startswith("directory:")]
    assert len(names) > 60
    wrong = []
    for name in names:
        for method in (browser.get, browser.post)[PAGES[name].only_post :]:
            got = method(world.url(name, OWN))
            if got.status_code not in {404, 405} or leaks(got):
                wrong.append((method.__name__, name, got.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", KINDS)
def test_who_has_a_permission_is_let_in(world: World, connect: Connect, role: str) -> None:
    become(connect("owner"), "nigora", role)
    permissions = policy.roles()[role]
    browser = client_of("nigora", "en")
    got = {
        name: browser.get(world.url(name, OWN)).status_code
        for name, row in PAGES.items()
        if row.reach == ALL and (row.needs is None or row.needs in permissions)
    }
    assert {name: status for name, status in got.items() if status not in OPEN} == {}


def test_only_who_reaches_a_case_finds_it(world: World, connect: Connect) -> None:
    """One role with most permissions for all: only the relation differs."""
    owner, auditor = connect("owner"), connect("auditor")
    permissions = policy.roles()["ngo"]
    wrong, hidden = [], 0
    for relation in (FOREIGN, ASKED, YES, OWN):
        become(owner, ASKING[relation], "ngo")
        browser = client_of(ASKING[relation], "en")
        for name, row in PAGES.items():
            if row.reach == ALL or (row.needs is not None and row.needs not in permissions):
                continue
            path = world.url(name, relation)
            for method in (browser.get, browser.post)[row.only_post :]:
                got = method(path)
                hidden += got.status_code in {403, 404}
                if relation not in row.reach and (got.status_code not in {404, 405} or leaks(got)):
                    wrong.append((relation, method.__name__, path, got.status_code))
                refused = got.status_code == 403 and name not in SUPERVISED
                if relation in row.reach and (refused or got.status_code in {404, 500}):
                    wrong.append((relation, method.__name__, path, got.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert refusals(auditor) == hidden, "each refusal is recorded"


def test_a_foreign_reference_answers_like_one_that_does_not_exist(world: World) -> None:
    become_nobody: dict[str, Any] = {
        **dict.fromkeys(("ref", "request_ref"), "2222222222"),
        **{key: uuid4() for key, value in world.keys[OWN].items() if isinstance(value, UUID)},
    }
    browser: Client = client_of("lola", "en")
    different = []
    for name, row in PAGES.items():
        if row.reach == ALL or row.only_post:
            continue
        foreign = world.url(name, OWN)
        nothing = world.url(name, OWN, **become_nobody)
        first, second = browser.get(foreign), browser.get(nothing)
        keys = (*world.keys[OWN].values(), *become_nobody.values())
        same = (first.status_code, plain(first, foreign, *keys)) == (
            second.status_code,
            plain(second, nothing, *keys),
        )
        headers = {**first.headers} == {**second.headers}
        if not same or not headers:
            different.append((name, first.status_code, second.status_code, headers))
    assert different == []
    assert Dossier.objects.count() == 0
