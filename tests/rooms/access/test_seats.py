"""A colleague who has an account comes into a team, and back into it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError
from django.urls import reverse

from panoh.access import actions as access
from panoh.access.actions.staff import _led
from panoh.access.models import Membership
from panoh.kernel.rules import NotPossible
from panoh.vault import queries as keys
from tests.factories.clients import client_of, factor_of_old, words
from tests.factories.staff import as_user, new_account, team, user

pytestmark = pytest.mark.django_db


def test_who_left_a_team_is_put_back_and_opens_its_files() -> None:
    ours, nigora = team("ngo-cases"), user("nigora")
    with as_user("safar") as by:
        access.leave(user=nigora, team=ours, by=by, at=datetime.now(UTC))
        assert nigora.pk not in keys.holders(ours.pk)
    browser, path = client_of("safar", "en"), reverse("access:seat", args=[ours.pk])
    assert path in browser.get("/access/teams/").content.decode()
    page = browser.get(path)
    assert "Nigora (fictional) (nigora)" in words(page)
    assert "pulod" not in words(page), "another organisation"
    browser.post(path, {"colleague": str(nigora.pk)})
    assert Membership.objects.filter(user=nigora, team=ours, until=None).exists()
    with as_user("safar"):
        assert nigora.pk in keys.holders(ours.pk)


def test_who_never_signed_in_is_put_in_and_let_in_later() -> None:
    ours = team("ngo-cases")
    with as_user("admin") as by:
        made, _code = access.invite(
            unit=ours.unit,
            username="navkor",
            display_name="Navkor (fictional)",
            language="tg",
            by=by,
            at=datetime.now(UTC),
        )
    browser = client_of("safar", "en")
    page = browser.post(
        reverse("access:seat", args=[ours.pk]), {"colleague": str(made.pk)}, follow=True
    )
    assert "Cannot open the team's files yet." in words(page)
    assert "Let Navkor (fictional) in" in words(page)


def test_a_team_that_everybody_is_in_says_so() -> None:
    with as_user("safar") as by:
        access.join(user=user("lola"), team=team("ngo-cases"), by=by, at=datetime.now(UTC))
    page = client_of("safar", "en").get(reverse("access:seat", args=[team("ngo-cases").pk]))
    assert "is in the team already" in words(page)


def test_each_leaving_takes_the_key_away_again() -> None:
    """In, out, in, out: each leaving takes the key away."""
    ours = team("ngo-cases")
    made = new_account("returner", ours.unit, "ngo", user("admin"))
    for _time in range(2):
        client_of("safar").post(reverse("access:seat", args=[ours.pk]), {"colleague": str(made.pk)})
        with as_user("safar") as by:
            assert made.pk in keys.holders(ours.pk)
            access.leave(user=made, team=ours, by=by, at=datetime.now(UTC))
            assert made.pk not in keys.holders(ours.pk)


def test_only_who_supervises_puts_somebody_in() -> None:
    seat = reverse("access:seat", args=[team("ngo-cases").pk])
    assert client_of("nigora").get(seat).status_code == 403
    assert client_of("lola").get(seat).status_code == 404
    browser = factor_of_old(client_of("safar"))
    for method in (browser.get, browser.post):
        assert method(seat).headers["Location"].startswith("/sign-in/2/"), "the factor again"


def test_who_manages_accounts_is_offered_no_team() -> None:
    """An administrator reads no case."""
    ours = team("ngo-cases")
    new_account("manager", ours.unit, "adm", user("admin"))
    new_account("helper", ours.unit, "ngo", user("admin"))
    page = words(client_of("safar", "en").get(reverse("access:seat", args=[ours.pk])))
    assert "(helper)" in page and "(manager)" not in page


def leads(name: str) -> bool:
    row = Membership.objects.get(user=user(name), team=team("ngo-cases"), until=None)
    return row.is_supervisor


def test_a_supervisor_names_another_one_and_can_go_then() -> None:
    ours, browser = team("ngo-cases"), client_of("safar", "en")
    path = reverse("access:lead", args=[ours.pk, user("nigora").pk])
    assert path in browser.get("/access/teams/").content.decode()
    assert "Nigora (fictional)" in words(browser.get(path)) and not leads("nigora")
    with as_user("safar") as by, pytest.raises(NotPossible, match="Nobody else leads"):
        access.leave(user=by, team=ours, by=by, at=datetime.now(UTC))
    with as_user("safar") as by, pytest.raises(NotPossible, match="Nobody else leads"):
        access.join(user=by, team=ours, by=by, at=datetime.now(UTC))
    assert "leads the team now" in words(browser.post(path, follow=True))
    assert leads("nigora") and leads("safar")
    assert browser.get(path).status_code == 404, "is one already"
    with as_user("nigora") as by:
        access.leave(user=user("safar"), team=ours, by=by, at=datetime.now(UTC))


def test_only_who_supervises_names_a_supervisor() -> None:
    ours = team("ngo-cases")
    with as_user("safar") as by:
        access.join(user=user("lola"), team=ours, by=by, at=datetime.now(UTC))
    path = reverse("access:lead", args=[ours.pk, user("lola").pk])
    assert client_of("nigora").post(path).status_code == 403
    assert client_of("pulod").post(path).status_code == 404
    assert client_of("admin").post(path).status_code == 404, "it is led"
    browser = factor_of_old(client_of("safar"))
    assert browser.post(path).headers["Location"].startswith("/sign-in/2/"), "the factor again"
    assert not leads("lola")


def test_where_the_last_supervisor_is_closed_the_administrator_names_a_member() -> None:
    ours, browser = team("ngo-cases"), client_of("admin", "en")
    people = reverse("access:people")
    assert "alone leads the team" in words(browser.get(people))
    with as_user("admin") as by:
        access.close_account(user=user("safar"), by=by, at=datetime.now(UTC))
    path = reverse("access:lead", args=[ours.pk, user("nigora").pk])
    assert path in browser.get(people).content.decode()
    with as_user("admin") as by, pytest.raises(DatabaseError):  # a stranger reads nothing here
        access.join(
            user=new_account("stranger", ours.unit, "ngo", by),
            team=ours,
            is_supervisor=True,
            by=by,
            at=datetime.now(UTC),
        )
    assert browser.post(path).headers["Location"] == people
    assert leads("nigora")
    assert path not in browser.get(people).content.decode()


def test_another_refusal_of_the_database_is_not_told_as_that_of_a_team_without_a_lead() -> None:
    with pytest.raises(IntegrityError, match="another"), _led():
        raise IntegrityError("another")


def test_an_administrator_names_nobody_who_was_never_let_in_and_not_herself() -> None:
    """Who leads a team makes its keys: with a part alone a stranger would come to read."""
    ours, browser = team("ngo-cases"), client_of("admin", "en")
    puppet = new_account("puppet", ours.unit, "ngo", user("admin"))
    boss = new_account("boss", ours.unit, "adm", user("admin"))
    with as_user("safar") as by:
        for one in (puppet, boss):
            access.join(user=one, team=ours, by=by, at=datetime.now(UTC))
    with as_user("admin") as by:
        access.close_account(user=user("safar"), by=by, at=datetime.now(UTC))
    people = browser.get(reverse("access:people")).content.decode()
    named = {one: reverse("access:lead", args=[ours.pk, one.pk]) for one in (puppet, boss)}
    assert not [path for path in named.values() if path in people]
    assert browser.post(named[puppet]).status_code == 404
    assert client_of("boss").post(named[boss]).status_code == 403
    for name, one in (("admin", puppet), ("boss", boss)):
        with as_user(name) as by, pytest.raises(DatabaseError):
            access.join(user=one, team=ours, is_supervisor=True, by=by, at=datetime.now(UTC))
    path = reverse("access:lead", args=[ours.pk, user("nigora").pk])
    assert client_of("boss", "en").post(path).headers["Location"] == reverse("access:people")
    assert leads("nigora"), "an administrator inside the team names another member"


def test_a_team_says_where_nobody_of_it_opens_its_files() -> None:
    ours, browser = team("ngo-cases"), client_of("admin", "en")
    puppet = new_account("puppet", ours.unit, "ngo", user("admin"))
    with as_user("safar") as by:
        access.join(user=puppet, team=ours, by=by, at=datetime.now(UTC))
    for name in ("nigora", "safar"):
        with as_user("admin") as by:
            access.close_account(user=user(name), by=by, at=datetime.now(UTC))
    assert "enters the recovery code" in words(browser.get(reverse("access:people")))


def test_who_is_to_lead_only_later_does_not_lead_a_team() -> None:
    ours = team("ngo-cases")
    late = datetime.now(UTC) + timedelta(days=400)
    with as_user("safar") as by:
        access.join(user=user("lola"), team=ours, is_supervisor=True, by=by, at=late)
    with as_user("safar") as by, pytest.raises(NotPossible):
        access.leave(user=by, team=ours, by=by, at=datetime.now(UTC))
