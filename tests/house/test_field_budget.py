"""The field budget: nobody asks more on day one than a frightened person can bear.

First contact at most eight questions, two of them needed; a request at most six; the opening
questions are nine, and none of any questionnaire is needed.
"""

from collections.abc import Iterable

import pytest
from django import forms
from django.test import Client
from django.utils import translation

from panoh.decisions.forms.application import FilingForm
from panoh.desk.forms.contact import FirstContactForm
from panoh.desk.forms.requests import RequestForm, WhoForm
from panoh.kernel.rules import CASE_CATEGORIES
from panoh.policy import queries as policy
from tests.factories.clients import client_of

FIRST_CONTACT, NEEDED = 8, 2
REQUEST = 6
APPLICATION = 12
OPENING = 9


def asked(fields: Iterable[forms.Field]) -> list[forms.Field]:
    """What a person has to look at."""
    return [one for one in fields if not one.widget.is_hidden]


@pytest.mark.django_db
def test_a_first_contact_asks_eight_questions_and_needs_two() -> None:
    browser: Client = client_of("nigora", "en")
    with translation.override("en"):
        form: FirstContactForm = browser.get("/first-contact/").context["form"]
    found = asked(form.fields.values())
    assert len(found) <= FIRST_CONTACT, [one.label for one in found]
    assert sum(one.required for one in found) == NEEDED


def test_a_request_asks_six_questions() -> None:
    with translation.override("en"):
        for form in (WhoForm(), RequestForm(agreed=CASE_CATEGORIES)):
            found = asked(form.fields.values())
            assert 0 < len(found) <= REQUEST, [one.label for one in found]


def test_b4_an_application_for_status_asks_twelve_questions_at_most() -> None:
    with translation.override("en"):
        found = asked(FilingForm(bodies=[]).fields.values())
    assert 0 < len(found) <= APPLICATION, [one.label for one in found]


def test_the_opening_questions_are_nine_and_nothing_is_needed() -> None:
    forms_of_pack = policy.forms()
    assert len(list(forms_of_pack["opening"].questions)) == OPENING
    for form in forms_of_pack.values():
        assert not any(one.required for one in form.questions)
        for one in form.questions:
            assert not one.sign or one.default == "not_asked"
