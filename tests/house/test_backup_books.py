"""The books of a fund after a restore: to the diram, with every promise, and at work."""

import re
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from bench.ledger import faults
from panoh.fund import actions as fund
from tests.factories import fund as money
from tests.factories.backups import Place, by_command, ready, rows_of
from tests.factories.staff import PASSPHRASE, as_user

# What PostgreSQL keeps of the promises: constraints, triggers, row policies, functions, rights.
PROMISES = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    # The newest PostgreSQL names what may not be empty, and names it anew.
    " WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "SELECT attrelid::regclass::text, attname, atttypid::regtype::text FROM pg_attribute"
    " JOIN pg_class ON attrelid = pg_class.oid"
    " WHERE relnamespace = 'public'::regnamespace AND attnotnull AND NOT attisdropped",
    "SELECT pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT tablename, policyname, permissive, cmd, qual, with_check FROM pg_policies",
    "SELECT oid::regprocedure::text, prosecdef, md5(prosrc),"
    " coalesce(proacl, acldefault('f', proowner))::text FROM pg_proc"
    " WHERE pronamespace = 'public'::regnamespace",
    "SELECT relname, relrowsecurity, relforcerowsecurity,"
    " coalesce(relacl, acldefault("
    "CASE WHEN relkind = 'S' THEN 's' ELSE 'r' END::\"char\", relowner))::text"
    " FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')",
)


# PostgreSQL writes a rule back with casts and brackets that it did not have; they mean nothing.
WRITTEN = re.compile(r"::[a-z ]+(\[\])?|[()\s]")


def promises_of(address: str) -> list[set[tuple[str, ...]]]:
    with psycopg.connect(address) as owner:
        return [
            {tuple(WRITTEN.sub("", str(one)) for one in row) for row in owner.execute(question)}
            for question in PROMISES
        ]


def test_d2_the_books_balance_and_keep_their_promises_after_a_restore(
    place: Place, empty: str
) -> None:
    """As in the howto: code, backup, restore into an empty installation, sign-in words and all."""
    money.line()
    money.line(5_000, name="Fictional budget", source="republican", purpose="living")
    for state in ("paid", "promised", "asked"):
        row = money.asked()
        if state == "paid":
            money.paid(row)
        elif state == "promised":
            money.sign(row, money.FIRST)
    fast = money.sign(money.asked(urgent=True), money.FIRST)
    back = money.paid()
    with as_user(money.KEEPER) as by:
        fast = fund.pay(fast, by=by, at=money.NIGHT)
        fund.take_back(back, reason="not_used", by=by, at=money.NIGHT)
    assert fast.signed_at is None, "the fast lane is open over the restore"
    rows, promises = rows_of(place.owner), promises_of(place.owner)
    books = [row for name, row in rows.items() if name.startswith("fund_")]
    assert books
    assert all(count for count, _sum in books), books
    said = by_command(place, empty)
    assert "Restored." in said
    assert PASSPHRASE not in said
    there_outer = (place.folder / "there" / "outer").read_text()
    assert there_outer == (settings.PANOH_KEYS / "outer").read_text()
    ready(place, empty)
    restored = place.databases.server.url("owner", empty)
    # Every start writes the pack's roles anew.
    roles: Any = {"access_rolepermission": (), "access_unitrole": ()}
    assert rows_of(restored) | roles == rows | roles
    for kept, now in zip(promises, promises_of(restored), strict=True):
        assert kept ^ now == set()
        assert kept
    with psycopg.connect(restored) as owner:
        assert faults(owner) == {}
    # Not only there, but at work: past the programme nothing is bent.
    with as_user(money.KEEPER):
        for wrong in (
            "UPDATE fund_posting SET amount = amount + 1",
            "DELETE FROM fund_entry",
            "UPDATE fund_account SET balance = balance - 1000000",
            f"INSERT INTO fund_approval SELECT gen_random_uuid(), id, book_id, asked_by_id, 2,"
            f" asked_by_id, now() FROM fund_request WHERE id = '{fast.pk}'",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(wrong)
    # And the work goes on where it stood.
    assert money.sign(fast, money.SECOND).signed_at is not None
    money.paid()
    with psycopg.connect(restored) as owner:
        assert faults(owner) == {}
