"""The pages: invitations, a sitting from calling to minutes, paper, proposals, who sees what."""

import io
import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pypdf
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from panoh.audit.queries import unit_entries
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.models import (
    Attendance,
    Event,
    Item,
    Proposal,
    Resolution,
    Seat,
    Sitting,
)
from panoh.policy import queries as policy
from panoh.ui.templatetags.panoh import city
from panoh.ui.templatetags.panoh import day as shown
from tests.factories import bodies as made
from tests.factories.bodies import KEEPER, OTHER, SECRETARY
from tests.factories.cases import contact
from tests.factories.clients import client_of, hidden, words
from tests.factories.directory import organisation
from tests.factories.staff import as_user, team, user
from tests.factories.terms import many_zones
from tests.rooms.desk.test_views_consent import asked

pytestmark = pytest.mark.django_db
# By it a button is known that is pressed twice on one page.
_TOKEN = "csrfmiddlewaretoken"


def test_b1_one_answer_is_for_both_seats_and_a_day_that_is_over_asks_nothing() -> None:
    body = made.national()
    made.seat(body, "safar", alternate=user("nigora"))
    gone = made.called(body)
    row = made.called(body, starts_at=timezone.now() + timedelta(days=3))
    member = client_of("nigora", "en")
    with as_user("nigora"):
        assert Attendance.objects.filter(sitting=gone).exists()
    called = "1 sitting is called: say whether you come"
    assert called in words(member.get(reverse("desk:today")))
    member.post(reverse("bodies:act", args=[body.code, row.pk, "answer"]), {"answer": "coming"})
    assert "say whether you come" not in words(member.get(reverse("desk:today")))


def test_b1_who_is_alternate_of_others_votes_in_the_own_seat() -> None:
    """Those others are there themselves; one of them has voted."""
    body = made.national()
    for name in ("safar", "lola", "mavluda"):
        made.seat(body, name, alternate=user("nigora"))
    item = made.matter(body, kind="draft", at=timezone.now())
    row = made.opened(
        body,
        ["ibrohim", "nigora", "safar", "lola"],
        starts_at=timezone.now() + timedelta(seconds=1),
    )
    at = timezone.now() + timedelta(seconds=2)
    with as_user("safar") as by:
        seat = queries.seat_there(row, by)
        assert seat is not None
        bodies.vote(item, seat=seat, choice="against", by=by, at=at)
    member = client_of("nigora", "en")
    page = member.get(reverse("bodies:sitting", args=[body.code, row.pk])).content.decode()
    vote = reverse("bodies:item", args=[body.code, item.pk, "vote"])
    assert f'action="{vote}"' in page
    assert "The vote is written down" in words(member.post(vote, {"choice": "for"}, follow=True))
    with as_user("nigora") as by:
        own = queries.seat_there(row, by)
        assert own is not None and own.user_id == by.pk
        votes = {one.seat.user_id: one.choice for one in queries.roll(row)[0].votes}
        assert votes == {by.pk: "for", user("safar").pk: "against"}
    # Who went away sits nowhere, and has no buttons.
    made.arrive(row, ["ibrohim", "safar", "lola"], at=at)
    with as_user("nigora") as by:
        assert queries.seat_there(row, by) is None
    said = words(member.post(vote, {"choice": "for"}, follow=True))
    assert "This seat does not vote here" in said


def test_b1_an_hour_is_typed_and_shown_in_the_zone_of_the_body() -> None:
    """Page, list, agenda, invitation and calendar file; the country's zone lies to the west."""
    with many_zones() as east:
        body = made.national(east)
        keeper = client_of(KEEPER, "en")
        path = reverse("bodies:call", args=[body.code])
        page = keeper.get(path)
        assert f"Time of {city(east)}" in words(page)
        day, key = policy.today() + timedelta(days=3), hidden(page, "submission")
        keeper.post(path, {"day": day.isoformat(), "hour": "10:00", "submission": key})
        with as_user(KEEPER):
            row = Sitting.objects.get()
        assert row.starts_at == datetime.combine(day, time(10), ZoneInfo(east))
        at = [body.code, row.pk]
        for place, args in (("list", []), ("body", at[:1]), ("sitting", at)):
            shown = words(keeper.get(reverse(f"bodies:{place}", args=args)))
            assert f", 10:00 ({city(east)})" in shown, place
        for paper in ("minutes", "invitation"):
            file = keeper.get(reverse(f"bodies:{paper}", args=[*at, "en"]))
            pages = pypdf.PdfReader(io.BytesIO(file.content)).pages
            text = " ".join(" ".join(one.extract_text() for one in pages).split())
            assert f"10:00 ({city(east)})" in text, paper
        file = keeper.get(reverse("bodies:calendar", args=at))
        (event,) = Calendar.from_ical(file.content).walk("VEVENT")
        assert event.decoded("dtstart") == row.starts_at


