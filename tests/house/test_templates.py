"""Every template compiles, stands on one frame, and names only parts and addresses that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.urls import get_resolver

from config.templates import lean
from tests.house.test_pages import addresses
from tests.house.tree import ROOT, relative

PAGES = sorted(ROOT.glob("panoh/*/templates/**/*.html"))
FRAME = "ui/page.html"


def name_of(path: Path) -> str:
    """The name by which a template is asked for."""
    return str(path).partition("/templates/")[2]


def named_parts(text: str) -> list[str]:
    """Templates that a template extends or includes by a fixed name."""
    return re.findall(r"{%\s*(?:extends|include)\s+[\"']([^\"']+)[\"']", text)


def unknown_addresses(text: str, known: set[str]) -> list[str]:
    """Addresses that a template needs and that do not exist; ``as`` means: if it exists."""
    found = re.findall(r"{%\s*url\s+[\"']([^\"']+)[\"']([^%]*)%}", text)
    return [name for name, rest in found if name not in known and " as " not in rest]


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_a_template_compiles(path: Path) -> None:
    get_template(name_of(path))


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_the_parts_of_a_template_exist(path: Path) -> None:
    for name in named_parts(path.read_text(encoding="utf-8")):
        get_template(name)


# A file to take along, which must stand without the frame's styles.
KEPT = "directory/keep.html"


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_there_is_one_frame(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ("<html" in text) == (name_of(path) in {FRAME, KEPT})


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_pages_go_back_to_the_frame(path: Path) -> None:
    """Whoever fills the block of the content stands on the frame, over any number of steps."""
    text = path.read_text(encoding="utf-8")
    if re.search(r"{%\s*block\s+(?:content|title)\b", text) and name_of(path) != FRAME:
        assert FRAME in set(ancestors(name_of(path)))


def ancestors(name: str) -> Iterator[str]:
    """The chain of ``extends`` above a template."""
    text = Path(str(get_template(name).origin.name)).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    for above in re.findall(r"{%\s*extends\s+[\"']([^\"']+)[\"']", text):
        yield above
        yield from ancestors(above)


def test_the_addresses_in_templates_exist() -> None:
    known = {name for _, name, _ in addresses(get_resolver())}
    wrong = {
        relative(path): names
        for path in PAGES
        if (names := unknown_addresses(path.read_text(encoding="utf-8"), known))
    }
    assert wrong == {}


def test_what_is_missing_is_noticed() -> None:
    text = "{% include 'a.html' %}{% url 'b:c' x=1 %}{% url 'maybe' as y %}{% url 'known' %}"
    assert named_parts(text) == ["a.html"]
    assert unknown_addresses(text, {"known"}) == ["b:c"]


def words_of(text: str) -> list[str]:
    """What stands in a template beside its tags, word by word."""
    return re.sub(r"{%.*?%}|{#.*?#}", "", text, flags=re.DOTALL).split()


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_what_is_left_out_of_a_template_is_space_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert words_of(lean(text)) == words_of(text)
    spread = [found for found in SPREAD.findall(text) if "\n" in found]
    assert spread == [], "a translation is looked for with its spaces: say `trimmed`"


SPREAD = re.compile(
    r"{% blocktranslate(?![^%]*\btrimmed\b)[^%]*%}.*?{% endblocktranslate %}", re.DOTALL
)


def test_lines_of_tags_and_indentation_are_left_out_and_shown_spaces_are_not() -> None:
    assert lean("<p>\n  {% if a %}\n    one\n  {% endif %}\n  two\n</p>") == (
        "<p>\n{% if a %}one\n{% endif %}two\n</p>"
    )
    for kept in ("<pre>\n  a\n</pre>", "<textarea>\n  a</textarea>", '{% translate "a" %}\nb'):
        assert lean(kept) == kept


def test_only_error_pages_have_another_foot() -> None:
    """The foot is where every page signs out (ASVS v5.0.0-7.4.4)."""
    found = {name_of(path) for path in PAGES if "{% block foot %}" in path.read_text("utf-8")}
    assert found == {"ui/page.html", "ui/error.html"}
