"""Backup and restore: what is sealed goes to one folder, the keys that open it to another.

The keys (every table of `vault`, the server's own secrets) are short-lived and sealed to a code in
the director's safe: an old backup must not bring back what an erasure destroyed, and whoever copies
both folders opens nothing without the code. Both halves are of one moment. The list of what is in
the first is signed by the installation: who keeps the folder can put nothing of his own in it.
"""

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import psycopg
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.cluster import binaries
from panoh.vault.rules import Damaged as DamagedKey
from panoh.vault.rules import KeyPair, WrongSecret, box, new_key, recovery_pair, unbox

DATABASE, MANIFEST, DOCUMENTS, KEYS = "database.dump", "manifest.json", "documents", "keys.sealed"
# Made anew by every start, or worth nothing on another machine.
NOT_SAVED = ("audit_context_key", "django_session", "plain_cache")
KEY_TABLES = "vault_*"
# The passwords of roles and the key of the context belong to one database server.
OF_THE_SERVER = ("context", "database-")
SIGNER = "seal"
ASIDE, LOCK = ".restore-", ".restoring"
PURPOSE = "backup"
WHOLE = 0  # the safe's code of the installation; those of teams are numbered from one
CHUNK = 1 << 20
TAG = 16
BOXED = 32 + 32 + TAG


class BackupError(Exception):
    """A backup cannot be made or brought back; the text says why and what stands."""


def pair_of_code(code: str) -> KeyPair:
    """The key pair of the code in the safe. Raises BackupError if it cannot be such a code."""
    try:
        return recovery_pair(code, WHOLE)
    except WrongSecret as error:
        raise BackupError("that is no code of a backup: eight groups of four") from error


# -- taking ----------------------------------------------------------------------------------------


def take(owner: str, *, secrets: Path, documents: Path, to: Path, keys: Path, public: bytes) -> str:
    """Write both halves of one moment; return its name, which is a folder in `to` and in `keys`.

    `owner` is the address of the database's owner, `public` the public half of the safe's code.
    What fails leaves nothing; what was killed has no manifest, and is no backup.
    """
    if to.resolve() == keys.resolve():
        raise BackupError("the keys need a folder of their own: on another disk, if there is one")
    name = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H%M%SZ")
    half, other = to / name, keys / name
    with contextlib.ExitStack() as undo:
        for folder in (half, other):
            folder.mkdir(mode=0o700, parents=True)
            undo.callback(shutil.rmtree, folder)
        _write_halves(owner, half, other, secrets=secrets, documents=documents, public=public)
        undo.pop_all()
    return name


def _write_halves(
    owner: str, half: Path, other: Path, *, secrets: Path, documents: Path, public: bytes
) -> None:
    with _one_moment(owner) as snapshot:
        left_out = [f"--exclude-table-data=public.{table}" for table in (KEY_TABLES, *NOT_SAVED)]
        dump = _dump(owner, snapshot, *left_out)
        with dump as source, (half / DATABASE).open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK)
        dump = _dump(owner, snapshot, "--data-only", f"--table=public.{KEY_TABLES}")
        with dump as source, (other / KEYS).open("wb") as target:
            _seal(public, json.dumps(_secrets(secrets)).encode(), source, target)
    # Documents are never changed: one that came after the moment is only superfluous.
    if documents.is_dir():
        shutil.copytree(documents, half / DOCUMENTS)
    sums = {str(path.relative_to(half)): _sum(path) for path in _files(half)}
    signer = _signer((secrets / SIGNER).read_text(encoding="ascii"))
    signature = signer.sign(_listed(half.name, sums)).hex()
    manifest = {"name": half.name, "sums": sums, "signature": signature}
    (half / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="ascii")


