"""A file without what it tells of its makers: authors, places, programs, times, earlier versions.

All of it runs in a child process with limits: readers of files are where crafted files do harm.
What cannot be cleaned is refused, never kept as it came.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final
from xml.etree import ElementTree

from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

# A page of A4 scanned at 600 dots an inch has 35 million points.
MOST_POINTS: Final = 50_000_000
# An office document of ten megabytes unfolds to about this.
MOST_UNFOLDED: Final = 100 * 1024 * 1024


class Unclean(ValueError):
    """The file cannot be cleaned; the argument says why: unreadable, locked, inside."""


def clean(code: str, content: bytes) -> bytes:
    """The file of type ``code`` without its metadata. Raises ``Unclean``."""
    if code == "pdf":
        return clean_pdf(content)
    return clean_office(content) if code in {"docx", "xlsx"} else clean_image(content)


_NO_PICTURE: Final = (
    OSError,
    SyntaxError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def clean_image(content: bytes) -> bytes:
    """Draw the same picture anew: nothing but points is kept, no place, camera, date or profile.

    Raises ``Unclean`` if it is no whole picture or has too many points.
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
        raise Unclean("unreadable") from fault
    clean = Image.new(mode, points.size)
    clean.paste(points)
    out = io.BytesIO()
    clean.save(out, kind, **({"quality": 85} if kind == "JPEG" else {"optimize": True}))
    return out.getvalue()


# -- PDF -------------------------------------------------------------------------------------------

# What pages and pictures tell of their making, what runs by itself, programs' private data.
_PDF_TELLS: Final = (
    *("/Metadata", "/PieceInfo", "/LastModified", "/JavaScript", "/OpenAction", "/AA", "/Thumb"),
    *("/SpiderInfo", "/CreationDate", "/JS", "/XFA"),
)
# What a click starts, sends or fetches; a link to an address stays. ISO 32000-2, 12.6.4.
_PDF_ACTS: Final = frozenset(
    {
        *("/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/JavaScript"),
        *("/Rendition", "/RichMediaExecute"),
    }
)
_INSIDE: Final = "/EmbeddedFiles"


def clean_pdf(content: bytes) -> bytes:
    """Write the document anew from what its pages need: no author, program, time, earlier version,
    script, nor the place and camera inside photographs. Raises ``Unclean``.

    ISO 32000-2, 14.3 (metadata), 7.5.6 (earlier versions), 12.5.6.2 (authors of remarks).
    """
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            raise Unclean("locked")
        # Before they are copied: only what still hangs on the root is.
        for thing in _things(reader.root_object):
            _untell(thing)
        writer = PdfWriter(clone_from=reader)
        writer.metadata = None
        out = io.BytesIO()
        writer.write(out)
    except (PyPdfError, OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
        raise fault if isinstance(fault, Unclean) else Unclean("unreadable") from fault
    return out.getvalue()


def _things(root: Any) -> Iterator[DictionaryObject]:
    """Every dictionary that hangs on ``root``, each once."""
    waiting, seen = [root], set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            if found.idnum in seen:
                continue
            seen.add(found.idnum)
            found = found.get_object()
        if isinstance(found, DictionaryObject):
            yield found
            waiting.extend(found.raw_get(key) for key in found)
        elif isinstance(found, ArrayObject):
            waiting.extend(list.__iter__(found))


def _said(thing: DictionaryObject, key: str) -> str:
    """A name that stands there, or in another object to which it points."""
    if key not in thing:
        return ""
    found = thing[key]  # get() would give the pointer
    return found if isinstance(found, str) else ""


def _filtered(thing: DictionaryObject) -> Any:
    return thing["/Filter"] if "/Filter" in thing else None  # noqa: SIM401 - as above


def _untell(thing: DictionaryObject) -> None:
    if _INSIDE in thing or _said(thing, "/Type") == "/Filespec" or "/EF" in thing:
        raise Unclean("inside")
    if _said(thing, "/S") in _PDF_ACTS:
        thing.clear()
    for key in _PDF_TELLS:
        thing.pop(NameObject(key), None)
    if _said(thing, "/Type") == "/Annot" or "/Rect" in thing:
        thing.pop(NameObject("/M"), None)
        if _said(thing, "/Subtype") != "/Widget":  # in a form this is the name of the field
            thing.pop(NameObject("/T"), None)
    if isinstance(thing, StreamObject) and _filtered(thing) in ("/DCTDecode", ["/DCTDecode"]):
        thing._data = without_exif(thing._data)  # set_data would encode it anew


# The parts of a JPEG that draw nothing: APP1 to APP13, APP15 and remarks. APP0 and APP14 tell how
# the colours are meant.
_JPEG_TELLS: Final = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})


