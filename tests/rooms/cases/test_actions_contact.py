"""First contact and its urgency: as accounts of several units."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from panoh.access import actions as access
from panoh.access.models import User
from panoh.access.queries import by_ref, grants_on, may
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Case, Event
from panoh.duties import queries as owed
from panoh.kernel.rules import Category, Gone, Invalid, Refused
from panoh.policy import queries as policy
from tests.factories.cases import AT, again, contact, kinds, record
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


def test_two_answers_are_enough_and_the_rest_is_a_duty() -> None:
    with as_user("nigora") as by:
        case = cases.open_contact(
            team=team("ngo-cases"), safe_to_talk="yes", danger_now="none", by=by, at=AT
        )
        found = again(case)
        assert (found.age_branch, found.scope, found.urgency) == (
            "unknown",
            "not_yet_known",
            "routine",
        )
        duty = owed.unsettled_on(case.dossier)[0]
        assert (duty.kind, duty.due_at) == ("case.later_questions", AT + timedelta(hours=72))
        assert [step.label for step in queries.timeline(case.dossier)] == ["First contact"]
        assert not queries.may_send(case.dossier)
        assert [grant.team for grant in grants_on(case.dossier)] == [team("ngo-cases")]


def test_who_was_asked_everything_owes_no_later_questions() -> None:
    everything: dict[str, Any] = {"age_band": "age_21_29", "channel": "in_person"}
    everything |= {"contact_source": "self", "children": "none"}
    with as_user("nigora") as by:
        assert "case.later_questions" in kinds(contact(by))
        assert "case.later_questions" not in kinds(contact(by, **everything))


def test_a2_every_profession_that_meets_people_may_open_a_case() -> None:
    meeting = {"ngo", "hot", "pol", "cons", "lab", "soc", "med", "chd", "jam", "shl"}
    able = {code for code, may in policy.roles().items() if Permission.CONTACT_CREATE in may}
    assert meeting <= able


def test_a2_a_labour_inspector_opens_a_case_with_two_answers_and_no_police_step() -> None:
    with as_user("admin") as admin:
        by_admin: dict[str, Any] = {"by": admin, "at": AT}
        unit = access.add_unit(
            code="labour",
            name="Fictional Inspection",
            kind="labour_inspectorate",
            district="tj_3505401",
            duty_phone="",
            **by_admin,
        )
        inspectors = access.add_team(unit=unit, name="site visits", is_intake=True, **by_admin)
        inspector, _code = access.invite(
            unit=unit, username="zafar", display_name="Zafar", language="tg", **by_admin
        )
        access.appoint(user=inspector, role="lab", **by_admin)
        access.join(user=inspector, team=inspectors, **by_admin)
    with as_user(User.objects.get(pk=inspector.pk)) as by:
        case = cases.open_contact(
            team=inspectors, safe_to_talk="yes", danger_now="none", by=by, at=AT
        )
        assert [grant.team for grant in grants_on(case.dossier)] == [inspectors]
        assert kinds(case) == ["case.later_questions"]
    with as_user("pulod"):
        assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"safe_to_talk": ""}, "safe_to_talk"),
        ({"danger_now": ""}, "danger_now"),
        ({"danger_now": "maybe"}, "danger_now"),
        ({"sex": "robot"}, "sex"),
        ({"district": "nowhere"}, "district"),
        ({"birth_year": 1800}, "birth_year"),
        ({"birth_year": 2027}, "birth_year"),
        ({"age_band": "age_4_8"}, "age_branch"),
        ({"scope": ""}, "scope"),
    ],
)
def test_an_answer_outside_the_list_is_refused_by_name(given: dict[str, Any], field: str) -> None:
    with as_user("nigora") as by:
        with pytest.raises(Invalid) as refusal:
            contact(by, **given)
        assert refusal.value.field == field
        assert not Case.objects.exists()


def test_a_column_that_is_no_question_is_a_mistake() -> None:
    with as_user("nigora") as by, pytest.raises(KeyError):
        contact(by, state="closed")


def test_the_same_form_sent_twice_saves_once() -> None:
    form = uuid4()
    with as_user("nigora") as by:

        def send() -> Case:
            return cases.open_contact(
                team=team("ngo-cases"),
                safe_to_talk="yes",
                danger_now="none",
                submission=form,
                by=by,
                at=AT,
            )

        assert send().pk == send().pk
        assert Case.objects.count() == 1
    with as_user("shirin") as other, pytest.raises(IntegrityError), transaction.atomic():
        cases.open_contact(
            team=team("shelter-cases"),
            safe_to_talk="yes",
            danger_now="none",
            submission=form,
            by=other,
            at=AT,
        )


def test_age_decides_the_branch() -> None:
    with as_user("nigora") as by:
        assert contact(by, age_branch="", birth_year=2015).age_branch == "child"
        assert contact(by, age_branch="", birth_year=1990).age_branch == "adult"
        assert contact(by, age_branch="", birth_year=2008).age_branch == "unknown"
        assert contact(by, age_branch="", age_band="age_14_17").age_branch == "child"
        assert contact(by, age_branch="adult", age_band="unknown").age_branch == "adult"
        child = contact(by, age_branch="child")
        assert (child.sensitivity, queries.may_send(child.dossier)) == ("high", False)


def test_who_has_no_permission_opens_nothing() -> None:
    with as_user("nigora") as by:
        case = contact(by)
    with as_user("ibrohim") as other:
        with pytest.raises(Refused):
            contact(other)
        with pytest.raises(Gone):
            queries.case_of(case.dossier)
    for outside in ("lola", "shirin", "pulod"):
        with as_user(outside) as other:
            for table in (Case, Event):
                assert not table.objects.exists()
            with pytest.raises(Gone):
                by_ref(case.dossier.ref)
            with pytest.raises(Gone):
                cases.close(case.dossier, reason="contact_lost", by=other, at=AT)


def test_a17_an_immediate_case_alerts_the_duty_officer_of_the_team_and_nobody_else() -> None:
    with as_user("nigora") as by:
        case = contact(by, danger_now="injury")
        alert = next(d for d in owed.unsettled_on(case.dossier) if d.kind == "urgent.alert")
        assert (case.urgency, case.urgency_rank, alert.urgency_rank) == ("immediate", 1, 1)
        assert alert.owner == team("ngo-cases")
        assert [step.code for step in queries.first_steps(case)] == ["doctor_now"]
    with as_user("safar") as officer:
        assert owed.alerts_for(officer) == [alert]
    with as_user("pulod") as police:
        assert owed.alerts_for(police) == []


def test_a17_a_sign_told_later_rings_once_and_moves_the_queue() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "triage_signs", "forced_sex_5_days", "thoughts_of_dying", by=by)
        case = again(case)
        assert case.urgency == "immediate"
        steps = queries.first_steps(case)
        assert [step.code for step in steps] == ["doctor_now", "safety_steps"]
        assert str(steps[0].windows[0].standing.label)
        assert "urgent.alert" in kinds(case)
        assert {duty.urgency_rank for duty in owed.unsettled_on(case.dossier)} == {1}
        record(case, "triage_signs", by=by)
        assert again(case).urgency == "routine"
        record(case, "triage_signs", "injury", by=by)
        assert kinds(case).count("urgent.alert") == 1


def test_a17_a_person_decides_and_the_order_explains_itself() -> None:
    with as_user("nigora") as by:
        case = contact(by, danger_now="danger")
        assert queries.why_urgent(case, user=by) == ["Danger"]
        cases.change(
            case.dossier, changes={"urgency_chosen": "within_72h"}, seen_version=1, by=by, at=AT
        )
        case = again(case)
        assert case.urgency == "within_72h"
        assert queries.why_urgent(case, user=by) == ["chosen by a colleague"]
        duty = next(d for d in owed.told(owed.owed_by(), AT) if d.duty.kind == "urgent.alert")
        assert "Within 72 hours" in duty.why


def test_a17_who_may_not_read_health_says_injury_now_and_the_wall_stays() -> None:
    with as_user("pulod") as by:
        assert not may(by, Permission.HEALTH_READ)
        case = contact(by, in_team="police-cases", danger_now="injury")
        assert (case.urgency, kinds(case)[-1]) == ("immediate", "urgent.alert")
        assert [step.code for step in queries.first_steps(case)] == ["doctor_now"]
        assert not queries.readable(by, case.dossier) & Category.HEALTH
