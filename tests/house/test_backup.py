"""A backup brings everything back, opens nothing by itself, and does not undo an erasure."""

import fcntl
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from config import backup
from config.backup import BackupError, expire, pair_of_code, take
from config.cluster import binaries
from panoh.cases import queries as cases
from panoh.files import queries as files
from panoh.kernel.rules import Gone
from panoh.vault.rules import NoKey, new_recovery_code
from tests.factories.backups import CODE, Place, ready, rows_of
from tests.factories.canaries import Canaries, typed_everywhere
from tests.factories.canaries_tonight import tonight
from tests.factories.clients import client_of
from tests.factories.staff import NOW, as_user


def name_read(planted: Canaries) -> dict[int, str]:
    """The name of the planted case, as its worker reads it."""
    assert planted.dossier is not None
    with as_user("nigora") as by:
        return cases.name_of([planted.dossier], by=by, at=NOW)


def test_everything_comes_back_and_opens(place: Place, empty: str) -> None:
    planted = typed_everywhere()
    before = rows_of(place.owner)
    place.bring(empty, place.save())
    restored = place.databases.server.url("owner", empty)
    assert rows_of(restored) == before
    assert before["vault_datakeywrap"][0] > 0
    assert before["people_identity"][0] > 0
    for path in files.folder().iterdir():
        assert (place.folder / "documents" / path.name).read_bytes() == path.read_bytes()
    for name in ("outer", "seal", "national", "django"):
        kept = place.folder / "secrets" / name
        assert kept.read_text() == (settings.PANOH_KEYS / name).read_text()
        assert kept.stat().st_mode & 0o777 == 0o400
    assert not (place.folder / "secrets" / "context").exists()
    assert not list((place.folder / "secrets").glob("database-*"))
    ready(place, empty)
    assert planted.dossier is not None
    assert name_read(planted) == {planted.dossier.pk: planted.words["chosen"]}
    with as_user("lola"), pytest.raises(Gone):
        cases.case_of(planted.dossier)


def test_a_backup_without_the_code_opens_nothing(place: Place) -> None:
    """Nor does it tell where a shelter stands (row E1)."""
    planted = typed_everywhere()
    tonight(client_of("nigora", "en"), f"/cases/{planted.ref}/", planted)
    name = place.save()
    half, keys = place.folder / "sealed" / name, place.folder / "keys" / name
    plain = subprocess.run(
        [binaries() / "pg_restore", "--file=-", half / "database.dump"],
        check=True,
        capture_output=True,
    ).stdout
    assert planted.ref.encode() in plain, "the backup is there, and holds the case"
    assert planted.found_in(plain) == []
    data = plain.split(b"COPY public.vault_datakeywrap")
    assert len(data) == 1, "no key stands beside what it opens"
    outer = (settings.PANOH_KEYS / "outer").read_bytes().strip()
    for path in [*half.rglob("*"), *keys.rglob("*")]:
        content = path.read_bytes() if path.is_file() else b""
        assert outer not in content
        assert bytes.fromhex(outer.decode()) not in content
        assert b"vault_datakeywrap" not in content or path.name == "database.dump"


def test_an_old_backup_brings_back_nobody_who_was_erased(
    place: Place, empty: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    planted = typed_everywhere()
    first = place.save()
    assert planted.dossier is not None
    owner = connect("owner")
    for table in ("vault_datakeywrap", "vault_datakey"):
        erase = sql.SQL("DELETE FROM {} WHERE dossier_id = %s").format(sql.Identifier(table))
        assert owner.execute(erase, [planted.dossier.pk]).rowcount > 0
    second = _saved_again(place)
    place.bring(empty, first, keys=second)
    ready(place, empty)
    with pytest.raises(NoKey):
        name_read(planted)


def _saved_again(place: Place) -> str:
    """A second backup; it may be made within the second after which the first is named."""
    other = Place(place.databases, place.name, place.folder / "again")
    made = other.save()
    shutil.move(other.folder / "keys" / made, place.folder / "keys" / f"{made}b")
    return f"{made}b"


def test_keys_that_are_older_than_the_backup_are_refused(place: Place, empty: str) -> None:
    name = place.save()
    older = place.folder / "keys" / "2000-01-01T000000Z"
    shutil.copytree(place.folder / "keys" / name, older)
    with pytest.raises(BackupError, match="older than this backup"):
        place.bring(empty, name, keys=older.name)
    assert rows_of(place.databases.server.url("owner", empty)) == {}


def test_another_code_and_no_code_are_refused(place: Place, empty: str) -> None:
    name = place.save()
    for code in (new_recovery_code(), "", "abc"):
        with pytest.raises(BackupError, match="code"):
            place.bring(empty, name, code=code)
    assert rows_of(place.databases.server.url("owner", empty)) == {}
    place.bring(empty, name, code=f" {CODE.lower()} ")


def test_damaged_keys_change_nothing(place: Place, empty: str) -> None:
    name = place.save()
    path = place.folder / "keys" / name / "keys.sealed"
    whole = path.read_bytes()
    for at in (100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(BackupError, match="damaged"):
            place.bring(empty, name)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackupError, match="damaged"):
        place.bring(empty, name)
    assert rows_of(place.databases.server.url("owner", empty)) == {}


def test_a_backup_that_was_cut_off_or_altered_is_refused(place: Place, empty: str) -> None:
    name = place.save()
    half = place.folder / "sealed" / name
    dump = half / "database.dump"
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1])
    with pytest.raises(BackupError, match=r"database\.dump is not what was saved"):
        place.bring(empty, name)
    dump.write_bytes(whole)
    (half / "manifest.json").unlink()
    with pytest.raises(BackupError, match="no whole backup"):
        place.bring(empty, name)


