"""Neutral words for words that blame; every duty leads somewhere that exists."""

import pytest
from django.urls import get_resolver

from panoh.desk.rules import LEADS_TO, neutral_words
from panoh.duties.rules import KINDS
from panoh.policy import queries as policy


@pytest.mark.parametrize("language", ["tg", "ru", "uz", "en"])
def test_a23_each_listed_word_is_noticed_in_any_case_and_with_any_ending(language: str) -> None:
    words = policy.listed_words(language)
    assert words
    for word in words:
        for text in (f"… {word.stem} …", f"«{word.stem.upper()}»", f"{word.stem}ҳо,"):
            assert word.stem in {one.stem for one in neutral_words(text, words)}, text


def test_a_word_inside_another_is_none() -> None:
    words = policy.listed_words("en")
    assert neutral_words("plain text", words) == []
    assert neutral_words(f"x{words[0].stem}", words[:1]) == []


def test_every_duty_leads_to_a_page_that_exists() -> None:
    assert LEADS_TO.keys() <= KINDS.keys()
    names = {
        f"{space}:{name}"
        for space in {name.split(":")[0] for name in LEADS_TO.values()}
        for _prefix, resolver in [get_resolver().namespace_dict.get(space, ("", None))]
        if resolver
        for name in resolver.reverse_dict
        if isinstance(name, str)
    }
    assert set(LEADS_TO.values()) <= names, set(LEADS_TO.values()) - names
