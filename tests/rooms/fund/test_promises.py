"""What PostgreSQL promises of the books: SQL written as ``app``, past the programme."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from panoh.fund import actions as fund
from panoh.fund.models import Account, Approval, Entry, Line, Posting, Request
from tests.factories import fund as made
from tests.factories.fund import ASKER, FIRST, KEEPER, NIGHT, SECOND, TAXI
from tests.factories.staff import as_user, user

DAY = "2026-03-06"
DENIED = "permission denied|never changed|row-level security|refused by the wall"


def refused(by: str, said: str, *statements: tuple[str, list[Any]]) -> None:
    """These statements, in one transaction of an account, are refused, at the latest at its end."""
    with (
        as_user(by),
        pytest.raises(DatabaseError, match=said),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        for text, values in statements:
            cursor.execute(text, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def entry(
    by: str,
    kind: str,
    moves: dict[int, int],
    *,
    request: Request | None = None,
    day: str = DAY,
    reverses: object = None,
    signed_as: str = "",
    key: object = None,
) -> list[tuple[str, list[Any]]]:
    """An entry and its postings as SQL."""
    book, key = made.book().pk, key or uuid4()
    return [
        (
            "INSERT INTO fund_entry (id, book_id, kind, day, request_id, reverses_id, paper, at, "
            "by_id) VALUES (%s, %s, %s, %s, %s, %s, '', now(), %s)",
            [key, book, kind, day, request and request.pk, reverses, user(signed_as or by).pk],
        ),
        *postings(key, moves, day),
    ]


def postings(key: object, moves: dict[int, int], day: str = DAY) -> list[tuple[str, list[Any]]]:
    """Postings of an entry as SQL, in one statement."""
    if not moves:
        return []
    text = "INSERT INTO fund_posting (entry_id, account_id, book_id, day, amount) VALUES "
    values: list[Any] = []
    for account, amount in moves.items():
        values += [key, account, made.book().pk, day, amount]
    return [(text + ", ".join(["(%s, %s, %s, %s, %s)"] * len(moves)), values)]


class Accounts:
    """The numbers of a line's accounts."""

    def __init__(self, line: Line) -> None:
        with as_user(KEEPER):
            rows = {one.stage: one.pk for one in Account.objects.filter(line=line)}
        self.given, self.free = rows["given"], rows["free"]
        self.promised, self.spent = rows["promised"], rows["spent"]


@pytest.fixture
def travel(db: None) -> Accounts:
    return Accounts(made.line(5 * TAXI))


