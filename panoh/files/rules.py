"""What a file is by its content, how an image is cleaned, how content is encrypted."""

import io
import os
import warnings
import zipfile
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import puremagic
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from PIL import Image, ImageOps

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
MEGABYTE: Final = 1024 * 1024
# A page of A4 scanned at 600 dots an inch has 35 million points.
MOST_POINTS: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of file that is taken: its code (and ending), and what a browser is told."""

    code: str
    mime: str
    is_image: bool = False


TYPES: Final = {
    found.code: found
    for found in (
        Type("pdf", "application/pdf"),
        Type("jpg", "image/jpeg", is_image=True),
        Type("png", "image/png", is_image=True),
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


_NO_PICTURE: Final = (
    OSError,
    SyntaxError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def clean_image(content: bytes) -> bytes:
    """Draw the same picture anew: nothing but points is kept, no place, camera, date or profile.

    Raises ``ValueError`` if it is no whole picture or has too many points. Called in a child
    process with limits: decoders are where crafted files do harm.
    """
    Image.MAX_IMAGE_PIXELS = MOST_POINTS
    try:
        with (
            warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning),
            Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as seen,
        ):
            kind = str(seen.format)
            upright = ImageOps.exif_transpose(seen)
            mode = "RGB" if kind == "JPEG" or upright.mode not in {"L", "RGBA"} else upright.mode
            points = upright.convert(mode)
    except _NO_PICTURE as fault:
        raise ValueError("no picture") from fault
    clean = Image.new(mode, points.size)
    clean.paste(points)
    out = io.BytesIO()
    clean.save(out, kind, **({"quality": 85} if kind == "JPEG" else {"optimize": True}))
    return out.getvalue()


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
