"""The download: a neutral name, never shown inside a page, the same answer for what is not mine."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from panoh.access import actions as access
from panoh.audit import queries as audited
from panoh.files import actions as files
from panoh.kernel.rules import Category
from tests.factories.cases import AT
from tests.factories.clients import client_of
from tests.factories.papers import pdf, words_of
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
PDF = pdf("a scan")


def test_a_document_is_handed_over_under_a_neutral_name(settings: Any, tmp_path: Path) -> None:
    settings.PANOH_VAR = tmp_path
    with as_user("nigora") as by:
        dossier = access.open_dossier(team=team("ngo-cases"), by=by, at=AT)
        document = files.add(
            dossier, category=Category.STORY, title="Her letter", content=PDF, by=by, at=AT
        )
    address = f"/files/{dossier.ref}/{document.pk}/"
    answer = client_of("nigora").get(address)
    assert answer.status_code == 200
    assert words_of(answer.content) == words_of(PDF)
    assert answer["Content-Disposition"] == f'attachment; filename="{dossier.ref}-1.pdf"'
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert "letter" not in str(answer.headers).lower()
    with as_user("nigora"):
        assert audited.who_saw(dossier.pk)[0].event == "file.opened"
    for account in ("lola", "shirin", "pulod"):
        assert client_of(account).get(address).status_code == 404
    mine = client_of("nigora")
    assert mine.get(f"/files/{dossier.ref}/{uuid4()}/").status_code == 404
    assert mine.get(f"/files/AAAAAAAAAA/{document.pk}/").status_code == 404
    assert client_of("ibrohim").get(address).status_code in {403, 404}