def test_nothing_in_the_books_is_ever_changed(travel: Accounts) -> None:
    made.paid()
    for text in (
        "UPDATE fund_posting SET amount = 1",
        "DELETE FROM fund_posting",
        "TRUNCATE fund_posting",
        "UPDATE fund_entry SET kind = 'payment'",
        "DELETE FROM fund_entry",
        "UPDATE fund_approval SET number = 1",
        "DELETE FROM fund_approval",
        "UPDATE fund_account SET balance = 1000000",
        "INSERT INTO fund_account (line_id, book_id, stage, balance) "
        "SELECT line_id, book_id, 'free', 5 FROM fund_account",
        "DELETE FROM fund_account",
        "UPDATE fund_daytotal SET amount = 1",
        "INSERT INTO fund_daytotal SELECT * FROM fund_daytotal",
        "UPDATE fund_line SET purpose = 'living'",
        "DELETE FROM fund_line",
        "UPDATE fund_book SET fast_ceiling = 999999999",
        "DELETE FROM fund_book",
        "DELETE FROM fund_request",
        "ALTER TABLE fund_posting DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ):
        refused(KEEPER, f"{DENIED}|must be owner", (text, []))


def test_what_was_asked_stays_what_was_asked(travel: Accounts) -> None:
    row = made.asked()
    for column, value in (("amount", 1), ("purpose", "'living'"), ("urgent", "true")):
        text = f"UPDATE fund_request SET {column} = {value} WHERE id = %s"
        refused(ASKER, "fund_request_stays", (text, [row.pk]))
        refused(KEEPER, "fund_request_stays", (text, [row.pk]))
    text = "UPDATE fund_request SET asked_by_id = %s WHERE id = %s"
    refused(KEEPER, "fund_request_stays", (text, [user(SECOND).pk, row.pk]))


def test_an_entry_makes_nought_on_every_line(travel: Accounts) -> None:
    food = Accounts(made.line(TAXI, name="Food", purpose="living"))
    given, free = travel.given, travel.free
    for said, moves in (
        ("fund_entry_balances", {}),
        ("fund_entry_balances", {given: -5}),
        ("fund_entry_balances", {given: -5, free: 4}),
        ("fund_entry_balances", {given: -5, food.free: 5}),
        ("fund_entry_moves", {free: -5, given: 5}),
        ("fund_entry_moves", {free: -5, travel.spent: 5}),
        ("fund_entry_moves", {travel.given: -5, travel.spent: 5}),
        ("fund_posting_sum", {given: 0, free: 0}),
        ("fund_posting_sum", {given: -(10**13), free: 10**13}),
        ("out of range|fund_posting_sum", {given: -(10**19), free: 10**19}),
    ):
        refused(KEEPER, said, *entry(KEEPER, "appropriation", moves))


def test_no_account_of_money_is_below_nought_at_any_instant(travel: Accounts) -> None:
    row = made.sign(made.asked(), FIRST)
    too_much = 5 * TAXI + 1
    # Not even between two statements of one transaction.
    key = uuid4()
    first = entry(
        KEEPER, "appropriation", {travel.free: -too_much, travel.given: too_much}, key=key
    )
    said = "fund_never_below_zero|fund_given_is_mirrored"
    refused(KEEPER, said, *first, *postings(key, {travel.free: too_much}))
    before = {travel.given: 5, travel.free: -5}
    with as_user(KEEPER):
        old = Entry.objects.get(kind="appropriation").pk
    # Entered afterwards for a day on which nothing was there.
    refused(
        KEEPER,
        "fund_never_below_zero",
        *entry(KEEPER, "reversal", before, day="2026-03-01", reverses=old),
    )
    assert row.state == "promised"


def test_a_posting_is_of_its_own_entry_and_its_day(travel: Accounts) -> None:
    moves = {travel.given: -5, travel.free: 5}
    wrong_day = [
        *entry(KEEPER, "appropriation", {}, key=(key := uuid4())),
        *postings(key, moves, day="2026-03-05"),
    ]
    refused(KEEPER, "fund_posting_of_its_entry", *wrong_day)
    refused(KEEPER, "fund_posting_of_its_entry", *postings(uuid4(), moves))


def test_an_entry_that_was_looked_at_takes_no_more_postings(travel: Accounts) -> None:
    """Also not in its own transaction: the look at its end can be called for earlier."""
    key = uuid4()
    whole = entry(KEEPER, "appropriation", {travel.given: -5, travel.free: 5}, key=key)
    looked: tuple[str, list[Any]] = ("SET CONSTRAINTS ALL IMMEDIATE", [])
    for more in (
        {travel.free: 5},
        {travel.given: -5, travel.free: 5},
        {travel.spent: 5, travel.given: -5},
    ):
        refused(KEEPER, "fund_posting_of_its_entry", *whole, looked, *postings(key, more))


def test_entries_are_made_by_who_is_signed_in_and_may(travel: Accounts) -> None:
    moves = {travel.given: -5, travel.free: 5}
    for by, signed_as in ((KEEPER, FIRST), (ASKER, ASKER), ("firuz", "firuz"), ("pulod", KEEPER)):
        refused(by, DENIED, *entry(by, "appropriation", moves, signed_as=signed_as))


def test_a_closed_month_refuses(travel: Accounts) -> None:
    close = "UPDATE fund_book SET closed_through = %s"
    with as_user(KEEPER), connection.cursor() as cursor:
        cursor.execute(close, ["2026-02-28"])
    moves = {travel.given: -5, travel.free: 5}
    said = "fund_month_closed"
    refused(KEEPER, said, *entry(KEEPER, "appropriation", moves, day="2026-02-28"))
    for day in ("2026-01-31", "2026-02-28", "2026-03-15", None):
        refused(KEEPER, said, (close, [day]))
    refused(ASKER, DENIED, (close, ["2026-03-31"]))


def _approval(row: Request, by: str, number: int, **other: Any) -> tuple[str, list[Any]]:
    values = {
        "book_id": row.book_id,
        "asked_by_id": row.asked_by_id,
        "by_id": user(by).pk,
        **other,
    }
    names = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    return (
        f"INSERT INTO fund_approval (id, request_id, number, at, {names}) "
        f"VALUES (gen_random_uuid(), %s, %s, now(), {marks})",
        [row.pk, number, *values.values()],
    )


def test_d3_one_person_never_signs_twice_nor_for_herself(travel: Accounts) -> None:
    row = made.sign(made.asked(), FIRST)
    refused(FIRST, "fund_approves_once", _approval(row, FIRST, 2))
    refused(SECOND, "fund_approval_number", _approval(row, SECOND, 1))
    refused(SECOND, "fund_two_signatures", _approval(row, SECOND, 3))
    # In somebody else's name; from outside; as if somebody else had asked.
    refused(FIRST, DENIED, _approval(row, SECOND, 2))
    refused(ASKER, DENIED, _approval(row, ASKER, 2))
    own = _approval(row, SECOND, 2, asked_by_id=user(FIRST).pk)
    refused(SECOND, "fund_approval_of_request", own)
    own = _approval(row, SECOND, 2, asked_by_id=user(SECOND).pk)
    refused(SECOND, "fund_never_by_its_asker", own)


def test_d3_nothing_is_paid_on_one_signature_outside_the_fast_lane(travel: Accounts) -> None:
    pay = {travel.promised: -TAXI, travel.spent: TAXI}
    slow = made.sign(made.asked(), FIRST)
    refused(KEEPER, "fund_two_approvers", *entry(KEEPER, "payment", pay, request=slow))
    bare = made.asked()
    promise = {travel.free: -TAXI, travel.promised: TAXI}
    refused(FIRST, "fund_two_approvers", *entry(FIRST, "commitment", promise, request=bare))
    refused(KEEPER, "fund_entry_of_request", *entry(KEEPER, "payment", pay))
    with as_user(KEEPER) as by:
        text, values = entry(KEEPER, "payment", pay, request=made.sign(slow, SECOND))[0]
        assert by.pk in values and "fund_entry" in text


def test_d4_the_ceiling_stands_in_the_database_too(travel: Accounts) -> None:
    over = 50_001
    with as_user(ASKER) as by:
        row = Request(
            ref="X" * 10, dossier=made.person(), book=made.book(), kind="taxi", purpose="travel"
        )
        row.amount, row.currency, row.urgent, row.asked_by = over, "tjs", True, by
        row.asked_at, row.asked_team = NIGHT, row.dossier.holder
        row.save(force_insert=True)
    row = made.sign(row, FIRST)
    pay = {travel.promised: -over, travel.spent: over}
    refused(KEEPER, "fund_two_approvers", *entry(KEEPER, "payment", pay, request=row))


def test_a_payment_is_the_sum_that_was_asked_once_from_its_own_promise(travel: Accounts) -> None:
    living = Accounts(made.line(TAXI, name="Food", purpose="living"))
    row = made.sign(made.asked(), FIRST, SECOND)
    other = made.sign(made.asked(), FIRST, SECOND)
    less = {travel.promised: -5, travel.spent: 5}
    said = "fund_parts_make_the_whole"
    refused(KEEPER, said, *entry(KEEPER, "payment", less, request=row))
    wrong = {living.free: -TAXI, living.promised: TAXI}
    bare = made.asked()
    with as_user(FIRST), connection.cursor() as cursor:
        cursor.execute(*_approval(bare, FIRST, 1))
    refused(FIRST, "fund_off_purpose", *entry(FIRST, "commitment", wrong, request=bare))
    both = {travel.promised: -TAXI, travel.spent: TAXI}
    with as_user(KEEPER) as by:
        paid = fund.pay(row, by=by, at=NIGHT)
    refused(KEEPER, "fund_entry_once", *entry(KEEPER, "payment", both, request=paid))
    refused(
        FIRST,
        "fund_own_promise",
        *entry(FIRST, "release", {travel.promised: -TAXI, travel.free: TAXI}, request=paid),
    )
    assert other.state == "approved"


def test_a_reversal_is_the_mirror_of_its_entry(travel: Accounts) -> None:
    with as_user(KEEPER):
        old = Entry.objects.get().pk
    for moves in ({travel.given: 5, travel.free: -5}, {travel.given: -5, travel.free: 5}):
        statements = entry(KEEPER, "reversal", moves, reverses=old)
        refused(KEEPER, "fund_reversal_mirrors", *statements)
    bare = entry(KEEPER, "reversal", {travel.given: 5, travel.free: -5})
    refused(KEEPER, "fund_reversal_names_its_entry", *bare)


def test_the_wrong_currency_is_refused(travel: Accounts) -> None:
    with as_user(ASKER) as by:
        row = Request(
            ref="Y" * 10, dossier=made.person(), book=made.book(), kind="taxi", purpose="travel"
        )
        row.amount, row.currency, row.asked_by = TAXI, "usd", by
        row.asked_at, row.asked_team = NIGHT, row.dossier.holder
        with pytest.raises(DatabaseError, match="fund_request_in_currency"), transaction.atomic():
            row.save(force_insert=True)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_nobody_asks_in_another_name_or_for_a_case_that_is_not_theirs(travel: Accounts) -> None:
    about = made.person()
    text = (
        "INSERT INTO fund_request (id, ref, dossier_id, book_id, kind, purpose, amount, currency, "
        "urgent, state, asked_team_id, asked_by_id, asked_at, receipt, reason) VALUES "
        "(gen_random_uuid(), %s, %s, %s, 'taxi', 'travel', 5, 'tjs', false, 'asked', %s, %s, "
        "now(), '', '')"
    )
    for by, name in ((ASKER, KEEPER), ("mavluda", "mavluda"), (KEEPER, KEEPER), ("pulod", ASKER)):
        values = [name[:9], about.pk, made.book().pk, about.holder_id, user(name).pk]
        refused(by, DENIED, (text, values))


def test_an_old_entry_takes_no_more_postings(fresh_db: str) -> None:
    """Committed: its transaction is over."""
    travel = Accounts(made.line(5 * TAXI))
    with as_user(KEEPER):
        old = Entry.objects.get().pk
    more = postings(old, {travel.given: -5, travel.free: 5})
    refused(KEEPER, "fund_posting_of_its_entry", *more)
    with as_user(KEEPER):
        assert Posting.objects.count() == 2
        assert Approval.objects.count() == 0
