"""What PostgreSQL promises of estimates and releases: SQL as ``app``, past the programme."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from panoh.kernel.rules import NotPossible
from panoh.statistics import actions as numbers
from panoh.statistics import queries
from panoh.statistics.models import Output
from panoh.statistics.rules.outputs import Field
from tests.factories import numbers as made
from tests.factories.numbers import CHECKS, NOON, PREPARES, PROTECTS
from tests.factories.referrals import as_jobs
from tests.factories.staff import as_user, user

DENIED = "permission denied|never changed|row-level security|refused by the wall"
Connect = Callable[[str], psycopg.Connection]


def refused(by: str, said: str, text: str, *values: Any) -> None:
    """This statement of an account is refused."""
    with (
        as_user(by),
        pytest.raises(DatabaseError, match=said),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(text, values)


def signature(row: Output, by: str, field: str, **other: Any) -> tuple[str, list[Any]]:
    """A signature as SQL."""
    with as_user(PREPARES):
        seal = queries.seal_of(row)
    values = {
        "output_id": row.pk,
        "prepared_by_id": row.prepared_by_id,
        "field": field,
        "by_id": user(by).pk,
        "seal": seal,
        "record": json.dumps(made.record()),
        "status": "",
        **other,
    }
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    text = (
        f"INSERT INTO statistics_signature (id, at, {names}) "
        f"VALUES (gen_random_uuid(), now(), {marks})"
    )
    return text, list(values.values())


def decision(row: Output, by: str, verb: str, reason: str = "") -> tuple[str, list[Any]]:
    """A decision as SQL."""
    text = (
        "INSERT INTO statistics_decision (id, output_id, verb, by_id, at, reason) "
        "VALUES (gen_random_uuid(), %s, %s, %s, now(), %s)"
    )
    return text, [row.pk, verb, user(by).pk, reason]


def test_g18_nothing_made_signed_or_decided_is_ever_changed(fresh_db: str) -> None:
    row = made.published(made.made())
    for text in (
        "UPDATE statistics_paper SET content = 'x'",
        "DELETE FROM statistics_paper",
        "TRUNCATE statistics_paper",
        "INSERT INTO statistics_paper (output_id, path, content, is_secret) "
        "SELECT id, 'more', 'x', false FROM statistics_output",
        "UPDATE statistics_signature SET seal = ''",
        "DELETE FROM statistics_signature",
        "UPDATE statistics_decision SET reason = ''",
        "DELETE FROM statistics_decision",
        "UPDATE statistics_output SET plan = ''",
        "UPDATE statistics_output SET state = 'published'",
        "UPDATE statistics_output SET status = 'estimate'",
        "DELETE FROM statistics_output",
        "SELECT content FROM statistics_source",
        "DELETE FROM statistics_spend",
        "INSERT INTO statistics_spend SELECT * FROM statistics_spend",
        "ALTER TABLE statistics_paper DISABLE TRIGGER ALL",
    ):
        refused(PREPARES, f"{DENIED}|must be owner", text)
        refused(CHECKS, f"{DENIED}|must be owner", text)
    with as_jobs(), connection.cursor() as cursor:
        for text in (
            "UPDATE statistics_output SET state = 'made'",
            "UPDATE statistics_output SET status = 'no_estimate'",
            "UPDATE statistics_output SET plan = ''",
            "UPDATE statistics_paper SET content = 'x'",
            "INSERT INTO statistics_paper (output_id, path, content, is_secret) "
            "SELECT id, 'more', 'x', false FROM statistics_output",
        ):
            with pytest.raises(DatabaseError, match=r"statistics_result_stays|permission denied"):
                cursor.execute(text)
    assert made.now(row).state == "published"


def test_g18_three_people_are_three_and_sign_what_stands(fresh_db: str) -> None:
    row = made.made()
    for said, by, field, other in (
        ("statistics_never_by_preparer|refused by the wall", PREPARES, "check", {}),
        # In another field than one's own; in another's name; from outside.
        (DENIED, PROTECTS, "check", {}),
        (DENIED, PROTECTS, "check", {"by_id": user(CHECKS).pk}),
        (DENIED, "nigora", "check", {}),
        ("statistics_other_bytes", CHECKS, "check", {"seal": "0" * 64}),
        ("statistics_five_safes", CHECKS, "check", {"record": "{}"}),
        ("statistics_only_stricter", CHECKS, "check", {"status": "milder"}),
        (
            "statistics_signature_of_output",
            CHECKS,
            "check",
            {"prepared_by_id": user(PROTECTS).pk},
        ),
    ):
        text, values = signature(row, by, field, **other)
        refused(by, said, text, *values)
    refused(CHECKS, "statistics_not_now|two_live", *_flat(decision(row, CHECKS, "publish")))
    made.sign(row, (PROTECTS, Field.PROTECTION))
    refused(PROTECTS, "statistics_two_live", *_flat(decision(row, PROTECTS, "publish")))
    refused(
        PROTECTS,
        "statistics_field_once|statistics_signs_once",
        *_flat(signature(row, PROTECTS, "protection")),
    )
    refused(PREPARES, DENIED, *_flat(decision(row, PREPARES, "refuse", "why")))
    refused(CHECKS, "statistics_reason_said", *_flat(decision(row, CHECKS, "refuse", " ")))
    refused(CHECKS, "statistics_not_now", *_flat(decision(row, CHECKS, "withdraw", "why")))
    refused("nigora", DENIED, *_flat(decision(row, "nigora", "publish")))


def _flat(statement: tuple[str, list[Any]]) -> list[Any]:
    return [statement[0], *statement[1]]


def test_g18_one_account_with_both_roles_is_still_one_person(
    fresh_db: str, connect: Connect
) -> None:
    row = made.made()
    connect("owner").execute(
        "INSERT INTO access_rolegrant (user_id, unit_id, role, since) "
        "SELECT user_id, unit_id, 'sta', since FROM access_rolegrant WHERE user_id = %s",
        [user(PROTECTS).pk],
    )
    made.sign(row, (PROTECTS, Field.PROTECTION))
    refused(PROTECTS, "statistics_signs_once", *_flat(signature(row, PROTECTS, "check")))


@pytest.mark.parametrize("column", ["plan = plan || ' '", "about = about || ' '", "status = ''"])
def test_g18_whatever_changes_after_it_voids_both_signatures(
    fresh_db: str, connect: Connect, column: str
) -> None:
    """Even by somebody who has the owner's password and switches the triggers off."""
    row = made.sign(made.made())
    owner = connect("owner")
    owner.execute("ALTER TABLE statistics_output DISABLE TRIGGER statistics_keep_output")
    owner.execute(f"UPDATE statistics_output SET {column}")
    with as_user(PREPARES):
        assert not any(one.is_live for one in queries.told(row).signed)
    with as_user(PREPARES) as by, pytest.raises(NotPossible, match="Two different people"):
        numbers.publish(row, by=by, at=NOON)