def test_what_the_keeper_of_the_folder_put_in_is_refused(place: Place, empty: str) -> None:
    """Whoever holds the disk of backups writes another dump, and its sum, or a file more."""
    name = place.save()
    half = place.folder / "sealed" / name
    dump, path = half / "database.dump", half / "manifest.json"
    whole, written = dump.read_bytes(), path.read_text()
    dump.write_bytes(whole + b"\0")
    manifest = json.loads(written)
    manifest["sums"]["database.dump"] = hashlib.sha256(whole + b"\0").hexdigest()
    for signature in (manifest["signature"], "", "00" * 64, "x"):
        path.write_text(json.dumps(manifest | {"signature": signature}))
        with pytest.raises(BackupError, match="not signed by the installation"):
            place.bring(empty, name)
    dump.write_bytes(whole)
    path.write_text(written)
    (half / "more").write_bytes(b"x")
    with pytest.raises(BackupError, match="more is not what was saved"):
        place.bring(empty, name)
    (half / "more").unlink()
    (half / "link").symlink_to(place.folder)
    with pytest.raises(BackupError, match="holds links"):
        place.bring(empty, name)
    (half / "link").unlink()
    path.write_text(
        json.dumps({key: value for key, value in manifest.items() if key != "signature"})
    )
    dump.write_bytes(whole + b"\0")
    with pytest.raises(BackupError, match="an older version made it"):
        place.bring(empty, name)
    dump.write_bytes(whole)
    path.write_text(written)
    assert rows_of(place.databases.server.url("owner", empty)) == {}
    place.bring(empty, name)


def test_what_is_restored_is_what_was_looked_at(
    place: Place, empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever keeps the folders exchanges every file between the look and the restore."""
    typed_everywhere()
    before, name = rows_of(place.owner), place.save()
    kept = [
        *(place.folder / "sealed" / name).rglob("*"),
        *(place.folder / "keys" / name).iterdir(),
    ]

    def exchanged(connection: psycopg.Connection) -> None:
        must_be_empty(connection)
        for path in kept:
            if path.is_file():
                path.write_bytes(b"another")

    must_be_empty = backup._must_be_empty
    (place.folder / ".restore-of-a-killed-one").mkdir()
    monkeypatch.setattr(backup, "_must_be_empty", exchanged)
    place.bring(empty, name)
    assert rows_of(place.databases.server.url("owner", empty)) == before
    documents = list((place.folder / "documents").iterdir())
    assert documents and all(path.read_bytes() != b"another" for path in documents)
    assert not list(place.folder.glob(".restore-*")), "the copy goes, and that of before"


def test_two_restores_at_once_are_one(place: Place, empty: str) -> None:
    name = place.save()
    with (place.folder / ".restoring").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (place.folder / ".restore-of-another").mkdir()
        with pytest.raises(BackupError, match="another restore"):
            place.bring(empty, name)
        assert (place.folder / ".restore-of-another").is_dir()
    place.bring(empty, name)


def test_an_installation_with_accounts_is_never_overwritten(place: Place) -> None:
    name = place.save()
    before = rows_of(place.owner)
    with pytest.raises(BackupError, match="has accounts"):
        place.bring(place.name, name)
    assert rows_of(place.owner) == before


def test_keys_never_lie_beside_what_they_open(place: Place) -> None:
    with pytest.raises(BackupError, match="a folder of their own"):
        take(
            place.owner,
            secrets=settings.PANOH_KEYS,
            documents=files.folder(),
            to=place.folder,
            keys=place.folder / "more" / "..",
            public=pair_of_code(CODE).public,
        )
    assert list(place.folder.iterdir()) == []


def test_what_fails_leaves_nothing(place: Place) -> None:
    lost = Place(place.databases, "no_such_database", place.folder)
    with pytest.raises(psycopg.OperationalError):
        lost.save()
    assert [path for path in place.folder.rglob("*") if path.is_file()] == []
    assert list((place.folder / "keys").iterdir()) == []


def test_old_keys_go_and_nothing_else(tmp_path: Path) -> None:
    days = [f"2026-01-0{day}T000000Z" for day in range(1, 6)]
    for day in days:
        (tmp_path / day).mkdir()
        (tmp_path / day / "keys.sealed").touch()
    (tmp_path / "2025 papers").mkdir()
    (tmp_path / "2025 papers" / "keys.sealed").touch()
    (tmp_path / "2025 papers" / "more").touch()
    assert expire(tmp_path, days[-1], 2) == days[:3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2025 papers", *days[3:]]
