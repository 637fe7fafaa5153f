"""Add a document and read it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as reach
from panoh.access.models import Dossier, User
from panoh.access.rules import READS, WRITES, Permission
from panoh.audit import actions as audit
from panoh.files import queries, rules
from panoh.files.models import Document
from panoh.files.rules import TYPES
from panoh.kernel.rules import Category, Gone, Invalid
from panoh.vault import actions as vault

# The child that draws an image anew: little memory, little time, no files, no environment.
_CHILD = """
import resource, sys
for what, most in (
    (resource.RLIMIT_AS, 1 << 30), (resource.RLIMIT_CPU, 10),
    (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
):
    resource.setrlimit(what, (most, most))
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from panoh.files.rules import clean_image
sys.stdout.buffer.write(clean_image(sys.stdin.buffer.read()))
"""
_CHILD_SECONDS = 20


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

    Its type is told by the content; an image is drawn anew without its metadata, and images in
    ``health`` are for health staff only. The same ``submission`` (made with the form) saves once.
    Raises ``Invalid`` if it is empty, too large or of a type that is not taken.
    """
    found = reach.lock(dossier.pk)
    reach.require(by, Permission.FILE_WRITE, on=found, category=category)
    reach.require(by, WRITES.get(category, Permission.FILE_WRITE))
    if submission and (seen := Document.objects.filter(dossier=found, pk=submission).first()):
        return seen
    kind, clean = _taken(content)
    document = Document(
        id=submission or uuid4(),
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
    return kind, _drawn_anew(content) if kind.is_image else content


def _drawn_anew(content: bytes) -> bytes:
    fault = Invalid(_("This picture cannot be read. Please scan or photograph it again."), "file")
    try:
        done = subprocess.run(  # noqa: S603 - our own text, the file goes in by its input
            [sys.executable, "-I", "-c", _CHILD, str(settings.BASE_DIR)],
            input=content,
            capture_output=True,
            timeout=_CHILD_SECONDS,
            env={},
            cwd="/",
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise fault from error
    return done.stdout


def _keep(document: Document, sealed: bytes) -> None:
    """Write the ciphertext to the disk before the row: a row never points to nothing. If the
    transaction fails, a file that nobody can open is left."""
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