def test_b1_a_sitting_from_its_call_to_its_minutes() -> None:
    body = made.national()
    item = made.matter(body, kind="draft", title="Plan", at=timezone.now())
    keeper, member = client_of(KEEPER, "en"), client_of("nigora", "en")
    path = reverse("bodies:call", args=[body.code])
    page = keeper.get(path)
    day = (policy.today() + timedelta(days=3)).isoformat()
    typed = {"day": day, "hour": "10:00", "submission": hidden(page, "submission")}
    for _click in range(2):
        keeper.post(path, typed)
    with as_user(KEEPER):
        row = Sitting.objects.get()
    at = [body.code, row.pk]
    # The member answers, and takes the invitation home.
    assert "No answer yet" in words(member.get(reverse("bodies:list")))
    called = "1 sitting is called: say whether you come"
    assert called in words(member.get(reverse("desk:today")))
    member.post(reverse("bodies:act", args=[*at, "answer"]), {"answer": "coming"})
    assert called not in words(member.get(reverse("desk:today")))
    file = member.get(reverse("bodies:calendar", args=at))
    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert (str(event["summary"]), event.decoded("dtstart")) == (
        "Fictional national",
        row.starts_at,
    )
    assert b"Plan" not in file.content, "a calendar kept elsewhere learns no matter"
    # It opens; who is there votes; the minutes close.
    keeper.post(reverse("bodies:act", args=[*at, "open"]))
    with as_user(KEEPER):
        seats = [str(one.seat_id) for one in Attendance.objects.filter(sitting=row)]
    keeper.post(reverse("bodies:act", args=[*at, "attend"]), {"there": seats[:2]})
    page = keeper.get(reverse("bodies:sitting", args=at))
    assert "There is no quorum" in words(page)
    # What was refused is not kept as done: the same button works once the reason is gone.
    button = {"outcome": "adopted", _TOKEN: hidden(page, _TOKEN)}
    settle = reverse("bodies:item", args=[body.code, item.pk, "settle"])
    assert 'role="alert"' in keeper.post(settle, button, follow=True).content.decode()
    keeper.post(reverse("bodies:act", args=[*at, "attend"]), {"there": seats})
    vote = reverse("bodies:item", args=[body.code, item.pk, "vote"])
    assert "The vote is written down" in words(member.post(vote, {"choice": "for"}, follow=True))
    assert "voted on this already" in words(member.post(vote, {"choice": "against"}, follow=True))
    for _click in range(2):  # and pressed twice it says no fault
        page = keeper.post(settle, button, follow=True)
        assert "Adopted" in words(page) and 'role="alert"' not in page.content.decode()
    resolve = reverse("bodies:resolve", args=at)
    due = (policy.today() + timedelta(days=30)).isoformat()
    keeper.post(resolve, {"text": "Print", "owner": team("ngo-cases").pk, "due_on": due})
    said = words(keeper.post(reverse("bodies:act", args=[*at, "close"]), follow=True))
    assert "The minutes are closed" in said
    for language, word in (("tg", "Протоколи"), ("ru", "Протокол")):
        pdf = member.get(reverse("bodies:minutes", args=[*at, language]))
        text = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
        assert word in text and "Office of nigora" in text and "Print" in text
    added = reverse("bodies:addendum", args=at)
    assert "beside the minutes" in words(keeper.post(added, {"text": "Five"}, follow=True))
    # Its owner finds the resolution from the duty, and says what came of it.
    with as_user("nigora"):
        made_one = Resolution.objects.get()
    done = member.post(reverse("bodies:resolution", args=[made_one.pk]), {"text": "Printed"})
    assert done.status_code == 302


def test_b1_before_its_day_a_sitting_is_opened_by_nobody_in_passing() -> None:
    body = made.national()
    keeper = client_of(KEEPER, "en")
    for days, is_asked in ((3, True), (0, False)):
        row = made.called(body, starts_at=timezone.now() + timedelta(days=days))
        page = keeper.get(reverse("bodies:sitting", args=[body.code, row.pk])).content.decode()
        path = reverse("bodies:act", args=[body.code, row.pk, "open"])
        folded = "".join(re.findall(r"<details.*?</details>", page, re.DOTALL))
        assert f'action="{path}"' in page
        assert (f'action="{path}"' in folded) is is_asked


