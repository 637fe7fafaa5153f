"""Moments that decide whether Panoh is used, as a person's hand does them on a phone.

Shared by the tests (taps, fields, words) and ``./run bench moments`` (seconds on a bad line).
Each moment begins on a page that is open already and ends on the page that says what happened.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from playwright.sync_api import Locator, Page

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.decisions.rules.application import Outcome
from panoh.directory.models import Organisation
from panoh.fund.models import Line
from tests.factories import fund as money
from tests.factories import status
from tests.factories.directory import organisation, service
from tests.factories.houses import house
from tests.factories.referrals import answer, case, sent
from tests.factories.staff import as_user, team

WORKER, SHELTER, OPERATOR = "nigora", "shirin", "hadia"
DIGITS = "804715"
MOST_TABS = 200


class Hand:
    """A thumb on a phone: each tap, choice and typed sign is counted, and ``waited``, in seconds,
    what passes between a press that leads to a page and that page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.waited = 0.0
        self.taps = self.answers = self.aloud = self.keys = 0
        self.pages = [page.url]

    def tap(self, selector: str) -> None:
        """Follow a link or press a button."""
        self.taps += 1
        self._go(lambda: self._press(self.page.locator(selector).first))

    def choose(self, name: str, value: str = "") -> None:
        """Tick one answer; without a value the only box of that name."""
        self.taps += 1
        self.answers += 1
        which = f"[value={value}]" if value else ""
        self._tick(self.page.locator(f"main [name={name}]{which}"))

    def focus(self, name: str) -> None:
        """Touch a field to type into it."""
        self.taps += 1
        self._press(self.page.locator(f"main [name={name}]"))

    def write(self, name: str, text: str) -> None:
        """Type into the field that has the focus already, sign by sign."""
        self.keys += len(text)
        field = self.page.locator(f"main [name={name}]")
        assert field.evaluate("element => element === document.activeElement"), "no tap needed"
        self.page.keyboard.type(text)

    def enter(self) -> None:
        """Press the key that sends the form."""
        self.keys += 1
        self._go(lambda: self.page.keyboard.press("Enter"))

    def pick(self, name: str, value: str) -> None:
        """Take one entry of a list."""
        self.taps += 1
        self.answers += 1
        self._take(self.page.locator(f"main select[name={name}]"), value)

    def words(self, selector: str = "main") -> str:
        """What stands there, in one line."""
        return " ".join(self.page.locator(selector).first.inner_text().split())

    def read_aloud(self) -> str:
        """Read the one sentence of this page to the person, after what comes before it."""
        said = self.page.locator("main .say").all_inner_texts()
        self.aloud += len(" ".join(said).split())
        sentences = self.page.locator("main .say strong")
        assert sentences.count() == 1, "one sentence"
        return sentences.inner_text()

    def _go(self, press: Callable[[], None]) -> None:
        started = time.perf_counter()
        with self.page.expect_navigation():
            press()
        self.waited += time.perf_counter() - started
        self.pages.append(self.page.url)

    def _press(self, target: Locator) -> None:
        target.click()

    def _tick(self, target: Locator) -> None:
        target.check()

    def _take(self, target: Locator, value: str) -> None:
        target.select_option(value)


class Keys(Hand):
    """The same hand without a pointer: Tab, Space, Enter, arrows and letters."""

    def _press(self, target: Locator) -> None:
        self._reach(target, "element => element === document.activeElement")
        self.page.keyboard.press("Enter")

    def _tick(self, target: Locator) -> None:
        # Tab stops once in a group of radios; arrows move within it.
        same = (
            "element => document.activeElement === element || (element.type === 'radio' && "
            "document.activeElement.name === element.name)"
        )
        self._reach(target, same)
        if target.get_attribute("type") == "radio":
            self.page.keyboard.press("Space")
            for _press in range(MOST_TABS):
                if target.is_checked():
                    return
                self.page.keyboard.press("ArrowDown")
        elif not target.is_checked():
            self.page.keyboard.press("Space")
        assert target.is_checked()

    def _take(self, target: Locator, value: str) -> None:
        self._reach(target, "element => element === document.activeElement")
        self.page.keyboard.press("Home")
        for _press in range(MOST_TABS):
            if target.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no key leads to {value}")

    def _reach(self, target: Locator, there: str) -> None:
        """Go on with Tab from where the focus is, as one does who cannot point."""
        for _press in range(MOST_TABS):
            if target.evaluate(there):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {target}")


