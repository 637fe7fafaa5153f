"""Everything on one page (rows E5, D5): requests, stays and payments beside the plan, each part for
those who may read it."""

import io
from datetime import timedelta

import pypdf
import pytest
from django.utils import timezone

from panoh.access.models import Dossier
from panoh.audit.queries import who_saw
from panoh.kernel.rules import Category
from panoh.referrals import actions as referrals
from panoh.shelters import actions as shelters
from tests.factories import fund as money
from tests.factories.care import GOAL, needed
from tests.factories.cases import contact, share
from tests.factories.clients import client_of, words
from tests.factories.houses import WOMAN, held, house
from tests.factories.leavings import planned
from tests.factories.plans import SHARED
from tests.factories.referrals import NOW, accepted
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db
NIGHTS, TAXI = "A place in a shelter", "200 somoni"


def helped() -> str:
    """A case with a need, a request that was answered, a night in a house, and a taxi."""
    referral = accepted()
    dossier = referral.dossier
    with as_user("shirin") as by:
        referrals.complete(referral, outcome="helped", by=by, at=NOW)
    at = timezone.now() - timedelta(minutes=5)
    where = house(at=at)
    with as_user("nigora") as by:
        needed(dossier, by=by)
        hold = held(where, by=by, dossier=dossier, at=at)
        planned(dossier, by=by)
    with as_user("shirin") as by:
        shelters.admit(hold, by=by, at=at + timedelta(minutes=1))
        shelters.leave(hold, outcome="relatives", by=by, at=at + timedelta(minutes=2))
    money.line()
    money.paid(money.asked(dossier))
    return str(dossier.ref)


def test_e5_request_stay_and_payment_stand_on_the_plan_without_retyping() -> None:
    ref = helped()
    page = words(client_of("nigora", "en").get(f"/cases/{ref}/whole/"))
    for part in (GOAL, "Helped", NIGHTS, "To relatives or friends", TAXI, "Paid"):
        assert part in page, part
    assert "Fictional Blue House" not in page, "which house it was stands nowhere"
    assert "Everything on one page" in words(client_of("nigora", "en").get(f"/cases/{ref}/"))


def test_e5_the_whole_plan_prints_in_every_language() -> None:
    ref = helped()
    browser = client_of("nigora", "en")
    for language, nights in (("en", NIGHTS), ("ru", "Ночи в приюте"), ("tg", "паноҳгоҳ")):
        answer = browser.post(f"/cases/{ref}/whole/print/", {"language": language})
        assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")
        pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        text = " ".join("\n".join(one.extract_text() for one in pages).split())
        assert nights in text
        assert "200" in text and "Fictional Blue House" not in text


def test_e5_what_was_read_and_printed_is_recorded() -> None:
    ref = helped()
    browser = client_of("nigora", "en")
    browser.get(f"/cases/{ref}/whole/")
    browser.post(f"/cases/{ref}/whole/print/", {"language": "en"})
    with as_user("nigora"):
        seen = who_saw(Dossier.objects.get(ref=ref).pk)
    for event in ("case.read", "care.printed"):
        read = [set(one.fields) for one in seen if one.event == event]
        assert {"services", "money"} in read, event


def test_e5_who_helps_and_does_not_hold_the_case_sees_no_stay_and_no_money() -> None:
    ref = helped()
    page = words(client_of("shirin", "en").get(f"/cases/{ref}/whole/"))
    assert TAXI not in page
    assert client_of("mavluda", "en").get(f"/cases/{ref}/whole/").status_code == 404


def test_e5_police_see_no_stay_no_need_and_no_payment() -> None:
    where = house()
    with as_user("pulod") as by:
        opened = contact(by, NOW, in_team="police-cases")
        share(opened, by, "shelter-cases", "shirin", SHARED | Category.MONEY)
    with as_user("shirin") as by:
        needed(opened.dossier, by=by)
        shelters.take_in(where, dossier=opened.dossier, people=(WOMAN,), by=by, at=timezone.now())
    at = f"/cases/{opened.dossier.ref}/whole/"
    officer = client_of("pulod", "en")
    page = words(officer.get(at))
    assert "Everything on one page" in page
    for part in (GOAL, NIGHTS, TAXI, "How things are"):
        assert part not in page, part
    assert officer.get(f"{at}print/").status_code == 404
    seen = words(client_of("shirin", "en").get(at))
    assert GOAL in seen and NIGHTS in seen