def without_exif(content: bytes) -> bytes:
    """A JPEG without the parts that tell camera, place, time and remarks; its points stay.
    ITU-T T.81, annex B."""
    if content[:2] != b"\xff\xd8":
        raise Unclean("unreadable")
    kept, place = [content[:2]], 2
    while content[place : place + 1] == b"\xff" and content[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        if end <= place + 3 or end > len(content):
            raise Unclean("unreadable")
        if content[place + 1] not in _JPEG_TELLS:
            kept.append(content[place:end])
        place = end
    return b"".join([*kept, content[place:]])


# -- documents of office programs ------------------------------------------------------------------

_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/"
_RELATIONS: Final = f"{{{_PACKAGE}relationships}}Relationship"
_KIND: Final = f"{{{_PACKAGE}content-types}}Override"
# Parts that only tell of makers, and data that programs keep for themselves.
_DROPPED: Final = re.compile(
    r"(docProps|customXml)/|word/people\.xml$|xl/revisions/|xl/users", re.IGNORECASE
)
_PASSES: Final = re.compile(
    r"\.(gif|emf|wmf|odttf|fntdata)$|xl/printersettings/[^/]+\.bin$", re.IGNORECASE
)
_NAMED: Final = re.compile(
    rb"""((?:\w+:)?(?:author|initials|userName|userId|lastModifiedBy))\s*=\s*("[^"]*"|'[^']*')"""
)
_AUTHOR: Final = re.compile(rb"(<(?:\w+:)?author(?:\s[^>]*)?>)[^<]*(</)")
_PERSON: Final = re.compile(rb"""(displayName|userId|providerId)\s*=\s*("[^"]*"|'[^']*')""")
_EARLY: Final = (1980, 1, 1, 0, 0, 0)


def clean_office(content: bytes) -> bytes:
    """The same document without authors of text, changes and remarks, without programs' own data,
    and with its pictures drawn anew. Raises ``Unclean``.

    ECMA-376 part 2 (packages, their relationships and properties).
    """
    out = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as seen,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
        ):
            if sum(part.file_size for part in seen.infolist()) > MOST_UNFOLDED:
                raise Unclean("unreadable")
            for name in dict.fromkeys(seen.namelist()):
                if not name.endswith("/") and not _DROPPED.match(name):
                    made.writestr(zipfile.ZipInfo(name, _EARLY), _part(name, seen.read(name)))
    except (zipfile.BadZipFile, RuntimeError, OSError, ElementTree.ParseError) as fault:
        raise Unclean("unreadable") from fault
    return out.getvalue()


def _part(name: str, content: bytes) -> bytes:
    small = name.lower()
    if small.endswith((".jpg", ".jpeg", ".png")):
        return clean_image(content)
    if small.endswith((".xml", ".rels", ".vml")):
        return _text(name, content)
    if not _PASSES.search(name):
        raise Unclean("inside")
    return content


def _text(name: str, content: bytes) -> bytes:
    """An XML part without names. Entities and other encodings could hide one."""
    if b"<!DOCTYPE" in content or b"\0" in content:
        raise Unclean("unreadable")
    if name == "[Content_Types].xml":
        return _without(content, _KIND, lambda one: one.get("PartName", "").lstrip("/"))
    if name.endswith(".rels"):
        base = PurePosixPath(name).parent.parent
        return _without(content, _RELATIONS, lambda one: _target(base, one))
    if "/persons/" in name:
        content = _PERSON.sub(rb'\1=""', content)
    return _AUTHOR.sub(rb"\1\2", _NAMED.sub(rb'\1=""', content))


def _without(content: bytes, tag: str, target: Callable[[ElementTree.Element], str]) -> bytes:
    """A list of parts without those that are dropped."""
    root = ElementTree.fromstring(content)  # noqa: S314 - no DOCTYPE, so no entities
    for one in root.findall(tag):
        if _DROPPED.match(target(one)):
            root.remove(one)
    ElementTree.register_namespace("", root.tag[1:].partition("}")[0])
    told: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return told


def _target(base: PurePosixPath, one: ElementTree.Element) -> str:
    """The part that a relationship leads to. What lies outside the document, a template in
    somebody's folder or a picture that tells who looks, becomes nothing; links stay."""
    target = one.get("Target", "")
    if one.get("TargetMode") == "External":
        if target.startswith("file:") or not one.get("Type", "").endswith("/hyperlink"):
            one.set("Target", "file:///removed")
        return ""
    parts: list[str] = []
    for step in (PurePosixPath("/") / base / target).parts[1:]:
        parts = parts[:-1] if step == ".." else [*parts, step]
    return "/".join(parts)
