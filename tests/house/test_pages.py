"""Every address declares who may open it; every template keeps the rules of the page."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django import forms as forms_of
from django.urls import URLPattern, URLResolver, get_resolver

from panoh.access.rules import ACCOUNT_URLS, PUBLIC_URLS
from panoh.ui.queries import NAVIGATION
from tests.browser.pages import LIBRARY, LOOKS, UNSEEN
from tests.house.tree import ROOT, relative

# Views that anybody may open, each with its reason. Nothing else is public.
PUBLIC = {
    "account_login": "signing in",
    "account_logout": "signing out",
    "account_inactive": "says that an account was closed",
    "mfa_authenticate": "the second factor, after the passphrase",
    "set_language": "choosing a language",
    "access:invitation": "taking an invitation, with its code",
    "files_paper": "whether a printed letter is genuine: yes or no",
    "desk:order_counts": "how many orders to hand over data came in a year: numbers only",
}
PARAMETERS = re.compile(r"<(?:(\w+):)?(\w+)>")
MAY_STAND_IN_ADDRESSES = {
    *("ref", "id", "pk", "key", "code", "verb", "language", "slug", "token", "page", "row"),
}

Address = tuple[str, str, URLPattern]


def addresses(
    resolver: URLResolver | None = None, prefix: str = "", space: str = ""
) -> Iterator[Address]:
    """Every address of the installation: its text, its name, its pattern."""
    for entry in (resolver or get_resolver()).url_patterns:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from addresses(entry, text, inner)
        else:
            yield text, f"{space}{entry.name or ''}", entry


def undeclared(pages: list[Address]) -> list[str]:
    """Addresses whose view says nothing about who may open it."""
    return [
        text
        for text, name, entry in pages
        if not hasattr(entry.callback, "panoh_page") and name not in PUBLIC_URLS | ACCOUNT_URLS
    ]


def public(pages: list[Address]) -> set[str]:
    """Names of the views that anybody may open."""
    return {
        name
        for _, name, entry in pages
        if name in PUBLIC_URLS or getattr(getattr(entry.callback, "panoh_page", 0), "public", False)
    }


def test_every_address_declares_who_may_open_it() -> None:
    pages = list(addresses())
    assert len(pages) > 10
    assert undeclared(pages) == []


def test_the_public_list_is_short_and_known() -> None:
    pages = list(addresses())
    assert public(pages) - PUBLIC.keys() == set()
    assert PUBLIC.keys() - public(pages) == set(), "a reason without need"


def test_the_navigation_shows_what_may_be_opened() -> None:
    """The frame of a page knows permissions by their code only: they are those of the pages."""
    declared = {
        name: getattr(entry.callback, "panoh_page").permission or ""  # noqa: B009
        for _text, name, entry in addresses()
        if hasattr(entry.callback, "panoh_page")
    }
    wanted = {name: needed for _label, name, needed in NAVIGATION if needed}
    assert wanted == {name: str(declared[name]) for name in wanted}
    # These answer everybody who is signed in.
    assert {name for _label, name, needed in NAVIGATION if not needed} == {
        "desk:today",
        "desk:more",
    }


def test_a_page_without_declaration_is_noticed() -> None:
    def bare() -> None: ...

    entry = URLPattern(get_resolver().pattern, bare)
    assert undeclared([("x/", "x", entry)]) == ["x/"]


def test_addresses_carry_references_only() -> None:
    """No name, no text: a reference, a row's key, a code."""
    found = [
        text
        for text, _, _ in addresses()
        for kind, name in PARAMETERS.findall(text)
        if kind == "path" or not parameter_is_known(name)
    ]
    assert found == []


def parameter_is_known(name: str) -> bool:
    return name in MAY_STAND_IN_ADDRESSES or name.endswith(("_id", "_ref", "_code", "_key"))


def test_a_name_in_an_address_is_noticed() -> None:
    assert not parameter_is_known("person_name")
    assert parameter_is_known("referral_id")


# Of an address: where to go on, a code, a month, a day; never what is typed.
CHOSEN = (forms_of.ChoiceField, forms_of.BooleanField, forms_of.DateField)
ASKED_BY_KEY = {"next", "before", "after", "to", "help", "year", "month", "on"}


