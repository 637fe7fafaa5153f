"""Money for one person: asked, signed by two, paid once, received; the fast lane; no name."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.fund import actions as fund
from panoh.fund import queries
from panoh.fund.models import Entry, Line, Request
from panoh.fund.rules import State
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.people import actions as people
from panoh.people.models import Identity
from panoh.policy import queries as policy
from tests.factories import fund as made
from tests.factories.cases import contact, share
from tests.factories.fund import ASKER, FIRST, KEEPER, NIGHT, SECOND, TAXI
from tests.factories.people import LOLA
from tests.factories.staff import ADMIN, as_user, team, user

pytestmark = pytest.mark.django_db


def kinds(account: str) -> list[str]:
    """What this account's team owes about money."""
    with as_user(account):
        rows = Duty.objects.unsettled().filter(kind__startswith="money.")
        return sorted(rows.values_list("kind", flat=True))


def test_d3_nobody_approves_their_own_request_or_twice() -> None:
    made.line()
    row = made.asked()
    with as_user(ASKER) as by, pytest.raises(Refused):
        fund.approve(row, by=by, at=NIGHT)
    row = made.sign(row, FIRST)
    assert row.state == State.PROMISED
    with as_user(FIRST) as by, pytest.raises(NotPossible, match="signed already"):
        fund.approve(row, by=by, at=NIGHT)
    with as_user(KEEPER) as by, pytest.raises(NotPossible, match="Two different people"):
        fund.pay(row, by=by, at=NIGHT)
    row = made.sign(row, SECOND)
    with as_user(KEEPER) as by:
        assert fund.pay(row, by=by, at=NIGHT).state == State.PAID
        assert [one.by.username for one in queries.signatures(row)] == [FIRST, SECOND]


def _only(row: Request) -> list[tuple[Line, int]]:
    return [(queries.standings(row.book, purpose=row.purpose)[0].line, row.amount)]


def test_d3_from_asking_to_receipt_each_knows_what_to_do() -> None:
    made.line()
    row = made.asked()
    assert kinds(FIRST) == ["money.decide"]
    with as_user(FIRST) as by, pytest.raises(NotPossible):
        duties.finish(Duty.objects.unsettled().get(kind="money.decide"), by=by, at=NIGHT)
    row = made.sign(row, FIRST)
    assert kinds(FIRST) == ["money.decide"]
    row = made.sign(row, SECOND)
    assert kinds(FIRST) == ["money.pay"]
    with as_user(KEEPER) as by:
        row = fund.pay(row, paper="17", by=by, at=NIGHT)
    assert kinds(FIRST) == []
    assert kinds(ASKER) == ["money.receipt"]
    with as_user(ASKER) as by:
        with pytest.raises(NotPossible):  # only the receipt itself settles it
            duties.finish(Duty.objects.unsettled().get(kind="money.receipt"), by=by, at=NIGHT)
        with pytest.raises(Invalid):
            fund.receive(row, receipt="dreamt", by=by, at=NIGHT)
        row = fund.receive(row, receipt="mark", by=by, at=NIGHT)
        assert (row.state, row.receipt) == (State.RECEIVED, "mark")
        assert [one.pk for one in queries.paid_on(row.dossier)] == [row.pk]
    assert kinds(ASKER) == []


def test_d4_under_the_ceiling_it_is_paid_the_same_night_and_the_second_signature_is_owed() -> None:
    made.line()
    row = made.asked(urgent=True)
    assert kinds(FIRST) == ["money.decide_now"]
    row = made.sign(row, FIRST)
    with as_user(KEEPER) as by:
        row = fund.pay(row, by=by, at=NIGHT)
        assert (row.state, row.signed_at) == (State.PAID, None)
        assert row.second_due_at == policy.due("money_second_signature", NIGHT)
        (owed,) = Duty.objects.unsettled().filter(kind="money.second")
        assert owed.due_at == row.second_due_at
        assert [one.pk for one in queries.unsigned(row.book)] == [row.pk]
        assert queries.ended(row.book) == [], "it stands once in the list of the fund"
    with as_user(FIRST) as by, pytest.raises(NotPossible, match="signed already"):
        fund.approve(row, by=by, at=NIGHT)
    monday = NIGHT + timedelta(days=3)
    row = made.sign(row, SECOND, at=monday)
    assert (row.state, row.signed_at) == (State.PAID, monday)
    assert kinds(FIRST) == []
    with as_user(KEEPER):
        assert queries.unsigned(row.book) == []
        assert [one.pk for one in queries.ended(row.book)] == [row.pk]


