"""Who saw what, and every way to tamper with the table."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.management import CommandError, call_command

from panoh.audit import queries
from panoh.audit.rules import Finding, SignedHead, Tree, sign
from tests.rooms.audit.conftest import AT, Role, seal, write

Connect = Callable[[str], psycopg.Connection]


@pytest.fixture
def sealed(fresh_db: str, role: Role) -> list[int]:
    """Ten sealed entries, under two heads; the value is their numbers."""
    with role("jobs"):
        seal()
    numbers: list[int] = []
    for _ in range(2):
        write(5)
        with role("jobs"):
            head = seal()
        assert head is not None
        numbers += head.seqs
    return numbers


def findings(role: Role, key: Ed25519PublicKey, *kept: SignedHead) -> Finding | None:
    with role("owner"):
        return queries.verify(key, kept).finding


def test_what_was_not_touched_is_good(sealed: list[int], role: Role, key: Ed25519PublicKey) -> None:
    assert findings(role, key) is None


CHANGES = (
    "user_id = 99",
    "event = 'case.closed'",
    "at = at - interval '1 microsecond'",
    "stored_at = stored_at - interval '1 day'",
    "fields = '{}'",
    "fields = '{story,story}'",
    "dossier_id = NULL",
    "reason = 'x'",
    "system = ''",
    "id = gen_random_uuid()",
    "vouched = NOT vouched",
)


@pytest.mark.parametrize("place", [0, 4, 7])
def test_an_altered_row_is_named(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection, place: int
) -> None:
    seq = sealed[place]
    owner.execute("CREATE TABLE kept AS SELECT * FROM audit_entry WHERE seq = %s", [seq])
    for change in CHANGES:
        owner.execute(f"UPDATE audit_entry SET {change} WHERE seq = %s", [seq])
        assert findings(role, key) == Finding("altered or reordered", seq, seq), change
        owner.execute("DELETE FROM audit_entry WHERE seq = %s", [seq])
        owner.execute("INSERT INTO audit_entry SELECT * FROM kept")
    assert findings(role, key) is None


@pytest.mark.parametrize("place", [0, 4, 5, 9])
def test_a_deleted_row_is_named(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection, place: int
) -> None:
    owner.execute("DELETE FROM audit_entry WHERE seq = %s", [sealed[place]])
    assert findings(role, key) == Finding("deleted", sealed[place], sealed[place])


def test_reordered_rows_are_named(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection
) -> None:
    one, two = sealed[2], sealed[8]
    for old, new in ((one, -1), (two, one), (-1, two)):
        owner.execute("UPDATE audit_entry SET seq = %s WHERE seq = %s", [new, old])
    assert findings(role, key) == Finding("altered or reordered", one, one)


def test_an_inserted_row_is_named(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection
) -> None:
    gap = sealed[4] + 1
    owner.execute("DELETE FROM audit_entry WHERE seq = %s", [sealed[5]])
    assert sealed[5] == gap
    owner.execute(
        "INSERT INTO audit_entry SELECT gen_random_uuid(), %s, 'case.read', 1, '', 1, '', '', 7, "
        "'{}', '', now(), now(), true",
        [gap],
    )
    assert findings(role, key) == Finding("altered or reordered", gap, gap)


def test_a_row_slipped_into_a_gap_is_named(
    fresh_db: str, role: Role, key: Ed25519PublicKey, owner: psycopg.Connection
) -> None:
    owner.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    write(2)
    owner.execute("SELECT nextval('audit_entry_order')")
    write(2)
    with role("jobs"):
        head = seal()
    assert head is not None
    gap = head.last_seq - 2
    owner.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    owner.execute(
        "INSERT INTO audit_entry SELECT gen_random_uuid(), %s, 'case.read', 1, '', 1, '', '', 7, "
        "'{}', '', now(), now(), true",
        [gap],
    )
    assert findings(role, key) == Finding("inserted", gap, gap)


def test_a_tail_cut_after_a_head_is_named(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection
) -> None:
    owner.execute("DELETE FROM audit_entry WHERE seq >= %s", [sealed[7]])
    assert findings(role, key) == Finding("deleted", sealed[7], sealed[7])


def test_a_tail_cut_with_its_heads_is_found_by_a_head_kept_elsewhere(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection
) -> None:
    with role("owner"):
        kept = queries.newest_head()
    assert kept is not None
    owner.execute("DELETE FROM audit_entry WHERE seq > %s", [sealed[4]])
    owner.execute("DELETE FROM audit_head WHERE last_seq > %s", [sealed[4]])
    assert findings(role, key) is None, "the rest is whole: only the kept head knows better"
    finding = findings(role, key, kept)
    assert finding is not None
    assert finding.what == "deleted, with its head"
    assert finding.first == sealed[4] + 1


def test_a_lost_head_in_the_middle_changes_nothing(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection
) -> None:
    with role("owner"):
        kept = queries.newest_head()
    assert kept is not None
    owner.execute("DELETE FROM audit_head WHERE last_seq = %s", [sealed[4]])
    assert findings(role, key, kept) is None
    owner.execute("UPDATE audit_entry SET user_id = 9 WHERE seq = %s", [sealed[6]])
    finding = findings(role, key)
    assert finding is not None
    assert finding.first <= sealed[6] <= finding.last


def test_an_altered_copy_of_the_leaves_hides_nothing(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection
) -> None:
    owner.execute("UPDATE audit_head SET leaves = sha256(leaves) WHERE last_seq = %s", [sealed[9]])
    assert findings(role, key) is None, "the rows themselves are what was signed"
    owner.execute("UPDATE audit_entry SET user_id = 9 WHERE seq = %s", [sealed[6]])
    expected = Finding("head or its copy of the leaves altered", sealed[4] + 1, sealed[9])
    assert findings(role, key) == expected


@pytest.mark.parametrize("column", ["root", "signature"])
def test_an_altered_head_is_named(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection, column: str
) -> None:
    owner.execute(
        f"UPDATE audit_head SET {column} = set_byte({column}, 3, get_byte({column}, 3) # 1) "
        "WHERE last_seq = %s",
        [sealed[9]],
    )
    expected = Finding("head or its copy of the leaves altered", sealed[4] + 1, sealed[9])
    assert findings(role, key) == expected


def test_all_sealed_anew_with_a_stolen_key_is_found_by_a_kept_head(
    sealed: list[int], role: Role, key: Ed25519PublicKey, owner: psycopg.Connection
) -> None:
    with role("owner"):
        kept = queries.newest_head()
    assert kept is not None
    owner.execute("UPDATE audit_entry SET user_id = 9 WHERE seq = %s", [sealed[6]])
    owner.execute("DELETE FROM audit_head")
    with role("jobs"):
        seal()
    assert findings(role, key) is None
    finding = findings(role, key, kept)
    assert finding is not None
    assert finding.what == "sealed anew after a kept head"


def test_a_kept_head_of_another_installation_is_refused(
    sealed: list[int], role: Role, key: Ed25519PublicKey
) -> None:
    foreign = sign(SignedHead(3, Tree().root(), AT), Ed25519PrivateKey.generate())
    finding = findings(role, key, foreign)
    assert finding is not None
    assert "not signed" in finding.what


def test_the_command_verifies_and_prints_the_head(
    sealed: list[int], role: Role, owner: psycopg.Connection, tmp_path: Path
) -> None:
    def run(*args: str) -> str:
        out = StringIO()
        with role("owner"):
            call_command("audit", *args, stdout=out)
        return out.getvalue()

    kept = tmp_path / "heads"
    kept.write_text(run("head"))
    assert "rows good, 0 not sealed yet" in run("verify", "--to", str(kept))
    public = Ed25519PrivateKey.from_private_bytes(settings.PANOH_SEAL_KEY).public_key()
    assert "rows good" in run("verify", "--key", public.public_bytes_raw().hex())
    with pytest.raises(CommandError, match="--to"):
        run("verify", "--to", "nonsense")
    owner.execute("DELETE FROM audit_entry WHERE seq = %s", [sealed[3]])
    with pytest.raises(CommandError, match=f"row {sealed[3]}: deleted"):
        run("verify")
    owner.execute("DELETE FROM audit_head")
    with pytest.raises(CommandError, match="nothing is sealed"):
        run("head")


def test_without_a_context_nobody_reads_an_entry(fresh_db: str) -> None:
    write(2)
    assert queries.who_saw(7) == []
    assert queries.unit_entries(1) == []
