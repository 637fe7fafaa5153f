"""Safety plans, requests for protection, and rights."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import ProtectionRequest, RightEntry, SafetyEntry
from panoh.cases.rules import RightState, SafetyKind, review_is_due
from panoh.duties import queries as owed
from panoh.duties.models import Duty
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from tests.factories.cases import contact, share
from tests.factories.children import child
from tests.factories.referrals import NOW, answer
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TEXT = "Сирри канарӣ"
ASK: dict[str, Any] = {"measure": "patrol", "danger": "none", "text": TEXT}


def threaten(dossier: Dossier, by: Any, at: Any = NOW) -> SafetyEntry:
    return cases.write_safety(
        dossier, kind=SafetyKind.THREAT, code="violence", text=TEXT, by=by, at=at
    )


def reviews(dossier: Dossier) -> list[Duty]:
    return [duty for duty in owed.unsettled_on(dossier) if duty.kind == "safety.review"]


def agreed(dossier: Dossier, by: Any) -> None:
    answer(
        dossier,
        team("police-cases"),
        by=by,
        purpose="police",
        categories=Category.SAFETY,
        asked_now=True,
    )


def test_f12_a_new_threat_reopens_the_review_and_rings_the_duty_officer() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        threaten(dossier, by)
        (duty,) = reviews(dossier)
        assert duty.owner == team("ngo-cases")
        assert duty.assigned_to_id == owed.who_is_rung(duty.owner, NOW)[0].user_id
        assert duty.due_at == policy.due("safety_review", NOW)
        assert queries.safety_plan(dossier).review_is_due
        cases.review_risk(dossier, code="high", text=TEXT, by=by, at=NOW + DAY)
        assert reviews(dossier) == []
        assert not queries.safety_plan(dossier).review_is_due
        again = threaten(dossier, by, NOW + 2 * DAY)
        assert [duty.subject_id for duty in reviews(dossier)] == [again.pk]
        plan = queries.safety_plan(dossier)
        assert plan.review_is_due
        assert [line.text for line in plan.parts[SafetyKind.THREAT]] == [TEXT, TEXT]


def test_f12_the_review_says_why_and_is_nothing_to_tick_off() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        threaten(dossier, by)
        with pytest.raises(Invalid):
            cases.review_risk(dossier, code="high", text="  ", by=by, at=NOW)
        assert len(reviews(dossier)) == 1


def test_f12_every_team_that_reads_the_plan_is_rung_and_no_authority() -> None:
    with as_user("nigora") as by:
        case = contact(by, NOW)
        share(case, by, "shelter-cases", "shirin", Category.CORE | Category.SAFETY)
        share(case, by, "clinic-cases", "mavluda", Category.CORE | Category.HEALTH)
        share(case, by, "police-cases", "pulod", CASE_CATEGORIES)
        threaten(case.dossier, by)
        owners = {duty.owner for duty in reviews(case.dossier)}
        assert owners == {team("ngo-cases"), team("shelter-cases")}
    with as_user("shirin") as other:
        threaten(case.dossier, other, NOW + DAY)
    with as_user("nigora"):
        assert len(reviews(case.dossier)) == 4


def test_f12_who_does_not_read_safety_neither_reads_nor_writes_the_plan() -> None:
    with as_user("nigora") as by:
        case = contact(by, NOW)
        share(case, by, "clinic-cases", "mavluda", CASE_CATEGORIES & ~Category.SAFETY)
        share(case, by, "police-cases", "pulod", CASE_CATEGORIES)
        threaten(case.dossier, by)
    with as_user("mavluda") as by:
        assert not SafetyEntry.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM cases_safetyentry")
            assert cursor.fetchone() == (0,)
        with pytest.raises(Gone):
            threaten(case.dossier, by)
    with as_user("pulod") as by:
        # Whatever was shared with an authority, it does not read the plan.
        assert not queries.reads_safety(by, case.dossier)
        with pytest.raises(Gone):
            threaten(case.dossier, by)


def test_f12_rules_of_safe_contact_end_and_stay_readable_and_threats_do_not_end() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        line = cases.write_safety(
            dossier, kind=SafetyKind.CONTACT, code="never_call", by=by, at=NOW
        )
        cases.write_safety(dossier, kind=SafetyKind.FAMILY, code="supports", by=by, at=NOW)
        assert reviews(dossier) == []
        cases.end_safety(line, by=by, at=NOW + DAY)
        (shown,) = queries.safety_plan(dossier).parts[SafetyKind.CONTACT]
        assert (shown.row.ended_at, shown.label) == (NOW + DAY, "Never call")
        with pytest.raises(NotPossible):
            cases.end_safety(line, by=by, at=NOW + DAY)
        with pytest.raises(NotPossible):
            cases.end_safety(threaten(dossier, by), by=by, at=NOW)


def test_f12_a_request_for_protection_has_a_clock_and_an_answer() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        agreed(dossier, by)
        asked = cases.ask_protection(dossier, to=team("police-cases"), **ASK, by=by, at=NOW)
        assert asked.due_at == policy.due("protection_reply", NOW)
        period = policy.period("protection_reply", policy.local_day(NOW))
        assert not period.verified
        with pytest.raises(Gone):
            cases.answer_protection(asked, answer="given", by=by, at=NOW)
    with as_user("pulod") as by:
        (duty,) = Duty.objects.filter(kind="protection.reply")
        assert (duty.owner, duty.due_at) == (team("police-cases"), asked.due_at)
        with pytest.raises(Invalid):
            cases.answer_protection(asked, answer="never", by=by, at=NOW)
        cases.answer_protection(asked, answer="given", by=by, at=NOW + DAY)
        with pytest.raises(NotPossible):
            cases.answer_protection(asked, answer="refused", by=by, at=NOW + DAY)
    with as_user("nigora"):
        ((row, text),) = queries.protections_of(dossier)
        assert (row.answer, row.answered_at, text) == ("given", NOW + DAY, TEXT)
        assert not Duty.objects.unsettled().filter(kind="protection.reply").exists()
        assert "protection.next" in {duty.kind for duty in owed.unsettled_on(dossier)}


def test_f12_the_police_see_only_the_request_before_and_after_their_answer() -> None:
    with as_user("nigora") as by:
        case = contact(by, NOW)
        agreed(case.dossier, by)
        threaten(case.dossier, by)
        cases.add_note(case.dossier, category=Category.STORY, text=TEXT, by=by, at=NOW)
        asked = cases.ask_protection(case.dossier, to=team("police-cases"), **ASK, by=by, at=NOW)
    tables = ("cases_case", "cases_note", "cases_fact", "cases_safetyentry", "cases_event")
    with as_user("pulod") as by:
        for _again in range(2):
            (row,) = ProtectionRequest.objects.all()
            assert (row.pk, row.measure) == (asked.pk, "patrol")
            assert [text for _row, text in queries.protections_of(case.dossier)] == [""]
            for table in tables:
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT count(*) FROM {table}")
                    assert cursor.fetchone() == (0,), table
            if row.state == "sent":
                cases.answer_protection(row, answer="given", by=by, at=NOW)
    with as_user("shirin") as by:
        assert not ProtectionRequest.objects.exists()
        with pytest.raises(Gone):
            cases.answer_protection(asked, answer="given", by=by, at=NOW)


def test_f12_nothing_is_asked_without_the_word_of_the_person() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        given: dict[str, Any] = {"to": team("police-cases"), **ASK, "by": by, "at": NOW}
        with pytest.raises(NoConsent):
            cases.ask_protection(dossier, **given)
        with pytest.raises(NoConsent):
            cases.ask_protection(child(by).dossier, **given)
        with pytest.raises(Invalid):
            cases.ask_protection(dossier, **(given | {"to": team("shelter-cases")}))
        assert not ProtectionRequest.objects.exists()


def test_f12_a_request_taken_back_or_a_consent_withdrawn_hides_it() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        agreed(dossier, by)
        given: dict[str, Any] = {"to": team("police-cases"), **ASK, "by": by, "at": NOW}
        first = cases.ask_protection(dossier, **given)
        cases.withdraw_protection(first, by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.withdraw_protection(first, by=by, at=NOW)
        second = cases.ask_protection(dossier, **given)
    with as_user("pulod"):
        assert [row.pk for row in ProtectionRequest.objects.all()] == [second.pk]
        assert Duty.objects.unsettled().filter(kind="protection.reply").count() == 1
    with as_user("nigora") as by:
        consent = queries.on_whose_word(dossier, team("police-cases"), Category.SAFETY, NOW)[0][0]
        referrals.withdraw_for_consent(consent, by=by, at=NOW)
        assert not Duty.objects.unsettled().filter(kind="protection.reply").exists()
        assert ProtectionRequest.objects.get(pk=second.pk).state == "withdrawn"
    with as_user("pulod"):
        assert not ProtectionRequest.objects.exists()
        assert not Duty.objects.unsettled().filter(kind="protection.reply").exists()


def test_f12_whom_the_person_excludes_owes_no_answer_any_more() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        agreed(dossier, by)
        cases.ask_protection(dossier, to=team("police-cases"), **ASK, by=by, at=NOW)
        referrals.exclude(dossier, kind="unit", unit=team("police-cases").unit, by=by, at=NOW)
        assert ProtectionRequest.objects.get().state == "withdrawn"
        assert not Duty.objects.unsettled().filter(kind="protection.reply").exists()


def test_review_is_due_while_the_last_word_is_a_threat() -> None:
    threat, review = (SafetyKind.THREAT.value, NOW), (SafetyKind.REVIEW.value, NOW + DAY)
    assert not review_is_due([])
    assert not review_is_due([review])
    assert review_is_due([threat])
    assert not review_is_due([threat, review])
    assert review_is_due([review, (SafetyKind.THREAT.value, NOW + DAY)])


def right(dossier: Dossier, by: Any, **fields: Any) -> RightEntry:
    plain: dict[str, Any] = {
        "code": "lawyer",
        "state": RightState.EXPLAINED,
        "language": "tg",
        "at": NOW,
    }
    return cases.record_right(dossier, by=by, **(plain | {"on": policy.local_day(NOW)} | fields))


def test_f11_refusing_a_right_without_reason_is_not_saved() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        with pytest.raises(Invalid) as refused:
            right(dossier, by, state=RightState.REFUSED, reason=" ")
        assert refused.value.field == "reason"
        assert not RightEntry.objects.exists()
        right(dossier, by, state=RightState.REFUSED, reason=TEXT)
        (line,) = [one for one in queries.rights_of(dossier, NOW) if one.entries]
        assert (line.state, line.entries[0][1]) == ("refused", TEXT)


def test_f11_the_case_lists_each_right_with_date_and_language() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        day = policy.local_day(NOW)
        right(dossier, by, on=day - 2 * DAY)
        right(dossier, by, state=RightState.CLAIMED, language="ru", at=NOW + DAY)
        lines = queries.rights_of(dossier, NOW)
        assert [one.code for one in lines] == [one.code for one in policy.codes("rights", day)]
        (lawyer,) = [one for one in lines if one.entries]
        told = [(row.state, row.on, row.language) for row, _text in lawyer.entries]
        assert told == [("explained", day - 2 * DAY, "tg"), ("claimed", day, "ru")]
        assert (lawyer.state, bool(lawyer.source)) == ("claimed", True)


@pytest.mark.parametrize(
    ("field", "value"), [("code", "none"), ("language", "xx"), ("on", NOW.date() + 2 * DAY)]
)
def test_f11_unknown_rights_languages_and_days_to_come_are_refused(field: str, value: Any) -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        with pytest.raises(Invalid) as refused:
            right(dossier, by, **{field: value})
        assert refused.value.field == field


def test_f11_rights_belong_to_services() -> None:
    with as_user("nigora") as by:
        case = contact(by, NOW)
        right(case.dossier, by)
        share(case, by, "clinic-cases", "mavluda", Category.CORE | Category.HEALTH)
    with as_user("mavluda") as by:
        assert not RightEntry.objects.exists()
        with pytest.raises(Gone):
            right(case.dossier, by)
    assert user("mavluda").unit_id
