"""What is sealed: who the person is and how to reach her or him, notes, documents."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.desk import queries as desk
from panoh.desk import rules
from panoh.desk.forms.facts import NoteForm
from panoh.desk.forms.keep import PaperForm, WayForm
from panoh.desk.views.typed import done, show_version, told_in, typed
from panoh.files import actions as files
from panoh.files import queries as papers
from panoh.kernel.rules import Category, Gone, Refused, Stale
from panoh.people import actions as people
from panoh.people import queries as known
from panoh.people.forms import IdentityForm, RenameForm
from panoh.people.models import ContactPoint
from panoh.policy import queries as policy


@page(Permission.IDENTITY_READ, on="ref")
@require_http_methods(["GET"])
def person(request: StaffRequest, ref: str) -> HttpResponse:
    """Who this is and how to reach the person; each opening is recorded."""
    dossier, user, at = request.dossier, request.user, timezone.now()
    readable = queries.readable(user, dossier)
    if not readable & (Category.IDENTITY | Category.CONTACT):
        raise Gone
    names = Category.IDENTITY in readable
    ways = Category.CONTACT in readable
    found = known.person(dossier, by=user, at=at) if names else None
    if found and not known.is_indexed(dossier, user):
        people.index(dossier, by=user, at=at)  # handed over by another unit
    place = policy.place(found.place) if found and found.place else None
    context = {
        "names": names,
        "person": found,
        "place": place,
        "ways": known.contacts_of(dossier, by=user, at=at) if ways else [],
        "reaches": ways,
        "writes": may(user, Permission.IDENTITY_WRITE),
    }
    return render(request, "desk/person.html", context)


@page(Permission.IDENTITY_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def name(request: StaffRequest, ref: str) -> HttpResponse:
    """Write down who this is, or a new version beside the old one."""
    dossier, user, at = request.dossier, request.user, timezone.now()
    if Category.IDENTITY not in queries.readable(user, dossier):
        raise Gone
    row = known.identity_of(dossier)
    now = known.person(dossier, by=user, at=at)
    initial = IdentityForm.of(now)
    if row is None:
        form = typed(request, IdentityForm, initial=initial)
    else:
        form = typed(request, RenameForm, initial={**initial, "version": row.pk})
    theirs = None
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            if row is None:
                people.name(dossier, person=form.person(), by=user, at=at)
                people.ring(dossier, by=user, at=at)
            elif form.cleaned_data["version"] != row.pk:
                theirs = now
                raise Stale
            else:
                reason = form.cleaned_data["reason"]
                people.rename(row, person=form.person(), reason=reason, by=user, at=at)
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "desk:person", ref)
        if theirs is not None and row is not None:
            show_version(form, row.pk, "version")
    context = {"form": form, "theirs": theirs, "is_new": row is None}
    return render(request, "desk/name.html", context)


@page(Permission.IDENTITY_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def way(request: StaffRequest, ref: str) -> HttpResponse:
    """Write down a way to reach the person, and what keeps it safe."""
    if Category.CONTACT not in queries.readable(request.user, request.dossier):
        raise Gone
    form = typed(request, WayForm)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            people.add_contact(
                request.dossier, by=request.user, at=timezone.now(), **form.cleaned_data
            )
        if not form.errors:
            return done(request, _("Saved. Nothing has been sent to anyone."), "desk:person", ref)
    return render(request, "desk/way.html", {"form": form})


@page(Permission.IDENTITY_WRITE, on="ref")
@require_http_methods(["GET", "POST"])
def end_way(request: StaffRequest, ref: str, contact_id: UUID) -> HttpResponse:
    """This way is no longer used; ended already is no fault."""
    found = ContactPoint.objects.filter(dossier=request.dossier, pk=contact_id).first()
    if found is None:
        raise Gone
    if request.method == "POST" and found.ended_at is None:
        people.end_contact(found, by=request.user, at=timezone.now())
        messages.success(request, _("This way is no longer used."))
    return redirect("desk:person", ref)


@page(Permission.CASE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def notes(request: StaffRequest, ref: str, code: str) -> HttpResponse:
    """Notes of one data category. Words that label bring a neutral one, and block nothing."""
    user, at = request.user, timezone.now()
    category = next((one for one in desk.ORDER if one.codes == [code]), None)
    if category is None or not category & queries.readable(user, request.dossier):
        raise Gone
    writes = desk.may_note(user, category)
    form = typed(request, NoteForm)
    if request.method == "POST" and not writes:
        raise Refused
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            cases.add_note(
                request.dossier,
                category=category,
                text=form.cleaned_data["text"],
                submission=form.cleaned_data["submission"],
                by=user,
                at=at,
            )
        if not form.errors:
            return done(
                request, _("Saved. Nothing has been sent to anyone."), "desk:notes", ref, code
            )
    words = policy.pack().words
    found = [
        (note, text, rules.neutral_words(text, words) if note.added_by_id == user.pk else [])
        for note, text in cases.read_notes(request.dossier, category=category, by=user, at=at)
    ]
    context = {
        "form": form,
        "notes": found,
        "writes": writes,
        "about": policy.label("data_categories", code),
        "words": [{"stem": word.stem, "option": word.option} for word in words],
    }
    return render(request, "desk/notes.html", context)


@page(Permission.FILE_READ, on="ref")
@require_http_methods(["GET", "POST"])
def documents(request: StaffRequest, ref: str) -> HttpResponse:
    """The documents of the categories that the account reads, and a form for one more."""
    user = request.user
    form = typed(request, PaperForm)
    writes = may(user, Permission.FILE_WRITE)
    if request.method == "POST" and not writes:
        raise Refused
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data
        with told_in(form):
            files.add(
                request.dossier,
                category=kept["category"],
                title=kept["title"],
                content=kept["file"].read(),
                submission=kept["submission"],
                by=user,
                at=timezone.now(),
            )
        if not form.errors:
            return done(request, _("The file is kept, encrypted."), "desk:documents", ref)
    found = papers.documents_of(request.dossier, user=user)
    cases.read(request.dossier, fields=["documents"], by=user, at=timezone.now())
    context = {
        "form": form,
        "writes": writes,
        "documents": [
            (one, title, policy.label("data_categories", Category(one.category).codes[0]))
            for one, title in zip(found, papers.titles_of(found), strict=True)
        ],
    }
    return render(request, "desk/documents.html", context)
