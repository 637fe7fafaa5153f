"""Pages of a case for tests, as an account's browser sees them."""

from typing import Any

from django.test import Client
from django.utils import timezone

from panoh.cases.models import Case
from tests.factories.cases import contact
from tests.factories.staff import as_user


def opened(**answers: Any) -> Case:
    with as_user("nigora") as by:
        return contact(by, timezone.now(), **answers)


def url(case: Case, page: str = "") -> str:
    return f"/cases/{case.dossier.ref}/{page}"


def english(browser: Client, path: str) -> str:
    return browser.get(path, headers={"Accept-Language": "en"}).content.decode()


def fresh(case: Case) -> Case:
    return Case.objects.select_related("dossier").get(pk=case.pk)
