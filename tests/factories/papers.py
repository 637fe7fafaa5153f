"""Papers as programs write them: with their authors, programs, earlier versions and places."""

import io
import zipfile

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Text
from pypdf.generic import (
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    StreamObject,
    TextStringObject,
)


def photograph(told: str) -> bytes:
    """A JPEG whose camera data says ``told``."""
    exif = Image.Exif()
    exif[0x010F] = told
    out = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 30, 30)).save(out, "JPEG", exif=exif, comment=told.encode())
    return out.getvalue()


def pdf(text: str = "words", told: str = "") -> bytes:
    """One page that shows ``text``; everything else that a PDF can tell says ``told``."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 100)
    shown = DecodedStreamObject()
    shown.set_data(f"BT ({text}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(shown)
    if told:
        _tell(writer, told)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _tell(writer: PdfWriter, told: str) -> None:
    page = writer.pages[0]
    writer.add_metadata({"/Author": told, "/Title": told})
    remark = Text(text="a remark", rect=(1, 1, 9, 9))
    remark[NameObject("/T")] = TextStringObject(told)
    writer.add_annotation(0, remark)
    words = DecodedStreamObject()
    words.set_data(told.encode())
    picture = StreamObject()
    picture._data = photograph(told)
    picture.update(
        {
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Filter"): NameObject("/DCTDecode"),
        }
    )
    inside = DictionaryObject({NameObject("/Im0"): writer._add_object(picture)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): inside})
    for thing in (writer.root_object, page):
        thing[NameObject("/Metadata")] = writer._add_object(words)
    page[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/X"): TextStringObject(told)})
    script = {
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject(told),
    }
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)


def words_of(content: bytes) -> str:
    """What the first page of a PDF shows."""
    shown = PdfReader(io.BytesIO(content)).pages[0].get_contents()
    assert shown is not None
    return shown.get_data().decode()


def pdf_with_a_file_inside() -> bytes:
    """A PDF that carries another file."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.add_attachment("other.txt", b"inside")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def locked_pdf() -> bytes:
    """A PDF with a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def office(told: str = "x", main: str = "word/document.xml", **more: bytes) -> bytes:
    """A document of an office program whose every corner says ``told``; ``more``: further parts,
    their names with ``__`` in place of ``/`` and ``_`` in place of ``.``."""
    folder = main.split("/", maxsplit=1)[0]
    parts = {
        "[Content_Types].xml": f"""{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default
            Extension="xml" ContentType="application/xml"/><Override PartName="/docProps/core.xml"
            ContentType="application/xml"/><Override PartName="/{main}"
            ContentType="application/xml"/></Types>""",
        "_rels/.rels": f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship
            Id="rId1" Type="{_OFFICE}/officeDocument" Target="{main}"/><Relationship Id="rId2"
            Type="{_PACKAGE}/relationships/metadata/core-properties"
            Target="docProps/core.xml"/></Relationships>""",
        f"{folder}/_rels/settings.xml.rels": f"""{_HEAD}<Relationships
            xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"
            Type="{_OFFICE}/attachedTemplate" Target="file:///C:/Users/{told}/Normal.dotm"
            TargetMode="External"/><Relationship Id="rId2" Type="{_OFFICE}/hyperlink"
            Target="https://example.org/" TargetMode="External"/></Relationships>""",
        main: f"""{_HEAD}<w:document xmlns:w="urn:x"><w:ins w:id="1" w:author="{told}">kept
            words</w:ins><w:comment w:initials='{told}'/></w:document>""",
        f"{folder}/comments1.xml": f"""{_HEAD}<comments><authors><author>{told}</author>
            </authors></comments>""",
        f"{folder}/persons/person.xml": f"""{_HEAD}<p><person displayName="{told}" id="1"/></p>""",
        "word/people.xml": f"<people><person author='{told}'/></people>",
        "docProps/core.xml": f"<coreProperties><creator>{told}</creator></coreProperties>",
        "docProps/app.xml": f"<Properties><Company>{told}</Company></Properties>",
        "customXml/item1.xml": f"<owner>{told}</owner>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
        made.writestr(f"{folder}/media/image1.jpeg", photograph(told))
        for name, data in more.items():
            made.writestr(name.replace("__", "/").replace("_", "."), data)
        made.comment = told.encode()
    return out.getvalue()
