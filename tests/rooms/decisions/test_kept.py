"""What past the programme could still be broken: votes first, what was written stays, reading ends
with the minutes for whoever closes them; and pages that led nowhere."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from panoh.access import actions as access
from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.bodies.models import Body, Item, Seat, Sitting
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.models import Application, HalfPage, Interview, Moved, Reflection, Ruling, Used
from panoh.decisions.rules.application import Outcome
from panoh.duties.models import Duty
from panoh.kernel.rules import NotPossible
from panoh.policy import queries as policy
from tests.factories.clients import client_of, hidden, words
from tests.factories.referrals import NOW, case, later
from tests.factories.staff import as_user, user
from tests.factories.status import (
    ANSWERS,
    GROUNDS,
    MEMBER,
    SECOND,
    SECRETARY,
    agreed,
    commission,
    completed,
    decided,
    filed,
    ruled,
    sitting,
    vote,
)
from tests.factories.terms import terms
from tests.house.test_letters import words_of

pytestmark = pytest.mark.django_db
TODAY = policy.local_day(NOW)


def refused(account: str, said: str, rows: Any, **fields: Any) -> None:
    """This change of rows is refused to an account, past the programme."""
    with (
        as_user(account),
        pytest.raises(DatabaseError, match=said),
        transaction.atomic(),
    ):
        rows.update(**fields)


def waiting(body: Body) -> Application:
    """Complete, and on the agenda of a sitting that is open."""
    with as_user("nigora") as by:
        row = filed(body, by=by)
    row = completed(row)
    sitting(body)
    return row


def unsigned(row: Application) -> Ruling:
    """Voted on today, entered tomorrow: it waits for its second signature."""
    vote(row, Outcome.GRANTED)
    with as_user(SECRETARY) as by:
        return decisions.decide(
            Application.objects.get(pk=row.pk),
            outcome=Outcome.GRANTED,
            grounds=GROUNDS[Outcome.GRANTED],
            on=TODAY,
            reason="no_connection",
            by=by,
            at=later(days=1),
        )


def test_b4_no_ruling_without_the_votes_that_say_it() -> None:
    row = waiting(commission())
    with as_user(SECRETARY) as by:
        item = sittings.item_about(row.pk)
        assert item is not None and item.sitting is not None
        forged = Ruling(
            dossier_id=row.dossier_id,
            application=row,
            body=row.body,
            team=row.team,
            sitting=item.sitting,
            item=item,
            number=row.number,
            kind=row.kind,
            outcome="granted",
            grounds=["signs_enough"],
            has_opinion=True,
            decided_on=TODAY,
            entered_on=TODAY,
            entered_at=NOW,
            entered_by=by,
            pack_version="x",
            effective_at=NOW,
        )
        with pytest.raises(IntegrityError, match="ruled_by_votes"), transaction.atomic():
            forged.save(force_insert=True)
    vote(row, Outcome.REFUSED)
    with as_user(SECRETARY) as by:
        bodies.settle_item(item, outcome="refused", by=by, at=later(minutes=3))
        with pytest.raises(IntegrityError, match="ruled_by_votes"), transaction.atomic():
            forged.save(force_insert=True)


def test_b4_what_was_handed_in_noted_and_told_stays() -> None:
    body = commission()
    _held, (row,) = decided(body, {Outcome.GRANTED: 1})
    with as_user("nigora") as by:
        decisions.tell(row, way="in_person", on=TODAY, by=by, at=later(minutes=9))
    mine = Application.objects.filter(pk=row.pk)
    refused("nigora", "filed_stays", mine, hearing="in_person")
    refused("nigora", "filed_stays", mine, by_unit_type="police")
    refused("nigora", "told_stays", mine, told_at=later(days=9))
    refused("nigora", "filed_stays", HalfPage.objects.filter(pk=row.pk), text=b"x")
    refused(MEMBER, "filed_stays", HalfPage.objects.filter(pk=row.pk), sex="male")
    refused(SECRETARY, "step_stays", Moved.objects.all(), by=user(SECOND).pk)
    refused(SECRETARY, "ruling_stays", Ruling.objects.all(), minutes="9")
    with as_user(SECRETARY), pytest.raises(DatabaseError, match="refused by the wall"):
        step = Moved.objects.filter(verb="complete").get()
        with transaction.atomic():
            step.pk, step.by_id = None, user(SECOND).pk
            Moved(**{f.attname: getattr(step, f.attname) for f in Moved._meta.fields[1:]}).save(
                force_insert=True
            )


def test_b4_each_side_moves_by_its_own_verbs() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    mine = Application.objects.filter(pk=row.pk)
    refused("nigora", "whose_verb", mine, state="complete")
    refused(SECRETARY, "whose_verb", mine, state="withdrawn")
    refused(SECRETARY, "filed_stays", mine, hearing="in_person")


def test_b4_reading_ends_with_the_minutes_past_the_programme_too() -> None:
    held, _rows = decided(commission(), {Outcome.GRANTED: 1})
    with (
        as_user(SECRETARY) as by,
        pytest.raises(IntegrityError, match="reading_ends"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        Sitting.objects.filter(pk=held.pk).update(
            state="closed", closed_at=later(minutes=5), closed_by=by
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_b4_a_secretary_whom_she_excludes_cannot_leave_the_reading_open() -> None:
    """Of that application the account sees nothing: it would not end what members read of it."""
    body = commission()
    held, (row,) = decided(body, {Outcome.GRANTED: 1})
    with as_user("nigora") as by:
        access.exclude(row.dossier, kind="account", user=user(SECRETARY), by=by, at=NOW)
    with as_user(SECRETARY) as by, pytest.raises(NotPossible, match="closed to you"):
        decisions.close_minutes(held, by=by, at=later(minutes=5))
    with as_user(SECOND) as by:
        decisions.close_minutes(held, by=by, at=later(minutes=5))
    with as_user(MEMBER):
        assert not HalfPage.objects.exists()


def test_b4_consent_taken_back_before_the_second_signature_stops_nobody() -> None:
    """The ruling never takes effect; other rulings are signed, and the minutes can be closed."""
    body = commission()
    with as_user("nigora") as by:
        rows = [filed(body, by=by) for _one in range(2)]
    rows = [completed(row) for row in rows]
    held = sitting(body)
    for row in rows:
        unsigned(row)
    with as_user("nigora") as by:
        decisions.end_for_consent(rows[0].dossier, unit=body.team.unit, by=by, at=later(days=1))
    browser = client_of(SECOND, "en")
    page = words(browser.get("/decisions/"))
    assert rows[0].number not in page.replace(" ", "")
    read = {"ruling": hidden(browser.get("/decisions/"), "ruling")}
    assert "Signed: 1." in words(browser.post("/decisions/sign/", read, follow=True))
    with as_user(SECRETARY) as by:
        assert decisions.close_minutes(held, by=by, at=later(days=1)).state == "closed"


def test_b1_a_member_whose_term_is_over_reads_no_half_page() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    member = client_of(MEMBER, "en")
    address = f"/decisions/before/{row.number}/"
    assert "For members only" not in words(member.get(address))
    with as_user(MEMBER):
        assert HalfPage.objects.count() == 1
    with as_user(SECRETARY) as by:
        bodies.change_seat(
            Seat.objects.get(user=user(MEMBER)),
            until=policy.local_day(timezone.now()) - timedelta(days=2),
            trained_on=None,
            alternate=None,
            by=by,
            at=NOW,
        )
    with as_user(MEMBER):
        assert not HalfPage.objects.exists()
    assert "The half page is for members only" in words(member.get(address))


def test_b14_an_interview_planned_before_the_time_to_recover_stops_no_grant() -> None:
    """Rows are counted again with every grant: that once refused the consent of its whole case."""
    day = TODAY + timedelta(days=5)
    body = commission()
    with as_user("nigora") as by, terms(reflection_days=30):
        dossier = case(by).dossier
        row = decisions.plan_interview(dossier, on=day, by=by, at=NOW)
        decisions.assess(
            dossier, field="trafficking", code="presumed", reason="x", by=by, at=later(minutes=1)
        )
        assert not Duty.objects.unsettled().filter(subject_id=row.pk).exists()
        ((_row, _words, is_stopped),) = queries.interviews_of(dossier)
        assert is_stopped
        agreed(dossier, body, by=by)
        made = decisions.file(dossier, body=body, answers=ANSWERS, by=by, at=NOW)
        decisions.withdraw(made, by=by, at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            Interview.objects.filter(pk=row.pk).update(on=day + timedelta(days=1))


def test_b14_a_time_to_recover_stays_as_it_began() -> None:
    with as_user("nigora") as by, terms(reflection_days=30):
        dossier = case(by).dossier
        decisions.assess(dossier, field="trafficking", code="presumed", reason="x", by=by, at=NOW)
        row = queries.running(dossier)
        assert row is not None
        decisions.use_entitlement(row, code="doctor", on=TODAY, by=by, at=NOW)
    mine = Reflection.objects.filter(pk=row.pk)
    refused("nigora", "reflection_stays", mine, last_on=TODAY)
    refused("nigora", "reflection_stays", mine, ends_at=NOW)
    refused("nigora", "reflection_stays", Used.objects.all(), on=TODAY - timedelta(days=1))
    with as_user("nigora") as by:
        decisions.end_reflection(row, words="Бас", by=by, at=later(minutes=1))
    refused("nigora", "reflection_stays", mine, ended_at=None, ended_words=None)


def test_b4_what_was_taken_back_leaves_the_agenda_and_no_sitting_waits_for_it() -> None:
    body = commission()
    with as_user("nigora") as by:
        early, during, decides, waits = (filed(body, by=by) for _one in range(4))
        decisions.withdraw(early, by=by, at=NOW)
    decides = completed(decides)
    held = sitting(body)
    with as_user("nigora") as by:
        decisions.withdraw(during, by=by, at=later(minutes=2))
    page = words(client_of(SECRETARY, "en").get(f"/bodies/of/{body.code}/sittings/{held.pk}/"))
    assert page.count("Withdrawn") == 1
    ruled(decides, Outcome.GRANTED)
    with as_user(SECRETARY) as by:
        assert {one.number for one in sittings.items_of(held)} == {
            *(during.number, decides.number, waits.number)
        }
        item = sittings.item_about(waits.pk)
        assert item is not None
        bodies.postpone(item, why="x", by=by, at=later(minutes=4))
        decisions.close_minutes(held, by=by, at=later(minutes=5))
        counted = [one.key for one in sittings.happenings(body) if one.kind == "decided"]
        assert len(counted) == 1, "it is no decision"
    # Past the programme: what is still read is taken off by nobody.
    given = {"outcome": "withdrawn", "settled_at": NOW, "settled_by": user(SECRETARY)}
    refused(SECRETARY, "settled_stays", Item.objects.filter(pk=item.pk), **given)
    with as_user("nigora"), connection.cursor() as cursor:
        cursor.execute("SELECT bodies_take_off(%s, now())", [waits.pk])
    with as_user(SECRETARY):
        assert Item.objects.get(pk=item.pk).outcome == ""


def test_b4_every_sitting_has_its_own_buttons() -> None:
    """Closed by name, printed after it is closed, and closed although all was put off."""
    body = commission()
    held, (row,) = decided(body, {Outcome.GRANTED: 1})
    secretary = client_of(SECRETARY, "en")
    assert secretary.post("/decisions/close/").status_code == 404
    assert secretary.post("/decisions/close/", {"sitting": str(held.pk)}).status_code == 302
    page = words(secretary.get("/decisions/"))
    assert "Print all letters" in page and "Close the minutes" not in page
    made = secretary.post("/decisions/letters/", {"sitting": str(held.pk)})
    assert row.number in words_of(made.content)
    with as_user("nigora") as by:
        filed(body, by=by)
    again = sitting(body)
    with as_user(SECRETARY) as by:
        item = sittings.items_of(again).get()
        bodies.postpone(item, why="x", by=by, at=later(minutes=5))
    at = f"/bodies/of/{body.code}/sittings/{again.pk}/"
    page = words(secretary.get(at))
    assert "close the minutes there" in page
    told = secretary.post("/decisions/close/", {"sitting": str(again.pk)}, follow=True)
    assert "The minutes are closed" in words(told)


def test_b4_agenda_and_application_lead_to_each_other() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    held = sitting(body)
    member, before = client_of(MEMBER, "en"), f"/decisions/before/{row.number}/"
    agenda = member.get(f"/bodies/of/{body.code}/sittings/{held.pk}/").content.decode()
    assert before in agenda
    page = member.get(before)
    assert "This matter touches me" in words(page)
    with as_user(MEMBER):
        item = sittings.item_about(row.pk)
        assert item is not None
    member.post(f"/bodies/of/{body.code}/items/{item.pk}/conflict/")
    assert member.get(before).status_code == 404


def test_b4_pressed_twice_hands_in_once_and_nobody_is_led_to_stay_away() -> None:
    body = commission()
    with as_user("nigora") as by:
        dossier = case(by).dossier
        agreed(dossier, body, by=by)
    browser = client_of("nigora", "en")
    base = f"/decisions/{dossier.ref}/status/"
    page = browser.get(f"{base}apply/")
    form = page.content.decode()
    assert 'value="not_yet_known" checked' in " ".join(form.split()).replace("  ", " ")
    key = form.split('name="submission" value="')[1].split('"')[0]
    typed = {
        "body": body.code,
        "text": "Ним саҳифа",
        "hearing": "in_person",
        "submission": key,
    }
    for _press in range(2):
        assert browser.post(f"{base}apply/", typed).status_code == 302
    long = browser.post(f"{base}apply/", typed | {"opinion_text": "я" * 1801, "submission": ""})
    assert long.status_code == 200
    with as_user("nigora"):
        assert Application.objects.count() == 1


def test_b8_that_she_does_not_appeal_is_written_once() -> None:
    _held, (row,) = decided(commission(), {Outcome.REFUSED: 1})
    browser = client_of("nigora", "en")
    base = f"/decisions/{row.dossier.ref}/status/"
    assert "The person does not appeal" in words(browser.get(base))
    assert browser.post(f"{base}{row.number}/let-stand/").status_code == 302
    assert "The person does not appeal" not in words(browser.get(base))
    assert browser.post(f"{base}{row.number}/let-stand/").status_code == 409
    with as_user("nigora"):
        assert Moved.objects.filter(verb="let_stand").count() == 1


def test_b4_who_signs_second_reads_what_is_signed() -> None:
    row = waiting(commission())
    unsigned(row)
    page = words(client_of(SECOND, "en").get("/decisions/"))
    assert "Granted" in page and "There was no connection" in page and "entered by" in page


def test_b4_what_came_after_the_page_was_read_is_not_signed() -> None:
    body = commission()
    with as_user("nigora") as by:
        rows = [completed(filed(body, by=by)) for _each in range(2)]
    sitting(body)
    first, reader = unsigned(rows[0]), client_of(SECOND, "en")
    read = {"ruling": hidden(reader.get("/decisions/"), "ruling")}
    second = unsigned(rows[1])
    assert "Signed: 1." in words(reader.post("/decisions/sign/", read, follow=True))
    with as_user(SECRETARY):
        left = Ruling.objects.get(effective_at=None)
        assert left == second and Ruling.objects.get(pk=first.pk).effective_at is not None
    for nothing in ({}, {"ruling": "x"}):
        assert "Signed: 0." in words(reader.post("/decisions/sign/", nothing, follow=True))


def test_b4_letters_say_the_day_in_words() -> None:
    body = commission()
    _held, (row,) = decided(body, {Outcome.GRANTED: 1})
    with as_user("nigora") as by:
        made = decisions.print_letter(
            row, code="status_notice", language="ru", is_named=False, by=by, at=later(minutes=9)
        )
    assert TODAY.isoformat() not in words_of(made)
    assert str(TODAY.year) in words_of(made)
