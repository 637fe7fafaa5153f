"""Row C5: forms on paper, what was agreed by telephone, and everything entered later."""

import io
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pypdf import PdfReader

from panoh.cases.models import Case
from panoh.desk.views.papers import PAPERS
from panoh.policy import queries as policy
from panoh.referrals.models import Referral
from tests.factories.canaries import fill, saved
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation
from tests.factories.referrals import case, sent
from tests.factories.staff import as_user

EACH = [(code, language) for code in PAPERS for language in policy.letters()[code].languages]


def local(moment: datetime) -> datetime:
    """A moment by the clock of the country, to the minute, as people write it."""
    return timezone.localtime(moment, policy.pack().calendar.zone).replace(second=0, microsecond=0)


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "language"), EACH)
def test_c5_each_form_prints_in_each_language(code: str, language: str) -> None:
    got = client_of("nigora").get(f"/line/paper/{code}/{language}/")
    assert got["Content-Type"] == "application/pdf"
    text = text_of(got.content)
    words_of = policy.letters()[code].words
    assert words_of["title"].into(language) in text
    assert "nigora" not in text


def test_c5_what_is_read_aloud_is_there_in_uzbek_too() -> None:
    assert {code for code, language in EACH if language == "uz"} == {"consent", "hold"}


@pytest.mark.django_db
def test_c5_the_paper_asks_what_the_page_asks() -> None:
    browser = client_of("nigora", "en")
    text = text_of(browser.get("/line/paper/contact/en/").content)
    form = browser.get("/first-contact/").context["form"]
    for field in form.visible_fields():
        assert " ".join(str(field.label).split()) in text, field.label


@pytest.mark.django_db
def test_a_form_that_is_not_there_is_not_found() -> None:
    browser = client_of("nigora")
    for path in ("contact/uz", "helpers/en", "sheet/en", "contact/xx"):
        assert browser.get(f"/line/paper/{path}/").status_code == 404
    assert "Uzbek" not in words(browser.get("/line/paper/"))


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_c5_what_was_agreed_by_telephone_is_entered_with_its_own_time(verb: str) -> None:
    referral = sent(organisation("Fictional Paper Office", kind="local_government"))
    said = local(timezone.now() - timedelta(hours=20))
    path = f"/requests/{referral.ref}/{verb}/"
    typed = {"channel": "telephone", "said_at": said.strftime("%Y-%m-%dT%H:%M")}
    reason = {"reason": policy.codes("decline_reasons")[0].code} if verb == "decline" else {}
    browser = client_of("nigora", "en")
    late = local(timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    page = fill(browser, path, **(typed | reason | {"said_at": late}))
    assert "lies in the future" in words(page)
    saved(fill(browser, path, **typed, **reason))
    with as_user("nigora"):
        assert Referral.objects.get(pk=referral.pk).answered_at == said


@pytest.mark.django_db
def test_c5_a_first_contact_on_paper_keeps_its_own_time() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier.ref
    browser = client_of("nigora", "en")
    met = local(timezone.now() - timedelta(days=3))
    path = f"/cases/{dossier}/answers/"
    saved(fill(browser, path, scope="internal", first_contact_at=met.strftime("%Y-%m-%dT%H:%M")))
    with as_user("nigora"):
        assert Case.objects.get(dossier__ref=dossier).first_contact_at == met
    saved(fill(browser, path, scope="internal"))
    with as_user("nigora"):
        assert Case.objects.get(dossier__ref=dossier).first_contact_at == met, "it stays"
    ahead = local(timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page = fill(browser, path, scope="internal", first_contact_at=ahead)
    assert "lies in the future" in words(page)
