"""Row F13: orders to hand over data, and breaches."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Affected, Order, OrderSignature
from panoh.cases.rules.orders import (
    ORDER_FIELDS,
    BreachKind,
    OrderNotice,
    OrderStep,
    OrderView,
    missing,
)
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.files import actions as files
from panoh.files.models import Document
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from tests.factories.clients import client_of, hidden, words
from tests.factories.papers import pdf
from tests.factories.referrals import NOW, as_jobs, case
from tests.factories.staff import as_user, team, user

Connect = Callable[[str], psycopg.Connection]
GIVEN, STORY, PHONE = "Канарӣ", "=cmd|'/c calc'!A0 қиссаи канарӣ", "000 777 55 66"
ISSUER, NUMBER = "Суди озмоишӣ", "О-17"
DAY = policy.local_day(NOW)


def join_lawyer() -> str:
    """The third of the team: a caseworker who is a lawyer too."""
    with as_user("admin") as by:
        access.appoint(user=user("lola"), role="law", by=by, at=NOW)
    with as_user("safar") as by:
        access.join(user=user("lola"), team=team("ngo-cases"), by=by, at=NOW)
        access.let_in(user=user("lola"), team=team("ngo-cases"), by=by, at=NOW)
    return "lola"


@pytest.fixture
def lawyer(db: None) -> str:
    """The same, in the transaction of the test."""
    return join_lawyer()


def known(**answers: Any) -> Dossier:
    """A grown woman with a name, a story and a safe number."""
    with as_user("nigora") as by:
        dossier = case(by, age_branch="adult", sex="woman", **answers).dossier
        people.name(dossier, person=Person(given=GIVEN), by=by, at=NOW)
        people.add_contact(
            dossier, kind="phone", value=PHONE, is_safe=True, hours="", cover="", by=by, at=NOW
        )
        cases.add_note(dossier, category=Category.STORY, text=STORY, by=by, at=NOW)
    return dossier


def paper(dossier: Dossier, by: Any, category: Category = Category.LEGAL) -> Document:
    return files.add(
        dossier, category=category, title="Order", content=pdf("a scan"), by=by, at=NOW
    )


def enter(dossier: Dossier, by: Any, **other: Any) -> Order:
    given: dict[str, Any] = {
        "issuer": ISSUER,
        "number": NUMBER,
        "issued_on": DAY,
        "paper": None,
        "scope": "Ном ва қисса",
        "fields": ["sex", "name", "story"],
    } | other
    given["paper"] = given["paper"] or paper(dossier, by)
    return cases.enter_order(dossier, **given, by=by, at=NOW)


def ready(dossier: Dossier, **other: Any) -> Order:
    """Entered, found lawful, told to the person."""
    with as_user("nigora") as by:
        order = enter(dossier, by, **other)
    with as_user("lola") as by:
        cases.give_view(order, view=OrderView.LAWFUL, text="Моддаи 1", by=by, at=NOW)
    with as_user("nigora") as by:
        cases.note_notice(order, notice=OrderNotice.TOLD, by=by, at=NOW)
    return order


def signed(dossier: Dossier, **other: Any) -> Order:
    order = ready(dossier, **other)
    for name in ("safar", "lola"):
        with as_user(name) as by:
            cases.sign_order(order, by=by, at=NOW)
    return order


def test_f13_what_is_missing_is_said_in_its_order() -> None:
    every = [OrderStep.VIEW, OrderStep.NOTICE, OrderStep.SIGN]
    assert missing("", "", 0) == every
    assert missing("against", "told", 2) == [OrderStep.VIEW]
    assert missing("lawful", "delayed", 1) == [OrderStep.SIGN]
    assert missing("lawful", "told", 2) == []
    never = {Category.CONTACT, Category.SAFETY, Category.MONEY}
    assert not never & {one.category for one in ORDER_FIELDS.values()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"number": " "}, "number"),
        ({"issuer": ""}, "issuer"),
        ({"scope": ""}, "scope"),
        ({"issued_on": DAY + timedelta(days=1)}, "issued_on"),
        ({"fields": []}, "fields"),
        ({"fields": ["sex", "contact"]}, "fields"),
        ({"fields": ["immigration_status"]}, "fields"),
    ],
    ids=str,
)
def test_f13_an_oral_demand_is_no_ground(other: dict[str, Any], field: str) -> None:
    dossier = known()
    with as_user("nigora") as by:
        with pytest.raises(Invalid) as fault:
            enter(dossier, by, **other)
        assert fault.value.field == field
        assert not Order.objects.exists()


@pytest.mark.django_db
def test_f13_without_the_paper_itself_there_is_no_order() -> None:
    dossier, other = known(), known()
    with as_user("nigora") as by:
        for wrong in (paper(dossier, by, Category.STORY), paper(other, by)):
            with pytest.raises(Invalid):
                enter(dossier, by, paper=wrong)
        row = enter(dossier, by)
        row.pk, row.paper_id = None, None  # type: ignore[assignment]
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(force_insert=True)
    browser = client_of("nigora", "en")
    page = browser.get(f"/cases/{dossier.ref}/orders/add/")
    typed = {
        "issuer": ISSUER,
        "number": NUMBER,
        "issued_on": DAY.isoformat(),
        "scope": "all",
        "named": ["sex"],
        "submission": hidden(page, "submission"),
        "paper_submission": hidden(page, "paper_submission"),
    }
    assert "No file arrived" in words(browser.post(f"/cases/{dossier.ref}/orders/add/", typed))


@pytest.mark.django_db
def test_f13_nothing_leaves_before_lawyer_notice_and_two_signatures(lawyer: str) -> None:
    dossier = known()
    with as_user("nigora") as by:
        order = enter(dossier, by)
        assert Duty.objects.unsettled().filter(kind="order.answer", subject_id=order.pk).exists()
        with pytest.raises(NotPossible):
            cases.meet_order(order, as_json=False, by=by, at=NOW)
        with pytest.raises(Refused):
            cases.give_view(order, view=OrderView.LAWFUL, text="x", by=by, at=NOW)
    with as_user("safar") as by, pytest.raises(NotPossible):
        cases.sign_order(order, by=by, at=NOW)
    with as_user(lawyer) as by:
        cases.give_view(order, view=OrderView.AGAINST, text="Нест", by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.sign_order(order, by=by, at=NOW)
        cases.give_view(order, view=OrderView.LAWFUL, text="Ҳаст", by=by, at=NOW)
    with as_user("nigora") as by:
        with pytest.raises(Invalid):
            cases.note_notice(order, notice=OrderNotice.DELAYED, by=by, at=NOW)
        cases.note_notice(order, notice=OrderNotice.DELAYED, text="Суд манъ кард", by=by, at=NOW)
        assert Duty.objects.unsettled().filter(kind="order.notice").count() == 1
        with pytest.raises(Refused):
            cases.sign_order(order, by=by, at=NOW)
    with as_user("safar") as by:
        cases.sign_order(order, by=by, at=NOW)
        with pytest.raises(Refused):
            cases.sign_order(order, by=by, at=NOW)
    with as_user("nigora") as by, pytest.raises(NotPossible):
        cases.meet_order(order, as_json=False, by=by, at=NOW)
    with as_user(lawyer) as by:
        cases.sign_order(order, by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.give_view(order, view=OrderView.AGAINST, text="x", by=by, at=NOW)
    with as_user("nigora") as by:
        cases.meet_order(order, as_json=False, by=by, at=NOW)
        assert not Duty.objects.unsettled().filter(kind="order.answer").exists()
        assert Duty.objects.unsettled().filter(kind="order.notice").exists(), "she is still told"
        cases.note_notice(order, notice=OrderNotice.TOLD, by=by, at=NOW)
        assert not Duty.objects.unsettled().filter(kind="order.notice").exists()


@pytest.mark.django_db
def test_f13_police_and_who_may_not_read_what_is_named_sign_nothing(lawyer: str) -> None:
    dossier = known()
    order = ready(dossier, fields=["health"])
    with as_user("safar") as by:
        assert queries.may_sign(by, order), "a social worker reads health"
    with as_user("admin") as by:
        access.dismiss(user=user(lawyer), role="ngo", by=by, at=NOW)
    with as_user(lawyer) as by, pytest.raises(Refused):
        # From now on a lawyer by role alone, who does not read health.
        cases.sign_order(order, by=by, at=NOW)
    with as_user("pulod") as by:
        verbs: list[tuple[Any, dict[str, Any]]] = [
            (cases.sign_order, {}),
            (cases.refuse_order, {"text": "x"}),
            (cases.meet_order, {"as_json": True}),
        ]
        for verb, more in verbs:
            with pytest.raises((Refused, Gone)):
                verb(order, **more, by=by, at=NOW)
        assert not Order.objects.exists() and not OrderSignature.objects.exists()


@pytest.mark.django_db
def test_f13_the_export_holds_the_named_fields_only_and_no_formula(lawyer: str) -> None:
    order = signed(known())
    with as_user("nigora") as by:
        table = cases.meet_order(order, as_json=False, by=by, at=NOW)
        again = cases.meet_order(order, as_json=True, by=by, at=NOW)
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["field"] for row in rows] == ["name", "sex", "story"]
    assert rows[0]["value"] == GIVEN
    assert rows[2]["value"] == f"'{STORY}", "no office program computes it"
    found = json.loads(again.content)
    assert found.keys() == {"name", "sex", "story"} and found["story"]["values"] == [STORY]
    for made in (table, again):
        assert PHONE.encode() not in made.content and GIVEN not in made.name


def test_f13_every_step_is_recorded_and_no_value_is(fresh_db: str, connect: Connect) -> None:
    join_lawyer()
    order = signed(known())
    with as_user("nigora") as by:
        cases.meet_order(order, as_json=False, by=by, at=NOW)
    rows = connect("auditor").execute(
        "SELECT event, fields FROM audit_entry WHERE event LIKE 'order.%' ORDER BY seq"
    )
    found = rows.fetchall()
    assert [event for event, _fields in found] == [
        *("order.entered", "order.viewed", "order.noticed"),
        *("order.signed", "order.signed", "order.exported"),
    ]
    assert found[-1][1] == ["name", "sex", "story"]
    every = connect("auditor").execute("SELECT audit_entry::text FROM audit_entry").fetchall()
    assert not [row for (row,) in every if GIVEN in row or NUMBER in row or ISSUER in row]
    rows = connect("owner").execute("SELECT cases_order::text FROM cases_order")
    assert not [row for (row,) in rows.fetchall() if NUMBER in row or ISSUER in row], "sealed"


@pytest.mark.django_db
def test_f13_a_refusal_says_why_and_ends_it(lawyer: str) -> None:
    order = ready(known())
    with as_user("nigora") as by:
        with pytest.raises(Invalid):
            cases.refuse_order(order, text=" ", by=by, at=NOW)
        cases.refuse_order(order, text="Зиёд мепурсад", by=by, at=NOW)
        assert not Duty.objects.unsettled().filter(subject_id=order.pk).exists()
        with pytest.raises(NotPossible):
            cases.meet_order(order, as_json=False, by=by, at=NOW)
    with as_user("safar") as by, pytest.raises(NotPossible):
        cases.sign_order(order, by=by, at=NOW)


@pytest.mark.django_db
def test_f13_signing_and_the_file_ask_for_the_second_factor_anew(lawyer: str) -> None:
    dossier = known()
    order = ready(dossier)
    place = f"/cases/{dossier.ref}/orders/{order.pk}/"
    for name in ("safar", lawyer):
        browser = client_of(name, "en")
        assert "Signatures" in words(browser.get(place))
        assert _stale(browser).post(f"{place}sign/").headers["Location"].startswith("/sign-in/2/")
        assert client_of(name).post(f"{place}sign/").status_code == 302
    with as_user("nigora"):
        assert OrderSignature.objects.count() == 2
    browser = client_of("nigora", "en")
    assert "Date of birth" not in words(browser.get(f"{place}export/"))
    assert _stale(client_of("nigora")).post(f"{place}export/", {"csv": "1"}).status_code == 302
    made = browser.post(f"{place}export/", {"csv": "1"})
    assert made.headers["Content-Disposition"].startswith("attachment")
    assert GIVEN in made.content.decode() and PHONE not in made.content.decode()
    assert "Handed over" in words(browser.get(f"/cases/{dossier.ref}/orders/"))


def _stale(browser: Client) -> Client:
    session = browser.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 1.0}]
    session.save()
    return browser


@pytest.mark.django_db
def test_f13_the_pages_lead_from_the_paper_to_the_refusal(lawyer: str) -> None:
    dossier = known()
    browser, start = client_of("nigora", "en"), f"/cases/{dossier.ref}/orders/"
    assert "Orders to hand over data" in words(browser.get(f"/cases/{dossier.ref}/"))
    page = browser.get(f"{start}add/")
    typed = {
        "issuer": ISSUER,
        "number": NUMBER,
        "issued_on": DAY.isoformat(),
        "scope": "all of it",
        "named": ["sex", "birth"],
        "submission": hidden(page, "submission"),
        "paper_submission": hidden(page, "paper_submission"),
    }
    for _twice in range(2):
        sent = io.BytesIO(pdf("order"))
        sent.name = "order.pdf"
        assert browser.post(f"{start}add/", typed | {"file": sent}).status_code == 302
    with as_user("nigora"):
        (order,) = Order.objects.all()
        assert Document.objects.filter(dossier=dossier).count() == 1
    assert "the view of a lawyer" in words(browser.get(f"{start}{order.pk}/"))
    assert browser.get(f"{start}{order.pk}/view/").status_code == 404, "no lawyer"
    seen = client_of(lawyer, "en").post(
        f"{start}{order.pk}/view/", {"view": "against", "text": "No article"}
    )
    assert seen.status_code == 302
    empty = browser.post(f"{start}{order.pk}/refuse/", {"text": ""})
    assert empty.status_code == 200
    assert browser.post(f"{start}{order.pk}/refuse/", {"text": "Too much"}).status_code == 302
    assert "Too much" in words(browser.get(f"{start}{order.pk}/"))
    assert client_of("shirin").get(start).status_code == 404


@pytest.mark.django_db
def test_f13_the_yearly_count_is_public_and_holds_numbers_only() -> None:
    dossier = known()
    with as_user("nigora") as by:
        enter(dossier, by)
        refused = enter(dossier, by)
        cases.refuse_order(refused, text="x", by=by, at=NOW)
    page = Client().get("/orders/", headers={"accept-language": "en"})
    assert page.status_code == 200
    text = page.content.decode()
    assert str(DAY.year) in text
    assert queries.order_counts() == [(DAY.year, 2, 0, 1)]
    for secret in (dossier.ref, ISSUER, NUMBER, GIVEN, "ngo"):
        assert secret not in text


# -- breaches --------------------------------------------------------------------------------------


def breach(name: str = "admin", **other: Any) -> int:
    given: dict[str, Any] = {
        "kind": BreachKind.ACCOUNT,
        "user": user("safar"),
        "since": NOW - timedelta(hours=1),
        "until": NOW + timedelta(minutes=4),
    } | other
    with as_user(name) as by:
        return cases.open_breach(**given, by=by, at=NOW + timedelta(minutes=4))


def looked_at(dossier: Dossier, name: str = "safar") -> None:
    with as_user(name) as by:
        cases.read(dossier, fields=["core"], by=by, at=NOW)


def test_f13_a_mock_breach_lists_the_people_and_their_safe_channels_within_a_day(
    fresh_db: str,
) -> None:
    seen, unseen = known(), known()
    looked_at(seen)
    with as_user("nigora") as by:
        people.add_contact(
            seen, kind="phone", value="000 111", is_safe=False, hours="", cover="", by=by, at=NOW
        )
    assert breach() == 1
    with as_user("nigora"):
        duty = Duty.objects.unsettled().get(kind="breach.tell")
        assert (duty.dossier_id, duty.owner) == (seen.pk, team("ngo-cases"))
        assert duty.due_at == policy.due("breach_tell", NOW + timedelta(minutes=4))
        assert not policy.period("breach_tell", DAY).verified
        assert Duty.objects.unsettled().filter(kind="safety.review", dossier=seen).exists()
        assert queries.safety_plan(seen).review_is_due
        assert not queries.safety_plan(unseen).review_is_due
        (row,) = Affected.objects.all()
    text = words(client_of("nigora", "en").get("/breaches/people/"))
    assert GIVEN in text and PHONE in text and "000 111" not in text
    told = client_of("nigora", "en").post(f"/breaches/people/{row.pk}/", {"channel": "call"})
    assert told.status_code == 302
    with as_user("nigora") as by:
        assert not Duty.objects.unsettled().filter(kind="breach.tell").exists()
        cases.review_risk(seen, code="high", text="x", by=by, at=NOW + timedelta(minutes=5))
        assert not queries.safety_plan(seen).review_is_due
        assert not Duty.objects.unsettled().filter(kind="safety.review").exists()
        assert [(one.people, one.told) for one in _registered()] == [(1, 1)]


def _registered() -> list[queries.BreachTold]:
    with as_user("admin"):
        return queries.breaches()


def test_f13_a_breach_rings_the_duty_officer_at_the_next_minute(fresh_db: str) -> None:
    looked_at(known())
    breach()
    with as_jobs():
        duties.escalate_overdue(at=NOW + timedelta(minutes=5))
    with as_user("nigora"):
        assert Duty.objects.get(kind="breach.tell").assigned_to == user("safar")


@pytest.mark.django_db
def test_f13_through_a_team_everybody_is_concerned_whom_it_reached() -> None:
    known(), known()
    assert breach(user=None, team=team("ngo-cases"), kind=BreachKind.DEVICE) == 2
    with as_user("shirin"):
        assert not Affected.objects.exists()


@pytest.mark.django_db
def test_f13_who_registers_a_breach_reads_numbers_only() -> None:
    dossier = known()
    looked_at(dossier)
    breach()
    page = client_of("admin", "en").get("/breaches/")
    text = page.content.decode()
    assert "0 of 1 people were told" in words(page)
    assert dossier.ref not in text and GIVEN not in text
    with as_user("admin"):
        assert not Affected.objects.exists() and not Dossier.objects.exists()
    assert client_of("admin").get("/breaches/people/").status_code == 403


@pytest.mark.django_db
def test_f13_a_breach_of_another_unit_and_by_others_is_refused() -> None:
    with pytest.raises(Refused):
        breach("nigora")
    with pytest.raises(DatabaseError), transaction.atomic():
        breach("latif", user=user("safar"))
    assert breach("latif", user=user("parvona")) == 0
    with as_user("latif"):
        assert len(queries.breaches()) == 1
    with as_user("amina"):
        assert queries.breaches() == []


@pytest.mark.django_db
def test_f13_the_page_of_a_breach_names_its_faults_and_counts_once() -> None:
    looked_at(known())
    browser = client_of("admin", "en")
    page = browser.get("/breaches/")
    typed = {
        "kind": "account",
        "user": str(user("safar").pk),
        "since": (NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "until": (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "submission": hidden(page, "submission"),
    }
    both = browser.post("/breaches/", typed | {"team": str(team("ngo-cases").pk)})
    assert "Choose one account, or one team." in words(both)
    turned = browser.post("/breaches/", typed | {"until": "2020-01-01T00:00"})
    assert "The end comes after the beginning." in words(turned)
    for _twice in range(2):
        assert browser.post("/breaches/", typed).status_code == 302
    with as_user("nigora"):
        assert Affected.objects.count() == 1