def test_d4_over_the_ceiling_the_fast_lane_is_refused() -> None:
    made.line()
    ceiling = policy.number("fast_lane_ceiling")
    with pytest.raises(Invalid, match="ceiling"):
        made.asked(amount=ceiling + 1, urgent=True)
    row = made.sign(made.asked(amount=ceiling + 1), FIRST)
    with as_user(KEEPER) as by, pytest.raises(NotPossible, match="Two different people"):
        fund.pay(row, by=by, at=NIGHT)
    assert made.asked(amount=ceiling, urgent=True).state == State.ASKED


def test_d2_paying_over_balance_or_off_purpose_is_refused() -> None:
    line = made.line(TAXI - 1)
    food = made.line(10 * TAXI, name="Food", purpose="living")
    row = made.asked()
    with as_user(FIRST) as by:
        for parts, how, said in (
            ([(line, TAXI)], NotPossible, "not enough money"),
            ([(food, TAXI)], Invalid, "another purpose"),
            ([(line, TAXI - 1)], Invalid, "whole sum"),
            ([], Invalid, "whole sum"),
        ):
            with pytest.raises(how, match=said):
                fund.approve(row, parts=parts, by=by, at=NIGHT)
        assert Entry.objects.filter(request__isnull=False).count() == 0
        assert queries.signatures(row) == []


def test_d5_several_sources_bear_one_taxi_and_the_parts_make_the_whole() -> None:
    lines = [
        made.line(TAXI, name="State", source="republican"),
        made.line(TAXI, name="Gift", source="donor"),
    ]
    row = made.asked()
    parts = [(lines[0], 12_345), (lines[1], TAXI - 12_345)]
    with as_user(FIRST) as by:
        row = fund.approve(row, parts=parts, by=by, at=NIGHT)
    row = made.sign(row, SECOND)
    with as_user(KEEPER) as by:
        row = fund.pay(row, by=by, at=NIGHT)
        assert sum(part for _line, part in queries.parts(row)) == TAXI
        month = policy.local_day(NIGHT)
        found = queries.costs(row.book, month)
        assert queries.total(found) == TAXI
        totals = {one.source: one.amount for one in found}
        assert totals == queries.spent(row.book, month)
        assert totals == {"republican": 12_345, "donor": TAXI - 12_345}
        assert queries.costs(row.book, month - timedelta(days=40)) == []


def test_paying_twice_pays_once() -> None:
    made.line()
    row = made.paid()
    with as_user(KEEPER) as by:
        again = fund.pay(row, by=by, at=NIGHT)
        assert again.state == State.PAID
        assert Entry.objects.filter(request=row, kind="payment").count() == 1


def test_a_refusal_gives_the_money_free_and_tells_who_asked() -> None:
    made.line(TAXI)
    row = made.sign(made.asked(), FIRST)
    with as_user(SECOND) as by:
        with pytest.raises(Invalid):
            fund.refuse(row, reason="dislike", by=by, at=NIGHT)
        row = fund.refuse(row, reason="not_for_this", by=by, at=NIGHT)
        assert row.state == State.REFUSED
        assert queries.standings(row.book)[0].free == TAXI
        with pytest.raises(NotPossible):
            fund.pay(row, by=by, at=NIGHT)
    assert kinds(ASKER) == ["money.refused"]
    assert kinds(FIRST) == []


