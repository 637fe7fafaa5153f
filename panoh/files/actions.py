"""Add a document and read it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, Team, User
from panoh.access.rules import READS, WRITES, Permission
from panoh.audit import actions as audit
from panoh.files import queries, rules
from panoh.files.models import Document, Printed
from panoh.files.rules import TYPES
from panoh.kernel.rules import Category, Gone, Invalid
from panoh.policy import queries as policy
from panoh.vault import actions as vault

# The child that cleans a file: little memory, little time, no files, no environment.
_CHILD = """
import resource, sys
for what, most in (
    (resource.RLIMIT_AS, 1 << 30), (resource.RLIMIT_CPU, 10),
    (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
):
    resource.setrlimit(what, (most, most))
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from panoh.files.rules.cleaning import Unclean, clean
try:
    sys.stdout.buffer.write(clean(sys.argv[2], sys.stdin.buffer.read()))
except Unclean as fault:
    sys.exit(str(fault))
"""
_CHILD_SECONDS = 20
_FAULTS = {
    "locked": _(
        "This file is locked with a password. Please save it without one and send it again."
    ),
    "inside": _(
        "Other files lie inside this file. Please send each by itself, and this without them."
    ),
    "unreadable": _(
        "This file cannot be read, so its hidden data cannot be taken out. Please save, scan or "
        "photograph it again."
    ),
}


@transaction.atomic
def add(
    dossier: Dossier,
    *,
    category: Category,
    title: str,
    content: bytes,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Document:
    """Keep a file, encrypted, in one data category of a case.

    Its type is told by the content; what it tells of its makers is taken out, and files in
    ``health`` are for health staff only. The same ``submission`` (made with the form) saves once.
    Raises ``Invalid`` if it is empty, too large, of a type that is not taken, or cannot be cleaned.
    """
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.FILE_WRITE, on=found, category=category)
    reach.require(by, WRITES.get(category, Permission.FILE_WRITE))
    if submission and (seen := Document.objects.filter(dossier=found, pk=submission).first()):
        return seen
    kind, clean = _taken(content)
    document = Document(
        id=_own_place(submission),
        dossier=found,
        category=int(category),
        number=Document.objects.filter(dossier=found).count() + 1,
        type=kind.code,
        size=len(clean),
        added_at=at,
        added_by=by,
    )
    key = rules.new_key()
    vault.seal(document, "title", title.strip())
    vault.seal(document, "key", key.hex())
    _keep(document, rules.encrypt(key, clean, document.pk))
    document.save(force_insert=True)
    audit.record("file.added", by=by, at=at, subject=document, fields=category.codes)
    return document


def _own_place(submission: UUID | None) -> UUID:
    """The form's mark, unless a file lies there: of a lost first try, or of another case."""
    if submission is None or queries.place_of(submission).exists():
        return uuid4()
    return submission


def _taken(content: bytes) -> tuple[rules.Type, bytes]:
    if not content:
        raise Invalid(_("The file is empty. Please choose another."), "file")
    if len(content) > queries.most_bytes():
        raise Invalid(queries.too_large(), "file")
    kind = rules.type_of(content)
    if kind is None:
        raise Invalid(
            _("Files of this type are not taken: only PDF, JPG, PNG, DOCX and XLSX."), "file"
        )
    return kind, _cleaned(kind.code, content)


def _cleaned(code: str, content: bytes) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - our own text, the file goes in by its input
            [sys.executable, "-I", "-c", _CHILD, str(settings.BASE_DIR), code],
            input=content,
            capture_output=True,
            timeout=_CHILD_SECONDS,
            env={},
            cwd="/",
            check=True,
        )
    except subprocess.CalledProcessError as fault:
        why = fault.stderr.decode(errors="replace").strip()
        raise Invalid(_FAULTS.get(why, _FAULTS["unreadable"]), "file") from fault
    except subprocess.TimeoutExpired as fault:
        raise Invalid(_FAULTS["unreadable"], "file") from fault
    return done.stdout


def _keep(document: Document, sealed: bytes) -> None:
    """Write the ciphertext to the disk before the row: a row never points to nothing. If the
    transaction fails, a file that nobody can open is left until it is swept."""
    place = queries.place_of(document.pk)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(descriptor)


@dataclass(frozen=True, slots=True)
class Opened:
    """A document as it is handed to the browser, under a neutral name."""

    name: str
    mime: str
    content: bytes


@transaction.atomic
def read(document: Document, *, by: User, at: datetime) -> Opened:
    """Open a document; the opening is recorded. Raises ``Gone`` or ``Refused``."""
    reach.require(by, Permission.FILE_READ)
    found = Document.objects.select_related("dossier").filter(pk=document.pk).first()
    if found is None:
        raise Gone
    category = Category(found.category)
    reach.require(
        by, READS.get(category, Permission.FILE_READ), on=found.dossier, category=category
    )
    key = vault.open(found, "key")
    place = queries.place_of(found.pk)
    if key is None or not place.exists():
        raise Gone
    content = rules.decrypt(bytes.fromhex(key), place.read_bytes(), found.pk)
    audit.record("file.opened", by=by, at=at, subject=found, fields=category.codes)
    name = rules.neutral_name(found.dossier.ref, found.number, found.type)
    return Opened(name, TYPES[found.type].mime, content)


# An upload writes its file before its row, and no request runs for an hour.
_MARGIN = timedelta(hours=6)


@transaction.atomic
def sweep(*, at: datetime, by: str = "files") -> int:
    """Delete files that no row points to, left by uploads whose transaction failed; their number.

    A folder none of whose files is known belongs to another database: nothing of it goes.
    Works as role ``jobs``, which learns only which of the numbers have a row.
    """
    old = {}
    for place in queries.folder().glob("*-*-*-*-*"):
        with suppress(ValueError, FileNotFoundError):  # not ours; gone meanwhile
            if place.stat().st_mtime < (at - _MARGIN).timestamp():
                old[UUID(place.name)] = place
    known = queries.with_row(list(old))
    lost = [place for number, place in old.items() if number not in known] if known else []
    for place in lost:
        place.unlink(missing_ok=True)
    if lost:
        audit.record("file.swept", by=by, at=at, reason=f"{len(lost)} files")
    return len(lost)


@transaction.atomic
def number_letters(
    about: Sequence[tuple[Dossier | None, UUID | None]],
    *,
    code: str,
    language: str,
    team: Team,
    is_named: bool,
    by: User,
    at: datetime,
) -> list[Printed]:
    """Enter letters in the team's register before they are printed: one number each, in a row
    without holes, for ``(dossier, row it is about)``. The verb above has asked who may print.
    """
    year = policy.local_day(at).year
    with connection.cursor() as cursor:
        cursor.execute("SELECT files_take_numbers(%s::int, %s)", [team.pk, year])
        first = int(cursor.fetchone()[0])
    rows = [
        Printed(
            dossier=dossier,
            team=team,
            subject_id=subject_id,
            year=year,
            number=number,
            mark=queries.new_mark(),
            code=code,
            language=language,
            is_named=is_named,
            at=at,
            by=by,
        )
        for number, (dossier, subject_id) in enumerate(about, first)
    ]
    Printed.objects.bulk_create(rows)
    text = f"{code} {len(rows)}"
    audit.record("letter.numbered", by=by, at=at, subject=rows[0], fields=[language], reason=text)
    return rows
