"""Two cases of one team with a row behind every key of an address, for questions by page."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.urls import reverse

from panoh.access import actions as access
from panoh.care import actions as care
from panoh.cases import actions as cases
from panoh.cases.models import Affected
from panoh.cases.rules import GuestWay, SafetyKind
from panoh.cases.rules.orders import BreachKind
from panoh.cases.rules.recruitment import RecruitmentKind
from panoh.consent.models import Consent
from panoh.decisions import actions as decisions
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.exchange import actions as exchange
from panoh.files import actions as files
from panoh.files.models import Document
from panoh.justice import actions as justice
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
from tests.factories.directory import organisation, service
from tests.factories.emergency import ask
from tests.factories.leavings import left, planned
from tests.factories.papers import pdf
from tests.factories.plans import joined, task, written
from tests.factories.referrals import NOW, answer, case, drafted, later
from tests.factories.staff import as_user, team, user
from tests.house.matrix_pages import ASKED, FOREIGN, OWN, YES
from tests.house.test_pages import addresses

NAME, NOTE, PHONE = "Матритсаканарӣ", "Ёддошти канарӣ", "000 777 12 34"
PDF = pdf("a scan")


@dataclass
class World:
    """Two cases of one team, asked of the shelter: to one it said yes. Keys for addresses."""

    keys: dict[str, dict[str, Any]]

    def url(self, name: str, relation: str, **other: Any) -> str:
        """The address of a page for this relation, with the real keys or others."""
        text = next(text for text, found, _entry in addresses() if found == name)
        wanted = set(re.findall(r"<(?:\w+:)?(\w+)>", text))
        values = self.keys[relation] | CODES.get(name, {}) | other
        assert wanted <= values.keys(), f"{name} needs CODES: {wanted - values.keys()}"
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
    "desk:clock_turn": {"verb": "resume"},
    "desk:letter_file": {"language": "en"},
    "decisions:many_part": {"key": uuid4(), "part_key": 1},
    **{
        f"decisions:{name}": {"code": "none"}
        for name in (
            *("before", "missing", "complete", "decide", "appeal", "supply", "tell", "withdraw"),
            *("let_stand", "letter", "half", "readers", "hearing"),
        )
    },
    "desk:paper": {"paper_code": "hold", "language_code": "en"},
    "policy_code_list": {"code": "services"},
    "policy_act": {"code": "law_1096"},
    "policy_guideline": {"code": "referral", "version_key": 1},
    "fund:statement_file": {"code": "csv"},
    "fund:balance_file": {"code": "csv"},
    "fund:cost_file": {"code": "csv"},
    "desk:house_add": {"code": "room"},
    **{
        name: {
            "code": "none",
            "key": uuid4(),
            "verb": "none",
            "language": "en",
            "proposal_ref": "none",
        }
        for name in (
            "bodies:proposal",
            "bodies:resolution",
            "bodies:body",
            "bodies:end",
            "bodies:add_seat",
            "bodies:seat",
            "bodies:call",
            "bodies:paper",
            "bodies:drafts",
            "bodies:add_event",
            "bodies:event",
            "bodies:sitting",
            "bodies:act",
            "bodies:resolve",
            "bodies:matter",
            "bodies:addendum",
            "bodies:calendar",
            "bodies:minutes",
            "bodies:invitation",
            "bodies:item",
            "bodies:votes",
        )
    },
    "statistics:file": {"code": "json"},
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
        decisions.assess(dossier, field="trafficking", code="presumed", reason=NOTE, by=by, at=NOW)
        charge = justice.enter_charge(dossier, kind="border", text=NOTE, by=by, at=NOW)
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
        "charge_id": charge.pk,
        "token": "unknown",
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
        "output_id": uuid4(),
        "account_id": 1,
        "service_id": bed.pk,
        "run_id": run.pk,
    }
    keys = dict.fromkeys((OWN, YES, FOREIGN), ids | accepted)
    return World(keys | {ASKED: ids | asked})
