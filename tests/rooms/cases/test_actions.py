"""First contact, answers, assessments, notes, closing: as accounts of several units."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from panoh.access import actions as access
from panoh.access.models import Dossier, User
from panoh.access.queries import by_ref, grants_on
from panoh.access.rules import Permission
from panoh.audit import queries as audited
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import FACTS, ApartFact, Case, Event, Fact, Note
from panoh.cases.rules import Arrival
from panoh.duties import actions as duties
from panoh.duties import queries as owed
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused, Stale
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from tests.factories.cases import AT, contact
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)
FAR = AT + timedelta(weeks=5000)


def again(case: Case) -> Case:
    return queries.case_of(Dossier.objects.get(pk=case.pk))


def kinds(case: Case) -> list[str]:
    return sorted(duty.kind for duty in owed.unsettled_on(case.dossier))


def record(case: Case, field: str, *codes: str, by: User, **more: Any) -> list[Fact]:
    return cases.record_facts(case.dossier, field=field, codes=codes, by=by, at=AT, **more)


def share(case: Case, by: User, to: str, receiver: str, categories: Category) -> None:
    """Let another team accept what is offered."""
    source = uuid4()
    given: dict[str, Any] = {"source_id": source, "until": FAR, "at": AT}
    access.offer(case.dossier, to=team(to), categories=categories, by=by, **given)
    with as_user(receiver) as other:
        access.release(case.dossier, by=other, **given)


# -- the first contact -------------------------------------------------------------------------


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


# -- A17: urgency ------------------------------------------------------------------------------


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


# -- changing ----------------------------------------------------------------------------------


def change(case: Case, by: User, seen: int, **changes: Any) -> Case:
    return cases.change(case.dossier, changes=changes, seen_version=seen, by=by, at=LATER)


def test_a_stale_form_shows_both_and_loses_neither() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        assert change(case, by, 1, sex="man").version == 2
    with as_user("safar") as other:
        with pytest.raises(cases.Changed) as both:
            change(case, other, 1, sex="own_words", language="ru")
        assert both.value.theirs == {"sex": "man", "language": "tg"}
        assert both.value.yours == {"sex": "own_words", "language": "ru"}
        assert isinstance(both.value, Stale)
        assert again(case).sex == "man"
        assert change(case, other, 1, sex="man").version == 2  # the same answer is no conflict
        assert change(case, other, 2, sex="own_words").sex == "own_words"


def test_answering_everything_ends_the_duty() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        assert kinds(case) == ["case.later_questions"]
        rest = {
            "age_band": "age_21_29",
            "channel": "telephone",
            "contact_source": "self",
            "children": "not_yet_known",
        }
        change(case, by, 1, **rest)
        assert kinds(case) == []
        summary = queries.summary(case.dossier)
        assert summary["age_band"] == "21 to 29 years"
        assert summary["district"]


def test_a13_saving_without_a_scope_is_refused() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        assert again(case).scope == "not_yet_known"
        with pytest.raises(Invalid):
            change(case, by, 1, scope="")
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(scope="")


def test_a13_the_district_table_splits_four_ways_and_sums_to_all_cases() -> None:
    with as_user("nigora") as by:
        scopes = ["internal", "transnational", "both", "not_yet_known", "internal"]
        for scope in scopes:
            contact(by, scope=scope)
        contact(by, scope="both", district="tj_3501266")
        table = queries.by_district()
        assert table["tj_3505401"] == {
            "both": 1,
            "internal": 2,
            "not_yet_known": 1,
            "transnational": 1,
        }
        total = sum(sum(row.values()) for row in table.values())
        assert total == Case.objects.count() == 6
    with as_user("shirin"):
        assert queries.by_district() == {}


# -- facts -------------------------------------------------------------------------------------


def test_a9_every_form_is_selectable_and_an_old_case_shows_the_list_of_its_date() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        forms = [code.code for code in queries.offered("exploitation_forms")]
        assert len(forms) == 12
        plain = [code for code in forms if not queries.is_apart("exploitation_forms", code)]
        record(case, "exploitation_forms", *plain, by=by)
        assert queries.codes_of(case.dossier, "exploitation_forms") == plain
        facts = queries.facts_of(case.dossier, ["exploitation_forms"])
        assert {fact.list_on for fact in facts} == {policy.local_day(AT)}
        assert dict(queries.labelled(facts))[facts[0]] == policy.label(
            "exploitation_forms", facts[0].code, policy.local_day(AT)
        )


def test_an_answer_that_no_longer_holds_keeps_its_row() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "means", "deceit", "violence", by=by)
        record(case, "means", "violence", "blackmail", by=by)
        assert queries.codes_of(case.dossier, "means") == ["blackmail", "violence"]
        past = queries.facts_of(case.dossier, ["means"], past=True)
        assert [(fact.code, fact.removed_at) for fact in past] == [
            ("deceit", AT),
            ("blackmail", None),
            ("violence", None),
        ]
        with pytest.raises(Invalid):
            record(case, "means", "magic", by=by)
        with pytest.raises(Invalid):
            record(case, "travel_papers", "held", "lost", "no_such", by=by)


def test_two_people_who_answer_the_same_question_lose_nothing() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "means", "deceit", by=by, seen=[])
    with as_user("safar") as other:
        with pytest.raises(cases.Changed) as both:
            record(case, "means", "violence", by=other, seen=[])
        assert (both.value.theirs, both.value.yours) == (
            {"means": ["deceit"]},
            {"means": ["violence"]},
        )
        record(case, "means", "deceit", by=other, seen=[])  # the same answer is no conflict
        record(case, "means", "deceit", "violence", by=other, seen=["deceit"])
        assert queries.codes_of(case.dossier, "means") == ["deceit", "violence"]
        with pytest.raises(KeyError):
            record(case, "trafficking", "presumed", by=other)


def test_a11_the_summary_builds_from_codes() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "acts", "recruitment", by=by)
        record(case, "exploitation_forms", "forced_labour", by=by)
        assert [str(one) for one in queries.elements(case.dossier).missing] == ["means"]
        record(case, "means", "false_promise_work", "withholds_documents", by=by)
        found = queries.elements(case.dossier)
        assert found.complete
        assert found.purposes == ("forced_labour",)
        child = contact(by, age_branch="child")
        record(child, "acts", "harbouring", by=by)
        record(child, "exploitation_forms", "begging", by=by)
        assert queries.elements(child.dossier).complete
        then = contact(by, under_18_then="yes")
        record(then, "acts", "harbouring", by=by)
        record(then, "exploitation_forms", "begging", by=by)
        assert queries.elements(then.dossier).complete


def test_a11_each_means_takes_a_sealed_note() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        fact = record(case, "means", "threats", by=by, notes={"threats": "He rang her mother."})[0]
        assert b"mother" not in bytes(Fact.objects.get(pk=fact.pk).note or b"")
        assert queries.note_texts([fact]) == {fact.pk: "He rang her mother."}
        record(case, "means", "threats", by=by, notes={"threats": "He rang twice."})
        fact = queries.facts_of(case.dossier, ["means"])[0]
        assert vault.open(fact, "note") == "He rang twice."
        share(case, by, "shelter-cases", "shirin", Category.CORE)
    with as_user("shirin"):
        fact = queries.facts_of(case.dossier, ["means"])[0]
        assert queries.note_texts([fact]) == {}  # the code is shared, the story is not


def test_facts_are_seen_with_the_category_of_their_question() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        record(case, "means", "threats", by=by)
        record(case, "triage_signs", "pregnant", by=by)
        record(case, "vulnerabilities", "debt", by=by)
        record(case, "immigration_status", "overstay", by=by)
        share(case, by, "shelter-cases", "shirin", Category.CORE | Category.HEALTH)
        share(case, by, "hotline-cases", "hadia", Category.CORE | Category.LEGAL)
    with as_user("shirin") as shelter:
        seen = {fact.field for fact in queries.facts_of(case.dossier, user=shelter)}
        assert seen == {"means", "triage_signs"}
        assert queries.readable(shelter, case.dossier) == Category.CORE | Category.HEALTH
        with pytest.raises(Refused):
            record(case, "immigration_status", "regular", by=shelter)
        with pytest.raises(Gone):
            record(case, "vulnerabilities", by=shelter)
    with as_user("hadia") as hotline:  # the grant is there, the role is not
        assert {fact.field for fact in queries.facts_of(case.dossier, user=hotline)} == {"means"}


def test_a19_what_is_shared_by_default_has_no_immigration_field() -> None:
    """The lines before acceptance, and every fact of the core: no status, no papers."""
    words = ("immigration", "papers", "status", "citizenship")
    assert not [name for name in queries.Minimum.__dataclass_fields__ if name in words]
    for field, question in FACTS.items():
        if any(word in field for word in words):
            assert question.category == Category.LEGAL


# -- A6, A8, A3, A20 ---------------------------------------------------------------------------


def snapshot(case: Case, by: User) -> dict[str, Any]:
    """Everything that is computed from a case, and every right on it."""
    case = again(case)
    columns = ("trafficking", "smuggling", "case_category", "scope", "urgency", "identified_by")
    return {
        "urgency": (case.urgency, case.urgency_rank, queries.why_urgent(case, user=by)),
        "sensitivity": queries.sensitivity(case),
        "elements": queries.elements(case.dossier),
        "minimum": queries.minimum(case.dossier),
        "may_send": queries.may_send(case.dossier),
        "readable": queries.readable(by, case.dossier),
        "duties": kinds(case),
        "totals": {column: queries.totals(column) for column in columns},
        "districts": queries.by_district(),
        "assessed": (case.trafficking, case.case_category),
    }


def test_a6_flipping_consented_changes_no_score_right_service_or_total() -> None:
    with as_user("nigora") as by:
        case = contact(by, danger_now="danger")
        record(case, "means", "deceit", by=by)
        record(case, "acts", "transfer", by=by)
        before = snapshot(case, by)
        for answer in ("yes", "no", "not_yet_known"):
            record(case, "consented", answer, by=by)
            assert snapshot(case, by) == before


def test_a6_statuses_stand_apart_and_change_nothing_either() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        before = snapshot(case, by)
        record(case, "procedural_status", "accused", by=by)
        record(case, "victim_law_status", "refused", by=by)
        assert snapshot(case, by) == before
        assert queries.codes_of(case.dossier, "procedural_status") == ["accused"]
        assert queries.codes_of(case.dossier, "victim_law_status") == ["refused"]
        with pytest.raises(Invalid):
            record(case, "procedural_status", "witness", "accused", by=by)


def test_a8_a_vulnerable_migrant_enters_without_status_and_moves_no_other_total() -> None:
    with as_user("nigora") as by:
        contact(by)
        before = queries.totals("trafficking")
        migrant = contact(by)
        cases.classify(migrant.dossier, code="vulnerable_migrant", by=by, at=LATER)
        assert queries.totals("case_category") == {"potential": 1, "vulnerable_migrant": 1}
        assert queries.totals("trafficking") == {"not_assessed": before["not_assessed"] + 1}
        with pytest.raises(NotPossible):
            cases.classify(migrant.dossier, code="vulnerable_migrant", by=by, at=AT)
        found = [fact.code for fact in queries.history(migrant.dossier, "case_category")]
        assert found == ["vulnerable_migrant"]
        assert queries.timeline(migrant.dossier)[0].detail == "Vulnerable migrant"


def assess(case: Case, by: User, code: str, field: str = "trafficking") -> Fact:
    return cases.assess(
        case.dossier, field=field, code=code, reason="What was told fits.", by=by, at=AT
    )


def test_a3_the_finding_of_an_ngo_has_the_fields_and_weight_of_a_police_one() -> None:
    found = {}
    for account, in_team in (("nigora", "ngo-cases"), ("pulod", "police-cases")):
        with as_user(account) as by:
            case = contact(by, in_team=in_team)
            fact = assess(case, by, "presumed")
            case = again(case)
            columns = {
                field.name: getattr(case, field.name)
                for field in Case._meta.fields
                if field.name not in {"dossier", "opened_by", "identified_by"}
            }
            found[case.identified_by] = (columns, fact.code, fact.category)
            assert queries.totals("identified_by") == {case.identified_by: 1}
            assert queries.totals("trafficking") == {"presumed": 1}
    assert found.keys() == {"ngo", "police"}
    assert found["ngo"] == found["police"]


def test_a20_reclassifying_keeps_both_versions_and_moves_totals_by_one() -> None:
    with as_user("nigora") as by:
        case, other = contact(by), contact(by)
        assess(case, by, "presumed")
        assess(other, by, "presumed")
        assess(case, by, "presumed", "smuggling")
        before = queries.totals("trafficking"), queries.totals("smuggling")
    with as_user("safar") as second:
        cases.assess(
            case.dossier,
            field="trafficking",
            code="not_trafficking",
            reason="Nobody profited.",
            by=second,
            at=LATER,
        )
        assert before[0] == {"presumed": 2}
        assert queries.totals("trafficking") == {"not_trafficking": 1, "presumed": 1}
        assert queries.totals("smuggling") == before[1]  # each is assessed apart
        versions = queries.history(case.dossier, "trafficking")
        assert [(one.code, one.added_by, one.added_at) for one in versions] == [
            ("not_trafficking", second, LATER),
            ("presumed", by, AT),
        ]
        assert list(queries.note_texts(versions).values()) == [
            "Nobody profited.",
            "What was told fits.",
        ]
        assert again(case).identified_by == "ngo"


def test_an_assessment_needs_a_reason_and_a_person_who_may() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        with pytest.raises(Invalid):
            cases.assess(
                case.dossier, field="trafficking", code="presumed", reason=" ", by=by, at=AT
            )
        with pytest.raises(KeyError):
            assess(case, by, "presumed", "weather")
        with pytest.raises(Invalid):
            assess(case, by, "convicted")
        share(case, by, "hotline-cases", "hadia", Category.CORE)
        share(case, by, "clinic-cases", "mavluda", Category.CORE | Category.STORY)
    with as_user("hadia") as by, pytest.raises(NotPossible):
        assess(case, by, "presumed")  # without the story nobody says why
    with as_user("mavluda") as by:
        assert assess(case, by, "presumed").unit_type == "health_service"


# -- A10 ---------------------------------------------------------------------------------------


def flag(case: Case, by: User) -> ApartFact:
    return cases.flag(case.dossier, field="exploitation_forms", code="armed_groups", by=by, at=AT)


def test_a10_the_flag_is_kept_apart_and_opens_the_review() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        before = snapshot(case, by)
        fact = flag(case, by)
        assert flag(case, by).pk == fact.pk
        assert queries.apart_facts(case.dossier, user=by) == [fact]
        after = snapshot(case, by)
        assert after.pop("duties") == [*before.pop("duties"), "non_punishment_review"]
        assert after == before  # no list, order, count or packet knows of it
        assert queries.codes_of(case.dossier, "exploitation_forms") == []
        assert {row.event for row in Event.objects.all()} == {"case.opened"}
        with pytest.raises(Invalid):
            record(case, "exploitation_forms", "armed_groups", by=by)
        with pytest.raises(Invalid):
            cases.flag(case.dossier, field="exploitation_forms", code="begging", by=by, at=AT)
        cases.unflag(fact, by=by, at=LATER)
        assert queries.apart_facts(case.dossier, user=by) == []
        assert kinds(case) == ["case.later_questions"]
        with pytest.raises(Gone):
            cases.unflag(fact, by=by, at=LATER)


def test_a10_no_grant_opens_it_and_an_authority_gets_not_found() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        fact = flag(case, by)
        everything = Category(511)
        share(case, by, "legal-cases", "latif", everything)
        share(case, by, "police-cases", "pulod", everything)
    for account in ("latif", "pulod"):
        with as_user(account) as other:
            assert not ApartFact.objects.exists()
            assert "non_punishment_review" not in kinds(case)
            with pytest.raises(Gone):
                queries.apart_facts(case.dossier, user=other)
            with pytest.raises(Gone):
                flag(case, other)
            with pytest.raises(Gone):
                cases.unflag(fact, by=other, at=AT)


def test_a10_not_even_a_police_team_that_holds_the_case_sees_it() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        flag(case, by)
        share(case, by, "police-cases", "pulod", Category(511))
        access.hand_over(case.dossier, to=team("police-cases"), by=by, at=AT)
    with as_user("pulod") as police:
        dossier = Dossier.objects.get(pk=case.pk)
        assert dossier.holder == team("police-cases")
        assert not ApartFact.objects.exists()
        assert not Duty.objects.filter(kind="non_punishment_review").exists()
        with pytest.raises(Gone):
            queries.apart_facts(dossier, user=police)
        with pytest.raises(ProgrammingError), transaction.atomic():
            ApartFact(
                dossier=dossier,
                field="exploitation_forms",
                list_name="exploitation_forms",
                code="armed_groups",
                list_on=AT.date(),
                added_at=AT,
            ).save(force_insert=True)


def test_a10_nothing_that_lists_sorts_or_exports_knows_the_field() -> None:
    names = {field.name for model in (Case, Event) for field in model._meta.fields}
    assert not [name for name in names if "armed" in name or "apart" in name]
    assert not hasattr(ApartFact.Privacy, "open")
    with pytest.raises(KeyError):
        queries.totals("armed_groups")


# -- notes -------------------------------------------------------------------------------------


def test_notes_are_sealed_in_their_category() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        for category in (Category.STORY, Category.HEALTH):
            cases.add_note(case.dossier, category=category, text=f"canary {category}", by=by, at=AT)
        assert not [note for note in Note.objects.all() if b"canary" in bytes(note.text or b"")]
        read = cases.read_notes(case.dossier, category=Category.STORY, by=by, at=AT)
        assert [text for _, text in read] == [f"canary {Category.STORY}"]
        events = [row.event for row in audited.who_saw(case.pk)]
        assert events[0] == "note.read"
        form = uuid4()
        given: dict[str, Any] = {"category": Category.SAFETY, "text": "x", "submission": form}
        first = cases.add_note(case.dossier, by=by, at=AT, **given)
        assert cases.add_note(case.dossier, by=by, at=AT, **given) == first
        cases.add_note(case.dossier, category=Category.LEGAL, text="x", by=by, at=AT)
        labels = [step.event.detail for step in queries.timeline(case.dossier)]
        assert "safety" in labels
        assert "legal" not in labels
        with pytest.raises(Invalid):
            cases.add_note(case.dossier, category=Category.STORY, text=" ", by=by, at=AT)
        share(case, by, "shelter-cases", "shirin", Category.CORE | Category.HEALTH)
    with as_user("shirin") as shelter:
        assert {note.category for note in Note.objects.all()} == {int(Category.HEALTH)}
        read = cases.read_notes(case.dossier, category=Category.HEALTH, by=shelter, at=AT)
        assert [text for _, text in read] == [f"canary {Category.HEALTH}"]
        with pytest.raises(Gone):
            cases.read_notes(case.dossier, category=Category.STORY, by=shelter, at=AT)
        with pytest.raises(Gone):
            cases.add_note(case.dossier, category=Category.STORY, text="x", by=shelter, at=AT)
        with pytest.raises(Refused):
            cases.add_note(case.dossier, category=Category.HEALTH, text="x", by=shelter, at=AT)


# -- closing -----------------------------------------------------------------------------------


def test_a_case_closes_with_a_reason_and_its_duties_end_with_it() -> None:
    with as_user("nigora") as by:
        case = contact(by, danger_now="danger")
        duties.open(
            "referral.reply", owner=team("shelter-cases"), dossier=case.dossier, by=by, at=AT
        )
        with pytest.raises(Invalid):
            cases.close(case.dossier, reason="bored", by=by, at=AT)
        cases.close(case.dossier, reason="contact_lost", by=by, at=LATER)
        found = again(case)
        assert (found.state, found.close_reason, found.closed_at) == (
            "closed",
            "contact_lost",
            LATER,
        )
        assert kinds(case) == ["case.close_review"]
        assert queries.timeline(case.dossier)[0].detail == "Contact lost"
        with pytest.raises(NotPossible):
            cases.close(case.dossier, reason="contact_lost", by=by, at=LATER)
        with pytest.raises(NotPossible):
            change(case, by, found.version, sex="man")
        assert not queries.is_open(case.dossier)


def test_a_case_reopens_at_any_time() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        with pytest.raises(NotPossible):
            cases.reopen(case.dossier, by=by, at=LATER)
        cases.close(case.dossier, reason="contact_lost", by=by, at=LATER)
        cases.reopen(case.dossier, by=by, at=AT + timedelta(weeks=200))
        found = again(case)
        assert (found.state, found.close_reason, found.closed_at) == ("open", "", None)
        labels = [step.label for step in queries.timeline(case.dossier)]
        assert labels == ["Case opened again", "Case closed", "First contact"]


def test_opening_the_page_is_recorded_with_what_it_showed() -> None:
    with as_user("nigora") as by:
        case = contact(by, citizenship="TJ", birth_year=1990)
        cases.read(case.dossier, fields=["core", "story"], by=by, at=AT)
        seen = audited.who_saw(case.pk)[0]
        assert (seen.event, list(seen.fields)) == ("case.read", ["core", "story"])
        shown = queries.summary(case.dossier)
        assert (shown["citizenship"], shown["birth_year"]) == ("Tajikistan", "1990")


def test_a_receiver_does_not_close_the_case_of_the_holder() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        share(case, by, "shelter-cases", "shirin", Category.CORE)
    with as_user("shirin") as shelter:
        with pytest.raises(NotPossible):
            cases.close(case.dossier, reason="contact_lost", by=shelter, at=AT)
        assert change(case, shelter, 1, children="two").children == "two"


def test_the_timeline_takes_lines_of_rooms_above() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        subject = uuid4()
        row = cases.tell(case.dossier, "referral.sent", subject_id=subject, by=by, at=LATER)
        assert queries.timeline(case.dossier)[0].event == row
        assert row.subject_id == subject


# -- lists -------------------------------------------------------------------------------------


def test_the_list_is_newest_first_and_goes_on() -> None:
    with as_user("nigora") as by:
        made = [contact(by, AT + timedelta(minutes=minute)) for minute in range(3)]
        newest = queries.recent(limit=2)
        assert [case.pk for case in newest] == [made[2].pk, made[1].pk]
        assert newest[0].dossier.ref == made[2].dossier.ref
        rest = queries.recent(queries.place_of(newest[-1]))
        assert [case.pk for case in rest] == [made[0].pk]
        assert queries.cases_of([made[0].pk])[made[0].pk] == made[0]
        assert queries.name_of([case.dossier for case in made], by=by, at=AT) == {}
    with as_user("shirin"):
        assert queries.recent() == []
        assert queries.cases_of([case.pk for case in made]) == {}


def test_countries_are_named_in_the_language_of_the_reader() -> None:
    names = dict(queries.countries())
    assert names["TJ"] == "Tajikistan"
    assert len(names) > 200
    assert all(code.isalpha() and len(code) == 2 for code in names)


def test_the_list_costs_few_queries() -> None:
    with as_user("nigora") as by:
        for _ in range(5):
            contact(by)
        connection.queries_log.clear()
        connection.force_debug_cursor = True
        try:
            queries.recent()
            assert len(connection.queries_log) <= 3
        finally:
            connection.force_debug_cursor = False


# -- many at once ------------------------------------------------------------------------------


def arrive(by: User, *rows: Arrival) -> list[Case]:
    return cases.open_contact_many(rows, team=team("ngo-cases"), by=by, at=AT)


def test_many_arrive_at_once_as_they_would_one_by_one() -> None:
    row = Arrival(
        answers={"age_branch": "adult", "sex": "man", "birth_year": 1990, "citizenship": "TJ"},
        facts={
            "exploitation_forms": ["forced_labour", "armed_groups"],
            "trafficking": ["presumed"],
            "triage_signs": ["no_bed_tonight"],
            "travel_papers": ["withheld"],
        },
        notes=[(Category.STORY, "canary of the story")],
    )
    with as_user("nigora") as by:
        first, blank = arrive(by, row, Arrival())
        found = again(first)
        assert (found.sex, found.trafficking, found.identified_by) == ("man", "presumed", "ngo")
        assert found.urgency == "within_24h"
        assert queries.codes_of(first.dossier, "exploitation_forms") == ["forced_labour"]
        assert [fact.code for fact in queries.apart_facts(first.dossier, user=by)] == [
            "armed_groups"
        ]
        assert kinds(first) == ["non_punishment_review"]
        note = cases.read_notes(first.dossier, category=Category.STORY, by=by, at=AT)
        assert [text for _, text in note] == ["canary of the story"]
        assert again(blank).sex == ""  # not reported, which is not "no"
        assert kinds(blank) == []
        assert [case.pk for case in queries.recent()] == [blank.pk, first.pk]
        assert arrive(by) == []
    with as_user("shirin"):
        assert not Case.objects.exists()


def test_many_are_checked_like_one() -> None:
    day = policy.local_day(AT)
    wrong = [
        Arrival(answers={"sex": "robot"}),
        Arrival(facts={"means": ["magic"]}),
        Arrival(facts={"trafficking": ["presumed", "identified"]}),
    ]
    assert queries.fault_of(Arrival(), day) is None
    with as_user("nigora") as by:
        for row in wrong:
            fault = queries.fault_of(row, day)
            assert fault is not None
            with pytest.raises(Invalid) as refusal, transaction.atomic():
                arrive(by, row)
            assert refusal.value.field == fault.field
    with as_user("safar") as social_worker, pytest.raises(Refused):
        arrive(social_worker, Arrival(facts={"travel_papers": ["lost"]}))
    with as_user("pulod") as police, pytest.raises(Refused):
        cases.open_contact_many([Arrival()], team=team("police-cases"), by=police, at=AT)


def test_many_cost_a_few_queries() -> None:
    rows = [Arrival(answers={"sex": "man"}, notes=[(Category.STORY, "x")])] * 20
    with as_user("nigora") as by:
        connection.force_debug_cursor = True
        connection.queries_log.clear()
        try:
            arrive(by, *rows)
            assert len(connection.queries_log) < 25
        finally:
            connection.force_debug_cursor = False
