"""Who steals the database and every file of the server reads nobody's name."""

import contextlib
import logging
import string
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from psycopg.rows import dict_row
from psycopg.types.string import ByteaBinaryLoader, TextLoader

from config.cluster import binaries
from panoh.access.rules import VAULT
from panoh.files import queries as documents
from panoh.files.rules import decrypt
from panoh.vault import rules
from panoh.vault.models import SealedTextField
from panoh.vault.queries import team_purpose
from panoh.vault.rules import Damaged, Kept, KeyName, KeyPair, Place, WrongSecret, pair_of
from tests.factories.canaries import Canaries, typed_everywhere
from tests.factories.canaries_tonight import tonight
from tests.factories.clients import client_of
from tests.factories.staff import PASSPHRASE
from tests.harness import cluster

Connect = Callable[[str], psycopg.Connection]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which this process would make its temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def as_it_is(owner: psycopg.Connection) -> psycopg.Connection:
    """ "For ever" is no time that Python knows: times are read as they are written."""
    for loader in (TextLoader, ByteaBinaryLoader):
        owner.adapters.register_loader("timestamptz", loader)
    return owner


def dumped(database: str) -> bytes:
    """What `pg_dump` writes, as whoever makes a backup runs it."""
    return subprocess.run(
        [
            str(binaries() / "pg_dump"),
            "--enable-row-security",
            cluster().url("owner", database),
        ],
        check=True,
        capture_output=True,
    ).stdout


