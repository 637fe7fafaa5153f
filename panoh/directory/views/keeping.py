"""The register of services: add, change, check, put away. No page here names a person."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Unit
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.access.views.typed import done, told_in, typed
from panoh.directory import actions as directory
from panoh.directory import queries
from panoh.directory.forms import ContactsForm, OrganisationForm, ServiceForm
from panoh.directory.models import Organisation
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm


def _units(request: StaffRequest) -> list[Unit]:
    """The units that this account may link to entries."""
    if may(request.user, Permission.UNIT_MANAGE):
        return list(Unit.objects.order_by("name"))
    return []


def _edited(request: StaffRequest, id: UUID) -> Organisation:
    """The entry; while it is saved nobody else changes it, so that both versions can be shown."""
    if request.method == "POST":
        Organisation.objects.select_for_update().filter(pk=id).first()
    return _live(id)


def _live(id: UUID) -> Organisation:
    one = queries.organisation(id)
    if one.archived_at is not None:
        raise Gone
    return one


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def add(request: StaffRequest) -> HttpResponse:
    """Enter an organisation; it counts as checked today."""
    form = typed(request, OrganisationForm, units=_units(request))
    at = timezone.now()
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            one = directory.add(
                form.described(),
                checked_on=policy.local_day(at),
                unit=form.linked(None),
                submission=form.cleaned_data["submission"],
                by=request.user,
                at=at,
            )
        if not form.errors:
            text = _("Saved. Now enter how to reach it and what it does.")
            return done(request, text, "directory:entry", one.pk)
    return render(request, "directory/form.html", {"form": form, "title": _("New entry")})


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def change(request: StaffRequest, id: UUID) -> HttpResponse:
    """Describe an organisation anew."""
    one = _edited(request, id)
    form = typed(request, OrganisationForm, initial=OrganisationForm.of(one), units=_units(request))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            unit = form.linked(one.unit)
            directory.change(one, form.described(), unit=unit, by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved."), "directory:entry", one.pk)
    return _form(request, form, one, _("Change the entry"))


def _form(request: StaffRequest, form: CleanForm, one: Organisation, title: str) -> HttpResponse:
    context = {"form": form, "one": one, "title": title}
    return render(request, "directory/form.html", context)


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def contacts(request: StaffRequest, id: UUID) -> HttpResponse:
    """Say how to reach an organisation; what is taken out stays in the history."""
    one = _edited(request, id)
    form = typed(request, ContactsForm, initial=ContactsForm.of(queries.contacts_of(one)))
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            directory.set_contacts(one, form.contacts(), by=request.user, at=timezone.now())
        if not form.errors:
            return done(request, _("Saved."), "directory:entry", one.pk)
    return _form(request, form, one, _("How to reach it"))


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def add_service(request: StaffRequest, id: UUID) -> HttpResponse:
    """Enter what an organisation does; where the same help stands already it is shown beside."""
    one = _edited(request, id)
    known = one.services.filter(code=request.POST.get("code", ""), archived_at=None).first()
    stands = ServiceForm.of(known) if known else {}
    return _service(request, one, {}, _("New service"), stands=stands)


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def service(request: StaffRequest, id: UUID, service_id: UUID) -> HttpResponse:
    """Describe a service anew."""
    one = _edited(request, id)
    initial = ServiceForm.of(queries.service_of(one, service_id))
    return _service(request, one, initial, _("Change the service"))


def _service(
    request: StaffRequest,
    one: Organisation,
    initial: dict[str, Any],
    title: str,
    *,
    stands: dict[str, Any] | None = None,
) -> HttpResponse:
    form = typed(request, ServiceForm, initial=initial, stands=stands)
    if request.method == "POST" and form.is_valid():
        with told_in(form):
            directory.put_service(
                one, by=request.user, at=timezone.now(), **form.fields_of_service()
            )
        if not form.errors:
            return done(request, _("Saved."), "directory:entry", one.pk)
    return _form(request, form, one, title)


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def drop_service(request: StaffRequest, id: UUID, service_id: UUID) -> HttpResponse:
    """They no longer do this; the row stays. Said twice is no fault."""
    one = _live(id)
    found = one.services.filter(pk=service_id).first()
    if found is None:
        raise Gone
    if request.method == "POST" and found.archived_at is None:
        directory.drop_service(found, by=request.user, at=timezone.now())
        messages.success(request, _("It is no longer listed. The record stays."))
    return redirect("directory:entry", one.pk)


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def checked(request: StaffRequest, id: UUID) -> HttpResponse:
    """Somebody called today, and all of it is still true."""
    one = _live(id)
    if request.method == "POST":
        directory.confirm(one, by=request.user, at=timezone.now())
        messages.success(request, _("Checked today. Thank you."))
    return redirect("directory:entry", one.pk)


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def archive(request: StaffRequest, id: UUID) -> HttpResponse:
    """Take an organisation out of every search, after a question. Done twice is no fault."""
    one = queries.organisation(id)
    if request.method == "POST":
        if one.archived_at is None:
            directory.archive(one, by=request.user, at=timezone.now())
        messages.success(request, _("It is no longer listed. The record stays."))
        return redirect("directory:list")
    return render(request, "directory/archive.html", {"one": one})