def test_money_that_came_back_is_free_again_and_everything_stays_in_the_books() -> None:
    made.line(TAXI)
    row = made.paid()
    with as_user(KEEPER) as by:
        row = fund.take_back(row, reason="not_used", by=by, at=NIGHT)
        (found,) = queries.standings(row.book)
        assert found.amounts == {"given": -TAXI, "free": TAXI, "promised": 0, "spent": 0}
        assert Entry.objects.filter(request=row).count() == 4
        with pytest.raises(NotPossible):
            fund.pay(row, by=by, at=NIGHT)


def test_a_request_is_taken_back_before_anybody_signs() -> None:
    made.line()
    row = made.asked()
    with as_user(ASKER) as by:
        assert fund.withdraw(row, by=by, at=NIGHT).state == State.WITHDRAWN
    with as_user(FIRST) as by, pytest.raises(NotPossible):
        fund.approve(row, parts=_only(row), by=by, at=NIGHT)
    signed = made.sign(made.asked(), FIRST)
    with as_user(ASKER) as by, pytest.raises(NotPossible):
        fund.withdraw(signed, by=by, at=NIGHT)


def test_a_form_sent_twice_asks_once() -> None:
    made.line()
    about, row = made.person(), None
    for _click in range(2):
        row = made.asked(about, submission=row.pk if row else None)
    assert row is not None
    with as_user(ASKER):
        assert len(queries.on_dossier(about)) == 1


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "yacht"}, Invalid),
        ({"amount": 0}, Invalid),
        ({"amount": -TAXI}, Invalid),
        ({"amount": 10**13}, Invalid),
    ],
)
def test_what_cannot_be_asked(given: dict[str, object], problem: type[Exception]) -> None:
    made.book()
    with pytest.raises(problem):
        made.asked(**given)  # type: ignore[arg-type]


def test_a_closed_case_asks_for_nothing() -> None:
    about = made.person()
    with as_user(ASKER) as by:
        cases.close(about, reason="goals_reached", by=by, at=NIGHT)
    with pytest.raises(NotPossible, match="closed"):
        made.asked(about)


def test_the_fund_sees_no_case_and_who_helps_sees_no_books() -> None:
    made.line()
    row = made.paid()
    with as_user(FIRST):
        seen = queries.request_of(row.ref)
        assert seen.amount == TAXI
        assert not Dossier.objects.filter(pk=row.dossier_id).exists()
    with as_user(ASKER):
        assert queries.signatures(row) == [] and queries.parts(row) == []
        assert not Entry.objects.exists()
        with pytest.raises(Gone):
            queries.request_of(row.ref)
    with as_user("mavluda"), pytest.raises(Gone):
        queries.own_request(Dossier(pk=row.dossier_id), row.pk)


def test_police_see_nothing_of_money_whatever_they_were_given() -> None:
    made.line()
    with as_user(ASKER) as by:
        case = contact(by)
        everything = Category.CORE | Category.MONEY | Category.SERVICES
        share(case, by, "shelter-cases", "shirin", everything)
        share(case, by, "police-cases", "pulod", everything)
    book = made.paid(made.asked(case.dossier)).book
    with as_user("shirin"):
        assert len(queries.paid_on(case.dossier)) == 1
    with as_user("pulod") as by:
        assert Request.objects.count() == 0
        assert queries.paid_on(case.dossier) == []
        with pytest.raises(Refused):
            fund.ask(case.dossier, book=book, kind="taxi", amount=5, by=by, at=NIGHT)


def test_a27_cash_without_a_name() -> None:
    """From asking to receipt no identity value stands in the database; a name later changes
    nothing of it."""
    made.line(name="Cash", purpose="living")
    row = made.paid(made.asked(kind="cash_aid"))
    with as_user(ASKER) as by:
        fund.receive(row, receipt="before_witness", by=by, at=NIGHT)
        assert not Identity.objects.filter(dossier_id=row.dossier_id).exists()
        before = Request.objects.filter(pk=row.pk).values().get()
        people.name(row.dossier, person=LOLA, by=by, at=NIGHT)
        assert Request.objects.filter(pk=row.pk).values().get() == before


