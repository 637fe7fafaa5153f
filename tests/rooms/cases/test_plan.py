"""The joint plan: who takes part, who reads what, and what becomes of tasks."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from panoh.access import actions as access
from panoh.access import queries as reach
from panoh.access.models import Dossier
from panoh.access.models.dossiers import Source
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.actions import Changed
from panoh.cases.models import Plan, PlanPart, PlanTask, PlanText
from panoh.cases.rules import TaskState, told
from panoh.consent.models import Consent
from panoh.duties.models import Duty
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.rules import ALWAYS
from tests.factories.cases import share
from tests.factories.children import advocate, child, decided
from tests.factories.plans import SHARED, agreed, joined, task, written
from tests.factories.referrals import NOW, accepted, answer, case, later
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TEXT, OWN = "Нақшаи муштараки канарӣ", "Ёддошти худии канарӣ"
TABLES = ("cases_plan", "cases_planpart", "cases_plantext", "cases_plantask")


def counts(tables: Iterable[str] = TABLES) -> list[int]:
    """Rows that the acting account finds straight in SQL, past every filter of ours."""
    found = []
    for table in tables:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found.append(int(cursor.fetchone()[0]))
    return found


def owed(kind: str, in_team: str) -> list[Duty]:
    return list(Duty.objects.unsettled().filter(kind=kind, owner=team(in_team)))


def shown(dossier: Dossier, by: Any) -> list[tuple[str, str]]:
    """The texts that an account reads: shared and own, part by part."""
    plan = queries.require_plan(dossier)
    found = queries.sections(plan, queries.areas_for(by, dossier), queries.my_side(plan))
    return [(shared.text, own.text) for shared, own in found]


def test_c3_two_organisations_edit_one_plan() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        written(dossier, TEXT, by=by)
    with as_user("shirin") as by:
        (section, _own), *_rest = queries.sections(
            queries.require_plan(dossier), queries.areas_for(by, dossier), team("shelter-cases")
        )
        assert section.text == TEXT
        written(dossier, f"{TEXT} 2", by=by, seen=section.number)
    with as_user("nigora") as by:
        assert shown(dossier, by)[0] == (f"{TEXT} 2", "")
        found = queries.section(queries.require_plan(dossier), Category.SERVICES, None)
        assert [words for _row, words in found.versions] == [f"{TEXT} 2", TEXT]
        assert [row.by.unit for row, _words in found.versions] == [
            user("shirin").unit,
            user("nigora").unit,
        ]


def test_c3_each_reads_only_its_own_and_shared_sections() -> None:
    every = {"nigora": "ngo", "shirin": "shelter", "mavluda": "clinic"}
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        joined(dossier, "clinic-cases", by=by, categories=SHARED | Category.HEALTH)
        written(dossier, TEXT, by=by)
        written(dossier, "Саломатӣ", by=by, category=Category.HEALTH)
    for name, mark in every.items():
        with as_user(name) as by:
            written(dossier, f"{OWN} {mark}", by=by, own=True)
    read = {}
    for name in every:
        with as_user(name) as by:
            read[name] = shown(dossier, by)
            # The database says so too, past every filter of ours: the holder's account neither.
            rows = PlanText.objects.filter(dossier=dossier).exclude(owner=None)
            assert {row.owner.unit for row in rows if row.owner} == {by.unit}
    assert read["nigora"][:2] == [(TEXT, f"{OWN} ngo"), ("Саломатӣ", "")]
    assert read["shirin"] == [(TEXT, f"{OWN} shelter")]
    assert read["mavluda"] == [(TEXT, f"{OWN} clinic"), ("Саломатӣ", "")]


def test_c3_a_stale_edit_shows_both_and_loses_neither() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        written(dossier, TEXT, by=by)
    with as_user("shirin") as by:
        written(dossier, "аз паноҳгоҳ", by=by, seen=1)
    with as_user("nigora") as by:
        with pytest.raises(Changed) as both:
            written(dossier, "аз созмон", by=by, seen=1)
        assert (both.value.theirs, both.value.yours) == (
            {"text": "аз паноҳгоҳ"},
            {"text": "аз созмон"},
        )
        written(dossier, "аз паноҳгоҳ; аз созмон", by=by, seen=2)
        found = queries.section(queries.require_plan(dossier), Category.SERVICES, None)
        assert [words for _row, words in found.versions] == [
            "аз паноҳгоҳ; аз созмон",
            "аз паноҳгоҳ",
            TEXT,
        ]


def test_c3_nobody_takes_part_without_the_word_of_the_person() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        given: dict[str, Any] = {"team": team("shelter-cases"), "by": by, "at": NOW}
        with pytest.raises(NoConsent):
            cases.join_plan(dossier, categories=SHARED, **given)
        agreed(dossier, team("shelter-cases"), by=by)
        with pytest.raises(NoConsent):
            cases.join_plan(dossier, categories=SHARED | Category.HEALTH, **given)
        with pytest.raises(Invalid):
            cases.join_plan(dossier, categories=Category.IDENTITY, **given)
        assert counts() == [0, 0, 0, 0]
        assert not reach.grants_on(dossier).filter(source=Source.PLAN).exists()
        part = cases.join_plan(dossier, categories=SHARED | Category.IDENTITY, **given)
        # What a plan does not hold is not opened by it, whatever was asked for.
        assert part.categories == int(SHARED)


def test_c3_the_own_unit_the_advocate_and_whom_she_excludes_take_no_part() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, team("legal-cases"), by=by, categories=SHARED | Category.SAFETY)
        agreed(dossier, team("shelter-cases"), by=by)
        advocate(dossier, by=by)
        given: dict[str, Any] = {"categories": SHARED, "by": by, "at": NOW}
        for name in ("legal-cases", "ngo-cases"):
            with pytest.raises(NotPossible):
                cases.join_plan(dossier, team=team(name), **given)
        referrals.exclude(dossier, kind="unit", unit=team("shelter-cases").unit, by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.join_plan(dossier, team=team("shelter-cases"), **given)
        assert counts() == [0, 0, 0, 0]


def test_c3_a_plan_of_a_child_stands_on_the_decision_of_two_people() -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        given: dict[str, Any] = {"team": team("shelter-cases"), "categories": ALWAYS, "at": NOW}
        with pytest.raises(NoConsent):
            cases.join_plan(dossier, by=by, **given)
        advocate(dossier, by=by)
    decision = decided(dossier)
    with as_user("nigora") as by:
        part = cases.join_plan(dossier, by=by, **given)
        assert part.ends_at == decision.ends_at
        referrals.withdraw_for_decision(decision, by=by, at=NOW)
        assert not PlanPart.objects.filter(ended_at=None).exists()
    with as_user("shirin"):
        assert counts() == [0, 0, 0, 0]


def test_c3_an_authority_reads_no_safety_in_a_plan() -> None:
    assert told(SHARED | Category.SAFETY, is_authority=True) == SHARED
    with as_user("nigora") as by:
        dossier = case(by).dossier
        both = SHARED | Category.SAFETY
        answer(
            dossier,
            team("police-cases"),
            by=by,
            purpose="police",
            categories=both,
            asked_now=True,
        )
        given: dict[str, Any] = {"team": team("police-cases"), "by": by, "at": NOW}
        part = cases.join_plan(dossier, categories=both, **given)
        assert part.categories == int(SHARED)
        written(dossier, TEXT, by=by, category=Category.SAFETY)
        with pytest.raises(Invalid):
            task(dossier, TEXT, "police-cases", by=by, category=Category.SAFETY)
    with as_user("pulod") as by:
        assert shown(dossier, by) == [("", "")]
        assert not PlanText.objects.exists()


def test_c3_who_reads_the_case_but_takes_no_part_finds_no_plan() -> None:
    with as_user("nigora") as by:
        found = case(by)
        joined(found.dossier, by=by)
        written(found.dossier, TEXT, by=by)
        task(found.dossier, TEXT, "shelter-cases", by=by)
        share(found, by, "clinic-cases", "mavluda", SHARED | Category.HEALTH)
    with as_user("mavluda") as by:
        assert reach.reaches(found.dossier) & SHARED == SHARED
        assert counts() == [0, 0, 0, 0]
        with pytest.raises(Gone):
            written(found.dossier, TEXT, by=by, seen=1)
        with pytest.raises(Gone):
            queries.require_plan(found.dossier)


def test_c3_each_gives_tasks_to_its_own_team_and_the_holder_to_all() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        joined(dossier, "clinic-cases", by=by, categories=SHARED | Category.HEALTH)
        with pytest.raises(Invalid, match="takes no part"):
            task(dossier, TEXT, "legal-cases", by=by)
        with pytest.raises(Invalid, match="does not read this part"):
            task(dossier, TEXT, "shelter-cases", by=by, category=Category.HEALTH)
        with pytest.raises(Invalid):
            task(dossier, TEXT, "shelter-cases", by=by, due_on=policy.local_day(NOW) - DAY)
    with as_user("shirin") as by:
        mine = task(dossier, TEXT, "shelter-cases", by=by)
        with pytest.raises(Invalid, match="takes no part"):
            task(dossier, TEXT, "clinic-cases", by=by)
        with pytest.raises(Gone):
            cases.give_task(mine, team=team("clinic-cases"), by=by, at=NOW)
    with as_user("mavluda") as by, pytest.raises(Gone):
        cases.do_task(mine, by=by, at=NOW)
    with as_user("nigora") as by:
        cases.give_task(mine, team=team("clinic-cases"), by=by, at=NOW)
        assert owed("plan.task", "shelter-cases") == []
        assert len(owed("plan.task", "clinic-cases")) == 1
        cases.drop_task(mine, by=by, at=NOW)
        assert owed("plan.task", "clinic-cases") == []


def test_c3_a_part_that_ends_brings_its_tasks_back_to_the_holder() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        part = joined(dossier, by=by)
        row = task(dossier, TEXT, "shelter-cases", by=by)
    with as_user("shirin") as by:
        part.dossier = dossier
        cases.end_part(part, by=by, at=NOW)
        assert counts() == [0, 0, 0, 0]
        assert owed("plan.task", "shelter-cases") == []
    with as_user("nigora") as by:
        (duty,) = owed("plan.back", "ngo-cases")
        assert duty.subject_id == row.pk
        (back,) = queries.tasks_of(queries.require_plan(dossier), [Category.SERVICES])
        assert (back.text, back.is_back) == (TEXT, True)
        cases.give_task(back.row, team=team("ngo-cases"), by=by, at=NOW)
        assert owed("plan.back", "ngo-cases") == []


def test_c3_consent_taken_back_ends_the_part_of_that_unit_alone() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        joined(dossier, "clinic-cases", by=by)
        task(dossier, TEXT, "shelter-cases", by=by)
        given = Consent.objects.get(unit=team("shelter-cases").unit)
        referrals.withdraw_for_consent(given, by=by, at=NOW)
        assert [one.team for one in queries.parts_of(queries.require_plan(dossier))] == [
            team("clinic-cases")
        ]
        assert len(owed("plan.back", "ngo-cases")) == 1
    with as_user("shirin"):
        assert counts() == [0, 0, 0, 0]
    with as_user("mavluda"):
        assert [one.team for one in queries.parts_of(queries.require_plan(dossier))] == [
            team("clinic-cases")
        ]
        assert counts(["cases_plantask"]) == [1]


def test_c3_closing_the_case_ends_the_plan_and_what_is_owed() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        row = task(dossier, TEXT, "shelter-cases", by=by)
        cases.close(dossier, reason="goals_reached", by=by, at=NOW)
        assert owed("plan.task", "shelter-cases") == []
        assert owed("plan.back", "ngo-cases") == []
        assert queries.task(dossier, row.pk).state == TaskState.CLOSED
        with pytest.raises(NotPossible, match="The case is closed"):
            written(dossier, TEXT, by=by)
    with as_user("shirin"):
        assert counts() == [0, 0, 0, 0]
    with as_user("nigora") as by:
        cases.reopen(dossier, by=by, at=NOW)
        with pytest.raises(NotPossible):
            written(dossier, TEXT, by=by)
        cases.join_plan(
            dossier, team=team("shelter-cases"), categories=SHARED, by=by, at=later(minutes=1)
        )
        assert Plan.objects.get().ended_at is None
        written(dossier, TEXT, by=by)


def test_c3_who_takes_the_case_over_takes_the_tasks_over() -> None:
    referral = accepted()
    dossier = referral.dossier
    with as_user("nigora") as by:
        joined(dossier, "clinic-cases", by=by)
        cases.join_plan(dossier, team=team("shelter-cases"), categories=SHARED, by=by, at=NOW)
        mine = task(dossier, TEXT, "ngo-cases", by=by)
        shelter = team("shelter-cases")
        answer(dossier, shelter, by=by, categories=CASE_CATEGORIES & ~Category.LEGAL)
        answer(dossier, shelter, by=by, categories=Category.LEGAL)
        referrals.hand_over(referral, way="accompanied", by=by, at=NOW)
        assert owed("plan.task", "ngo-cases") == []
    with as_user("shirin") as by:
        (duty,) = owed("plan.task", "shelter-cases")
        assert duty.subject_id == mine.pk
        dossier = Dossier.objects.get(pk=dossier.pk)
        plan = queries.require_plan(dossier)
        assert [one.team for one in queries.parts_of(plan)] == [team("clinic-cases")]
        (found,) = queries.tasks_of(plan, [Category.SERVICES])
        assert (found.text, found.is_back) == (TEXT, False)


def test_c3_the_wall_keeps_own_texts_and_doors_whatever_the_code_forgets() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        part = joined(dossier, by=by)
        agreed(dossier, team("clinic-cases"), by=by)
        plan = queries.require_plan(dossier)
    forged: dict[str, Any] = {"plan": plan, "category": int(Category.SERVICES), "number": 1}
    with as_user("shirin") as by:
        row = PlanText(dossier=dossier, owner=team("ngo-cases"), at=NOW, by=by, **forged)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            row.save(force_insert=True)
        for name in ("shelter-cases", "clinic-cases"):
            given: dict[str, Any] = {"to": team(name), "source": Source.PLAN, "at": NOW}
            with pytest.raises(ProgrammingError, match="refused by the wall"), transaction.atomic():
                access.share(
                    dossier,
                    categories=CASE_CATEGORIES,
                    source_id=plan.pk,
                    until=later(days=1),
                    by=by,
                    **given,
                )
    with as_user("mavluda") as by:
        row = PlanText(dossier=dossier, at=NOW, by=by, **forged)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            row.save(force_insert=True)
        assert part.pk not in PlanPart.objects.values_list("pk", flat=True)


def test_a_task_sent_twice_is_saved_once() -> None:
    mark = PlanTask().pk
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        for _again in range(2):
            task(dossier, TEXT, "shelter-cases", by=by, submission=mark)
        assert PlanTask.objects.count() == 1
        assert len(owed("plan.task", "shelter-cases")) == 1
