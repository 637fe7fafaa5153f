"""The page on which a release is planned: what it says when something is missing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories.clients import client_of, words
from tests.factories.numbers import PREPARES, plan_text

pytestmark = pytest.mark.django_db
AGAIN = "Choose the file again"


def test_a_file_is_asked_for_again_only_where_one_was_sent() -> None:
    browser, path = client_of(PREPARES, "en"), reverse("statistics:release")
    page = words(browser.post(path, {"plan": plan_text()}))
    assert "Please answer this." in page and AGAIN not in page
    file = SimpleUploadedFile("plan.toml", plan_text().encode())
    assert AGAIN in words(browser.post(path, {"file": file}))
