"""What a file tells of its makers is taken out; what it shows stays; the rest is refused."""

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link, Text
from pypdf.generic import DictionaryObject, NameObject, StreamObject, TextStringObject

from panoh.files.rules import cleaning
from tests.factories.papers import (
    locked_pdf,
    office,
    pdf,
    pdf_with_a_file_inside,
    photograph,
    words_of,
)

CANARY = "Gulchehra"


def picture(kind: str, **saved: object) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", (40, 20), (200, 30, 30))
    image.save(out, kind, **saved)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_keeps_its_points_and_nothing_else(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "CANARY camera"
    exif[0x0112] = 6  # stands on its side
    more: dict[str, object] = {"exif": exif, "icc_profile": b"CANARY" * 30}
    found = cleaning.clean_image(picture(kind, **more) + b"CANARY behind the end")
    assert b"CANARY" not in found
    with Image.open(io.BytesIO(found)) as image:
        assert (image.format, image.size) == (kind, (20, 40))
        assert not image.getexif()
        assert "icc_profile" not in image.info


def test_transparency_is_kept() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (3, 3), (1, 2, 3, 4)).save(out, "PNG")
    with Image.open(io.BytesIO(cleaning.clean_image(out.getvalue()))) as image:
        assert image.getpixel((1, 1)) == (1, 2, 3, 4)


@pytest.mark.parametrize(
    "bad", [b"", b"%PDF-1.7", picture("PNG")[:60], picture("GIF")], ids=range(4)
)
def test_what_is_no_whole_picture_is_refused(bad: bytes) -> None:
    with pytest.raises(cleaning.Unclean, match="unreadable"):
        cleaning.clean_image(bad)


@pytest.mark.parametrize("side", [7_200, 20_000])
def test_a_picture_that_would_fill_the_memory_is_refused(side: int) -> None:
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(cleaning.Unclean, match="unreadable"):
        cleaning.clean_image(out.getvalue())


def pdf_with_a_picture(content: bytes) -> bytes:
    """A PDF that says of these bytes that they are a JPEG."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    thing = StreamObject()
    thing._data = content
    thing[NameObject("/Filter")] = NameObject("/DCTDecode")
    writer.root_object[NameObject("/Picture")] = writer._add_object(thing)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def unfolded(content: bytes) -> bytes:
    """Everything that a PDF holds, with its streams opened."""
    reader = PdfReader(io.BytesIO(content))
    found = [content]
    for number in range(1, len(reader.xref_objStm) + len(reader.xref.get(0, {})) + 1):
        thing: Any = reader.get_object(number)
        found.append(repr(thing).encode())
        if hasattr(thing, "get_data"):
            found.append(thing._data)
            if thing.get("/Filter") != "/DCTDecode":
                found.append(thing.get_data())
    return b"".join(found)


def test_a_pdf_tells_its_words_and_nothing_of_its_makers() -> None:
    seen = pdf("kept words", CANARY)
    assert unfolded(seen).count(CANARY.encode()) >= 7
    found = cleaning.clean("pdf", seen)
    assert CANARY.encode() not in unfolded(found)
    reader = PdfReader(io.BytesIO(found))
    assert "kept words" in words_of(found)
    assert "a remark" in repr(reader.pages[0]["/Annots"][0].get_object())  # type: ignore[index]
    assert not reader.metadata and "/Producer" not in repr(reader.trailer)
    picture = reader.pages[0]["/Resources"]["/XObject"]["/Im0"]  # type: ignore[index]
    with Image.open(io.BytesIO(picture._data)) as image:
        assert image.size == (40, 20)


@pytest.mark.parametrize("act", ["/Launch", "/SubmitForm", "/GoToR"])
def test_a_click_in_a_pdf_starts_sends_and_fetches_nothing(act: str) -> None:
    """The name of the act stands in an object of its own, where a quick look misses it."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.add_annotation(0, Link(rect=(1, 1, 9, 9), url="https://fictional.example/"))
    link = writer.pages[0]["/Annots"][0].get_object()  # type: ignore[index]
    link[NameObject("/A")] = DictionaryObject(
        {
            NameObject("/S"): writer._add_object(NameObject(act)),
            NameObject("/F"): TextStringObject(f"//{CANARY}/share"),
        }
    )
    out = io.BytesIO()
    writer.write(out)
    found = cleaning.clean("pdf", out.getvalue())
    assert CANARY.encode() in unfolded(out.getvalue())
    assert CANARY.encode() not in unfolded(found)


