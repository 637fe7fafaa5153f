"""What verbs of a case refuse where the page would not have asked: a row of another case, a second
click, a day to come. Nothing is written then."""

from datetime import timedelta
from typing import Any

import pytest

from panoh.access import actions as access
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.actions import Changed
from panoh.cases.models import (
    Affected,
    ContactEntry,
    Guardian,
    GuardianEntry,
    Guest,
    Order,
    PlanText,
    ProtectionRequest,
    RecruitmentEntry,
    Seat,
)
from panoh.cases.rules import GuestWay, ProtectionState, TaskState
from panoh.cases.rules.orders import OrderNotice, OrderState, OrderView
from panoh.cases.rules.recruitment import RecruitmentKind
from panoh.kernel.rules import (
    CASE_CATEGORIES,
    Category,
    Gone,
    Invalid,
    NoConsent,
    NotPossible,
    Refused,
)
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from tests.factories.cases import contact, give, share
from tests.factories.children import advocate, child
from tests.factories.directory import organisation
from tests.factories.leavings import left
from tests.factories.orders import enter, join_lawyer, known, ready, signed
from tests.factories.plans import SHARED, agreed, joined, task, written
from tests.factories.referrals import NOW, accepted, answer, case, drafted, later
from tests.factories.staff import ADMIN, as_user, team, user
from tests.rooms.cases.test_breaches import breach, looked_at
from tests.rooms.cases.test_conference import called, decide, guest, seated

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AS_JSON: dict[str, Any] = {"as_json": True}


# -- conferences and plans -------------------------------------------------------------------------


def test_a_place_at_a_conference_of_another_case_is_not_there() -> None:
    one = organisation("Fictional Aid")
    with as_user("nigora") as by:
        dossier, other = case(by).dossier, case(by).dossier
        found = called(dossier, by)
        agreed(dossier, team("shelter-cases"), by=by)
        answer(dossier, one, by=by, categories=SHARED)
        place, visitor = seated(found, by), guest(found, one, by)
        place.dossier = visitor.dossier = other
        with pytest.raises(Gone):
            cases.unseat(place, by=by, at=NOW)
        with pytest.raises(Gone):
            cases.unseat_guest(visitor, by=by, at=NOW)
        assert Seat.objects.get().ended_at is None
        assert Guest.objects.get().ended_at is None


def test_c8_a_district_that_she_excludes_sends_no_guest() -> None:
    one = organisation("Fictional Aid", area=("tj_3501266",))
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by)
        answer(dossier, one, by=by, categories=SHARED)
        referrals.exclude(dossier, kind="district", district=one.district, by=by, at=NOW)
        with pytest.raises(NotPossible):
            guest(found, one, by)
        assert not Guest.objects.exists()


def test_c8_the_police_are_no_guest_where_all_is_about_her_safety() -> None:
    post = organisation("Fictional Militia", kind="police")
    with as_user("nigora") as by:
        found = called(case(by).dossier, by, categories=Category.SAFETY)
        with pytest.raises(Invalid) as fault:
            guest(found, post, by)
        assert fault.value.field == "organisation"
        assert not Guest.objects.exists()


def test_c8_what_she_agreed_must_last_until_the_day_of_the_conference() -> None:
    one = organisation("Fictional Aid")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by, on=policy.local_day(later(days=9)))
        answer(dossier, one, by=by, categories=SHARED, until=policy.local_day(later(days=2)))
        with pytest.raises(NoConsent):
            guest(found, one, by)


def test_c8_who_takes_part_already_is_given_a_task_on_the_same_part() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        part = joined(dossier, by=by)
        found = called(dossier, by)
        seated(found, by)
        decide(found, by, "shelter-cases")
        assert queries.parts_of(queries.require_plan(dossier)) == [part]


