"""Every message exists in Tajik and Russian, keeps its placeholders, and does not blame."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.conf import settings

from panoh.ui.management.commands.catalogue import faults_of, file_of, messages_of, read
from tests.house.tree import PANOH, ROOMS, ROOT, relative

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
# The frame's own room, and what the libraries lack.
HOLDERS = [*(PANOH / room for room in ROOMS), ROOT / "config"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert list(faults_of(HOLDERS, language)) == []


def test_tajik_and_russian_are_there() -> None:
    assert {"tg", "ru"} <= set(LANGUAGES)


def test_a_hole_is_noticed(tmp_path: Path) -> None:
    room = tmp_path / "room"
    (room / "templates").mkdir(parents=True)
    (room / "templates" / "page.html").write_text("{% load i18n %}{% translate 'Go on' %}")
    assert any("Go on" in fault for fault in faults_of([room], "tg"))
    catalogue = file_of(room, "tg")
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text('msgid ""\nmsgstr ""\n\nmsgid "Go on"\nmsgstr ""\n')
    assert any("not translated" in fault for fault in faults_of([room], "tg"))
    catalogue.write_text('msgid ""\nmsgstr ""\n\nmsgid "Go on"\nmsgstr "Давом"\n')
    assert list(faults_of([room], "tg")) == []


def lost(catalogue: Catalog) -> list[str]:
    """Messages whose translation lost a placeholder."""
    found = []
    for message in catalogue:
        given = " ".join(given_by(message))
        if message.id and given and placeholders(message) - set(re.findall(PLACEHOLDER, given)):
            found.append(str(message.id))
    return found


def given_by(message: Message) -> list[str]:
    """The translation's texts: one, or the plural forms."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [])


PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|{\w*}")


def placeholders(message: Message) -> set[str]:
    """Placeholders that every translation must keep (those of the plural form)."""
    text = message.id if isinstance(message.id, str) else message.id[-1]
    return set(re.findall(PLACEHOLDER, text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_lost(language: str) -> None:
    found = {str(room): lost(read(file_of(room, language), language)) for room in HOLDERS}
    assert {room: texts for room, texts in found.items() if texts} == {}


def test_a_lost_placeholder_is_noticed() -> None:
    catalogue = Catalog(locale="ru")
    catalogue.add("%(n)s left", "осталось")
    catalogue.add("%(n)s gone", "ушло %(n)s")
    assert lost(catalogue) == ["%(n)s left"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_message_has_one_translation(language: str) -> None:
    """All rooms make one catalogue: of two translations one would stand where it is wrong."""
    found: dict[tuple[object, str], set[tuple[str, ...]]] = {}
    for room in HOLDERS:
        for one in read(file_of(room, language), language):
            if one.id and any(given_by(one)):
                key = (one.context, one.id if isinstance(one.id, str) else one.id[0])
                found.setdefault(key, set()).add(tuple(given_by(one)))
    assert {key[1]: texts for key, texts in found.items() if len(texts) > 1} == {}


def letters(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]", re.sub(PLACEHOLDER, "", text)))


@pytest.mark.parametrize("language", ["tg", "ru"])
def test_translations_are_in_their_letters(language: str) -> None:
    """A translation that was copied from English, or carries letters of another language."""
    foreign = set("ғӣқӯҳҷҒӢҚӮҲҶ") if language == "ru" else set("щыцьЩЫЦЬ")
    found = []
    for room in HOLDERS:
        for message in read(file_of(room, language), language):
            given = " ".join(given_by(message))
            if message.id and letters(given) & foreign and not quotes_language(given):
                found.append(f"{room.name}: {given}")
            if given == message.id and len(re.findall(r"[a-z]{3,}", given)) > 2:
                found.append(f"{room.name}: {given}")
    assert found == []


def quotes_language(text: str) -> bool:
    """Names of languages stand in their own letters."""
    return bool(re.search(r"Тоҷикӣ|Русский|Кыргыз", text))


def wanted(room: str) -> set[str]:
    """English texts of a room."""
    return {
        part
        for (text, _context), _where in messages_of(PANOH / room)
        for part in ([text] if isinstance(text, str) else text)
    }


KINDS = {"Panoh", "TOTP", "CSV", "XLSX", "HTCDS", "PDF"}


def bare(text: str) -> list[str]:
    """Words of a template that stand outside a translation."""
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", " ", text, flags=re.DOTALL)
    text = re.sub(r"{%\s*blocktrans.*?endblocktrans\w*\s*%}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    text = re.sub(r"{%\s*block \w*class\w*\s*%}.*?{%\s*endblock.*?%}", " ", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL)
    text = re.sub(r"&\w+;|&#\d+;", " ", text)
    return [word for word in re.findall(r"[^\W\d_]{3,}", text) if word not in KINDS]


PAGES = sorted(path for path in PANOH.glob("*/templates/**/*.html"))


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_no_word_of_a_page_escapes_translation(path: Path) -> None:
    assert bare(path.read_text(encoding="utf-8")) == []


def test_a_bare_word_is_noticed() -> None:
    assert bare("<p>Hello</p>") == ["Hello"]
    assert bare('<p class="Hello">{% translate "Hello" %} {{ hello }} 12</p>') == []


def test_texts_do_not_blame() -> None:
    """To a person's face nobody is a victim; nobody failed (row A23, plain words)."""
    words = re.compile(r"\bvictims?\b|\bprostitutes?\b|\billegal (?:alien|migrant)", re.IGNORECASE)
    found = [
        f"{room}: {text}"
        for room in ROOMS
        for text in wanted(room)
        if words.search(text) and not re.search(r"law|status|Law", text)
    ]
    assert found == []


def test_no_message_says_only_error() -> None:
    """Errors say what happened, what was kept, what to do next."""
    found = [
        text
        for room in ROOMS
        for text in wanted(room)
        if text.strip(string.punctuation + " ").casefold() in {"error", "invalid", "failed"}
    ]
    assert found == []