def test_b1_a_sitting_that_is_cancelled_is_struck_out_in_a_calendar_that_has_it() -> None:
    body = made.national()
    row = made.called(body)
    member, url = client_of("nigora", "en"), reverse("bodies:calendar", args=[body.code, row.pk])
    seen = []
    for _time in range(2):
        file = Calendar.from_ical(member.get(url).content)
        (event,) = file.walk("VEVENT")
        told = file["method"], event["status"], str(event["sequence"]), str(event["uid"])
        seen.append(told)
        with as_user(KEEPER) as by:
            if row.state == "called":
                row = bodies.cancel(row, by=by, at=made.BEFORE)
    assert seen == [
        ("PUBLISH", "CONFIRMED", "0", f"{row.pk}@bodies"),
        ("CANCEL", "CANCELLED", "1", f"{row.pk}@bodies"),
    ]


def test_b1_whoever_a_matter_touches_sees_nothing_of_it_any_more() -> None:
    body = made.national()
    item = made.matter(body, number="TOUCHES234")
    row = made.opened(body)
    member, path = client_of("nigora", "en"), reverse("bodies:sitting", args=[body.code, row.pk])
    assert "TOUC HES2 34" in words(member.get(path)) or "TOUCHES234" in words(member.get(path))
    touch = reverse("bodies:item", args=[body.code, item.pk, "conflict"])
    assert "neither vote on this matter" in words(member.post(touch, follow=True))
    assert "TOUC" not in words(member.get(path))
    for verb in ("vote", "conflict", "settle", "postpone"):
        url = reverse("bodies:item", args=[body.code, item.pk, verb])
        assert member.post(url).status_code == 404
    for language in ("tg", "ru"):
        pdf = member.get(reverse("bodies:minutes", args=[body.code, row.pk, language]))
        assert "TOUCHES234" not in pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()


def test_b1_invitation_and_agenda_are_printed_before_the_sitting() -> None:
    body = made.national()
    matter = made.matter(body)
    row = made.called(body)
    keeper, at = client_of(KEEPER, "en"), [body.code, row.pk]
    for language, invited, agenda in (
        ("tg", "Даъват ба маҷлис", "Рӯзномаи маҷлис"),
        ("ru", "Приглашение на заседание", "Повестка заседания"),
    ):
        pdf = keeper.get(reverse("bodies:invitation", args=[*at, language]))
        pages = [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pdf.content)).pages]
        with as_user(KEEPER):
            assert len(pages) == Attendance.objects.filter(sitting=row).count() > 1
        assert invited in pages[0] and matter.number not in "".join(pages)
        pdf = keeper.get(reverse("bodies:minutes", args=[*at, language]))
        text = pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
        assert agenda in text and matter.number in text
    assert keeper.get(reverse("bodies:invitation", args=[*at, "xx"])).status_code == 404
    # That it was printed is recorded, with the language and nothing that stands on the paper.
    with as_user("amina") as by:
        assert by.unit_id is not None
        found = [one for one in unit_entries(by.unit_id) if one.event.endswith("_printed")]
    assert [(one.event, one.reason, one.fields) for one in found] == [
        ("body.minutes_printed", "ru", []),
        ("body.invitations_printed", "ru", []),
        ("body.minutes_printed", "tg", []),
        ("body.invitations_printed", "tg", []),
    ]


def test_b1_minutes_with_applications_are_closed_where_their_reading_ends() -> None:
    body = made.national()
    item = made.matter(body)
    row = made.opened(body)
    made.voted(item, made.ALL_FOR)
    with as_user(KEEPER) as by:
        bodies.settle_item(item, outcome="granted", by=by, at=made.MORNING)
    url = reverse("bodies:act", args=[body.code, row.pk, "close"])
    said = words(client_of(KEEPER, "en").post(url, follow=True))
    assert "on the page of the applications" in said
    with as_user(KEEPER):
        assert Sitting.objects.get().state == "open"


