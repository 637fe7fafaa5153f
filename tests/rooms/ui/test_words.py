"""``{% translate %}`` says what Django's own says."""

import pytest
from django.template import Context, Engine, Template
from django.utils.translation import override

from panoh.ui.templatetags.words import WordsNode

THEIRS = Engine(libraries={"i18n": "django.templatetags.i18n"})
TEXTS = (
    '{% translate "Today" %}',
    "{% translate \"Don't <b>50%</b> & 'x'\" %}",
    "{% translate '100 %% \\'sure\\'' %}",
    '{% translate "Search" as said %}[{{ said }}]',
    '{% translate "Search" context "verb" %}',
    '{% translate "Search"|upper %}',
    '{% translate "Search" noop %}',
    "{% translate wanted %}",
    "{% trans 'Save' %}",
)


@pytest.mark.parametrize("language", ["tg", "ru", "en"])
@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_of_django(text: str, language: str) -> None:
    source = "{% load i18n %}" + text
    with override(language):
        ours = Template(source).render(Context({"wanted": "<i>Today</i>"}))
        assert ours == THEIRS.from_string(source).render(Context({"wanted": "<i>Today</i>"}))


def test_a_text_of_the_template_is_translated_at_once() -> None:
    _load, node = Template('{% load i18n %}{% translate "Today" %}').nodelist
    assert isinstance(node, WordsNode)
    with override("tg"):
        assert node.render(Context()) != "Today"
