"""Row F13: orders to hand over data."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from panoh.access import actions as access
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Order, OrderSignature
from panoh.cases.rules import SafetyKind
from panoh.cases.rules.orders import (
    ORDER_FIELDS,
    OrderNotice,
    OrderStep,
    OrderView,
    missing,
)
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from tests.factories.clients import client_of, hidden, words
from tests.factories.orders import (
    DAY,
    GIVEN,
    ISSUER,
    NUMBER,
    PHONE,
    STORY,
    enter,
    join_lawyer,
    known,
    paper,
    ready,
    sign,
    signed,
)
from tests.factories.referrals import NOW
from tests.factories.staff import as_user, user

Connect = Callable[[str], psycopg.Connection]


@pytest.fixture
def lawyer(db: None) -> str:
    """The same, in the transaction of the test."""
    return join_lawyer()


def test_f13_what_is_missing_is_said_in_its_order() -> None:
    every = [OrderStep.VIEW, OrderStep.NOTICE, OrderStep.SIGN]
    assert missing("", "", 0) == every
    assert missing("against", "told", 2) == [OrderStep.VIEW]
    assert missing("lawful", "delayed", 1) == [OrderStep.SIGN]
    assert missing("lawful", "told", 2) == []
    assert Category.MONEY not in {one.category for one in ORDER_FIELDS.values()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"number": " "}, "number"),
        ({"issuer": ""}, "issuer"),
        ({"scope": ""}, "scope"),
        ({"issued_on": DAY + timedelta(days=1)}, "issued_on"),
        ({"fields": []}, "fields"),
        ({"fields": ["sex", "recruiter"]}, "fields"),
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
        with pytest.raises(IntegrityError, match="paper_id"), transaction.atomic():
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
        sign(order, by)
    with as_user(lawyer) as by:
        cases.give_view(order, view=OrderView.AGAINST, text="Нест", by=by, at=NOW)
        with pytest.raises(NotPossible):
            sign(order, by)
        cases.give_view(order, view=OrderView.LAWFUL, text="Ҳаст", by=by, at=NOW)
    with as_user("nigora") as by:
        with pytest.raises(Invalid):
            cases.note_notice(order, notice=OrderNotice.DELAYED, by=by, at=NOW)
        cases.note_notice(order, notice=OrderNotice.DELAYED, text="Суд манъ кард", by=by, at=NOW)
        assert Duty.objects.unsettled().filter(kind="order.notice").count() == 1
        with pytest.raises(Refused):
            sign(order, by)
    with as_user("safar") as by:
        sign(order, by)
        with pytest.raises(Refused):
            sign(order, by)
    with as_user("nigora") as by, pytest.raises(NotPossible):
        cases.meet_order(order, as_json=False, by=by, at=NOW)
    with as_user(lawyer) as by:
        sign(order, by)
        with pytest.raises(NotPossible):
            cases.give_view(order, view=OrderView.AGAINST, text="x", by=by, at=NOW)
    with as_user("nigora") as by:
        cases.meet_order(order, as_json=False, by=by, at=NOW)
        assert not Duty.objects.unsettled().filter(kind="order.answer").exists()
        assert Duty.objects.unsettled().filter(kind="order.notice").exists(), "she is still told"
        cases.note_notice(order, notice=OrderNotice.TOLD, by=by, at=NOW)
        assert not Duty.objects.unsettled().filter(kind="order.notice").exists()


@pytest.mark.django_db
def test_f13_nobody_signs_in_anothers_name_past_the_programme(lawyer: str) -> None:
    order = ready(known())
    with as_user("safar") as by:
        forged = OrderSignature(dossier=order.dossier, order=order, at=NOW, by=user(lawyer))
        with pytest.raises(ProgrammingError, match="refused by the wall"), transaction.atomic():
            forged.save(force_insert=True)
        own = OrderSignature.objects.filter(pk=sign(order, by).pk)
        with pytest.raises(ProgrammingError, match="refused by the wall"), transaction.atomic():
            own.update(by=user(lawyer))
        with pytest.raises(ProgrammingError), transaction.atomic():
            own.delete()
        assert [one.by for one in own] == [by]


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
        sign(order, by)
    with as_user("pulod") as by:
        verbs: list[tuple[Any, dict[str, Any]]] = [
            (cases.sign_order, {"seen": {}}),
            (cases.refuse_order, {"text": "x"}),
            (cases.meet_order, {"as_json": True}),
        ]
        for verb, more in verbs:
            with pytest.raises(Gone):
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
        sign(order, by)


@pytest.mark.django_db
def test_f13_ways_safety_and_notes_of_law_are_handed_over_only_where_they_are_named(
    lawyer: str,
) -> None:
    dossier = known()
    with as_user(lawyer) as by:
        cases.add_note(dossier, category=Category.LEGAL, text="Қайди ҳуқуқӣ", by=by, at=NOW)
    with as_user("nigora") as by:
        cases.write_safety(
            dossier, kind=SafetyKind.CONTACT, code="only_at_hours", text="Танҳо шом", by=by, at=NOW
        )
    order = signed(dossier, fields=["ways", "safety", "legal"])
    with as_user(lawyer) as by:
        made = cases.meet_order(order, as_json=True, by=by, at=NOW)
    found = json.loads(made.content)
    assert found.keys() == {"legal", "ways", "safety"}
    assert found["ways"]["values"] == [PHONE]
    assert found["legal"]["values"] == ["Қайди ҳуқуқӣ"]
    assert "Танҳо шом" in found["safety"]["values"][0]
    assert GIVEN.encode() not in made.content