@dataclass(slots=True)
class Ready:
    """A fictional shelter and clinic in the register, both with accounts."""

    shelter: Organisation
    clinic: Organisation


def ready() -> Ready:
    """Put both in the register."""
    house = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(house, sexes=("woman",))
    clinic = organisation("Fictional Clinic", kind="health_service", unit=team("clinic-cases").unit)
    service(clinic, "doctor")
    return Ready(house, clinic)


def lock(session: str) -> None:
    """Give a worker's session a PIN and lock it, as after half an hour without a touch."""
    with as_user(WORKER) as by:
        access.set_pin(key=session, pin=DIGITS, by=by, at=timezone.now())
        access.lock_session(key=session, by=by, at=timezone.now())


def back_to_work(hand: Hand) -> str:
    """Moment 1, from the locked page: the PIN, and Today; what stands there."""
    hand.write("pin", DIGITS)
    hand.enter()
    return hand.words("main h1")


def new_case() -> Dossier:
    """A woman of whom nothing was sent."""
    with as_user(WORKER) as by:
        return case(by).dossier


def agreed_case() -> Dossier:
    """She agreed that the shelter be told that she needs a bed."""
    dossier = new_case()
    with as_user(WORKER) as by:
        answer(dossier, team("shelter-cases"), by=by, services=["bed"])
    return dossier


def asked_case() -> Dossier:
    """She was asked about the shelter a moment ago, and heard the script."""
    dossier = new_case()
    with as_user(WORKER) as by:
        answer(dossier, team("shelter-cases"), by=by, at=timezone.now())
    return dossier


def known_case() -> Dossier:
    """The shelter was asked; the clinic may be told."""
    dossier = sent().dossier
    with as_user(WORKER) as by:
        answer(dossier, team("clinic-cases"), by=by)
    return dossier


def first_contact(hand: Hand) -> None:
    """Moment 2, from Today: saved with two answers and no name."""
    hand.tap("main a[href='/first-contact/']")
    hand.choose("safe_to_talk", "yes")
    hand.choose("danger_now", "none")
    hand.tap("main form [type=submit]")
    assert re.search(r"/cases/\w+/next/$", hand.page.url), hand.page.url


def consent(hand: Hand, ready: Ready, language: str = "") -> str:
    """Moment 3, from what comes next: one receiver, one sentence; the sentence."""
    hand.choose("age_branch", "adult")
    hand.tap("main form [type=submit]")
    hand.choose("present", "nobody")
    if language:
        hand.pick("language", language)
        hand.pick("read_in", language)
        hand.pick("interpreter", "by_telephone")
    hand.pick("to", str(ready.shelter.pk))
    hand.choose("services", "bed")
    hand.choose("services", "doctor")
    hand.tap("main form [type=submit]")
    hand.choose("told_limits")
    sentence = hand.read_aloud()
    hand.tap("main button[name=answer][value=yes]")
    return sentence


def consent_again(hand: Hand, ready: Ready) -> str:
    """Moment 3 for a second receiver of the same visit; the sentence."""
    hand.tap("main a[href$='/consent/service/']")
    hand.choose("present", "nobody")
    hand.pick("to", str(ready.clinic.pk))
    hand.tap("main form [type=submit]")
    sentence = hand.read_aloud()
    hand.tap("main button[name=answer][value=yes]")
    return sentence


def night_house() -> str:
    """A house of the shelter with a family room that takes boys of 14; where moment 4 begins."""
    house(("1", 4, ""), boys_until=17)
    return "/"


def who_needs_a_bed(hand: Hand) -> str:
    """A woman with a son of 14, from the open form up to the choices; the words of the page."""
    hand.choose("safe_to_talk", "yes")
    hand.choose("danger_now", "none")
    hand.choose("sex", "woman")
    hand.pick("age_band", "age_30_47")
    hand.pick("child_1", "man_14")
    hand.tap("main form [type=submit]")
    return hand.words()


def night_call(hand: Hand) -> str:
    """Moment 4, from Today: who needs a bed, the choices, held; the words of the last page."""
    hand.tap("main a[href='/line/bed/']")
    who_needs_a_bed(hand)
    hand.read_aloud()
    hand.tap("main button[name=house]")
    return hand.words()


def send(hand: Hand, ready: Ready) -> str:
    """Moment 5, from the case: one preview, then it is sent; the words of the preview."""
    hand.tap("main a[href$='/refer/']")
    hand.tap(f"main a[href*='/refer/{ready.shelter.pk}/']")
    shown = hand.words()
    hand.tap("main button[name=send]")
    return shown