def test_only_a_team_with_money_in_its_grant_asks() -> None:
    made.line()
    with as_user(ASKER) as by:
        case = contact(by)
        share(case, by, "shelter-cases", "shirin", Category.CORE | Category.SERVICES)
    book = made.book()
    with as_user("shirin") as by, pytest.raises(Gone):
        fund.ask(case.dossier, book=book, kind="taxi", amount=5, by=by, at=NIGHT)
    with as_user(ASKER) as by:
        share(case, by, "clinic-cases", "mavluda", Category.CORE | Category.MONEY)
    with as_user("mavluda") as by:
        row = fund.ask(case.dossier, book=book, kind="taxi", amount=5, by=by, at=NIGHT)
        assert row.asked_team == team("clinic-cases")


def test_a8_a_migrant_is_paid_like_anybody_and_no_category_is_asked() -> None:
    made.line()
    with as_user(ASKER) as by:
        about = contact(by).dossier
        cases.classify(about, code="vulnerable_migrant", by=by, at=NIGHT)
    assert made.paid(made.asked(about)).state == State.PAID
    assert "category" not in {one.name for one in Request._meta.get_fields()}


def test_c13_whoever_pays_gives_no_advocate() -> None:
    paying = [kind for kind in policy.unit_types().values() if "fnd" in kind.roles]
    assert paying
    assert not any(kind.gives_advocates for kind in paying)
    who_pays = {role for role, rights in policy.roles().items() if "money_pay" in rights}
    assert who_pays == {"fnd"}


VERBS: list[tuple[Callable[..., Request], dict[str, Any]]] = [
    (fund.approve, {}),
    (fund.refuse, {"reason": "not_for_this"}),
    (fund.pay, {}),
    (fund.take_back, {"reason": "not_used"}),
]


def told(row: Request) -> tuple[str, str, int]:
    """Its state and reason, and how often money moved for it, as the fund reads them."""
    with as_user(KEEPER):
        found = Request.objects.get(pk=row.pk)
        return found.state, found.reason, Entry.objects.filter(request=row).count()


def test_d3_of_another_fund_nobody_signs_refuses_pays_or_takes_back() -> None:
    made.line()
    row = made.sign(made.asked(), FIRST)
    before = told(row)
    for verb, given in VERBS:
        with as_user("firuz") as by, pytest.raises(Gone):  # the same role, and of no fund
            verb(row, **given, by=by, at=NIGHT)
    assert told(row) == before


def test_d3_where_one_team_helps_and_pays_who_asked_signs_nothing() -> None:
    """A small organisation with money of its own: the signatures are those of others."""
    with as_user(ADMIN) as by:
        access.appoint(user=user(ASKER), role="fnd", by=by, at=NIGHT)
    with as_user(ASKER) as by:
        own = fund.open_book(team("ngo-cases"), name="Own", by=by, at=NIGHT)
    row = made.asked(book=own)
    for verb, given in VERBS:
        with as_user(ASKER) as by:
            with pytest.raises(Refused, match="neither signs"):
                verb(row, **given, by=by, at=NIGHT)
            assert Request.objects.get().state == State.ASKED
            assert queries.signatures(row) == []


def test_money_that_came_back_says_why() -> None:
    made.line()
    row = made.paid()
    before = told(row)
    with as_user(KEEPER) as by, pytest.raises(Invalid):
        fund.take_back(row, reason="", by=by, at=NIGHT)
    assert told(row) == before


def test_by_another_case_nobody_reaches_a_request() -> None:
    made.line()
    row, other = made.asked(), made.person()
    about, row.dossier = row.dossier, other
    with as_user(ASKER) as by, pytest.raises(Gone):
        fund.withdraw(row, by=by, at=NIGHT)
    row.dossier = about
    assert told(row)[0] == State.ASKED