def test_g19_two_people_spend_or_nobody_does(fresh_db: str, connect: Connect) -> None:
    row = made.forecast()
    source = ["INSERT INTO statistics_source (output_id, content) VALUES (%s, 'x')", row.pk]
    with as_user(PREPARES) as by:
        waits = numbers.plan_release(made.plan_text(), about=made.META, by=by, at=NOON)
    for said, by_whom, statement in (
        (DENIED, PREPARES, _flat(decision(row, PREPARES, "allow"))),
        (DENIED, PREPARES, _flat(decision(row, PROTECTS, "allow"))),
        (DENIED, "nigora", _flat(decision(row, "nigora", "allow"))),
        ("statistics_not_now", PROTECTS, _flat(decision(waits, PROTECTS, "allow"))),
        ("statistics_not_now", PREPARES, _flat(decision(row, PREPARES, "ask"))),
        (DENIED, PREPARES, source),
    ):
        refused(by_whom, said, *statement)
    with as_user(PROTECTS) as other:
        numbers.allow(row, by=other, at=NOON)
    for said, by_whom, statement in (
        ("statistics_not_now", CHECKS, _flat(decision(row, CHECKS, "allow"))),
        ("statistics_not_now", PREPARES, _flat(decision(row, PREPARES, "ask"))),
        (DENIED, PROTECTS, source),
        (DENIED, PROTECTS, _flat(decision(row, PROTECTS, "ask"))),
        (DENIED, CHECKS, ["SELECT public.statistics_allowed_by(%s)", row.pk]),
        (DENIED, CHECKS, ["SELECT public.statistics_is_signed(%s)", row.pk]),
    ):
        refused(by_whom, said, *statement)
    seal = "SELECT public.statistics_seal(%s)"
    assert connect("app").execute(seal, [row.pk]).fetchone() == (None,), "nobody is signed in"
    with as_user("nigora"), connection.cursor() as cursor:
        cursor.execute(seal, [row.pk])
        assert cursor.fetchone() == (None,), "a reader has nothing to do with a draft"


def test_g19_the_ledger_only_grows_and_stops_at_the_cap(fresh_db: str) -> None:
    row = made.asked(made.forecast())
    entry: dict[str, Any] = {
        "id": 1,
        "previous": "0" * 64,
        "population": "p",
        "state": "reserved",
        "rho": 0.5,
        "cap_rho": 0.8,
        "people": [str(user(PREPARES).pk), str(user(PROTECTS).pk)],
    }

    def insert(**other: Any) -> str:
        text = json.dumps(entry | other, sort_keys=True)
        mark = hashlib.sha256(text.encode()).hexdigest()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO statistics_spend (number, output_id, population, state, rho, cap_rho,"
                " entry, hash, signature) VALUES (99, %s, '', '', 0, 0, %s, %s, '')",
                [row.pk, text, mark],
            )
        return mark

    with as_jobs():
        wrong: dict[str, Any]
        for wrong in ({"id": 2}, {"previous": "1" * 64}):
            with pytest.raises(DatabaseError, match="statistics_ledger_chain"):
                insert(**wrong)
        for wrong in (
            *({"rho": 0.9}, {"rho": -0.1}, {"rho": 0}, {"state": "given back"}),
            *({"people": []}, {"people": entry["people"][:1] * 2}),
        ):
            with pytest.raises(DatabaseError, match=r"statistics_ledger_(cap|entry)|rho_adds"):
                insert(**wrong)
        first = insert()
        with pytest.raises(DatabaseError, match="statistics_ledger_cap"):
            insert(id=2, previous=first, rho=0.4)
        with pytest.raises(DatabaseError, match="statistics_ledger_cap"):
            insert(id=2, previous=first, state="spent", rho=0, cap_rho=5, of=first)
        for wrong in ({"of": "0" * 64}, {"of": first, "state": "withdrawn"}, {"state": "spent"}):
            with pytest.raises(DatabaseError, match="statistics_ledger_entry"):
                insert(**{"id": 2, "previous": first, "rho": 0, "state": "spent"} | wrong)
        with pytest.raises(DatabaseError, match="statistics_spent_once"):
            insert(id=2, previous=first, rho=0.1)
        for text in (
            "UPDATE statistics_spend SET rho = 0",
            "DELETE FROM statistics_spend",
            "TRUNCATE statistics_spend",
        ):
            with (
                pytest.raises(DatabaseError, match=r"permission denied|never changed"),
                connection.cursor() as cursor,
            ):
                cursor.execute(text)