def test_c3_a_part_ends_once_and_in_its_own_case() -> None:
    with as_user("nigora") as by:
        dossier, other = case(by).dossier, case(by).dossier
        part = joined(dossier, by=by)
        part.dossier = other
        with pytest.raises(Gone):
            cases.end_part(part, by=by, at=NOW)
        part.dossier = dossier
        cases.end_part(part, by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.end_part(part, by=by, at=NOW)


def test_c3_what_an_organisation_does_not_read_it_neither_writes_nor_gives_out() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
    with as_user("shirin") as by:
        with pytest.raises(Gone):
            written(dossier, "x", by=by, category=Category.STORY)
        with pytest.raises(Invalid) as fault:
            task(dossier, "x", "shelter-cases", by=by, category=Category.STORY)
        assert fault.value.field == "category"
    assert not PlanText.objects.exists()


def test_every_state_has_its_word() -> None:
    for kind in (TaskState, GuestWay, ProtectionState):
        assert len({str(one.label) for one in kind}) == len(kind)


# -- guardians, safety, recruiters -----------------------------------------------------------------


def test_c13_a_guardian_of_another_child_is_not_judged() -> None:
    with as_user("nigora") as by:
        dossier, other = child(by).dossier, child(by).dossier
        uncle = cases.add_guardian(dossier, relation="uncle_or_aunt", name="", by=by, at=NOW)
        told: dict[str, Any] = {"trust": "suspected", "reason": "Сабаб", "by": by, "at": NOW}
        uncle.dossier = other
        with pytest.raises(Gone):
            cases.check_guardian(uncle, **told)
        assert Guardian.objects.get().trust == "not_checked"


def test_c13_a_guardian_is_told_something_or_nothing_is_written() -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        advocate(dossier, by=by)
        uncle = cases.add_guardian(dossier, relation="uncle_or_aunt", name="", by=by, at=NOW)
    with as_user("latif") as by:
        cases.check_guardian(uncle, trust="presumed_safe", reason="Сабаб", by=by, at=NOW)
    entries = GuardianEntry.objects.filter(guardian=uncle).exclude(told=0)
    with as_user("nigora") as by:
        with pytest.raises(Invalid) as fault:
            cases.tell_guardian(uncle, categories=Category(0), text="x", by=by, at=NOW)
        assert fault.value.field == "categories"
        assert not entries.exists()


@pytest.mark.parametrize("categories", [Category.CORE, Category.CORE | Category.STORY])
def test_c13_who_does_not_read_of_safety_adds_no_guardian(categories: Category) -> None:
    with as_user("nigora") as by:
        young = child(by)
        share(young, by, "shelter-cases", "shirin", categories)
        dossier = young.dossier
    with as_user("shirin") as by, pytest.raises(Gone):
        cases.add_guardian(dossier, relation="mother", name="", by=by, at=NOW)


def test_a14_a_line_of_the_law_is_written_by_who_reads_the_law() -> None:
    with as_user("nigora") as by:
        found = contact(by, NOW)
        share(found, by, "legal-cases", "latif", Category.CORE)
        dossier = found.dossier
    texts = {RecruitmentKind.RECRUITER: "Карим"}
    with as_user("latif") as by, pytest.raises(Gone):
        cases.write_recruitment(dossier, texts=texts, by=by, at=NOW)
    with as_user("nigora"):
        assert not RecruitmentEntry.objects.exists()


def test_f12_only_who_was_asked_for_protection_answers() -> None:
    with as_user(ADMIN) as admin:  # who asks may answer requests, and not this one
        access.appoint(user=user("nigora"), role="shl", by=admin, at=NOW)
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        answer(
            dossier,
            team("police-cases"),
            by=by,
            purpose="police",
            categories=Category.SAFETY,
            asked_now=True,
        )
        asked = cases.ask_protection(
            dossier,
            to=team("police-cases"),
            measure="patrol",
            danger="none",
            text="",
            by=by,
            at=NOW,
        )
        with pytest.raises(Gone):
            cases.answer_protection(asked, answer="done", by=by, at=NOW)
        # Nor does who reads all of the file, by a request of its own.
        told = CASE_CATEGORIES & ~Category.LEGAL
        answer(dossier, team("shelter-cases"), by=by, categories=told)
        request = drafted(dossier, by=by, categories=told)
        referrals.send(request, by=by, at=NOW)
    with as_user("shirin") as by:
        referrals.accept(request, by=by, at=NOW)
        with pytest.raises(Gone):
            cases.answer_protection(asked, answer="done", by=by, at=NOW)
    with as_user(ADMIN) as admin:
        access.dismiss(user=user("pulod"), role="pol", by=admin, at=NOW)
    with as_user("pulod") as by, pytest.raises(Refused):
        cases.answer_protection(asked, answer="done", by=by, at=NOW)
    with as_user("nigora"):
        assert ProtectionRequest.objects.get().state == ProtectionState.SENT


def test_f12_who_took_the_case_over_does_not_answer_for_the_police() -> None:
    referral = accepted()
    dossier = referral.dossier
    with as_user("nigora") as by:
        answer(
            dossier,
            team("police-cases"),
            by=by,
            purpose="police",
            categories=Category.SAFETY,
            asked_now=True,
        )
        told: dict[str, Any] = {"measure": "patrol", "danger": "none", "text": ""}
        asked = cases.ask_protection(dossier, to=team("police-cases"), **told, by=by, at=NOW)
        answer(dossier, team("shelter-cases"), by=by, categories=CASE_CATEGORIES & ~Category.LEGAL)
        answer(dossier, team("shelter-cases"), by=by, categories=Category.LEGAL)
        referrals.hand_over(referral, way="accompanied", by=by, at=NOW)
    with as_user("shirin") as by:
        with pytest.raises(Gone):
            cases.answer_protection(asked, answer="done", by=by, at=NOW)
        assert ProtectionRequest.objects.get().state == ProtectionState.SENT


# -- leaving ---------------------------------------------------------------------------------------


def test_e16_nothing_is_written_of_tomorrow() -> None:
    tomorrow = policy.local_day(NOW + DAY)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        first, *_rest = left(dossier, by=by)
        with pytest.raises(Invalid) as fault:
            cases.note_contact(first, result="safe", on=tomorrow, by=by, at=NOW)
        assert fault.value.field == "on"
        assert not ContactEntry.objects.exists()


# -- orders and breaches ---------------------------------------------------------------------------


def test_f13_an_order_wants_reasons_and_what_was_said_stands() -> None:
    join_lawyer()
    dossier = known()
    with as_user("nigora") as by:
        order = enter(dossier, by)
    with as_user("lola") as by:
        with pytest.raises(Invalid) as fault:
            cases.give_view(order, view=OrderView.LAWFUL, text=" ", by=by, at=NOW)
        assert fault.value.field == "text"
        cases.give_view(order, view=OrderView.LAWFUL, text="Ҳаст", by=by, at=NOW)
    with as_user("nigora") as by:
        cases.note_notice(order, notice=OrderNotice.TOLD, by=by, at=NOW)
        for again in OrderNotice:
            with pytest.raises(NotPossible):
                cases.note_notice(order, notice=again, text="x", by=by, at=NOW)


def test_f13_a_signature_under_another_ground_than_the_one_shown_is_none() -> None:
    join_lawyer()
    order = ready(known())
    with as_user("safar") as by:
        shown = queries.order_told(order).ground | {"view_text": "Чизи дигар"}
        with pytest.raises(Changed):
            cases.sign_order(order, seen=shown, by=by, at=NOW)
        assert queries.order_told(order).signatures == []


def test_f13_who_reads_a_file_of_others_meets_and_refuses_no_order() -> None:
    join_lawyer()
    dossier = known()
    order = ready(dossier)
    with as_user("nigora") as by:
        give(dossier, by, "shelter-cases", "shirin", CASE_CATEGORIES)
    with as_user("shirin") as by:
        for verb, told in ((cases.refuse_order, {"text": "X"}), (cases.meet_order, AS_JSON)):
            with pytest.raises(Gone):
                verb(order, **told, by=by, at=NOW)
    with as_user("nigora"):
        assert Order.objects.get().state == OrderState.ENTERED


def test_f13_who_does_not_read_what_is_named_makes_no_file_of_it() -> None:
    """A lawyer of the team who is no caseworker any more does not read of health."""
    join_lawyer()
    order = signed(known(), fields=["sex", "health"])
    with as_user("admin") as by:
        access.dismiss(user=user("lola"), role="ngo", by=by, at=NOW)
    with as_user("lola") as by, pytest.raises(Refused):
        cases.meet_order(order, **AS_JSON, by=by, at=NOW)
    with as_user("nigora") as by:
        assert Order.objects.get().state == OrderState.ENTERED
        assert cases.meet_order(order, **AS_JSON, by=by, at=NOW).mime == "application/json"


def test_f13_who_is_told_of_a_breach_is_told_once() -> None:
    dossier = known()
    looked_at(dossier)
    assert breach() == 1
    with as_user("nigora") as by:
        row = Affected.objects.get()
        cases.tell_of_breach(row, channel="call", by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.tell_of_breach(row, channel="call", by=by, at=NOW)