def _signer(secret: str) -> Ed25519PrivateKey:
    """The installation's key of heads; what it signs here begins with another word than those."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))


def _listed(name: str, sums: dict[str, str]) -> bytes:
    return f"panoh backup {json.dumps([name, sums], sort_keys=True)}".encode()


def expire(keys: Path, name: str, keep: int) -> list[str]:
    """Remove all but the newest `keep` backups of keys, never `name`; return what went.

    Only folders with nothing in them but the sealed keys are touched.
    """
    made = sorted(
        path
        for path in keys.iterdir()
        if path.is_dir() and [one.name for one in path.iterdir()] == [KEYS]
    )
    gone = [path for path in made[: max(len(made) - keep, 0)] if path.name != name]
    for path in gone:
        shutil.rmtree(path)
    return [path.name for path in gone]


@contextmanager
def _one_moment(owner: str) -> Iterator[str]:
    with psycopg.connect(owner) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield row[0] if row else ""


@contextmanager
def _dump(owner: str, snapshot: str, *options: str) -> Iterator[IO[bytes]]:
    """What `pg_dump` writes. Row security holds for the owner too, by a policy that lets it."""
    fixed = ("--format=custom", "--enable-row-security", f"--snapshot={snapshot}")
    with _program("pg_dump", owner, *fixed, *options, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        yield process.stdout


def _secrets(folder: Path) -> dict[str, str]:
    return {
        path.name: path.read_text(encoding="ascii")
        for path in _files(folder)
        if not path.name.startswith((*OF_THE_SERVER, "."))
    }


# -- bringing back ---------------------------------------------------------------------------------


def bring_back(
    owner: str, *, secrets: Path, documents: Path, backup: Path, keys: Path, code: str
) -> None:
    """Restore `backup` with the keys of `keys` into an installation that has no account yet.

    The keys may be newer than the backup: what was erased in between stays closed. Everything is
    checked before the first change, in a copy of our own: whoever keeps the folders exchanges
    nothing between the look and the restore. Raises BackupError.
    """
    with _own_copy(backup, keys, beside=documents) as (half, other):
        _bring_back(owner, secrets, documents, half, other, code=code)


@contextmanager
def _own_copy(backup: Path, keys: Path, *, beside: Path) -> Iterator[tuple[Path, Path]]:
    """Both halves again, under their names, in a folder that nobody else may enter."""
    _must_hold_no_links(backup)
    beside.parent.mkdir(parents=True, exist_ok=True)
    with (beside.parent / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("another restore is on its way into this installation") from error
        with _copied(backup, keys, beside) as copied:
            yield copied


@contextmanager
def _copied(backup: Path, keys: Path, beside: Path) -> Iterator[tuple[Path, Path]]:
    for left in beside.parent.glob(f"{ASIDE}*"):  # by a restore that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=ASIDE, dir=beside.parent) as folder:
        half, other = Path(folder, "sealed"), Path(folder, "keys", keys.name)
        shutil.copytree(backup, half, symlinks=True)
        other.mkdir(parents=True)
        shutil.copyfile(keys / KEYS, other / KEYS)
        yield half, other


def _bring_back(
    owner: str, secrets: Path, documents: Path, backup: Path, keys: Path, *, code: str
) -> None:
    manifest = _checked(backup)
    if not str(manifest.get("name")) <= keys.name:
        raise BackupError(f"the keys of {keys.name} are older than this backup: take newer ones")
    pair = pair_of_code(code)
    # Once whole before anything is changed: a damaged file must not be found in the middle.
    with (keys / KEYS).open("rb") as sealed:
        head, rest = _opened(pair, sealed)
        for _chunk in rest:
            pass
    kept = json.loads(head)
    if any(Path(name).name != name for name in kept):
        # Whoever has the public half of the code can write such a file.
        raise BackupError("the keys name a place outside their folder: take another backup")
    _must_be_signed(manifest, kept.get(SIGNER, ""))
    with psycopg.connect(owner) as connection:
        connection.execute("SET lock_timeout = '10s'")
        _must_be_empty(connection)
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    _restore(owner, backup / DATABASE, "--section=pre-data", "--section=data")
    with (keys / KEYS).open("rb") as sealed:
        _head, rest = _opened(pair, sealed)
        _restore_from(owner, rest, "--data-only")
    _restore(owner, backup / DATABASE, "--section=post-data")
    for name, text in kept.items():
        _write(secrets / name, text)
    if (backup / DOCUMENTS).is_dir():
        shutil.copytree(
            backup / DOCUMENTS, documents, dirs_exist_ok=True, copy_function=shutil.move
        )


def _must_hold_no_links(backup: Path) -> None:
    every = list(backup.rglob("*"))
    if any(path.is_symlink() or not (path.is_file() or path.is_dir()) for path in every):
        raise BackupError("the backup holds links, which none does: take another one")


def _checked(backup: Path) -> dict[str, Any]:
    """The list of a whole backup. Raises BackupError if anything in it is not what was saved."""
    try:
        manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text(encoding="ascii"))
        sums = dict(manifest["sums"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"this is no whole backup: it has no {MANIFEST}") from error
    _must_hold_no_links(backup)
    found = {str(path.relative_to(backup)) for path in _files(backup)} - {MANIFEST}
    for name in sorted(found | sums.keys()):
        if name not in found or _sum(backup / name) != sums.get(name):
            raise BackupError(f"{name} is not what was saved: take another backup")
    return manifest


def _must_be_signed(manifest: dict[str, Any], secret: str) -> None:
    """By the installation whose keys these are: sums alone can be written anew with the files."""
    if "signature" not in manifest:
        text = (
            f"{MANIFEST} has no signature: an older version made it (restore it with that version,"
        )
        raise BackupError(f"{text} then update), or somebody took the signature out")
    try:
        signature = bytes.fromhex(manifest["signature"])
        listed = _listed(str(manifest.get("name")), manifest["sums"])
        _signer(secret).public_key().verify(signature, listed)
    except (InvalidSignature, ValueError, TypeError) as error:
        text = f"{MANIFEST} was not signed by the installation of these keys: take another backup"
        raise BackupError(text) from error


def _must_be_empty(connection: psycopg.Connection) -> None:
    there = connection.execute("SELECT to_regclass('public.access_user')").fetchone()
    if there and there[0]:
        row = connection.execute("SELECT EXISTS (SELECT FROM public.access_user)").fetchone()
        if row and row[0]:
            raise BackupError("this installation has accounts: restore into an empty one")


def _restore(owner: str, dump: Path, *options: str) -> None:
    with dump.open("rb") as source:
        _restore_from(owner, iter(lambda: source.read(CHUNK), b""), *options)


def _restore_from(owner: str, chunks: Iterator[bytes], *options: str) -> None:
    fixed = ("--no-owner", "--exit-on-error", "--single-transaction")
    with _program("pg_restore", owner, *fixed, *options, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101 - asked for above
        for chunk in chunks:
            process.stdin.write(chunk)


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.restored")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    aside.write_text(text, encoding="ascii")
    aside.chmod(0o400)
    aside.replace(path)


# -- sealing ---------------------------------------------------------------------------------------
# A key of its own for each file, boxed to the code of the safe; then pieces, each numbered and the
# last marked, so that none can be left out, exchanged or cut off (the STREAM construction of
# Hoang, Reyhanitabar, Rogaway and Vizár 2015).


def _seal(public: bytes, head: bytes, source: IO[bytes], target: IO[bytes]) -> None:
    key = new_key()
    target.write(box(public, key, PURPOSE))
    content = BytesIO(len(head).to_bytes(8, "big") + head)
    read = _joined(content, source)
    number, piece = 0, read(CHUNK)
    while piece:
        following = read(CHUNK)
        target.write(AESGCM(key).encrypt(_nonce(number, last=not following), piece, None))
        number, piece = number + 1, following


def _opened(pair: KeyPair, sealed: IO[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The head, and the rest piece by piece. Raises BackupError for another code or damage."""
    try:
        key = unbox(pair, sealed.read(BOXED), PURPOSE)
    except DamagedKey as error:
        raise BackupError("these keys were not sealed to that code") from error
    pieces = _pieces(AESGCM(key), sealed)
    start = next(pieces, b"")
    end = 8 + int.from_bytes(start[:8], "big")
    return start[8:end], _with_first(start[end:], pieces)