def say_yes(hand: Hand) -> str:
    """Moment 6, from the inbox: the question, and yes; the words of the question."""
    hand.tap("main .card a[href^='/requests/']")
    asked = hand.words()
    hand.tap("main form[action$='/accept/'] button")
    return asked


def ask_money(hand: Hand) -> str:
    """Moment 7, from the case: 200 for a taxi tonight; what the page says."""
    hand.tap("main a[href*='/fund/for/']")
    hand.pick("kind", "taxi")
    hand.focus("amount")
    hand.write("amount", "200")
    hand.choose("urgent")
    hand.tap("main form[novalidate] [type=submit]")
    return hand.words()


def pay_tonight(hand: Hand) -> str:
    """Moment 7, for the fund, from Today: one signature, and the money is handed out."""
    hand.tap("main a[href^='/fund/duties/']")
    hand.tap("main a[href$='/sign/']")
    hand.tap("main form[novalidate] [type=submit]")
    hand.tap("main a[href$='/pay/']")
    hand.tap("main form[novalidate] [type=submit]")
    return hand.words()


def voted_applications(count: int = 10) -> str:
    """So many applications about which a sitting has voted; where the secretary begins."""
    body = status.commission()
    with as_user(WORKER) as by:
        rows = [status.filed(body, by=by) for _number in range(count)]
    rows = [status.completed(row) for row in rows]
    status.sitting(body)
    for row in rows:
        status.vote(row, Outcome.GRANTED)
    return "/decisions/"


def enter_ruling(hand: Hand) -> str:
    """Moment 8, of one case, from the list of applications and back to it."""
    hand.tap("main a[href$='/decide/']")
    hand.choose("outcome", Outcome.GRANTED.value)
    hand.choose("grounds", "signs_enough")
    hand.tap("main form[novalidate] [type=submit]")
    return hand.words()


def who_knows(hand: Hand, *, stop: bool = False) -> str:
    """Moment 10, from the case: who knows; stop the first of them; the words of the page."""
    hand.tap("main a[href$='/knows/']")
    shown = hand.words()
    if stop:
        hand.tap("main a[href$='/stop/']")
        hand.tap("main form[method=post] button[type=submit]")
    return shown


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment for whoever measures: the page it begins on is made ready by ``start``."""

    name: str
    account: str
    start: Callable[[], str]
    do: Callable[[Hand], object]
    seconds: int
    most_taps: int | None = None
    before: Callable[[str], None] = lambda _session: None


def moments(place: Ready) -> list[Moment]:
    """The moments that exist so far, with their limits."""

    def inbox() -> str:
        sent()
        return "/inbox/"

    def poor() -> str:
        money.book()
        return f"/cases/{new_case().ref}/"

    def asked() -> str:
        with as_user(money.KEEPER):
            stands = Line.objects.exists()
        if not stands:
            money.line()
        money.asked(urgent=True)
        return "/"

    locked = "/access/account/unlock/"
    return [
        Moment("1 back after a break", WORKER, lambda: locked, back_to_work, 5, 0, before=lock),
        Moment("2 first contact", WORKER, lambda: "/", first_contact, 90, 12),
        Moment(
            "3 consent for one receiver",
            WORKER,
            lambda: f"/cases/{new_case().ref}/next/",
            lambda hand: consent(hand, place),
            60,
        ),
        Moment(
            "3 consent for a further receiver",
            WORKER,
            lambda: f"/cases/{asked_case().ref}/consent/",
            lambda hand: consent_again(hand, place),
            60,
        ),
        Moment("4 night call: a bed held", OPERATOR, night_house, night_call, 180, 10),
        Moment("4 night call: the choices", OPERATOR, lambda: "/line/bed/", who_needs_a_bed, 30),
        Moment(
            "5 send a referral",
            WORKER,
            lambda: f"/cases/{agreed_case().ref}/",
            lambda hand: send(hand, place),
            60,
            5,
        ),
        Moment("6 the shelter answers", SHELTER, inbox, say_yes, 20, 2),
        Moment("7 money is asked for", WORKER, poor, ask_money, 120),
        Moment("7 and paid the same night", money.FIRST, asked, pay_tonight, 120),
        Moment(
            "8 a decision after the sitting",
            status.SECRETARY,
            voted_applications,
            enter_ruling,
            180,
        ),
        Moment(
            "10 who knows about me",
            WORKER,
            lambda: f"/cases/{known_case().ref}/",
            lambda hand: who_knows(hand, stop=True),
            60,
        ),
    ]
