"""Forms on paper, for a place without network: printed before, typed up later."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.rules import Permission
from panoh.desk.forms.contact import FirstContactForm
from panoh.intake import queries
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy

GAP = "________"
# More answers than this are written, not ticked.
TICKED = 8


def _contact(language: str) -> Mapping[str, Any]:
    """The questions of the page itself, so that what is typed up later fits."""
    form = FirstContactForm(teams=[queries.desk()], named=True)
    fields = [one for one in form.fields.values() if not one.widget.is_hidden]
    return {
        "say": [text for _code, text in policy.script("principles", language).parts],
        "questions": [
            {"label": str(one.label), "choices": _ticked(getattr(one, "choices", ()))}
            for one in fields
        ],
    }


def _ticked(choices: Any) -> list[str]:
    labels = [str(label) for code, label in choices if code]
    return labels if len(labels) <= TICKED else []


def _consent(language: str) -> Mapping[str, Any]:
    script = policy.script("service", language)
    return {
        "parts": [text for _code, text in script.parts],
        "sentence": script.ask(who=GAP, what=GAP, until=GAP),
        "answers": _labels("consent_answers", language),
        "present": _labels("who_present", language),
    }


def _hold(language: str) -> Mapping[str, Any]:
    return {
        "needs": _labels("care_needs", language),
        "instead": _labels("alternatives", language),
    }


def _labels(name: str, language: str) -> list[str]:
    return [row.label(language) for row in policy.codes(name)]


PAPERS: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "contact": _contact,
    "consent": _consent,
    "hold": _hold,
}


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET"])
def papers(request: StaffRequest) -> HttpResponse:
    """Which forms there are, in which languages; nothing on them is of a person."""
    letters = policy.letters()
    found = [
        (str(letters[code].words["title"]), code, _named(letters[code].languages))
        for code in PAPERS
    ]
    return render(request, "desk/papers.html", {"papers": found})


def _named(languages: tuple[str, ...]) -> list[tuple[str, str]]:
    """Languages by their own names."""
    rows = [(code, policy.code("spoken_languages", code)) for code in languages]
    return [(code, row.label(code) if row else code) for code, row in rows]


@page(Permission.CONTACT_CREATE)
@require_http_methods(["GET"])
def paper(request: StaffRequest, paper_code: str, language_code: str) -> HttpResponse:
    """One empty form as PDF."""
    letter = policy.letters().get(paper_code)
    if paper_code not in PAPERS or letter is None or language_code not in letter.languages:
        raise Gone
    with override(language_code):
        data = PAPERS[paper_code](language_code)
    response = HttpResponse(
        policy.letter(paper_code, language_code, data), content_type="application/pdf"
    )
    name = f"form-{paper_code}-{language_code}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


urls: list[URLPattern] = [
    path("line/paper/", papers, name="papers"),
    path("line/paper/<str:paper_code>/<str:language_code>/", paper, name="paper"),
]
