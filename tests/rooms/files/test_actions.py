"""Documents as accounts of several units add and read them."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils.datastructures import MultiValueDict
from PIL import Image

from panoh.access import actions as access
from panoh.access.models import Dossier, User
from panoh.audit import queries as audited
from panoh.files import actions as files
from panoh.files import queries
from panoh.files.forms import DocumentForm
from panoh.files.models import Document
from panoh.kernel.rules import Category, Gone, Invalid, Refused
from tests.factories.cases import AT
from tests.factories.papers import locked_pdf, office, pdf, pdf_with_a_file_inside, words_of
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
PDF = pdf("a scan", "CANARY")
FAR = AT + timedelta(weeks=5000)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Documents of a test lie in its own folder."""
    settings.PANOH_VAR = tmp_path
    yield tmp_path / "files"


def add(dossier: Dossier, by: User, **given: Any) -> Document:
    asked: dict[str, Any] = {"category": Category.STORY, "title": "Letter", "content": PDF, **given}
    return files.add(dossier, by=by, at=AT, **asked)


def opened(by: User) -> Dossier:
    return access.open_dossier(team=team("ngo-cases"), by=by, at=AT)


def test_a_document_lies_encrypted_and_comes_back_whole(folder: Path) -> None:
    assert b"CANARY" in PDF
    with as_user("nigora") as by:
        dossier = opened(by)
        document = add(dossier, by)
        assert [path.name for path in folder.iterdir()] == [str(document.pk)]
        assert b"CANARY" not in (folder / str(document.pk)).read_bytes()
        assert (folder / str(document.pk)).stat().st_mode & 0o777 == 0o600
        assert b"Letter" not in bytes(Document.objects.get().title or b"")
        assert queries.titles_of(queries.documents_of(dossier, user=by)) == ["Letter"]
        found = files.read(document, by=by, at=AT)
        assert ("a scan" in words_of(found.content), found.mime) == (True, "application/pdf")
        assert b"CANARY" not in found.content
        assert found.name == f"{dossier.ref}-1.pdf"
        events = [row.event for row in audited.who_saw(dossier.pk)]
        assert events[:2] == ["file.opened", "file.added"]
        form = uuid4()
        assert add(dossier, by, submission=form).number == 2
        assert add(dossier, by, submission=form).number == 2
        assert len(list(folder.iterdir())) == 2


def test_a_picture_is_drawn_anew_in_a_child_with_limits() -> None:
    exif = Image.Exif()
    exif[0x010F] = "CANARY"
    out = io.BytesIO()
    Image.new("RGB", (40, 20)).save(out, "JPEG", exif=exif)
    with as_user("nigora") as by:
        document = add(opened(by), by, content=out.getvalue())
        found = files.read(document, by=by, at=AT)
    assert b"CANARY" in out.getvalue()
    assert b"CANARY" not in found.content
    assert found.mime == "image/jpeg"


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 program", "only PDF"),
        (b"%PDF-1.7\n" + bytes(10 * 1024 * 1024), "at most 10 megabytes"),
        (bomb(), "cannot be read"),
        (b"%PDF-1.7\nno paper", "cannot be read"),
        (locked_pdf(), "locked with a password"),
        (pdf_with_a_file_inside(), "Other files lie inside"),
    ],
    ids=["empty", "program", "large", "bomb", "broken", "locked", "inside"],
)
def test_what_is_not_taken_is_said(content: bytes, words: str, folder: Path) -> None:
    with as_user("nigora") as by:
        dossier = opened(by)
        with pytest.raises(Invalid, match=words) as refusal:
            add(dossier, by, content=content)
        assert refusal.value.field == "file"
        assert not folder.exists()


def test_a_file_that_is_not_cleaned_in_time_is_not_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("panoh.files.actions._CHILD_SECONDS", 0.001)
    with as_user("nigora") as by:
        dossier = opened(by)
        with pytest.raises(Invalid, match="cannot be read") as refusal:
            add(dossier, by)
        assert refusal.value.field == "file"
        assert not Document.objects.exists() and not folder.exists()


def test_a_document_opens_with_the_grant_for_its_category_only() -> None:
    with as_user("nigora") as by:
        dossier = opened(by)
        story, services = add(dossier, by), add(dossier, by, category=Category.SERVICES)
        given: dict[str, Any] = {"source_id": uuid4(), "until": FAR, "at": AT}
        asked = Category.CORE | Category.SERVICES
        access.offer(dossier, to=team("shelter-cases"), categories=asked, by=by, **given)
    with as_user("shirin") as shelter:
        with pytest.raises(Gone):
            files.read(services, by=shelter, at=AT)
        access.release(dossier, by=shelter, **given)
        assert queries.documents_of(dossier, user=shelter) == [services]
        assert words_of(files.read(services, by=shelter, at=AT).content) == words_of(PDF)
        with pytest.raises(Gone):
            files.read(story, by=shelter, at=AT)
        with pytest.raises(Gone):
            add(dossier, shelter)
    with as_user("pulod") as police, pytest.raises(Gone):
        files.read(services, by=police, at=AT)


