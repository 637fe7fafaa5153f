"""The handbook for staff, read where the work is done, in the reader's language."""

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from panoh.access.middleware import StaffRequest, page
from panoh.kernel.rules import Gone

PLACE = Path(settings.BASE_DIR) / "docs" / "handbook"
# The pictures stand beside the texts for readers of the repository.
PICTURES = re.compile(r"^.*\]\(\.\./.*$\n?", re.MULTILINE)
CLASSES = {
    "h2": "govuk-heading-m",
    "p": "govuk-body",
    "ol": "govuk-list govuk-list--number",
    "ul": "govuk-list govuk-list--bullet",
    "a": "govuk-link",
    "table": "govuk-table",
    "tr": "govuk-table__row",
    "th": "govuk-table__header",
    "td": "govuk-table__cell",
}


@cache
def chapters(language: str) -> dict[str, tuple[str, SafeString]]:
    """Title and text of each page of the handbook, by the last part of its address."""
    folder = PLACE / language
    folder = folder if folder.is_dir() else PLACE / "en"
    return {file.stem: _read(file.read_text("utf-8")) for file in sorted(folder.glob("*.md"))}


def _read(text: str) -> tuple[str, SafeString]:
    title, _line, rest = text.partition("\n")
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(PICTURES.sub("", rest))
    for token in [one for outer in tokens for one in (outer, *(outer.children or ()))]:
        if token.nesting == 1 and token.tag in CLASSES:
            token.attrSet("class", CLASSES[token.tag])
        chapter = re.fullmatch(r"([a-z-]+)\.md", str(token.attrGet("href") or ""))
        if chapter:
            token.attrSet("href", reverse("desk:chapter", args=[chapter[1]]))
    html = reader.renderer.render(tokens, reader.options, {})
    return title.removeprefix("# "), mark_safe(html)  # noqa: S308 - our own text, HTML is off


def _mine() -> dict[str, tuple[str, SafeString]]:
    return chapters((get_language() or "en").split("-")[0])


@page()
@require_safe
def handbook(request: StaffRequest) -> HttpResponse:
    """What there is to read."""
    found = [(code, title) for code, (title, _text) in _mine().items()]
    return render(request, "desk/handbook.html", {"chapters": found})


@page()
@require_safe
def chapter(request: StaffRequest, code: str) -> HttpResponse:
    """One page of it."""
    found = _mine().get(code)
    if found is None:
        raise Gone
    title, text = found
    return render(request, "desk/chapter.html", {"title": title, "text": text})


urls: list[URLPattern] = [
    path("handbook/", handbook, name="handbook"),
    path("handbook/<slug:code>/", chapter, name="chapter"),
]
