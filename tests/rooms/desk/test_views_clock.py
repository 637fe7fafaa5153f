"""Why is this due on that day; what bodies let run out; the law of a case."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from panoh.access import actions as access
from panoh.cases.models import Case
from panoh.duties import actions as duties
from panoh.policy import queries as policy
from tests.factories.cases import contact
from tests.factories.clients import client_of, words
from tests.factories.packs import PERIODS, pack_with, period
from tests.factories.staff import ADMIN, as_user, team, user
from tests.rooms.policy.test_law import AGREEMENTS

LAW = period("test_clock", 10, "calendar_days", "application_complete", act="Fictional Act")


@pytest.mark.django_db
def test_b5_today_and_the_case_lead_to_why_this_day() -> None:
    now = timezone.now()
    with as_user("nigora") as by:
        case = contact(by, at=now)
        duty = duties.start(
            "case.later_questions",
            period="next_contact",
            owner=team("ngo-cases"),
            dossier=case.dossier,
            started_at=now - timedelta(days=6),
            by=by,
            at=now,
        )
    browser = client_of("nigora", "en")
    address = f"/duties/{duty.pk}/why/"
    for page in ("/", f"/cases/{case.dossier.ref}/"):
        text = browser.get(page).content.decode()
        assert address in text
        assert "Soon" in text, "the day before the last day warns"
    told = words(browser.get(address))
    assert f'href="/cases/{case.dossier.ref}/"' in browser.get(address).content.decode()
    assert "It is counted from: First contact" in told
    assert "7 days: service target, not law" in told
    assert "So it is due by the end of" in told
    for language in ("tg", "ru"):
        assert "It is counted" not in words(client_of("nigora", language).get(address))
    for stranger in ("lola", "mavluda", "pulod"):
        assert client_of(stranger, "en").get(address).status_code == 404


MORE = period("test_more", 5, "calendar_days", "stay_ends", extends="test_clock")
OPEN = period("test_open", '"unset"', "calendar_days", "stay_ends", extends="test_clock")


@pytest.mark.django_db
def test_b5_a_clock_is_stopped_runs_again_and_gets_more_time_by_pages(tmp_path: Path) -> None:
    now = timezone.now()
    with pack_with(tmp_path, {PERIODS: ("", LAW + MORE + OPEN)}):
        with as_user("nigora") as by:
            case = contact(by, at=now)
            given: dict[str, Any] = {"owner": team("ngo-cases"), "dossier": case.dossier}
            given |= {"started_at": now, "by": by, "at": now}
            duty = duties.start("case.later_questions", period="test_clock", **given)
            target = duties.start("case.later_questions", period="next_contact", **given)
        asks, allows = client_of("nigora", "en"), client_of("safar", "en")
        base = f"/duties/{duty.pk}"
        stopped = asks.post(f"{base}/stop/", {"ground": "interpreter"}, follow=True)
        assert "The clock stands still" in words(stopped) and "No interpreter yet" in words(stopped)
        assert "Stop the clock" not in words(stopped)
        assert "runs again with what was left" in words(
            asks.post(f"{base}/clock/resume/", follow=True)
        )
        form = words(asks.get(f"{base}/more-time/"))
        assert "Fictional clock: 5 days" in form
        more = {"ground": "paper", "period": "test_more"}
        told = words(asks.post(f"{base}/more-time/", more, follow=True))
        assert "until then the day stays" in told and "Allow more time" not in told
        assert asks.post(f"{base}/clock/allow/").status_code == 409
        task = re.search(r"/duties/[-0-9a-f]+/asked/", allows.get("/").content.decode())
        assert task is not None
        assert "asks for more time, 5 days" in words(allows.get(task.group(), follow=True))
        told = words(allows.post(f"{base}/clock/allow/", follow=True))
        assert "it got 5 days more, asked and approved by two people" in told
        # Where no rule sets how much more, they type the day, and the page says so.
        open_ = {"ground": "paper", "period": "test_open"}
        assert "type the day" in words(asks.post(f"{base}/more-time/", open_, follow=True))
        open_["until"] = (policy.local_day(now) + timedelta(days=40)).isoformat()
        asks.post(f"{base}/more-time/", open_)
        assert "no rule of the country sets it" in words(allows.get(f"{base}/why/"))
        told = words(allows.post(f"{base}/clock/allow/", follow=True))
        assert "two people gave it more time, to a day that no rule of the country sets" in told
        # A service target is no clock of the law: nobody stops it.
        assert "Stop the clock" not in words(asks.get(f"/duties/{target.pk}/why/"))
        assert asks.get(f"/duties/{target.pk}/stop/").status_code == 404
        for language in ("tg", "ru"):
            page = client_of("nigora", language).get(f"{base}/stop/")
            assert page.status_code == 200 and "style=" not in page.content.decode()
        # Who only sees the clock, or neither, changes nothing.
        for stranger in ("lola", "shirin"):
            browser = client_of(stranger, "en")
            assert browser.post(f"{base}/stop/", {"ground": "paper"}).status_code == 404


@pytest.mark.django_db
def test_b5_the_holder_of_the_case_does_not_stop_the_clock_of_the_commission(
    tmp_path: Path,
) -> None:
    now = timezone.now()
    with pack_with(tmp_path, {PERIODS: ("", LAW)}), as_user("nigora") as by:
        duty = duties.start(
            "status.decide",
            period="test_clock",
            owner=team("police-cases"),
            dossier=contact(by, at=now).dossier,
            started_at=now,
            by=by,
            at=now,
        )
        browser = client_of("nigora", "en")
        page = browser.get(f"/duties/{duty.pk}/why/")
        assert page.status_code == 200 and "Stop the clock" not in words(page)
        assert browser.get(f"/duties/{duty.pk}/stop/").status_code == 404


@pytest.mark.django_db
def test_b5_the_commission_sees_what_ran_out_and_what_is_not_set(tmp_path: Path) -> None:
    now = timezone.now()
    with pack_with(tmp_path, {PERIODS: ("", LAW)}):
        with as_user(ADMIN) as by:
            unit = user("ibrohim").unit
            assert unit is not None
            desk = access.add_team(unit=unit, name="secretariat", is_intake=False, by=by, at=now)
        with as_user("nigora") as by:
            duties.start(
                "case.later_questions",
                period="test_clock",
                owner=desk,
                started_at=now - timedelta(days=12),
                by=by,
                at=now,
            )
        page = words(client_of("ibrohim", "en").get("/overdue/"))
    assert "Fictional clock" in page
    assert "Fictional Commission" in page
    assert "2 days late" in page
    assert "Decision on status" in page.split("Not set: these clocks do not run")[1]
    assert client_of("nigora", "en").get("/overdue/").status_code == 403


@pytest.mark.django_db
def test_f6_a_case_in_a_covered_country_shows_the_agreement_and_its_article(
    tmp_path: Path,
) -> None:
    covered = AGREEMENTS.replace('"XX"', '"AF"').replace("2026-06-30", "2099-06-30")
    with pack_with(tmp_path, {"agreements.toml": ("", covered)}):
        with as_user("nigora") as by:
            ours = contact(by, citizenship="AF").dossier.ref
            there = contact(by, citizenship="TJ")
        browser = client_of("nigora", "en")
        page = words(browser.get(f"/cases/{ours}/"))
        assert "Fictional agreement" in page
        assert "article 4: Papers within days" in page
        # Of a country of destination too, once somebody has said where it happened.
        theirs = f"/cases/{there.dossier.ref}/"
        assert "Fictional agreement" not in words(browser.get(theirs))
        typed = {"scope": "transnational", "happened_in": "AF", "seen_version": there.version}
        told = words(browser.post(f"{theirs}answers/", typed, follow=True))
        assert "article 4: Papers within days" in told and "Afghanistan" in told


@pytest.mark.django_db
def test_g11_a_case_of_2017_leads_to_the_law_of_its_day() -> None:
    with as_user("nigora") as by:
        case = contact(by)
        Case.objects.filter(pk=case.pk).update(
            first_contact_at=datetime(2017, 5, 1, 6, 0, tzinfo=UTC)
        )
    browser = client_of("nigora", "en")
    page = browser.get(f"/cases/{case.dossier.ref}/").content.decode()
    assert "/policy/?on=2017-05-01" in page
    of_day = browser.get("/policy/?on=2017-05-01").content.decode()
    assert "/policy/acts/law_1096/?on=2017-05-01" in of_day
    assert "кӯмак" in browser.get("/policy/acts/law_1096/?on=2017-05-01").content.decode()
    assert date(2017, 5, 1) < timezone.now().date()
