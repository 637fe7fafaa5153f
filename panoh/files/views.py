"""The download of one document; whether a printed letter is genuine."""

from uuid import UUID

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from panoh.access.middleware import StaffRequest, page
from panoh.access.rules import Permission
from panoh.files import actions as files
from panoh.files import queries
from panoh.files.models import Document
from panoh.kernel.rules import Gone


@page(Permission.FILE_READ, on="ref")
def download(request: StaffRequest, ref: str, document_id: UUID) -> HttpResponse:
    """Hand over a document under its neutral name, never shown inside the page."""
    document = Document.objects.filter(dossier=request.dossier, pk=document_id).first()
    if document is None:
        raise Gone
    opened = files.read(document, by=request.user, at=timezone.now())
    return HttpResponse(
        opened.content,
        content_type=opened.mime,
        headers={
            "Content-Disposition": f'attachment; filename="{opened.name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


# Guesses of one address; each mark has 80 bits of seal, so this only keeps the page quiet.
GUESSES = {"paper": "30/m/ip"}


@page(public=True)
@require_safe
def paper(request: HttpRequest, token: str) -> HttpResponse:
    """Whether a printed letter is genuine: yes or no, and nothing else about it."""
    slowed: HttpResponse | None = ratelimit.consume_or_429(
        request, app="allauth.account", action="paper", config=GUESSES, limit_get=True
    )
    if slowed:
        return slowed
    found = queries.is_genuine(token)
    answer = render(request, "files/paper.html", {"is_genuine": found}, status=200)
    answer["X-Robots-Tag"] = "noindex"
    return answer