def asked_in_addresses() -> Iterator[tuple[str, str, list[str]]]:
    """Module of views, form or key that it reads from the query of an address, free fields."""
    for path in sorted(ROOT.glob("panoh/*/views/**/*.py")) + sorted(ROOT.glob("panoh/*/views.py")):
        source = path.read_text(encoding="utf-8")
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name in re.findall(r"(\w+Form)\(\s*request\.GET\b", source):
            fields = getattr(import_module(module), name).base_fields
            yield module, name, [key for key, one in fields.items() if not isinstance(one, CHOSEN)]
        for key in re.findall(r"request\.GET(?:\.get\(|\.getlist\(|\[)\s*\"(\w+)\"", source):
            yield module, key, [] if key in ASKED_BY_KEY else [key]


def test_what_an_address_asks_is_chosen_never_typed() -> None:
    found = list(asked_in_addresses())
    assert {"NarrowForm", "BrowseForm", "DayForm"} <= {name for _module, name, _free in found}
    assert [one for one in found if one[2]] == []


def test_every_page_is_looked_at_in_the_browser() -> None:
    """Three languages, a phone, axe: or a reason why nobody looks."""
    looked = set[str]().union(*LOOKS.values())
    names = {name for _text, name, _entry in addresses() if not name.startswith(LIBRARY)}
    assert names - looked - UNSEEN.keys() == set()
    assert UNSEEN.keys() & looked == set(), "a reason without need"
    assert UNSEEN.keys() - names == set()
    assert {name for name in looked - names if not name.startswith(LIBRARY)} == set()


# -- templates --------------------------------------------------------------------------------

TEMPLATES = sorted(ROOT.glob("panoh/*/templates/**/*.*"))
FAULTS = {
    "inline style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "inline script": re.compile(
        r"<script\b(?![^>]*\b(?:src=|type=\"application/json\"))", re.IGNORECASE
    ),
    "event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "third party": re.compile(
        r"(?:src|href|action|data|poster|srcset)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE
    ),
    "unescaped": re.compile(r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq"),
    "javascript address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "change by GET": re.compile(
        r"hx-(?:get)\s*=\s*[\"'][^\"']*(?:delete|withdraw|close)", re.IGNORECASE
    ),
}


def faults(text: str) -> list[str]:
    """What a template does that no page may do."""
    plain = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", "", text, flags=re.DOTALL)
    return [name for name, pattern in FAULTS.items() if pattern.search(plain)]


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_keeps_the_rules(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


def test_a_bad_template_is_noticed() -> None:
    bad = [
        '<p style="color:red">',
        "<script>alert(1)</script>",
        '<a onclick="x()">',
        '<img src="https://example.org/x.png">',
        '<link href="//cdn.example.org/x.css">',
        "{{ text|safe }}",
    ]
    assert all(faults(line) for line in bad)
    assert not faults('<script src="{% static "x.js" %}" defer></script><p class="style">')


def forms(text: str) -> list[str]:
    """Forms that post without a token, or send identity by GET."""
    found = []
    for form in re.findall(r"<form\b.*?</form>", text, flags=re.DOTALL | re.IGNORECASE):
        posts = re.search(r"method\s*=\s*[\"']post", form, re.IGNORECASE)
        if posts and not re.search(r"csrf_token|include|component|{%\s*form", form):
            found.append("post without token")
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_forms_carry_a_token(path: Path) -> None:
    assert forms(path.read_text(encoding="utf-8")) == []


def test_a_form_without_token_is_noticed() -> None:
    assert forms('<form method="post"><input></form>')
    assert not forms('<form method="post">{% csrf_token %}</form>')


def test_own_scripts_keep_nothing_in_the_browser() -> None:
    for path in ROOT.glob("panoh/*/static/**/*.js"):
        if "vendor" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie", text), path
        assert not re.search(r"\beval\(|new Function|innerHTML", text), path
        assert not re.search(r"https?://(?!www\.w3\.org)", text), path