def test_b3_each_address_of_another_district_is_not_found() -> None:
    here = made.district()
    made.other_district()
    item = made.matter(here)
    row = made.opened(here, [SECRETARY], SECRETARY)
    with as_user(SECRETARY):
        seat = Seat.objects.get(body=here)
    stranger, owner = client_of(OTHER, "en"), client_of(SECRETARY, "en")
    at = [here.code, row.pk]
    pages = [
        reverse("bodies:body", args=[here.code]),
        reverse("bodies:call", args=[here.code]),
        reverse("bodies:paper", args=[here.code]),
        reverse("bodies:drafts", args=[here.code]),
        reverse("bodies:add_event", args=[here.code]),
        reverse("bodies:add_seat", args=[here.code]),
        reverse("bodies:seat", args=[here.code, seat.pk]),
        reverse("bodies:sitting", args=at),
        reverse("bodies:resolve", args=at),
        reverse("bodies:matter", args=at),
        reverse("bodies:addendum", args=at),
        reverse("bodies:calendar", args=at),
        reverse("bodies:minutes", args=[*at, "en"]),
        reverse("bodies:act", args=[*at, "close"]),
        reverse("bodies:item", args=[here.code, item.pk, "vote"]),
    ]
    for url in pages:
        assert owner.get(url).status_code in (200, 302), url
        assert stranger.get(url).status_code == 404, url
        assert stranger.post(url).status_code in (404, 405), url
    assert pages[0] not in stranger.get(reverse("bodies:list")).content.decode()


def test_b4_ten_matters_on_paper_are_typed_up_on_one_page() -> None:
    body = made.national()
    items = [made.matter(body, number=f"{place:04}", kind="other") for place in range(10)]
    keeper, path = client_of(KEEPER, "en"), reverse("bodies:paper", args=[body.code])
    page = keeper.get(path)
    with as_user(KEEPER):
        seats = [str(one.pk) for one in queries.seats_of(body, policy.today()) if one.votes]
    day = (policy.today() - timedelta(days=1)).isoformat()
    typed = {
        "day": day,
        "hour": "10:00",
        "reason": "No power",
        "there": seats,
        "submission": hidden(page, "submission"),
        **{f"for_{one.pk}": "3" for one in items},
        **{f"against_{one.pk}": "1" for one in items},
    }
    said = words(keeper.post(path, typed, follow=True))
    assert "Typed up." in said and "Sitting held on paper on" in said
    with as_user(KEEPER):
        row = Sitting.objects.get()
    settle = reverse("bodies:item", args=[body.code, items[0].pk, "settle"])
    assert "second person signs" in words(keeper.post(settle, {"outcome": "adopted"}, follow=True))
    member = client_of("zebo", "en")
    member.post(reverse("bodies:act", args=[body.code, row.pk, "sign"]))
    for one in items:
        url = reverse("bodies:item", args=[body.code, one.pk, "settle"])
        keeper.post(url, {"outcome": "adopted"})
    keeper.post(reverse("bodies:act", args=[body.code, row.pk, "close"]))
    with as_user(KEEPER):
        assert Item.objects.filter(outcome="adopted", carried=True).count() == 10
        assert Sitting.objects.get().state == "closed"


def test_b13_a_proposal_and_its_answer() -> None:
    body = made.national()
    asker, path = client_of("lola", "en"), reverse("bodies:proposals")
    page = asker.get(path)
    typed = {"body": body.pk, "text": "Shorter forms", "submission": hidden(page, "submission")}
    for _click in range(2):
        asker.post(path, typed)
    with as_user("lola"):
        one = Proposal.objects.get()
    url = reverse("bodies:proposal", args=[one.number])
    assert asker.post(url, {"state": "accepted", "reason": "x"}).status_code == 404
    keeper = client_of(KEEPER, "en")
    assert "Shorter forms" in words(keeper.get(reverse("bodies:body", args=[body.code])))
    said = words(keeper.post(url, {"state": "declined", "reason": "The law asks"}, follow=True))
    assert "The law asks" in said
    assert "The law asks" in words(asker.get(path))
    assert client_of("safar", "en").get(url).status_code == 404


def test_h8_an_event_its_lesson_and_its_closing() -> None:
    body = made.national()
    keeper, path = client_of(KEEPER, "en"), reverse("bodies:add_event", args=[body.code])
    day = (policy.today() - timedelta(days=60)).isoformat()
    typed = {"kind": "study_tour", "name": "Fictional tour", "starts_on": day, "ends_on": day}
    page = keeper.get(path)
    keeper.post(path, {**typed, "delegates": "Office", "submission": hidden(page, "submission")})
    with as_user(KEEPER):
        event = Event.objects.get()
    assert "lessons are missing" in words(keeper.get(reverse("bodies:body", args=[body.code])))
    url = reverse("bodies:event", args=[body.code, event.pk])
    assert f"{shown(event.starts_on)} –" not in words(keeper.get(url)), "one day is no span"
    keeper.post(url, {"text": "Ask first", "is_proposal": "on"})
    assert "no answer yet" in words(keeper.post(url, {"close": "yes"}, follow=True))
    with as_user(KEEPER) as by:
        one = Proposal.objects.get()
        bodies.answer(one, state="accepted", reason="So", by=by, at=timezone.now())
    assert "Closed" in words(keeper.post(url, {"close": "yes"}, follow=True))


