"""Every message exists in Tajik and Russian, with the same placeholders; nothing is fuzzy."""

import ast
import re
import string
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from tests.house.tree import PANOH, ROOMS, parse, relative, sources

LANGUAGES = ("tg", "ru")
CATALOGUES = sorted(
    [
        *PANOH.glob("*/locale/*/LC_MESSAGES/django.po"),
        *PANOH.parent.glob("config/locale/*/LC_MESSAGES/django.po"),  # sentences of libraries
    ]
)
MARK = re.compile(
    r"{%\s*(?:translate|trans)\s+(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')([^%]*)%}"
)
BLOCK = re.compile(
    r"{%\s*blocktrans(?:late)?\b([^%]*)%}(.*?){%\s*endblocktrans(?:late)?\s*%}", re.DOTALL
)


def catalogue(path: Path) -> Catalog:
    return read_po(path.open("rb"), locale=path.parts[-3])


def faults(read: Catalog) -> list[str]:
    """Messages without translation, fuzzy ones, and those that lost a placeholder."""
    found = []
    for message in read:
        if not message.id:
            continue
        name = message.id if isinstance(message.id, str) else message.id[0]
        given = message.string if isinstance(message.string, str) else " ".join(message.string)
        parts = [message.string] if isinstance(message.string, str) else list(message.string)
        if not all(part.strip() for part in parts):
            found.append(f"empty: {name}")
        if message.fuzzy:
            found.append(f"fuzzy: {name}")
        if placeholders(message) - set(re.findall(r"%\(\w+\)[sd]|%[sd]|{\w*}", given)):
            found.append(f"placeholder lost: {name}")
    return found


def placeholders(message: Message) -> set[str]:
    """Placeholders that every translation must keep (those of the plural form)."""
    text = message.id if isinstance(message.id, str) else message.id[-1]
    return set(re.findall(r"%\(\w+\)[sd]|%[sd]|{\w*}", text))


@pytest.mark.parametrize(
    "path", [path for path in CATALOGUES if path.parts[-3] in LANGUAGES], ids=relative
)
def test_a_catalogue_is_whole(path: Path) -> None:
    assert faults(catalogue(path)) == []


def test_a_hole_is_noticed() -> None:
    read = Catalog(locale="ru")
    read.add("Send", "")
    read.add("Stop", "Стоп", flags=["fuzzy"])
    read.add("%(n)s days", "дни")
    assert len(faults(read)) == 3
    buffer = BytesIO()
    write_po(buffer, read)
    assert b"Send" in buffer.getvalue()


def messages_of_template(text: str) -> set[str]:
    """Messages that a template marks for translation (with their contexts left out)."""
    found = set()
    for double, single, rest in MARK.findall(text):
        if "context" not in rest:
            found.add((double or single).replace('\\"', '"').replace("\\'", "'"))
    for options, body in BLOCK.findall(text):
        if "context" in options:
            continue
        first = re.split(r"{%\s*plural\s*%}", body)[0]
        if "trimmed" in options:
            first = " ".join(line.strip() for line in first.strip().splitlines())
        found.add(re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", first))
    return found


def messages_of_code(tree: ast.AST) -> set[str]:
    """Messages that Python marks for translation with gettext and its kin."""
    names = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "gettext_noop"}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in names and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def wanted(room: str) -> set[str]:
    found: set[str] = set()
    for path in (PANOH / room).glob("templates/**/*.*"):
        found |= messages_of_template(path.read_text(encoding="utf-8"))
    for path in sources(f"panoh/{room}"):
        found |= messages_of_code(parse(path))
    return found


def known(language: str) -> set[str]:
    """Messages with a translation, of all rooms together: Django looks in all of them."""
    found = set()
    for path in CATALOGUES:
        if path.parts[-3] == language:
            for message in catalogue(path):
                found.add(message.id if isinstance(message.id, str) else message.id[0])
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ROOMS)
def test_every_message_of_a_room_is_translated(room: str, language: str) -> None:
    assert wanted(room) - known(language) == set()


def test_messages_are_found() -> None:
    text = "{% translate 'Go' %} {% translate \"Come\" as x %} "
    text += "{% blocktranslate trimmed %}\n One\n {{ n }}\n{% endblocktranslate %}"
    assert messages_of_template(text) == {"Go", "Come", "One %(n)s"}
    assert messages_of_code(ast.parse("_('A'); gettext_lazy('B'); print('C')")) == {"A", "B"}


def bare(text: str) -> list[str]:
    """Words of a template that stand outside a translation."""
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", " ", text, flags=re.DOTALL)
    text = re.sub(r"{%\s*blocktrans.*?endblocktrans\w*\s*%}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL)
    text = re.sub(r"&\w+;|&#\d+;", " ", text)
    return [word for word in re.findall(r"[^\W\d_]{3,}", text) if word not in {"Panoh", "TOTP"}]


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