def everything(owner: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    """Every row of every table as text, binary columns included as they are."""
    for schema, table in owner.execute(
        "SELECT schemaname, tablename FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall():
        cursor = owner.cursor(binary=True)
        cursor.execute(f'SELECT * FROM "{schema}"."{table}"')
        for row in cursor.fetchall():
            for value in row:
                if isinstance(value, bytes | memoryview):
                    yield table, bytes(value)
                elif value is not None:
                    yield table, str(value).encode()


def test_a_dump_and_all_files_of_the_server_hold_no_word(
    fresh_db: str,
    connect: Connect,
    temporary: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Tables with keys, sessions, jobs, cache and audit; write-ahead log; logs; temporary files."""
    with caplog.at_level(logging.INFO):
        planted = typed_everywhere()
        tonight(client_of("nigora", "en"), f"/cases/{planted.ref}/", planted)
    assert len(planted.words) > 20
    owner = as_it_is(connect("owner"))
    rows = list(everything(owner))
    tables = {table for table, _value in rows}
    assert {"people_identity", "cases_note", "files_document", "vault_draft"} <= tables
    assert {"exchange_import", "exchange_part", "exchange_external"} <= tables
    assert {"cases_answer", "cases_decision", "cases_safetyentry", "cases_rightentry"} <= tables
    assert {"cases_protectionrequest", "cases_guardian", "cases_guardianentry"} <= tables
    assert {"cases_group", "consent_decision", "access_never", "people_seeker"} <= tables
    assert {"people_emergencycall", "people_emergencyring"} <= tables
    assert {"intake_call", "intake_handover", "shelters_house", "shelters_takeover"} <= tables
    assert {"cases_leaving", "care_need", "care_carestep", "care_return"} <= tables
    assert {"django_session", "audit_entry", "referrals_referral", "plain_cache"} <= tables
    leaks = {
        (table, kind)
        for table in tables
        for kind in planted.found_in(b"\n".join(value for of, value in rows if of == table))
    }
    assert leaks == set()
    backup = dumped(fresh_db)
    assert planted.ref.encode() in backup, "the backup is there, and holds the case"
    assert planted.found_in(backup) == []
    # The library packs a session before it writes it.
    sessions = [repr(row.get_decoded()).encode() for row in Session.objects.all()]
    assert sessions
    assert not any(planted.found_in(kept) for kept in sessions)
    control = planted.word("control")
    # Tests commit without waiting for the log to be written; this one waits. Three rows, as a word
    # that crosses the border of a page is not found.
    owner.execute("SET synchronous_commit = on")
    owner.execute(
        "CREATE TABLE control AS SELECT %s::text AS word FROM generate_series(1, 3)", [control]
    )
    assert any(documents.folder().iterdir()), "there are documents to look at"
    (documents.folder() / "control").write_text(control)
    places = (cluster().home, settings.PANOH_VAR, temporary)
    holding = found_in_files(planted, *places)
    (documents.folder() / "control").unlink()
    assert set(holding) == {"control"}, "the search works, and finds only what was put there"
    for place in places[:2]:
        assert any(Path(path).is_relative_to(place) for path in holding["control"])
    said = "".join(capfd.readouterr()) + caplog.text
    assert planted.found_in(said.encode()) == []
    assert list(temporary.rglob("*")) == []


def found_in_files(planted: Canaries, *folders: Path) -> dict[str, list[str]]:
    """Which words stand in which files, as grep finds them."""
    found: dict[str, list[str]] = {}
    spelled = {one.decode(): kind for kind, word in planted.words.items() for one in plain(word)}
    done = subprocess.run(
        ["grep", "-raoF", "-f", "-", *(str(one) for one in folders)],
        input="\n".join(spelled).encode(),
        capture_output=True,
        check=False,
    )
    for line in done.stdout.decode(errors="replace").splitlines():
        path, _colon, word = line.rpartition(":")
        found.setdefault(spelled[word], []).append(path)
    return found


def plain(word: str) -> list[bytes]:
    """A word as it stands in a file: written out, or as hexadecimal figures."""
    return [word.encode(), word.lower().encode(), word.encode().hex().encode()]


# -- with every key of the server ---------------------------------------------------------------


@dataclass
class Thief:
    """Who has the database and the server's files, and some words to try as secrets."""

    owner: psycopg.Connection
    outer: bytes
    words: set[str]
    keys: set[bytes] = field(default_factory=set)
    texts: list[bytes] = field(default_factory=list)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A whole table."""
        with self.owner.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(f"SELECT * FROM {table}".encode()).fetchall()

    def attempt(self, work: Callable[[], bytes | str], into: set[bytes] | None = None) -> None:
        """Keep what a try brought."""
        with contextlib.suppress(Damaged, WrongSecret, ValueError):
            got = work()
            if into is not None and isinstance(got, bytes):
                into.add(got)
            else:
                self.texts.append(got.encode() if isinstance(got, str) else got)

    def pairs(self) -> list[KeyPair]:
        """Every known key of that length, taken for a private one."""
        return [pair_of(key) for key in self.keys if len(key) == rules.KEY]

    def open_accounts(self) -> None:
        """Passphrases, and sessions without the browser's half."""
        for row in self.rows("vault_accountkey"):
            kept = Kept(row["private_wrapped"], row["salt"], row["params"])
            for word in self.words:
                self.attempt(
                    partial(rules.unwrap_private, self.outer, kept, word, row["user_id"]),
                    self.keys,
                )
        for session in Session.objects.all():
            data = session.get_decoded()
            words = {session.session_key, *map(str, data.values()), *self.words}
            user_id = int(data["_auth_user_id"])
            for word in words if VAULT in data else ():
                self.attempt(
                    partial(rules.open_from_session, self.outer, data[VAULT], word, user_id),
                    self.keys,
                )

    def open_keys(self) -> None:
        """Teams' keys by what is known, then the keys of cases by those."""
        for row in self.rows("vault_teamkeywrap"):
            purpose = team_purpose(row["team_id"], row["version"])
            for pair in self.pairs():
                self.attempt(partial(rules.unbox, pair, row["wrapped"], purpose), self.keys)
        for row in self.rows("vault_teamkey"):
            paper = rules.outer_open(
                self.outer, row["recovery_wrapped"], "recovery", row["team_id"]
            )
            for pair in self.pairs():
                self.attempt(
                    partial(rules.unbox, pair, paper[32:], f"recovery {row['team_id']}"), self.keys
                )
        for row in self.rows("vault_datakeywrap"):
            name = KeyName(row["dossier_id"], row["category"], row["version"])
            for pair in self.pairs():
                self.attempt(
                    partial(rules.unwrap_key, self.outer, pair, row["wrapped"], name), self.keys
                )

    def open_texts(self) -> None:
        """Every sealed field, document and draft, with every key."""
        for model in apps.get_models():
            sealed = [one for one in model._meta.fields if isinstance(one, SealedTextField)]
            for row in self.rows(model._meta.db_table) if sealed else ():
                for one in sealed:
                    place = Place(model._meta.db_table, row[model._meta.pk.column], one.name)
                    for key in self.keys if row[one.name] else ():
                        self.attempt(partial(rules.open_field, key, row[one.name], place))
        for row in self.rows("vault_draft"):
            for pair in self.pairs():
                self.attempt(partial(rules.unbox, pair, row["sealed"], "draft"))
        for row in self.rows("files_document"):
            content = documents.place_of(row["id"]).read_bytes()
            for text in list(self.texts):
                if len(text) == 2 * rules.KEY and is_hex(text.decode()):
                    key = bytes.fromhex(text.decode())
                    self.attempt(partial(decrypt, key, content, row["id"]))

    def work(self) -> "Thief":
        """Try everything until nothing new comes of it."""
        self.open_accounts()
        known = -1
        while known != len(self.keys):
            known = len(self.keys)
            self.open_keys()
        self.open_texts()
        return self


def test_every_key_of_the_server_opens_no_text_without_a_session(
    fresh_db: str, connect: Connect
) -> None:
    planted = typed_everywhere()
    contents = [path.read_bytes() for path in settings.PANOH_KEYS.iterdir()]
    texts = {raw.decode().strip() for raw in contents}
    outer = settings.PANOH_OUTER_KEY
    thief = Thief(as_it_is(connect("owner")), outer, texts)
    for text in texts:
        thief.keys |= {text.encode()[:32], bytes.fromhex(text)} if is_hex(text) else {text.encode()}
    thief.keys |= {rules.derive(outer, purpose) for purpose in ("own wraps", "outer offer")}
    assert thief.work().texts == []
    with_passphrase = Thief(as_it_is(connect("owner")), outer, {PASSPHRASE}).work()
    opened = planted.found_in(b"\n".join(with_passphrase.texts))
    assert {"given", "phone", "title", "note story", "own words", "draft", "document text"} <= set(
        opened
    )


def is_hex(text: str) -> bool:
    """Is it a key as it stands in a file?"""
    return len(text) >= 64 and not set(text) - set(string.hexdigits)
