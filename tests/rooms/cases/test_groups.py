"""Row A26: forty people at one place, two workers, each person a file and a will of one's own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connections
from django.urls import reverse

from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.actions import Found
from panoh.cases.models import Case, Event, Group, GroupMember
from panoh.consent.models import Consent
from panoh.kernel.rules import Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from tests.factories.cases import give
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, answer, drafted
from tests.factories.staff import as_user, team, user

EMPLOYER = "Корфармои канарӣ"
CHOSEN = "Номи канарӣ"


def begun(**fields: Any) -> Group:
    plain: dict[str, Any] = {
        "kind": "site_visit",
        "found_on": policy.local_day(NOW),
        "district": "tj_3505401",
        "channel": "outreach",
        "language": "tg",
        "forms": ["forced_labour"],
        "employer": EMPLOYER,
    }
    with as_user("nigora") as by:
        return cases.open_group(
            team=team("ngo-cases"), submission=uuid4(), by=by, at=NOW, **(plain | fields)
        )


def man(**fields: Any) -> Found:
    return Found(uuid4(), sex="man", age_band="age_21_29", **fields)


def add(group: Group, *found: Found, who: str = "nigora") -> list[GroupMember]:
    with as_user(who) as by:
        return cases.add_people(group, found, by=by, at=NOW)


@pytest.mark.django_db
def test_a26_who_reads_the_file_of_a_group_adds_nobody_to_it() -> None:
    group = begun()
    with as_user("nigora") as by:
        give(group.dossier, by, "shelter-cases", "shirin", Category.CORE)
    with pytest.raises(Gone):
        add(group, man(), who="shirin")
    with as_user("nigora"):
        assert not GroupMember.objects.exists() and not Case.objects.exists()


@pytest.mark.django_db
def test_a26_shared_facts_are_typed_once_and_each_has_a_file_of_ones_own() -> None:
    group = begun()
    first, second = add(group, man(chosen=CHOSEN), man(language="ru"))
    with as_user("nigora") as by:
        one, two = (Case.objects.get(pk=member.dossier_id) for member in (first, second))
        assert (one.language, two.language) == ("tg", "ru")
        for case in (one, two):
            assert (case.district, case.channel, case.age_branch) == (
                "tj_3505401",
                "outreach",
                "adult",
            )
            assert queries.codes_of(case.dossier, "exploitation_forms") == ["forced_labour"]
            assert queries.group_of_case(case.dossier) == group
        assert not Consent.objects.exists(), "nobody agreed for another"
        assert queries.shared_texts(group, by=by, at=NOW) == (EMPLOYER, "")
        assert EMPLOYER.encode() not in bytes(group.employer or b"")


def test_a26_a_case_leads_to_its_group_only_who_may_open_it(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    """A role that holds files and takes no first contacts."""
    group = begun()
    (one,) = add(group, man())
    browser, way = client_of("nigora"), reverse("desk:group", args=[group.dossier.ref])
    for role, opens in (("ngo", True), ("pro", False)):
        connect("owner").execute(
            "UPDATE access_rolegrant SET role = %s WHERE user_id = %s", [role, user("nigora").pk]
        )
        page = browser.get(reverse("desk:case", args=[one.dossier.ref]))
        assert page.status_code == 200 and (way in page.content.decode()) == opens
        assert browser.get(way).status_code == (200 if opens else 403)


@pytest.mark.django_db
def test_a26_one_refuses_and_only_he_leaves_no_trace_outside() -> None:
    group = begun()
    agrees, refuses = add(group, man(), man())
    shelter = team("shelter-cases")
    with as_user("nigora") as by:
        answer(agrees.dossier, shelter, by=by)
        answer(refuses.dossier, shelter, by=by, answer="no")
        sent = referrals.send(drafted(agrees.dossier, by=by), by=by, at=NOW)
        with pytest.raises(NoConsent):
            referrals.send(drafted(refuses.dossier, by=by), by=by, at=NOW)
    with as_user("shirin") as by:
        referrals.accept(Referral.objects.get(pk=sent.pk), by=by, at=NOW)
        assert [case.pk for case in Case.objects.all()] == [agrees.dossier_id]
        assert not Event.objects.filter(dossier=refuses.dossier).exists()
        assert not Group.objects.exists(), "a receiver does not learn that there were others"
        assert not GroupMember.objects.exists()
        assert queries.group_of_case(agrees.dossier) is None
    way = reverse("desk:group", args=[group.dossier.ref])
    assert way in client_of("nigora").get(f"/cases/{agrees.dossier.ref}/").content.decode()
    assert way not in client_of("shirin").get(f"/cases/{agrees.dossier.ref}/").content.decode()
    page = client_of("shirin", "en").get(f"/cases/{agrees.dossier.ref}/")
    assert page.status_code == 200
    assert EMPLOYER not in words(page)
    assert client_of("shirin").get(f"/groups/{group.dossier.ref}/").status_code == 404


@pytest.mark.django_db
def test_a26_each_is_asked_alone_and_the_list_says_who_not_yet() -> None:
    group = begun()
    first, _second = add(group, man(), man(danger_now="danger"))
    browser = client_of("nigora", "en")
    path = f"/groups/{group.dossier.ref}/"
    assert "0 of 2 were asked alone" in words(browser.get(path))
    assert words(browser.get(path)).count("Immediately") == 1, "who is in danger is seen at once"
    for _twice in range(2):
        assert browser.post(f"{path}alone/{first.pk}/").status_code == 302
    assert "1 of 2 were asked alone" in words(browser.get(path))
    with as_user("nigora") as by, pytest.raises(NotPossible):
        cases.asked_alone(first, by=by, at=NOW)


@pytest.mark.django_db
def test_a26_a_group_through_the_pages_and_an_empty_row_is_not_saved() -> None:
    browser = client_of("nigora", "en")
    given = {
        "kind": "inspection",
        "found_on": policy.local_day(NOW).isoformat(),
        "employer": EMPLOYER,
        "forms": ["forced_labour"],
        "language": "uz",
        "submission": str(uuid4()),
    }
    made = browser.post("/groups/new/", given)
    assert made.status_code == 302, words(made)
    assert browser.post("/groups/new/", given).headers["Location"] == made.headers["Location"]
    rows = {f"p{number}-submission": str(uuid4()) for number in range(10)}
    rows |= {"p0-sex": "man", "p0-age_band": "age_14_17", "p3-chosen": CHOSEN}
    for _twice in range(2):
        assert browser.post(made.headers["Location"], rows).status_code == 302
    with as_user("nigora"):
        (group,) = queries.groups()
        people = queries.people_of(group)
        assert [(one.case.age_branch, one.case.language) for one in people] == [
            ("child", "uz"),
            ("unknown", "uz"),
        ]
    blank = {f"p{number}-submission": str(uuid4()) for number in range(10)}
    page = browser.post(made.headers["Location"], blank, follow=True)
    assert "nobody was added" in words(page)
    assert CHOSEN in words(page)
    assert EMPLOYER in words(page)
    with as_user("lola") as by, pytest.raises(Gone):
        cases.add_people(group, [man()], by=by, at=NOW)
    future = browser.post("/groups/new/", given | {"found_on": "2199-01-01"})
    assert "This date lies in the future" in words(future)
    with as_user("nigora") as by, pytest.raises(Invalid):
        cases.open_group(
            team=team("ngo-cases"),
            submission=uuid4(),
            kind="zzz",
            found_on=policy.local_day(NOW),
            by=by,
            at=NOW,
        )


@pytest.mark.django_db
def test_a26_the_list_of_cases_goes_on_behind_the_dossier_of_a_group() -> None:
    group = begun()
    add(group, man(), man())
    begun()
    with as_user("nigora"):
        assert len(queries.recent(limit=2).cases) == 2


def test_a26_two_workers_at_once_none_lost_none_doubled(fresh_db: str) -> None:
    """Twenty each, every parcel sent twice, as an impatient finger does."""
    group = begun()
    gate = Barrier(2)

    def work(who: str) -> None:
        rows = [man() for _ in range(20)]
        try:
            gate.wait()
            for start in range(0, 20, 10):
                for _twice in range(2):
                    add(group, *rows[start : start + 10], who=who)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, who) for who in ("nigora", "safar")]:
            done.result()
    with as_user("nigora"):
        people = queries.people_of(group)
        assert [one.member.number for one in people] == list(range(1, 41))
        assert Case.objects.count() == 40
