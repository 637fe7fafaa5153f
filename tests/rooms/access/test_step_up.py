"""What takes a case or many rows out of a team asks for the second factor again; passphrases."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from panoh.exchange import actions as exchange
from tests.factories.cases import contact
from tests.factories.clients import client_of, factor_of_old, words
from tests.factories.referrals import NOW, accepted
from tests.factories.staff import PASSPHRASE, as_user, team, user

pytestmark = pytest.mark.django_db


def test_sensitive_steps_ask_for_the_second_factor_anew() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
        run = exchange.start(
            b"external_id,prs_FirstName\n1,A\n", team=team("ngo-cases"), by=by, at=NOW
        )
    request = accepted()
    browser = factor_of_old(client_of("nigora"))
    for path in (
        f"/cases/{dossier.ref}/seal/",
        f"/requests/{request.ref}/hand_over/",
        reverse("exchange:back", args=[run.pk, "csv"]),
    ):
        for method in (browser.get, browser.post):
            answer = method(path)
            if answer.status_code != 405:
                assert answer.headers["Location"].startswith("/sign-in/2/"), path
    assert browser.get(f"/requests/{request.ref}/withdraw/").status_code == 200, "to stop is quick"
    # And what makes accounts, or opens a team's files.
    admin, ours = factor_of_old(client_of("admin")), team("ngo-cases")
    for one, path in (
        (admin, reverse("access:invite", args=[ours.unit_id])),
        (admin, reverse("access:emergency")),
        (browser, reverse("access:recover", args=[ours.pk])),
    ):
        for method in (one.get, one.post):
            assert method(path).headers["Location"].startswith("/sign-in/2/"), path


def test_what_was_typed_for_longer_than_the_factor_holds_comes_back() -> None:
    path = reverse("access:invite", args=[team("ngo-cases").unit_id])
    typed = {"display_name": "Навкори хаёлӣ", "username": "navkor", "language": "tg", "role": "ngo"}
    admin = client_of("admin")
    assert admin.get(path).status_code == 200
    assert factor_of_old(admin).post(path, typed).headers["Location"].startswith("/sign-in/2/")
    again = client_of("admin", "en")
    page = again.get(path)
    assert "This is what you typed before" in words(page)
    for text in typed.values():
        assert text in page.content.decode()
    made = again.post(path, typed, follow=True)
    assert "Give this code to navkor" in words(made)
    again.post(path, {"noted": "yes"})
    assert "Навкори хаёлӣ" not in again.get(path).content.decode(), "the draft went"


@pytest.mark.parametrize(
    "passphrase",
    [
        "Panoh2026Panoh!",
        "паноҳ паноҳ паноҳ",
        "Tajikistan 1991!",
        "душанбе-душанбе",
        "nigora nigora 12",
    ],
)
def test_a_passphrase_of_our_own_words_is_refused(passphrase: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(passphrase, user("nigora"))
    assert "our_words" in {fault.code for fault in refused.value.error_list}


def test_words_of_ours_among_others_are_no_fault() -> None:
    validate_password("four quiet rivers near Dushanbe", user("nigora"))
    validate_password(PASSPHRASE, user("nigora"))