def test_h7_a_body_without_sittings_is_listed_for_who_counts() -> None:
    made.national()
    page = words(client_of("rustam", "en").get(reverse("bodies:list")))
    assert "Without a sitting in the last quarter Fictional national" in page
    assert "missed" in words(client_of(KEEPER, "en").get(reverse("bodies:body", args=["national"])))


def test_b15_the_page_says_what_survivors_have_read() -> None:
    browser = client_of("nigora", "en")
    page = words(browser.get(reverse("bodies:read")))
    assert "Script: What is read aloud before a consent: not yet" in page
    assert "Form: Nine first questions: not yet" in page
    with as_user("nigora") as by:
        ref = contact(by).dossier.ref
    # Every public table says it beside itself, to whoever opens it.
    shown = {
        "rights": (browser, reverse("desk:rights", args=[ref])),
        "orders": (Client(headers={"accept-language": "en"}), reverse("desk:order_counts")),
        "numbers": (client_of("rustam", "en"), reverse("statistics:list")),
    }
    assert shown.keys() == {code for kind, code, _name in queries.things() if kind == "table"}
    for table, (client, url) in shown.items():
        assert "not yet read by survivors" in words(client.get(url)).lower(), table


def test_b15_every_script_and_form_says_it_beside_itself() -> None:
    with as_user("nigora") as by:
        one = contact(by, timezone.now(), age_branch="adult", safe_to_talk="yes")
    browser, said = client_of("nigora", "en"), "not yet read by survivors"
    to = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    scripts = {
        "principles": browser.get(reverse("desk:first_contact")),
        "consent": browser.post(reverse("desk:ask", args=[one.dossier.ref, "service"]), asked(to)),
    }
    assert scripts.keys() == {code for kind, code, _name in queries.things() if kind == "script"}
    for code, page in scripts.items():
        assert said in words(page).lower(), code
    forms = words(browser.get(reverse("cases:questions", args=[one.dossier.ref]))).lower()
    assert forms.count(said) == sum(kind == "form" for kind, *_name in queries.things()) > 1


def test_b12_the_page_of_the_coordination() -> None:
    admin, path = client_of("admin", "en"), reverse("bodies:coordination")
    unit = team("ngo-cases").unit
    typed = {"unit": unit.pk, "since": policy.today().isoformat()}
    assert str(unit) in words(admin.post(path, typed, follow=True))
    said = words(admin.post(path, typed))
    assert "later day is already written down" in said


def test_a_body_is_founded_and_seats_are_given_and_changed() -> None:
    desk = made.desk("national-desk", KEEPER)
    admin, path = client_of("admin", "en"), reverse("bodies:found")
    assert "Name (Tajik)" in words(admin.get(path)), "a language by its name, not its code"
    typed = {"kind": "dialogue", "level": "national", "code": "talks", "team": desk.pk}
    assert "is founded" in words(
        admin.post(path, {**typed, "name_en": "Fictional talks"}, follow=True)
    )
    # One of a region can be founded by this page too.
    typed |= {"kind": "territorial_commission", "level": "region", "code": "of-a-region"}
    typed |= {"place": made.REGION, "name_en": "Fictional region"}
    assert "is founded" in words(admin.post(path, typed, follow=True))
    keeper, path = client_of(KEEPER, "en"), reverse("bodies:add_seat", args=["talks"])
    seat = {"title": "Network", "side": "ngo", "since": "2026-01-01"}
    assert "no account with this user name" in words(keeper.post(path, {**seat, "account": "xx"}))
    assert "Say who sits there" in words(keeper.post(path, seat))
    keeper.post(path, {**seat, "account": "nigora", "votes": "on"})
    with as_user(KEEPER):
        row = Seat.objects.get()
    url = reverse("bodies:seat", args=["talks", row.pk])
    seen = hidden(keeper.get(url), "seen")
    typed = {"seen": seen, "other": "safar", "trained_on": "2026-02-01"}
    assert keeper.post(url, typed).status_code == 302
    with as_user("safar"):
        assert [one.code for one in queries.my_bodies()] == ["talks"]
