"""``{% url %}`` answers as Django's own does."""

from uuid import UUID

import pytest
from django.template import Context, Template
from django.test import override_settings
from django.urls import NoReverseMatch, reverse

from panoh.ui.templatetags.addresses import AddressNode, address

KEY = UUID(int=7)


def test_an_address_is_that_of_django() -> None:
    (node,) = Template("{% url 'desk:preview' ref key %}").nodelist
    assert isinstance(node, AddressNode)
    expected = reverse("desk:preview", args=["AB", KEY])
    for _ in range(2):
        assert node.render(Context({"ref": "AB", "key": KEY})) == expected
    # A text is no key, though both are written alike; it is weighed anew.
    assert address("desk:preview", "AB", str(KEY)) == expected
    template = Template("{% url 'desk:nowhere' as there %}[{{ there }}]")
    assert template.render(Context()) == "[]"


def test_addresses_are_those_of_the_pages_that_answer() -> None:
    template = Template("{% url 'account_login' %}")
    ours = template.render(Context())
    with override_settings(ROOT_URLCONF="allauth.urls"):
        assert template.render(Context()) == reverse("account_login") != ours
    assert template.render(Context()) == ours


def test_what_does_not_stand_is_refused() -> None:
    for template in ("{% url 'desk:nowhere' %}", "{% url 'desk:preview' 'AB' 'no key' %}"):
        with pytest.raises(NoReverseMatch):
            Template(template).render(Context())


def test_what_a_reference_holds_is_written_as_data() -> None:
    made = Template("{% url 'desk:case' ref %}").render(Context({"ref": "'><b>"}))
    assert made == "/cases/&#x27;%3E%3Cb%3E/"
