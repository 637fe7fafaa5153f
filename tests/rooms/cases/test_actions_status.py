"""Statuses, assessments and what is kept apart."""

from typing import Any

import pytest
from django.db import transaction
from django.db.utils import ProgrammingError

from panoh.access import actions as access
from panoh.access.models import Dossier, User
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import ApartFact, Case, Event, Fact
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible
from tests.factories.cases import AT, LATER, again, contact, kinds, record, share
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


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


def test_a6_the_same_standing_noted_twice_is_one_fact() -> None:
    with as_user("nigora") as by:
        dossier = contact(by).dossier
        for code in ("applied", "applied", "not_wanted"):
            cases.note_status(dossier, code=code, by=by, at=AT)
        rows = Fact.objects.filter(dossier=dossier, field="victim_law_status")
        assert sorted(row.code for row in rows) == ["applied", "not_wanted"]
        assert rows.get(removed_at=None).code == "not_wanted"


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
            assess(case, by, "domestic", "case_category")
        with pytest.raises(Invalid):
            assess(case, by, "convicted")
        share(case, by, "hotline-cases", "hadia", Category.CORE)
        share(case, by, "clinic-cases", "mavluda", Category.CORE | Category.STORY)
    with as_user("hadia") as by, pytest.raises(NotPossible):
        assess(case, by, "presumed")  # without the story nobody says why
    with as_user("mavluda") as by:
        assert assess(case, by, "presumed").unit_type == "health_service"


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