def test_a_form_in_a_pdf_keeps_the_names_of_its_fields_and_a_remark_no_writer() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    for kind in ("/Widget", "/Square"):
        thing = Text(text="x", rect=(1, 1, 9, 9))
        thing[NameObject("/Subtype")] = NameObject(kind)
        thing[NameObject("/T")] = TextStringObject(f"{CANARY} {kind}")
        writer.add_annotation(0, thing)
    out = io.BytesIO()
    writer.write(out)
    found = unfolded(cleaning.clean("pdf", out.getvalue())).decode(errors="replace")
    assert f"{CANARY} /Widget" in found
    assert f"{CANARY} /Square" not in found


def test_earlier_versions_of_a_pdf_are_gone() -> None:
    reader = PdfReader(io.BytesIO(pdf("first words")))
    seen = pdf("first words") + f"\n7 0 obj\n({CANARY})\nendobj\n".encode()
    place = seen.rindex(b"startxref")
    start = seen[place:].split()[1].decode()
    seen += f"xref\n0 0\ntrailer\n<</Size 9/Prev {start}/Root {_root(reader)}>>\n".encode()
    seen += f"startxref\n{seen.rindex(b'xref')}\n%%EOF\n".encode()
    found = cleaning.clean("pdf", seen)
    assert CANARY.encode() not in found
    assert "first words" in words_of(found)


def _root(reader: PdfReader) -> str:
    return f"{reader.trailer.raw_get('/Root').idnum} 0 R"


@pytest.mark.parametrize("code", ["docx", "xlsx"])
def test_an_office_document_keeps_its_words_and_loses_its_makers(code: str) -> None:
    main = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}[code]
    found = cleaning.clean(code, office(CANARY, main))
    assert CANARY.encode() not in found
    with zipfile.ZipFile(io.BytesIO(found)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert not [name for name, content in parts.items() if CANARY.encode() in content]
    assert b"words</w:ins>" in parts[main]
    assert not [name for name in parts if name.startswith(("docProps", "customXml"))]
    assert b"docProps" not in parts["[Content_Types].xml"] + parts["_rels/.rels"]
    assert main.encode() in parts["[Content_Types].xml"] and main.encode() in parts["_rels/.rels"]
    links = parts[f"{main.split('/')[0]}/_rels/settings.xml.rels"]
    assert b"https://example.org/" in links and b"C:/Users" not in links


def test_a_drawing_of_an_office_document_stays_as_it_is() -> None:
    found = cleaning.clean("docx", office(word__media__drawing_emf=b"\x01\x00\x00\x00 lines"))
    with zipfile.ZipFile(io.BytesIO(found)) as archive:
        assert archive.read("word/media/drawing.emf") == b"\x01\x00\x00\x00 lines"


@pytest.mark.parametrize(
    ("code", "content", "why"),
    [
        ("pdf", locked_pdf(), "locked"),
        ("pdf", pdf_with_a_file_inside(), "inside"),
        ("pdf", b"%PDF-1.7\n1 0 obj\n", "unreadable"),
        ("pdf", pdf()[:300], "unreadable"),
        ("docx", office(word__embeddings__other_docx=b"PK"), "inside"),
        ("docx", office(word__media__plan_tiff=b"II*"), "inside"),
        ("docx", office(word__vbaProject_bin=b"macros"), "inside"),
        ("pdf", pdf_with_a_picture(b"GIF89a"), "unreadable"),
        ("docx", office(word__media__b_png=b"no picture"), "unreadable"),
        ("docx", office(word__x_xml=b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"), "unreadable"),
        ("docx", office(word__x_xml="<x/>".encode("utf-16")), "unreadable"),
        ("docx", office(x_rels=b"<open>"), "unreadable"),
        ("docx", office()[:200], "unreadable"),
        ("docx", office(word__big_xml=bytes(101 * 1024 * 1024)), "unreadable"),
    ],
    ids=range(14),
)
def test_what_cannot_be_cleaned_is_refused(code: str, content: bytes, why: str) -> None:
    with pytest.raises(cleaning.Unclean, match=why):
        cleaning.clean(code, content)


@given(st.integers(2, 900), st.binary(max_size=6))
def test_no_broken_photograph_makes_it_fall(place: int, put: bytes) -> None:
    seen = photograph(CANARY)
    broken = seen[:place] + put + seen[place + len(put) :]
    try:
        found = cleaning.without_exif(broken)
    except cleaning.Unclean:
        return
    assert len(found) <= len(broken)
