"""Moments 1 to 8 and 10 on a phone without JavaScript: taps, fields, words; no seconds."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import translation
from playwright.sync_api import Page
from pypdf import PdfReader

from panoh.duties import actions as duties
from tests.browser import moments
from tests.browser.conftest import Opener, enter
from tests.browser.moments import SHELTER, WORKER, Hand, Keys
from tests.factories import fund as money
from tests.factories import status
from tests.factories.referrals import NOW, sent
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.browser
Begin = Callable[..., Hand]


@pytest.fixture
def begin(server: str, open_page: Opener) -> Begin:
    """Open a page 360 px wide without JavaScript, signed in; give the hand that works on it."""

    def at(path: str, name: str = WORKER, language: str = "en", by: type[Hand] = Hand) -> Hand:
        page: Page = open_page(js=False, language=language)
        enter(page, server, name, language)
        page.goto(f"{server}{path}")
        return by(page)

    return at


def test_moment_1_back_to_work_after_a_break(server: str, open_page: Opener) -> None:
    """A shared phone: the PIN alone, no tap, and what is owed stands there."""
    page = open_page(js=False, language="en")
    session = enter(page, server, WORKER, "en")
    with as_user(WORKER) as by:
        mine = team("ngo-cases")
        given: dict[str, Any] = {"owner": mine, "by": by, "at": NOW, "due": NOW}
        owed = [duties.open("consent.copies", **given) for _ in "123"]
    moments.lock(session)
    page.goto(f"{server}/")
    assert "/unlock/" in page.url and "thing" not in page.content()
    hand = Hand(page)
    said = moments.back_to_work(hand)
    assert (hand.taps, hand.keys) == (0, 7)
    assert page.url == f"{server}/"
    assert said == f"{len(owed)} things today"


@pytest.mark.parametrize(
    ("language", "by"), [("en", Hand), ("tg", Hand), ("ru", Keys)], ids=["thumb", "tajik", "keys"]
)
def test_moment_2_first_contact_in_two_answers(begin: Begin, language: str, by: type[Hand]) -> None:
    hand = begin("/", language=language, by=by)
    moments.first_contact(hand)
    assert hand.taps <= 12
    assert hand.answers == 2
    with translation.override(language):
        said = translation.gettext("Saved. Nothing has been sent to anyone.")
    assert (said == "Saved. Nothing has been sent to anyone.") is (language == "en")
    assert said in hand.words()


def test_moment_3_one_sentence_for_one_receiver(begin: Begin) -> None:
    ready = moments.ready()
    hand = begin(f"/cases/{moments.new_case().ref}/next/")
    sentence = moments.consent(hand, ready, language="en")
    asks = r"May I tell Fictional House .*\(a safe place to stay, a doctor\), until \d+ \w+ \d{4}\?"
    assert re.fullmatch(asks, sentence), sentence
    assert "Yes, saved. Nothing has been sent yet." in hand.words()
    assert len(hand.pages) == 4, "age, what is settled before, the sentence, done"


def test_moment_3_a_further_receiver_of_the_same_visit_is_one_sentence(begin: Begin) -> None:
    ready = moments.ready()
    hand = begin(f"/cases/{moments.asked_case().ref}/consent/")
    sentence = moments.consent_again(hand, ready)
    assert "Fictional Clinic" in sentence
    assert hand.aloud <= 60, "the sentence and what she may answer; the script was read already"
    assert hand.taps <= 5


@pytest.mark.parametrize("by", [Hand, Keys], ids=["thumb", "keys"])
def test_moment_4_from_a_night_call_to_a_held_bed(begin: Begin, by: type[Hand]) -> None:
    hand = begin(moments.night_house(), moments.OPERATOR, by=by)
    said = moments.night_call(hand)
    assert hand.taps <= 10
    assert re.search(r"Held until \d\d:\d\d\. Call this number\.", said)
    assert len(hand.pages) == 4, "Today, who, the choices, held"


def test_moment_4_no_place_says_what_to_do_instead(begin: Begin) -> None:
    hand = begin("/line/bed/", moments.OPERATOR)
    assert "No place tonight. Do this instead." in moments.who_needs_a_bed(hand)
    assert "With a trusted person, if safe" in hand.words()


def test_moment_5_a_request_in_five_taps_after_one_preview(begin: Begin) -> None:
    ready = moments.ready()
    hand = begin(f"/cases/{moments.agreed_case().ref}/")
    shown = moments.send(hand, ready)
    assert hand.taps <= 5
    assert re.search(r"They will see these \d+ lines", shown)
    unseen = shown.partition("They will not see")[2]
    assert "What happened" in unseen
    assert "They see these lines and nothing else until they say yes." in hand.words()
    assert len(hand.pages) == 4, "the case, who can help, one preview, done"


def test_moment_6_the_shelter_answers_in_two_taps(begin: Begin) -> None:
    sent()
    hand = begin("/inbox/", SHELTER)
    asked = moments.say_yes(hand)
    assert hand.taps == 2
    assert "Can you take this person?" in asked
    assert re.search(r"Yes No Call me", asked)
    assert "You said yes." in hand.words()


def test_moment_7_taxi_money_is_asked_for_and_paid_the_same_night(begin: Begin) -> None:
    money.line()
    hand = begin(f"/cases/{moments.new_case().ref}/")
    assert "200 somoni asked from Fictional Fund. No name was told." in moments.ask_money(hand)
    assert hand.taps <= 6 and hand.answers == 2
    fund = begin("/", money.FIRST)
    said = moments.pay_tonight(fund)
    assert re.search(r"200\Wsomoni, from Fictional Fund\. Second signature due \w+day", said), said
    assert fund.taps == 5


def test_moment_8_ten_decisions_after_the_sitting_and_ten_letters_in_one_print(
    begin: Begin,
) -> None:
    count = 10
    path = moments.voted_applications(count)
    hand = begin(path, status.SECRETARY)
    for _number in range(count):
        before = hand.taps
        moments.enter_ruling(hand)
        assert hand.taps - before == 4, "open, what, why, save"
    assert "10 decisions, 10 letters, 0 overdue." in hand.words()
    with hand.page.expect_download() as letters:
        hand.page.locator("main form[action$='/letters/'] button").click()
    assert letters.value.suggested_filename == "letters.pdf"
    assert len(PdfReader(letters.value.path()).pages) >= count


@pytest.mark.parametrize("by", [Hand, Keys], ids=["thumb", "keys"])
def test_moment_10_who_knows_and_stop_one(begin: Begin, by: type[Hand]) -> None:
    moments.ready()
    hand = begin(f"/cases/{moments.known_case().ref}/", by=by)
    shown = moments.who_knows(hand, stop=True)
    assert hand.taps <= 3
    assert "2 other services know" in shown
    assert "Stopped: " in hand.words()
    assert "No service, bed or payment ends because of this." in hand.words()
    assert "1 other service knows" in hand.words()


def test_the_main_job_by_keyboard_alone(begin: Begin) -> None:
    """First contact, consent and request, without a pointer."""
    ready = moments.ready()
    hand = begin("/", by=Keys)
    moments.first_contact(hand)
    moments.consent(hand, ready)
    ref = hand.page.url.rstrip("/").split("/")[-2]
    hand.tap(f"main a[href='/cases/{ref}/']")
    moments.send(hand, ready)
    shelter = begin("/inbox/", SHELTER, by=Keys)
    moments.say_yes(shelter)
    assert "You said yes." in shelter.words()
