"""What is recorded, by whom it can be changed, and what is sealed when."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection, transaction
from psycopg import errors

from panoh.access.models import Grant
from panoh.audit import actions as audit
from panoh.audit import queries, rules, tasks
from panoh.audit.models import Entry, Head
from panoh.kernel.context import ACTING, Acting
from tests.harness import Databases
from tests.rooms.audit.conftest import AT, Role, seal, write

Connect = Callable[[str], psycopg.Connection]
COLUMNS = "user_id, system, unit_id, subject_type, subject_id, dossier_id, fields, reason, at"


def newest(connect: Connect) -> tuple[object, ...]:
    row = (
        connect("owner").execute(f"SELECT {COLUMNS} FROM audit_entry ORDER BY seq DESC").fetchone()
    )
    assert row is not None
    return row


def test_an_entry_names_who_what_and_which_fields(fresh_db: str, connect: Connect) -> None:
    by = SimpleNamespace(pk=5, unit_id=3)
    audit.record(
        "people.identity_read",
        by=by,
        at=AT,
        subject=Grant(id=UUID(int=11), dossier_id=42),
        fields=["names", "details"],
        reason="on request",
    )
    assert newest(connect) == (
        *(5, "", 3, "access.Grant", str(UUID(int=11)), 42),
        *(["names", "details"], "on request", AT),
    )


def test_a_system_account_is_named(fresh_db: str, connect: Connect) -> None:
    audit.record("grant.swept", by="sweeper", at=AT, subject=("access.Grant", 3), dossier_id=9)
    assert newest(connect)[:6] == (None, "sweeper", None, "access.Grant", "3", 9)
    audit.record("access.refused", by=None, at=AT, unit_id=4)
    assert newest(connect)[:6] == (None, "", 4, "", "", None)


def test_many_looks_are_one_entry_each(fresh_db: str, connect: Connect) -> None:
    by = SimpleNamespace(pk=5, unit_id=3)
    audit.record_many("people.identity_read", by=by, at=AT, dossier_ids=[1, 2], fields=["names"])
    rows = connect("owner").execute(
        "SELECT dossier_id, user_id, unit_id, fields FROM audit_entry ORDER BY seq DESC LIMIT 2"
    )
    assert rows.fetchall() == [(2, 5, 3, ["names"]), (1, 5, 3, ["names"])]


@pytest.mark.parametrize(
    "bad",
    [
        {"event": "Zarina was here"},
        {"fields": ["name: Zarina"]},
        {"reason": "Zarina asked"},
    ],
)
def test_values_and_names_are_refused(bad: dict[str, object]) -> None:
    event = str(bad.pop("event", "case.read"))
    with pytest.raises(ValueError, match="code"):
        audit.record(event, by=None, at=AT, **bad)  # type: ignore[arg-type]


def test_the_database_fills_number_time_and_voucher_itself(fresh_db: str, connect: Connect) -> None:
    forged = AT - timedelta(days=900)
    connect("app").execute(
        "INSERT INTO audit_entry (id, seq, event, user_id, system, subject_type, subject_id, "
        "fields, reason, at, stored_at, vouched) "
        "VALUES (gen_random_uuid(), 1, 'case.read', 5, '', '', '', '{}', '', %s, %s, true)",
        [forged, forged],
    )
    row = (
        connect("owner")
        .execute("SELECT seq, stored_at > now() - interval '1 hour', vouched FROM audit_entry "
                 "ORDER BY seq DESC")
        .fetchone()
    )  # fmt: skip
    assert row is not None
    assert row[0] > 1
    assert row[1:] == (True, False)


def test_an_entry_of_who_really_acts_is_vouched_for(fresh_db: str, connect: Connect) -> None:
    token = ACTING.set(Acting(5, (1,)))
    try:
        for user_id in (5, 6):
            audit.record("case.read", by=SimpleNamespace(pk=user_id), at=AT)
    finally:
        ACTING.reset(token)
    rows = connect("owner").execute(
        "SELECT user_id, vouched FROM audit_entry ORDER BY seq DESC LIMIT 2"
    )
    assert rows.fetchall() == [(6, False), (5, True)]


@pytest.mark.parametrize("who", ["app", "jobs", "auditor", "owner"])
@pytest.mark.parametrize("table", ["audit_entry", "audit_head"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_nobody_changes_what_stands(
    django_db_setup: None, connect: Connect, who: str, table: str, verb: str
) -> None:
    column = "event = event" if table == "audit_entry" else "root = root"
    with pytest.raises(errors.InsufficientPrivilege):
        connect(who).execute(verb.format(table, column))


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("app", "SELECT * FROM audit_entry"),
        ("app", "SELECT * FROM audit_head"),
        ("app", "SELECT * FROM audit_unsealed(0, 10, 10)"),
        ("app", "SELECT * FROM audit_context_key"),
        ("app", "INSERT INTO audit_head (size) VALUES (1)"),
        ("jobs", "SELECT * FROM audit_entry"),
        ("jobs", "SELECT * FROM audit_context_key"),
        ("auditor", "INSERT INTO audit_entry (id) VALUES (gen_random_uuid())"),
        ("auditor", "SELECT * FROM audit_context_key"),
    ],
)
def test_each_role_may_only_what_it_needs(
    django_db_setup: None, connect: Connect, who: str, statement: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connect(who).execute(statement)


def test_the_auditor_reads(fresh_db: str, connect: Connect) -> None:
    write(1)
    assert connect("auditor").execute("SELECT count(*) FROM audit_entry").fetchone() != (0,)


def test_the_table_is_written_down_in_order_and_sealed(
    fresh_db: str, role: Role, key: Ed25519PublicKey
) -> None:
    write(5)
    with role("jobs"):
        first = seal()
        assert seal() is None, "nothing new"
    write(3)
    with role("jobs"):
        second = seal()
    assert first is not None
    assert second is not None
    assert second.size == first.size + 3
    with role("owner"):
        assert queries.verify(key) == queries.Report(second.size, 0, None)
        assert queries.newest_head() == rules.SignedHead(
            second.size, bytes(second.root), AT, bytes(second.signature)
        )


def test_python_and_the_database_make_the_same_leaf(fresh_db: str, role: Role) -> None:
    write(1)
    audit.record("case.read", by=None, at=AT, fields=["a", "b"], reason="a/b:c")
    with role("jobs"):
        seal()
    with role("owner"):
        rows = Entry.objects.order_by("seq").values_list(*rules.COLUMNS)
        leaves = b"".join(bytes(head.leaves) for head in Head.objects.order_by("size"))
        assert b"".join(rules.leaf(row) for row in rows) == leaves
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {rules.LEAF_SQL} FROM audit_entry ORDER BY seq")
            assert b"".join(row[0] for row in cursor.fetchall()) == leaves


def test_a_rolled_back_number_is_no_alarm(fresh_db: str, role: Role, key: Ed25519PublicKey) -> None:
    write(2)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(2)
        _ = 1 / 0
    write(2)
    with role("jobs"):
        head = seal()
    assert head is not None
    assert head.last_seq > head.size, "the numbers have a gap"
    with role("owner"):
        assert queries.verify(key).finding is None


def test_numbers_that_nobody_took_seal_nothing(fresh_db: str, role: Role) -> None:
    with role("jobs"):
        seal()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(2)
        _ = 1 / 0
    with role("jobs"):
        assert seal() is None


def test_nothing_is_sealed_over_a_running_transaction(
    fresh_db: str, role: Role, connect: Connect, key: Ed25519PublicKey
) -> None:
    """A row with a lower number may still come: sealing goes on when it has."""
    with role("jobs"):
        seal()
    slow = connect("app")
    slow.autocommit = False
    slow.execute(
        "INSERT INTO audit_entry (id, event, system, subject_type, subject_id, fields, reason, at)"
        " VALUES (gen_random_uuid(), 'case.read', '', '', '', '{}', '', now())"
    )
    write(3)
    with role("jobs"):
        assert audit.seal(at=AT, patience=0) is None
        assert audit.seal(at=AT, patience=audit.POLL_SECONDS) is None, "it waited, in vain"
    slow.commit()
    with role("jobs"):
        head = seal()
    assert head is not None
    with role("owner"):
        assert queries.verify(key).finding is None
        assert Head.objects.latest("size").seqs == sorted(head.seqs)
        assert len(head.seqs) == 4


def test_another_database_of_the_server_holds_up_nothing(
    fresh_db: str, role: Role, databases: Databases
) -> None:
    """It may run for hours there, and brings no entry here."""
    with psycopg.connect(databases.server.url("owner", "panoh")) as elsewhere:
        elsewhere.execute("SELECT pg_current_xact_id()")
        write(1)
        with role("jobs"):
            assert audit.seal(at=AT, patience=1) is not None


def test_the_job_of_each_minute_seals(fresh_db: str, role: Role) -> None:
    write(1)
    with role("jobs"):
        tasks.seal(0)
        assert Head.objects.exists()


def test_two_sealers_do_not_meet(fresh_db: str, role: Role, connect: Connect) -> None:
    write(1)
    connect("jobs").execute("SELECT pg_advisory_lock(%s)", [audit.SEALER_LOCK])
    with role("jobs"):
        assert seal() is None


def test_the_sealer_does_not_build_on_a_forged_state(
    fresh_db: str, role: Role, connect: Connect
) -> None:
    write(3)
    with role("jobs"):
        seal()
    owner = connect("owner")
    owner.execute("ALTER TABLE audit_head DISABLE TRIGGER USER")
    owner.execute("UPDATE audit_head SET peaks = sha256(peaks)")
    write(1)
    with role("jobs"), pytest.raises(ValueError, match="signed root"):
        seal()


def test_large_batches_have_heads_of_their_own(
    fresh_db: str, role: Role, key: Ed25519PublicKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "BATCH", 4)
    write(10)
    with role("jobs"):
        seal()
    with role("owner"):
        assert Head.objects.count() >= 3
        assert queries.verify(key).finding is None
