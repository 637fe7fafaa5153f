"""A way back that is wanted and safe (E14); people from elsewhere (E18)."""

import io
import re
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from django.db import IntegrityError, transaction

from panoh.access.models import Dossier
from panoh.care import actions as care
from panoh.care import queries
from panoh.care.models import Letter, Permit, Return
from panoh.care.rules import (
    MAY_GO,
    RETURN,
    STAYS,
    Asylum,
    ReturnLack,
    ReturnState,
    is_foreign,
    return_lacks,
)
from panoh.cases import actions as cases
from panoh.cases.models import SafeContact
from panoh.cases.rules import Risk
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Invalid, NoConsent, NotPossible, Refused
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from tests.factories.care import READY, consulate, way_back
from tests.factories.clients import client_of
from tests.factories.leavings import planned
from tests.factories.plans import SHARED
from tests.factories.referrals import NOW, answer, case, drafted, later
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = policy.local_day(NOW)
CODES = {"asylum": Asylum.NO_FEAR.value, **{k: v for k, v in READY.items() if k != "kind"}}


def kinds(dossier: Dossier) -> list[str]:
    rows = Duty.objects.unsettled().filter(dossier=dossier, kind__startswith="care.")
    return sorted(rows.values_list("kind", flat=True))


def words_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({}, []),
        ({"agreed": "no"}, [ReturnLack.AGREED]),
        ({"agreed": ""}, [ReturnLack.AGREED]),
        ({"asylum": "not_asked"}, [ReturnLack.ASYLUM]),
        ({"asylum": "not_yet_known"}, [ReturnLack.ASYLUM]),
        ({"asylum": "fears"}, [ReturnLack.ASYLUM]),
        ({"papers": "missing"}, [ReturnLack.PAPERS]),
        ({"escort": "", "reception": ""}, [ReturnLack.ESCORT, ReturnLack.RECEPTION]),
    ],
)
def test_e14_what_is_missing_before_a_departure(
    changed: dict[str, str], missing: list[ReturnLack]
) -> None:
    assert return_lacks(**(CODES | changed)) == missing
    assert all(str(one.label) for one in missing)


def test_e14_departure_without_risk_check_and_consent_is_refused() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(NotPossible):
            care.depart(dossier, left_at=NOW, by=by, at=NOW)
        way_back(dossier, by=by)
        with pytest.raises(NotPossible, match="how dangerous"):
            care.depart(dossier, left_at=NOW, by=by, at=NOW)
        planned(dossier, by=by, destination="family_home", at=NOW - DAY)
        for field, code in (("agreed", ""), ("agreed", "no"), ("papers", "missing")):
            wrong: dict[str, Any] = {field: code}
            way_back(dossier, by=by, **wrong)
            with pytest.raises(NotPossible):
                care.depart(dossier, left_at=NOW, by=by, at=NOW)
        way_back(dossier, by=by)
        done = care.depart(dossier, left_at=NOW, by=by, at=NOW)
        assert (done.state, done.departed_at) == (ReturnState.DEPARTED, NOW)
        assert SafeContact.objects.filter(leaving=done.leaving).count() == 3
        with pytest.raises(NotPossible):
            way_back(dossier, by=by)
        with pytest.raises(Invalid):
            care.arrive(dossier, on=later(days=1), by=by, at=NOW)
        with pytest.raises(Invalid, match="before the departure"):
            care.arrive(dossier, on=NOW - DAY, by=by, at=NOW)
        care.arrive(dossier, on=NOW, by=by, at=NOW)
        with pytest.raises(NotPossible):
            care.give_up(dossier, by=by, at=NOW)


