"""The plan of one person (row E5): needs, steps, the log, reviews, and the printed plan."""

import io
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from django.db import connection

from panoh.access.models import Dossier
from panoh.care import actions as care
from panoh.care import queries
from panoh.care.models import Need, Return
from panoh.care.rules import NEED, RATINGS, NeedState
from panoh.cases import actions as cases
from panoh.cases import queries as files
from panoh.cases.models import FACTS
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from tests.factories.care import GOAL, needed
from tests.factories.cases import contact, share
from tests.factories.clients import client_of
from tests.factories.plans import SHARED
from tests.factories.referrals import NOW, accepted, case, later
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = policy.local_day(NOW)
TABLES = ("need", "carestep", "served", "review", "return", "permit", "letter")
NAME = "Қаноатбекзода"


def kinds(dossier: Dossier) -> list[str]:
    rows = Duty.objects.unsettled().filter(dossier=dossier, kind__startswith="care.")
    return sorted(rows.values_list("kind", flat=True))


def rows_in(*names: str) -> list[int]:
    found = []
    for name in names:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM care_{name}")
            found.append(int(cursor.fetchone()[0]))
    return found


def words_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


def test_e5_a_need_has_a_goal_in_the_persons_own_words() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(Invalid):
            needed(dossier, by=by, goal=" ")
        with pytest.raises(Invalid):
            needed(dossier, by=by, service="reconciliation")
        needed(dossier, by=by)
        (told,) = queries.needs_of(dossier)
        assert (told.goal, told.service, told.row.state) == (GOAL, "Doctor", NeedState.OPEN)
        with connection.cursor() as cursor:
            cursor.execute("SELECT goal FROM care_need")
            assert GOAL.encode() not in bytes(cursor.fetchone()[0])


def test_e5_a_need_that_is_not_met_in_time_is_listed() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        row = needed(dossier, by=by)
        (duty,) = Duty.objects.unsettled().filter(kind="care.need", dossier=dossier)
        assert duty.due_at == policy.due("need_unmet", NOW)
        assert policy.period("need_unmet").target
        # Something that does not meet it leaves it owed; what does settles it; later it may fail.
        given: dict[str, Any] = {"on": TODAY, "by": by, "at": NOW}
        care.log_service(row, outcome="not_available", **given)
        assert kinds(dossier) == ["care.need"]
        care.log_service(row, outcome="helped", text="Духтур дид", **given)
        assert kinds(dossier) == []
        care.log_service(row, outcome="not_helped", **given)
        assert kinds(dossier) == ["care.need"]
        with pytest.raises(Invalid):
            care.log_service(row, outcome="helped", on=TODAY + DAY, by=by, at=NOW)
        care.drop_need(row, by=by, at=NOW)
        assert kinds(dossier) == []
        assert Need.objects.get(pk=row.pk).state == NeedState.DROPPED


def test_e5_a_step_has_a_day_somebody_who_helps_and_an_outcome() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        row = needed(dossier, by=by)
        with pytest.raises(Invalid):
            care.add_step(row, text="", due_on=TODAY, by=by, at=NOW)
        with pytest.raises(Invalid):
            care.add_step(row, text="Х", due_on=TODAY - DAY, by=by, at=NOW)
        step = care.add_step(row, text="Занг ба духтур", due_on=TODAY + DAY, by=by, at=NOW)
        assert kinds(dossier) == ["care.need", "care.step"]
        with pytest.raises(Invalid):
            care.end_step(step, outcome="zzz", by=by, at=NOW)
        care.end_step(step, outcome="helped", by=by, at=NOW)
        with pytest.raises(NotPossible):
            care.end_step(step, outcome="helped", by=by, at=NOW)
        assert kinds(dossier) == ["care.need"]
        care.add_step(row, text="Боз як қадам", due_on=TODAY, by=by, at=NOW)
        care.drop_need(row, by=by, at=NOW)
        assert kinds(dossier) == []
        with pytest.raises(NotPossible):
            care.add_step(row, text="Х", due_on=TODAY, by=by, at=NOW)
        (told,) = queries.needs_of(dossier)
        assert [(line.text, line.provider) for line in told.steps][1:] == [
            ("Занг ба духтур", "Fictional Road NGO")
        ]


def test_e5_a_review_is_the_persons_own_rating() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        given: dict[str, Any] = {"on": TODAY, "by": by, "at": NOW}
        for wrong in (
            {"rating": None},
            {"rating": 9},
            {"rating": 3, "next_on": TODAY - DAY},
            {"rating": 3, "on": TODAY + DAY},
        ):
            with pytest.raises(Invalid):
                care.review(dossier, **given | wrong)
        assert rows_in("review") == [0]
        care.review(dossier, rating=2, words="Ҳоло бад", next_on=TODAY + DAY, **given)
        assert kinds(dossier) == ["care.review"]
        care.review(dossier, rating=4, **given | {"at": later(minutes=1)})
        assert kinds(dossier) == []
        assert [one.rating for one in queries.reviews_of(dossier)] == ["Good", "Bad"]
        assert sorted(RATINGS) == [1, 2, 3, 4, 5]


def test_e5_what_others_were_asked_for_stands_on_the_plan_without_typing() -> None:
    referral = accepted()
    with as_user("shirin") as by:
        referrals.complete(referral, outcome="helped", by=by, at=NOW)
    with as_user("nigora"):
        (asked,) = queries.asked_elsewhere(referral.dossier)
    assert asked.provider == "Fictional House"
    assert "stay" in asked.services.lower()
    assert asked.outcome == policy.label("referral_outcomes", "helped")


