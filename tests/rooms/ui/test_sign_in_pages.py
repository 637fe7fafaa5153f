"""Every page of the sign-in library is ours; the library's sentences exist in each language."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation
from django.utils.translation import gettext

TEMPLATES = Path(__file__).parents[3] / "panoh" / "ui" / "templates"


def template_names() -> set[str]:
    """Templates of the library's views that this installation can reach."""
    found = set()
    waiting: list[URLPattern | URLResolver] = list(get_resolver().url_patterns)
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, URLResolver):
            waiting += entry.url_patterns
            continue
        view = getattr(entry.callback, "view_class", None)
        name = str(getattr(view, "template_name", ""))
        if view is not None and view.__module__.startswith("allauth.") and name.endswith(".html"):
            found.add(name)
    return found


def test_every_reachable_page_is_ours() -> None:
    names = template_names()
    assert "account/login.html" in names
    foreign = {
        name
        for name in names
        if not str(getattr(get_template(name), "origin", "")).startswith(str(TEMPLATES))
    }
    assert foreign == set()


SENTENCES = [
    "Username",
    "Password",
    "Code",
    "Incorrect code.",
    "The username and/or password you specified are not correct.",
    "Too many failed login attempts. Try again later.",
    "This password is too common.",
    "Use your password",
    "Enter a valid domain name.",
    "Null characters are not allowed.",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_librarys_sentences_are_translated(sentence: str) -> None:
    for language in ("tg", "ru"):
        with translation.override(language):
            assert re.search("[а-яё]", gettext(sentence)), (language, sentence)


def test_a_password_is_called_passphrase_everywhere() -> None:
    for language, word in (("tg", "Ибораи махфӣ"), ("ru", "Парольная фраза"), ("en", "Passphrase")):
        with translation.override(language):
            assert gettext("Password") == word


def test_too_short_a_passphrase_is_explained_in_tajik() -> None:

    with translation.override("tg"), pytest.raises(ValidationError) as caught:
        MinimumLengthValidator(12).validate("кӯтоҳ")
    assert "12 аломат" in caught.value.messages[0]
