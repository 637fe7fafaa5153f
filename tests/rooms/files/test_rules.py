"""A file is what its content says; an image is drawn anew; content is bound to its document."""

import io
import itertools
import zipfile
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from panoh.files import rules


def picture(kind: str, **saved: object) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", (40, 20), (200, 30, 30))
    image.save(out, kind, **saved)
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "<x/>")
    return out.getvalue()


WORD = archive("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (picture("PNG"), "png"),
        (picture("JPEG"), "jpg"),
        (b"%PDF-1.7\n1 0 obj\n", "pdf"),
        (WORD, "docx"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (archive("run.exe"), None),
        (WORD[:40], None),
        (b"MZ\x90\x00 program", None),
        (b"<html><script>alert(1)</script>", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (picture("GIF"), None),
        (b"plain words", None),
        (b"", None),
    ],
    ids=itertools.count(),  # a zip holds the time of its making, and workers compare names
)
def test_the_type_is_told_by_the_content(content: bytes, code: str | None) -> None:
    found = rules.type_of(content)
    assert (found.code if found else None) == code


@given(st.binary(max_size=300))
def test_no_content_makes_it_fall(content: bytes) -> None:
    assert rules.type_of(content) is None or content


@given(st.binary(max_size=100))
def test_content_opens_with_its_key_in_its_place_only(content: bytes) -> None:
    key, document = rules.new_key(), uuid4()
    sealed = rules.encrypt(key, content, document)
    assert rules.decrypt(key, sealed, document) == content
    for wrong in (
        (rules.new_key(), sealed, document),
        (key, sealed, uuid4()),
        (key, sealed[:-1] + bytes([sealed[-1] ^ 1]), document),
    ):
        with pytest.raises(ValueError, match="changed"):
            rules.decrypt(*wrong)


def test_the_name_of_a_download_tells_nothing() -> None:
    assert rules.neutral_name("AB2CD3EF4G", 3, "pdf") == "AB2CD3EF4G-3.pdf"