def test_e5_the_plan_prints_need_service_provider_outcome() -> None:
    referral = accepted()
    dossier = referral.dossier
    with as_user("nigora") as by:
        people.name(dossier, person=Person(given=NAME), by=by, at=NOW)
        row = needed(dossier, by=by, goal="*Ба духтур* #равам")
        care.log_service(row, outcome="helped", text="Табобат", on=TODAY, by=by, at=NOW)
        given: dict[str, Any] = {"language": "en", "by": by, "at": NOW}
        text = words_of(care.print_plan(dossier, is_named=False, **given))
        for word in ("Doctor", "*Ба духтур* #равам", "Fictional Road NGO", "It helped"):
            assert word in text
        assert "Fictional House" in text and dossier.ref in text
        assert NAME not in text
        assert NAME in words_of(care.print_plan(dossier, is_named=True, **given))
        for language in ("tg", "ru"):
            care.print_plan(dossier, is_named=False, **given | {"language": language})
    with as_user("lola") as by, pytest.raises(Gone):
        care.print_plan(dossier, language="en", is_named=False, by=by, at=NOW)


def test_e13_every_form_of_exploitation_has_the_same_catalogue() -> None:
    """Nothing of the case is asked before a need is written: all services, for all forms."""
    services = [row.code for row in policy.codes("services")]
    forms = [row.code for row in policy.codes("exploitation_forms")][:12]
    with as_user("nigora") as by:
        for form in forms:
            found = case(by)
            given: dict[str, Any] = {"field": "exploitation_forms", "by": by, "at": NOW}
            if files.is_apart("exploitation_forms", form):
                cases.flag(found.dossier, code=form, **given)
            else:
                cases.record_facts(found.dossier, codes=[form], **given)
            for service in services:
                needed(found.dossier, by=by, service=service)
            told = [one.row.service for one in queries.needs_of(found.dossier)]
            assert sorted(told) == sorted(services), form
    assert len(forms) == 12


def test_e5_police_read_no_care_even_where_they_hold_the_case() -> None:
    with as_user("pulod") as by:
        held = contact(by, NOW, in_team="police-cases")
        share(held, by, "ngo-cases", "nigora", SHARED)
    with as_user("nigora") as by:
        needed(held.dossier, by=by)
        care.review(held.dossier, rating=1, on=TODAY, by=by, at=NOW)
        assert rows_in(*TABLES) == [1, 0, 0, 1, 0, 0, 0]
    with as_user("pulod") as by:
        assert rows_in(*TABLES) == [0] * 7
        assert kinds(held.dossier) == []
        with pytest.raises(Gone):
            needed(held.dossier, by=by)
        with pytest.raises(Gone):
            care.print_plan(held.dossier, language="en", is_named=False, by=by, at=NOW)
    officer = client_of("pulod", "en")
    for page in ("", "need/", "review/", "return/", "return/write/", "letter/"):
        assert officer.get(f"/care/{held.dossier.ref}/{page}").status_code == 404, page


def test_e5_through_the_pages() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    at, client = f"/care/{dossier.ref}/", client_of("nigora", "en")
    assert client.post(f"{at}need/", {"service": "doctor", "goal": GOAL}).status_code == 302
    with as_user("nigora"):
        row = Need.objects.get()
    day = TODAY.isoformat()
    step = {"text": "Занг", "provider": "", "due_on": (TODAY + DAY).isoformat()}
    assert client.post(f"{at}need/{row.pk}/step/", step).status_code == 302
    shown = client.get(at).content.decode()
    assert f"<q>{GOAL}</q>" in shown and "What came of it?" in shown
    given = {"outcome": "helped", "provider": "", "on": day, "text": ""}
    assert client.post(f"{at}need/{row.pk}/given/", given).status_code == 302
    assert client.post(f"{at}review/", {"rating": "4", "words": "", "on": day}).status_code == 302
    assert "Very good" not in client.get(at).content.decode()
    answer = client.post(f"/cases/{dossier.ref}/whole/print/", {"language": "en"})
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    assert "Doctor" in words_of(answer.content)
    assert client.post(f"{at}need/{row.pk}/drop/").status_code == 302
    assert client_of("shirin").get(at).status_code == 404
    with as_user("nigora"):
        assert Need.objects.get().state == NeedState.DROPPED
        assert not Return.objects.exists()


def test_the_states_of_a_need() -> None:
    assert NEED.after("serve", NeedState.OPEN) == NeedState.SERVED
    with pytest.raises(NotPossible):
        NEED.after("drop", NeedState.DROPPED)
    assert all(str(one.label) for one in NeedState)


def test_a_closed_case_takes_nothing_new() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        cases.close(dossier, reason="goals_reached", by=by, at=NOW)
        with pytest.raises(NotPossible):
            needed(dossier, by=by)


@pytest.mark.parametrize("field", ["victim_law_status", "procedural_status", "consented"])
def test_a5_no_status_and_no_co_operation_stand_in_the_way_of_help(field: str) -> None:
    services = ("bed", "doctor", "legal_advice", "money")
    with as_user("nigora") as by:
        for row in policy.codes(FACTS[field].list_name):
            dossier = case(by).dossier
            cases.record_facts(dossier, field=field, codes=[row.code], by=by, at=NOW)
            for service in services:
                needed(dossier, by=by, service=service)
            assert len(queries.needs_of(dossier)) == len(services)
