"""What a file is by its content, and how content is encrypted."""

import io
import os
import zipfile
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import puremagic
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of file that is taken: its code (and ending), and what a browser is told."""

    code: str
    mime: str


TYPES: Final = {
    found.code: found
    for found in (
        Type("pdf", "application/pdf"),
        Type("jpg", "image/jpeg"),
        Type("png", "image/png"),
        Type("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        Type("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )
}
# The part of an archive that makes it a document of an office program.
_OFFICE: Final = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}


def type_of(content: bytes) -> Type | None:
    """What a file is, told by its content and never by its name; None if it is not taken.

    Archives must be office documents, without macros.
    """
    try:
        seen = {match.mime_type for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        return None
    likely = [found for found in TYPES.values() if found.mime in seen]
    if any(found.code in _OFFICE for found in likely):
        return _office(content)
    return likely[0] if likely else None


def _office(content: bytes) -> Type | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if any("vbaproject" in name.lower() for name in names):
        return None
    return next((TYPES[code] for code, part in _OFFICE.items() if part in names), None)


def new_key() -> bytes:
    """A key for the content of one document."""
    return os.urandom(KEY_BYTES)


def encrypt(key: bytes, content: bytes, document: UUID) -> bytes:
    """AES-256-GCM, bound to the document: nonce, then ciphertext."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, _bound(document))


def decrypt(key: bytes, sealed: bytes, document: UUID) -> bytes:
    """Reverse of ``encrypt``. Raises ``ValueError`` if anything was changed or moved."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(document))
    except InvalidTag as fault:
        raise ValueError("the file was changed") from fault


def _bound(document: UUID) -> bytes:
    return b"files.Document " + document.bytes


def neutral_name(ref: str, number: int, code: str) -> str:
    """The name of a downloaded file: it tells nothing of what is in it."""
    return f"{ref}-{number}.{code}"
