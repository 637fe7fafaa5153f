"""Charges of one person: for who holds the case and reads what is legal; nobody else learns that
there is such a page."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Unit
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.cases import actions as cases
from panoh.justice import actions as justice
from panoh.justice import queries
from panoh.justice.forms import ChargeForm, NoticeForm, OutcomeForm
from panoh.justice.rules import Word
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy


def _known(request: StaffRequest) -> None:
    if not queries.reads(request.user, request.dossier):
        raise Gone


@page(Permission.LEGAL_READ, on="ref")
@require_http_methods(["GET"])
def charges(request: StaffRequest, ref: str) -> HttpResponse:
    """Charges, what is owed for each, and what came of it."""
    _known(request)
    cases.read(request.dossier, fields=["legal"], by=request.user, at=timezone.now())
    context = {
        "told": queries.charges_of(request.dossier, user=request.user),
        "writes": may(request.user, Permission.LEGAL_WRITE),
    }
    return render(request, "justice/charges.html", context)


@page(Permission.LEGAL_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def enter(request: StaffRequest, ref: str) -> HttpResponse:
    """Enter a charge: the lawyer's task opens."""
    _known(request)
    form = typed(request, ChargeForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            justice.enter_charge(
                request.dossier, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        if not form.errors:
            text = _("Saved. The lawyer's task is open; nothing has been sent to anyone.")
            return done(request, text, "justice:charges", ref)
    context = {"form": form, "title": _("A charge that follows from exploitation")}
    return render(request, "justice/form.html", context)


@page(Permission.LEGAL_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def notice(request: StaffRequest, ref: str, charge_id: UUID) -> HttpResponse:
    """The notice to the prosecutor, on the person's word or the lawyer's."""
    _known(request)
    row = queries.charge(request.dossier, charge_id)
    languages = policy.letters()[justice.LETTER].languages
    form = typed(
        request,
        NoticeForm,
        languages=[(code, policy.label("spoken_languages", code)) for code in languages],
        initial={"language": get_language(), "word": Word.CONSENT.value},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with told_in(form):
            made = justice.send_notice(
                row,
                word=Word(given["word"]),
                to=Unit.objects.filter(pk=given["to"] or 0).first(),
                language=given["language"],
                by=request.user,
                at=timezone.now(),
            )
        if not form.errors:
            name = f"notice-{ref}.pdf"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return HttpResponse(made, content_type="application/pdf", headers=headers)
    note = _("It goes only if the person agrees, or if her or his lawyer sends it.")
    context = {"form": form, "title": _("Notice to the prosecutor"), "note": note}
    return render(request, "justice/form.html", context | {"label": _("Make the PDF")})


@page(Permission.LEGAL_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def end(request: StaffRequest, ref: str, charge_id: UUID) -> HttpResponse:
    """Save the outcome: dropped, quashed, upheld."""
    _known(request)
    row = queries.charge(request.dossier, charge_id)
    at = timezone.now()
    form = typed(request, OutcomeForm, initial={"on": policy.local_day(at)})
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            justice.end_charge(row, **form.cleaned_data, by=request.user, at=at)
        if not form.errors:
            return done(request, _("Saved. The lawyer's task is done."), "justice:charges", ref)
    return render(request, "justice/form.html", {"form": form, "title": _("What came of it?")})
