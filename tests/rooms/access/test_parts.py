"""An account that stands: other roles, into a team and back into it, another part in it."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from django.urls import reverse

from panoh.access import actions as access
from panoh.access.models import Membership, RoleGrant
from panoh.kernel.rules import Refused
from panoh.vault import queries as keys
from tests.factories.clients import client_of, factor_of_old, hidden, words
from tests.factories.staff import as_user, new_account, team, user

Connect = Callable[[str], psycopg.Connection]


def roles_of(name: str) -> set[str]:
    rows = RoleGrant.objects.filter(user=user(name), until=None)
    return set(rows.values_list("role", flat=True))


@pytest.mark.django_db
def test_a_colleague_is_given_another_role_and_loses_the_one_of_before() -> None:
    browser, path = client_of("admin", "en"), reverse("access:roles", args=[user("nigora").pk])
    assert path in browser.get("/access/people/").content.decode()
    page = browser.get(path)
    assert "Nigora (fictional) – Fictional Road NGO" in words(page)
    sent = {"roles": ["med"], "seen": hidden(page, "seen")}
    assert browser.post(path, sent).headers["Location"] == "/access/people/"
    assert roles_of("nigora") == {"med"}


def test_each_change_of_a_role_is_written_down(fresh_db: str, connect: Connect) -> None:
    with as_user("admin") as by:
        access.change_roles(user=user("nigora"), roles={"ngo", "med"}, by=by, at=datetime.now(UTC))
        access.change_roles(user=user("nigora"), roles={"ngo"}, by=by, at=datetime.now(UTC))
    told = connect("auditor").execute(
        "SELECT event, reason FROM audit_entry WHERE (reason, subject_id) = (%s, %s) ORDER BY seq",
        ["med", str(user("nigora").pk)],
    )
    assert told.fetchall() == [("role.given", "med"), ("role.taken", "med")]


@pytest.mark.django_db
def test_nobody_changes_roles_of_the_own_account() -> None:
    browser = client_of("admin", "en")
    assert browser.get(reverse("access:roles", args=[user("admin").pk])).status_code == 403
    with as_user("admin") as by, pytest.raises(Refused):
        access.change_roles(user=by, roles={"adm", "ngo"}, by=by, at=datetime.now(UTC))
    with as_user("nigora") as by, pytest.raises(Refused):
        access.change_roles(user=user("safar"), roles={"adm"}, by=by, at=datetime.now(UTC))


@pytest.mark.django_db
def test_a_role_that_the_organisation_may_not_have_is_not_offered() -> None:
    browser, path = client_of("admin", "en"), reverse("access:roles", args=[user("pulod").pk])
    page = browser.get(path)
    assert 'value="pol"' in page.content.decode() and 'value="ngo"' not in page.content.decode()
    refused = browser.post(path, {"roles": ["ngo"], "seen": hidden(page, "seen")})
    assert "govuk-error-summary" in refused.content.decode()
    assert roles_of("pulod") == {"pol"}


@pytest.mark.django_db
def test_what_one_may_not_give_one_may_not_take(connect: Connect) -> None:
    """Somebody of the NGO is an administrator of the installation: the NGO's own is not."""
    connect("owner").execute(
        "INSERT INTO access_rolepermission (role, permission) VALUES ('ngo', 'unit_manage')"
    )
    with as_user("admin") as by:
        access.appoint(user=user("safar"), role="adm", by=by, at=datetime.now(UTC))
    browser, path = client_of("lola", "en"), reverse("access:roles", args=[user("safar").pk])
    page = browser.get(path)
    assert 'value="adm"' not in page.content.decode()
    browser.post(path, {"roles": ["ngo"], "seen": hidden(page, "seen")})
    assert roles_of("safar") == {"adm", "ngo"}


@pytest.mark.django_db
def test_a_closed_account_is_given_nothing() -> None:
    with as_user("admin") as by:
        access.close_account(user=user("nigora"), by=by, at=datetime.now(UTC))
    browser = client_of("admin", "en")
    path = reverse("access:roles", args=[user("nigora").pk])
    assert browser.get(path).status_code == 404
    assert path not in browser.get("/access/people/").content.decode()


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_a_team_that_everybody_is_in_says_so() -> None:
    with as_user("safar") as by:
        access.join(user=user("lola"), team=team("ngo-cases"), by=by, at=datetime.now(UTC))
    page = client_of("safar", "en").get(reverse("access:seat", args=[team("ngo-cases").pk]))
    assert "is in the team already" in words(page)


@pytest.mark.django_db
def test_a_colleague_is_named_deputy_and_on_duty() -> None:
    ours, nigora = team("ngo-cases"), user("nigora")
    browser = client_of("safar", "en")
    path = reverse("access:part", args=[ours.pk, nigora.pk])
    page = browser.get(path)
    sent = {"is_deputy": "on", "is_duty_officer": "on", "seen": hidden(page, "seen")}
    page = browser.post(path, sent, follow=True)
    assert "Nigora (fictional) – stands in for the supervisor – on duty" in words(page)
    row = Membership.objects.get(user=nigora, team=ours, until=None)
    assert (row.is_supervisor, row.is_deputy, row.is_duty_officer) == (False, True, True)


@pytest.mark.django_db
def test_only_who_supervises_seats_and_nobody_their_own_account() -> None:
    ours = team("ngo-cases").pk
    seat, own = reverse("access:seat", args=[ours]), user("safar").pk
    assert client_of("nigora").get(seat).status_code == 403
    assert client_of("lola").get(seat).status_code == 404
    assert client_of("safar").get(reverse("access:part", args=[ours, own])).status_code == 403
    stranger = reverse("access:part", args=[ours, user("lola").pk])
    assert client_of("safar").get(stranger).status_code == 404


@pytest.mark.django_db
def test_each_of_these_pages_asks_for_the_second_factor_again() -> None:
    ours, nigora = team("ngo-cases").pk, user("nigora").pk
    for name, path in (
        ("admin", reverse("access:roles", args=[nigora])),
        ("safar", reverse("access:seat", args=[ours])),
        ("safar", reverse("access:part", args=[ours, nigora])),
    ):
        browser = factor_of_old(client_of(name))
        for method in (browser.get, browser.post):
            assert method(path).headers["Location"].startswith("/sign-in/2/"), path


@pytest.mark.django_db
def test_a_new_colleague_of_old_does_not_read_after_leaving_again() -> None:
    """In, out, in, out: each leaving takes the key away."""
    ours = team("ngo-cases")
    made = new_account("returner", ours.unit, "ngo", user("admin"))
    for _time in range(2):
        client_of("safar").post(reverse("access:seat", args=[ours.pk]), {"colleague": str(made.pk)})
        with as_user("safar") as by:
            assert made.pk in keys.holders(ours.pk)
            access.leave(user=made, team=ours, by=by, at=datetime.now(UTC))
            assert made.pk not in keys.holders(ours.pk)
