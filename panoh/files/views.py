"""The download of one document."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone

from panoh.access.middleware import StaffRequest, page
from panoh.access.rules import Permission
from panoh.files import actions as files
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