def test_e14_a_home_return_needs_a_look_at_the_destination() -> None:
    with as_user("nigora") as by:
        dossier = case(by, citizenship="TJ").dossier
        way_back(dossier, by=by, asylum=Asylum.OWN_COUNTRY, kind="home_within")
        planned(dossier, by=by, destination="family_home", risk=Risk.NOT_ASKED, at=NOW - DAY)
        with pytest.raises(NotPossible, match="how dangerous"):
            care.depart(dossier, left_at=NOW, by=by, at=NOW)
        high: dict[str, Any] = {"risk": Risk.HIGH, "is_informed": True}
        row = planned(dossier, by=by, destination="family_home", at=NOW - DAY / 2, **high)
        with pytest.raises(NotPossible, match="supervisor"):
            care.depart(dossier, left_at=NOW, by=by, at=NOW)
    with as_user("safar") as supervisor:
        cases.sign_leaving(row, by=supervisor, at=NOW)
    with as_user("nigora") as by:
        care.depart(dossier, left_at=NOW, by=by, at=NOW)


def test_e14_a_missing_passport_opens_a_papers_task() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        way_back(dossier, by=by, papers="missing")
        assert kinds(dossier) == ["care.papers"]
        way_back(dossier, by=by, papers="withheld")
        assert kinds(dossier) == ["care.papers"]
        way_back(dossier, by=by)
        assert kinds(dossier) == []
        way_back(dossier, by=by, papers="being_made")
        care.give_up(dossier, by=by, at=NOW)
        assert kinds(dossier) == []
        assert RETURN.verbs(ReturnState.GIVEN_UP) == []