def test_pictures_of_health_are_for_health_staff() -> None:
    with as_user("safar") as social_worker:
        dossier = opened(social_worker)
        with pytest.raises(Refused):
            add(dossier, social_worker, category=Category.HEALTH)
    with as_user("nigora") as by:
        document = add(dossier, by, category=Category.HEALTH)
        with as_user("ibrohim") as nobody, pytest.raises(Refused):
            files.read(document, by=nobody, at=AT)
        add(dossier, by, category=Category.LEGAL)
        assert len(queries.documents_of(dossier, user=by)) == 2


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 20)).save(out, "PNG")
    return out.getvalue()


def test_a_picture_of_health_goes_to_nobody_with_a_grant() -> None:
    """Notes and papers of health open with it, a photograph of somebody's body never does."""
    health: dict[str, Any] = {"category": Category.HEALTH}
    with as_user("nigora") as by:
        dossier = opened(by)
        hers, letter = add(dossier, by, **health, content=picture()), add(dossier, by, **health)
        given: dict[str, Any] = {"source_id": uuid4(), "until": FAR, "at": AT}
        asked = Category.CORE | Category.HEALTH
        access.offer(dossier, to=team("clinic-cases"), categories=asked, by=by, **given)
    with as_user("mavluda") as doctor:
        access.release(dossier, by=doctor, **given)
        assert queries.documents_of(dossier, user=doctor) == [letter]
        with connection.cursor() as cursor:  # reads nothing, so a rule for reading is not asked
            cursor.execute("UPDATE files_document SET type = 'pdf'")
        with pytest.raises(Gone):
            files.read(hers, by=doctor, at=AT)
        own = add(dossier, doctor, **health, content=picture())
        assert files.read(own, by=doctor, at=AT).mime == "image/png"
    with as_user("nigora") as by:
        assert {one.pk for one in queries.documents_of(dossier, user=by)} == {
            *(hers.pk, letter.pk, own.pk)
        }


def test_a_changed_or_lost_file_is_noticed(folder: Path) -> None:
    with as_user("nigora") as by:
        document = add(opened(by), by)
        place = folder / str(document.pk)
        place.write_bytes(place.read_bytes()[:-1] + b"x")
        with pytest.raises(ValueError, match="changed"):
            files.read(document, by=by, at=AT)
        place.unlink()
        with pytest.raises(Gone):
            files.read(document, by=by, at=AT)


def test_an_office_document_is_cleaned_on_the_way_in() -> None:
    with as_user("nigora") as by:
        document = add(opened(by), by, content=office("CANARY"))
        found = files.read(document, by=by, at=AT)
    assert found.mime.endswith("wordprocessingml.document")
    assert b"CANARY" not in found.content and b"word/document.xml" in found.content


# -- files without a row ---------------------------------------------------------------------------


def test_a_form_whose_first_try_was_lost_is_saved_at_the_second(folder: Path) -> None:
    form = uuid4()
    with as_user("nigora") as by:
        dossier = opened(by)
        with pytest.raises(RuntimeError), transaction.atomic():
            add(dossier, by, submission=form)
            raise RuntimeError
        (lost,) = folder.iterdir()
        before = lost.read_bytes()
        document = add(dossier, by, submission=form)
        assert words_of(files.read(document, by=by, at=AT).content) == words_of(PDF)
    assert lost.read_bytes() == before, "a file may be that of another case: it is not written over"


def test_only_background_jobs_ask_which_files_have_a_row() -> None:
    with as_user("nigora"), pytest.raises(ProgrammingError), transaction.atomic():
        queries.with_row([uuid4()])


def sent(content: bytes | None, **given: str) -> DocumentForm:
    data = {"title": "Letter", "category": "story", **given}
    uploaded: MultiValueDict[str, UploadedFile] = MultiValueDict()
    if content is not None:
        uploaded["file"] = SimpleUploadedFile("x.pdf", content)
    return DocumentForm(data, uploaded)


def test_the_form_says_what_is_wrong() -> None:
    form = sent(PDF)
    assert form.is_valid()
    assert form.cleaned_data["category"] is Category.STORY
    assert "No file arrived" in sent(None).errors["file"][0]
    assert "empty" in sent(b"").errors["file"][0]
    assert "10 megabytes" in sent(bytes(10 * 1024 * 1024 + 1)).errors["file"][0]
    assert "category" in sent(PDF, category="money").errors