def _pieces(cipher: AESGCM, sealed: IO[bytes]) -> Iterator[bytes]:
    number, piece = 0, sealed.read(CHUNK + TAG)
    while piece:
        following = sealed.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), piece, None)
        except InvalidTag as error:
            raise BackupError("the keys are damaged: take another backup of them") from error
        number, piece = number + 1, following


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _joined(first: IO[bytes], second: IO[bytes]) -> Callable[[int], bytes]:
    """Read two streams as one, always as much as asked for until the end."""

    def read(size: int) -> bytes:
        piece = first.read(size)
        while len(piece) < size and (more := second.read(size - len(piece))):
            piece += more
        return piece

    return read


# -- files and programs ----------------------------------------------------------------------------


@contextmanager
def _program(
    name: str, owner: str, *options: str, stdin: int | None = None, stdout: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of PostgreSQL's programs. Raises BackupError with what it said.

    The password goes by the environment: a list of processes shows every argument to everybody.
    """
    address = {key: str(value) for key, value in conninfo_to_dict(owner).items()}
    environment = {**os.environ, "PGPASSWORD": address.pop("password", "")}
    with subprocess.Popen(  # noqa: S603 - our own words, no shell
        [binaries() / name, *options, f"--dbname={make_conninfo('', **address)}"],
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
    ) as process:
        with contextlib.suppress(BrokenPipeError):  # it ended by itself, and says why
            yield process
        _out, said = process.communicate()
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        raise BackupError(f"{name}: {lines[0] if lines else 'failed'}")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