def test_e14_the_database_promises_it() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        row = way_back(dossier, by=by)
        plan = planned(dossier, by=by)
        for wrong in (
            {"leaving": None},
            {"leaving": plan, "agreed": "no"},
            {"leaving": plan, "asylum": "fears"},
            {"leaving": plan, "asylum": "not_asked"},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Return.objects.filter(pk=row.pk).update(departed_at=NOW, **wrong)


def test_e18_a_return_is_refused_before_the_asylum_question() -> None:
    assert is_foreign("AF", "tj") and is_foreign("", "tj") and not is_foreign("TJ", "tj")
    with as_user("nigora") as by:
        dossier = case(by, citizenship="AF").dossier
        for unasked in (Asylum.NOT_ASKED, Asylum.OWN_COUNTRY):
            with pytest.raises(Invalid):
                way_back(dossier, by=by, asylum=unasked)
        assert queries.returning(dossier) is None
        planned(dossier, by=by, at=NOW - DAY)
        for no in (Asylum.FEARS, Asylum.ASKS, Asylum.NOT_KNOWN):
            way_back(dossier, by=by, asylum=no)
            with pytest.raises(NotPossible):
                care.depart(dossier, left_at=NOW, by=by, at=NOW)
        way_back(dossier, by=by, asylum=Asylum.NO_FEAR)
        care.depart(dossier, left_at=NOW, by=by, at=NOW)
    assert not STAYS & MAY_GO
    assert all(str(one.label) for one in (*Asylum, *ReturnState))


def test_e18_her_embassy_sees_nothing_without_its_own_consent() -> None:
    embassy = consulate()
    with as_user("nigora") as by:
        dossier = case(by, citizenship="AF").dossier
        # She agreed that others be told, even that all of it be told: not her embassy.
        answer(dossier, team("shelter-cases"), by=by)
        way_back(dossier, by=by)
        with pytest.raises(NoConsent):
            referrals.send(drafted(dossier, embassy, by=by), by=by, at=NOW)
        shared: dict[str, Any] = {"team": embassy, "categories": SHARED, "by": by, "at": NOW}
        with pytest.raises(NoConsent):
            cases.join_plan(dossier, **shared)
        meeting = cases.call_conference(dossier, on=TODAY + DAY, categories=SHARED, by=by, at=NOW)
        with pytest.raises(NoConsent):
            cases.seat(meeting, team=embassy, by=by, at=NOW)
    clerk = client_of("qosim", "en")
    for page in (f"/cases/{dossier.ref}/", f"/care/{dossier.ref}/return/"):
        assert clerk.get(page).status_code == 404
    assert dossier.ref not in clerk.get("/").content.decode()
    with as_user("qosim"):
        assert not Return.objects.exists() and not Dossier.objects.filter(pk=dossier.pk).exists()
    with as_user("nigora") as by:
        # With her own yes towards it, and not before.
        answer(dossier, embassy, by=by)
        referrals.send(drafted(dossier, embassy, by=by), by=by, at=NOW)


def test_e18_the_letter_prints_the_same_day_and_names_only_who_chose() -> None:
    with as_user("nigora") as by:
        dossier = case(by, citizenship="AF").dossier
        people.name(dossier, person=Person(given="Қаноатбекзода"), by=by, at=NOW)
        given: dict[str, Any] = {"by": by, "at": NOW}
        for language in ("tg", "ru", "en"):
            text = words_of(care.print_letter(dossier, language=language, is_named=False, **given))
            assert dossier.ref in text and "Қаноатбекзода" not in text
        # A draft that says so, with no article of any law.
        assert "unreviewed" in text and "article" in text
        assert not re.search(r"(article|art\.|ст\.|статья|моддаи)\s*\d", text)
        text = words_of(care.print_letter(dossier, language="en", is_named=True, **given))
        assert "Қаноатбекзода" in text
        assert [row.is_named for row in Letter.objects.order_by("is_named")] == [False] * 3 + [True]
    # Who may not read names prints none.
    answered = client_of("nigora", "en").post(f"/care/{dossier.ref}/letter/", {"language": "en"})
    assert answered["Content-Type"] == "application/pdf"
    assert dossier.ref in answered["Content-Disposition"]


def test_e18_the_end_of_a_permit_warns() -> None:
    with as_user("nigora") as by:
        dossier = case(by, citizenship="AF").dossier
        ends = TODAY + 40 * DAY
        row = care.keep_permit(dossier, kind="visa", ends_on=ends, by=by, at=NOW)
        (duty,) = Duty.objects.unsettled().filter(kind="care.permit", dossier=dossier)
        warn = policy.period("permit_warning").value
        assert warn is not None and duty.due_at is not None
        assert policy.local_day(duty.due_at) == ends - warn * DAY
        assert [one.kind for one in queries.permits_of(dossier, user=by)] == ["Visa"]
        care.end_permit(row, by=by, at=NOW)
        assert kinds(dossier) == []
        with pytest.raises(NotPossible):
            care.end_permit(row, by=by, at=NOW)
        with pytest.raises(Invalid):
            care.keep_permit(dossier, kind="zzz", ends_on=ends, by=by, at=NOW)
    with as_user("safar") as by, pytest.raises(Refused):
        care.keep_permit(dossier, kind="visa", ends_on=ends, by=by, at=NOW)
    with as_user("shirin"):
        assert not Permit.objects.exists()


def test_e14_e18_through_the_pages() -> None:
    with as_user("nigora") as by:
        dossier = case(by, citizenship="AF").dossier
    at, client = f"/care/{dossier.ref}/", client_of("nigora", "en")
    assert "First ask alone" in client.get(f"{at}return/").content.decode()
    given = {**READY, "asylum": "not_asked", "text": ""}
    refused = client.post(f"{at}return/write/", given)
    assert refused.status_code == 200 and "safe to be sent back" in refused.content.decode()
    # The way back leads where one came from, and is not called like the button of the form.
    paper = client.get(f"{at}letter/").content.decode()
    assert f'<a href="{at}return/" class="govuk-back-link">Back<' in paper
    given["asylum"] = "no_fear"
    sent = client.post(f"{at}return/write/", given)
    assert sent.status_code == 302
    day = {"on": TODAY.isoformat()}
    refused = client.post(f"{at}return/depart/", day)
    assert "how dangerous" in refused.content.decode()
    with as_user("nigora") as by:
        planned(dossier, by=by, at=NOW - DAY)
    assert client.post(f"{at}return/depart/", day).status_code == 302
    assert client.post(f"{at}return/arrive/", day).status_code == 302
    permit = {"kind": "visa", "ends_on": (TODAY + DAY).isoformat()}
    assert client.post(f"{at}permit/", permit).status_code == 302
    shown = client.get(f"{at}return/").content.decode()
    assert "Visa" in shown and "Arrived" in shown
    with as_user("nigora"):
        row = Permit.objects.get()
    assert client.post(f"{at}permit/{row.pk}/end/").status_code == 302
    assert "Visa" not in client_of("safar", "en").get(f"{at}return/").content.decode()
    assert Category.LEGAL not in SHARED
