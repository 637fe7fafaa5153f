"""Notes, closing, lists, and many cases at once."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from panoh.access.models import User
from panoh.audit import queries as audited
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Case, Note
from panoh.cases.rules import Arrival
from panoh.duties import actions as duties
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from tests.factories.cases import AT, LATER, again, change, contact, kinds, share
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


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


def test_the_list_is_newest_first_and_goes_on() -> None:
    with as_user("nigora") as by:
        made = [contact(by, AT + timedelta(minutes=minute)) for minute in range(3)]
        newest = queries.recent(limit=2)
        assert [case.pk for case in newest.cases] == [made[2].pk, made[1].pk]
        assert newest.cases[0].dossier.ref == made[2].dossier.ref
        rest = queries.recent(newest.end)
        assert [case.pk for case in rest.cases] == [made[0].pk]
        assert rest.end is None
        assert queries.cases_of([made[0].pk])[made[0].pk] == made[0]
        assert queries.name_of([case.dossier for case in made], by=by, at=AT) == {}
    with as_user("shirin"):
        assert queries.recent() == ([], None)
        assert queries.cases_of([case.pk for case in made]) == {}


def test_a_narrowed_list_looks_through_a_bounded_number_of_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("panoh.cases.queries.lists.STEP", 2)
    monkeypatch.setattr("panoh.cases.queries.lists.MOST", 4)
    with as_user("nigora") as by:
        made = [contact(by, AT + timedelta(minutes=minute)) for minute in range(7)]
        change(made[0], by, 1, sex="man")
        change(made[6], by, 1, sex="man")
        first = queries.recent(wanted={"sex": "man"})
        assert [case.pk for case in first.cases] == [made[6].pk]
        assert first.end, "four of seven were looked through"
        rest = queries.recent(first.end, wanted={"sex": "man"})
        assert ([case.pk for case in rest.cases], rest.end) == ([made[0].pk], None)
        turned = queries.recent(limit=1, wanted={"sex": "man"}, oldest=True)
        assert [case.pk for case in turned.cases] == [made[0].pk]
        assert queries.recent(turned.end, limit=1, oldest=True).cases == [made[1]]
    with as_user("shirin"):
        assert queries.recent(wanted={"sex": "man"}) == ([], None)


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
        assert [case.pk for case in queries.recent().cases] == [blank.pk, first.pk]
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
