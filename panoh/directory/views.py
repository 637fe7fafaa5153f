"""The register of services: find, read, print, and keep it true. No page here names a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.models import Unit
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.directory import actions as directory
from panoh.directory import queries
from panoh.directory.forms import BrowseForm, ContactsForm, OrganisationForm, ServiceForm
from panoh.directory.models import Organisation
from panoh.directory.queries import Entry, Found
from panoh.kernel.rules import Gone, Invalid
from panoh.policy import queries as policy
from panoh.ui.forms import CleanForm
from panoh.ui.templatetags.panoh import day


@dataclass(slots=True)
class Listed:
    """One organisation of a list with those of its services that were asked for."""

    one: Organisation
    entries: list[Entry] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What sort of organisation it is."""
        return policy.label("organisation_types", self.one.type)

    @property
    def place(self) -> str:
        """The district it stands in, or the country abroad."""
        if self.one.country:
            return dict(policy.countries()).get(self.one.country, self.one.country)
        found = policy.place(self.one.district)
        return found.label() if found else ""

    @property
    def serves(self) -> list[str]:
        """The places it serves."""
        places = [policy.place(code) for code in self.one.area]
        return [place.label() for place in places if place]

    @property
    def services(self) -> list["Offered"]:
        """What it does."""
        return [Offered(entry) for entry in self.entries]

    @property
    def telephones(self) -> list[str]:
        """Numbers to call."""
        ways = self.entries[0].contacts if self.entries else []
        return [one.value for one in ways if one.kind == "telephone"]

    @property
    def is_stale(self) -> bool:
        """Whether somebody should call before relying on it."""
        return any(entry.is_stale for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Offered:
    """One service in words."""

    entry: Entry

    @property
    def label(self) -> str:
        """Which help."""
        return policy.label("services", self.entry.service.code)

    @property
    def admits(self) -> str:
        """Whom it admits."""
        service = self.entry.service
        who = ", ".join(policy.label("sexes", sex) for sex in service.sexes)
        ages = {
            (True, True): _("%(low)d to %(high)d years"),
            (True, False): _("from %(low)d years"),
            (False, True): _("up to %(high)d years"),
            (False, False): "",
        }[service.min_age is not None, service.max_age is not None]
        children = _("children too") if service.admits_children else ""
        span = ages % {"low": service.min_age or 0, "high": service.max_age or 0} if ages else ""
        return ", ".join(filter(None, [who, span, children]))

    @property
    def hours(self) -> str:
        """When it is open."""
        return policy.label("opening_hours", self.entry.service.opening)

    @property
    def spoken(self) -> str:
        """In which languages."""
        codes = self.entry.service.languages or self.entry.organisation.languages
        return ", ".join(policy.label("spoken_languages", code) for code in codes)


def _listed(entries: list[Entry]) -> list[Listed]:
    found: dict[UUID, Listed] = {}
    for entry in entries:
        one = entry.organisation
        found.setdefault(one.pk, Listed(one)).entries.append(entry)
    return list(found.values())


@page(Permission.DIRECTORY_READ)
@require_http_methods(["GET"])
def browse(request: StaffRequest) -> HttpResponse:
    """The register, narrowed by district, help, sex, age, language, open now."""
    at = timezone.now()
    form = BrowseForm(request.GET or None)
    found: Found | None = None
    listed: list[Listed] = []
    if form.is_bound and form.is_valid():
        search = form.search()
        listed = _listed(queries.browse(search, at=at))
        if not listed and search.service:
            found = queries.find(search, at=at)
            listed = _listed(found.entries)
    elif not form.is_bound:
        listed = _everybody(_listed(queries.list_all(at=at)))
    context = {
        "form": form,
        "listed": listed,
        "found": found,
        "instead": [(one.label, _listed(one.entries)) for one in found.alternatives]
        if found
        else [],
        "writes": may(request.user, Permission.DIRECTORY_WRITE),
        "asked": request.GET.urlencode() if form.is_bound and form.is_valid() else "",
    }
    return render(request, "directory/list.html", context)


def _everybody(listed: list[Listed]) -> list[Listed]:
    """Also the entries that have no service yet, so that nobody enters them twice."""
    known = {one.one.pk for one in listed}
    bare = [Listed(one) for one in queries.organisations() if one.pk not in known]
    return [*listed, *bare]


@page(Permission.DIRECTORY_READ)
@require_http_methods(["GET"])
def sheet(request: StaffRequest) -> HttpResponse:
    """The same list on paper, with the day of the last check of each entry."""
    at = timezone.now()
    form = BrowseForm(request.GET or None)
    asked = form.is_bound and form.is_valid()
    entries = queries.browse(form.search(), at=at) if asked else queries.list_all(at=at)
    context = {"listed": _listed(entries), "today": policy.local_day(at)}
    return render(request, "directory/print.html", context)


def _narrowed(request: StaffRequest, at: datetime) -> tuple[str, list[Listed]]:
    """The place that was asked for, in words, and who is listed for it."""
    form = BrowseForm(request.GET or None)
    if not (form.is_bound and form.is_valid()):
        return _("All districts"), _listed(queries.list_all(at=at))
    place = policy.place(form.cleaned_data["district"])
    found = _listed(queries.browse(form.search(), at=at))
    return place.label() if place else _("All districts"), found


@page(Permission.DIRECTORY_READ)
@require_http_methods(["GET"])
def folded(request: StaffRequest) -> HttpResponse:
    """Who helps whom, on one sheet to fold and to take along: nothing of a person, no address."""
    place, listed = _narrowed(request, timezone.now())
    data = {
        "place": place,
        "day": day(policy.today()),
        "who": [
            {
                "name": one.one.name(),
                "kind": one.kind,
                "telephones": one.telephones,
                "checked": day(one.one.last_checked_on),
                "stale": one.is_stale,
                "services": [f"{do.label}: {do.admits}; {do.hours}" for do in one.services],
            }
            for one in listed
        ],
    }
    sheet = policy.letter("helpers", get_language() or "", data)
    return _to_keep(sheet, "application/pdf", f"list-{policy.today()}.pdf")


@page(Permission.DIRECTORY_READ)
@require_http_methods(["GET"])
def keep(request: StaffRequest) -> HttpResponse:
    """The same list as one page that needs no network and names no subject."""
    place, listed = _narrowed(request, timezone.now())
    context = {"listed": listed, "place": place, "today": policy.today()}
    text = render_to_string("directory/keep.html", context)
    return _to_keep(text, "text/html; charset=utf-8", f"list-{policy.today()}.html")


def _to_keep(content: str | bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@page(Permission.DIRECTORY_READ)
@require_http_methods(["GET"])
def entry(request: StaffRequest, id: UUID) -> HttpResponse:
    """One organisation: how to reach it, what it does, when somebody last checked it."""
    one, at = queries.organisation(id), timezone.now()
    context = {
        "one": one,
        "listed": Listed(one, queries.entries_of(one, at)),
        "contacts": queries.contacts_of(one),
        "spoken": [policy.label("spoken_languages", code) for code in one.languages],
        "level": policy.label("organisation_levels", one.level),
        "is_stale": queries.is_stale(one, at),
        "writes": may(request.user, Permission.DIRECTORY_WRITE) and one.archived_at is None,
    }
    return render(request, "directory/entry.html", context)


@contextmanager
def _told_in(form: CleanForm) -> Iterator[None]:
    try:
        yield
    except Invalid as problem:
        known = problem.field in form.fields
        form.add_error(problem.field if known else None, str(problem.message))


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


def _saved(request: StaffRequest, text: str, one: Organisation) -> HttpResponse:
    messages.success(request, text)
    return redirect("directory:entry", one.pk)


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def add(request: StaffRequest) -> HttpResponse:
    """Enter an organisation; it counts as checked today."""
    form = OrganisationForm(_posted(request), units=_units(request))
    at = timezone.now()
    if form.is_bound and form.is_valid():
        with _told_in(form):
            one = directory.add(
                form.described(),
                checked_on=policy.local_day(at),
                unit=form.linked(None),
                submission=form.cleaned_data["submission"],
                by=request.user,
                at=at,
            )
        if not form.errors:
            return _saved(request, _("Saved. Now enter how to reach it and what it does."), one)
    return render(request, "directory/form.html", {"form": form, "title": _("New entry")})


def _posted(request: StaffRequest) -> Any:
    return request.POST if request.method == "POST" else None


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def change(request: StaffRequest, id: UUID) -> HttpResponse:
    """Describe an organisation anew."""
    one = _edited(request, id)
    form = OrganisationForm(
        _posted(request), units=_units(request), initial=OrganisationForm.of(one)
    )
    if form.is_bound and form.is_valid():
        with _told_in(form):
            unit = form.linked(one.unit)
            directory.change(one, form.described(), unit=unit, by=request.user, at=timezone.now())
        if not form.errors:
            return _saved(request, _("Saved."), one)
    return _form(request, form, one, _("Change the entry"))


def _form(request: StaffRequest, form: CleanForm, one: Organisation, title: str) -> HttpResponse:
    context = {"form": form, "one": one, "title": title}
    return render(request, "directory/form.html", context)


@page(Permission.DIRECTORY_WRITE)
@require_http_methods(["GET", "POST"])
def contacts(request: StaffRequest, id: UUID) -> HttpResponse:
    """Say how to reach an organisation; what is taken out stays in the history."""
    one = _edited(request, id)
    form = ContactsForm(_posted(request), initial=ContactsForm.of(queries.contacts_of(one)))
    if form.is_bound and form.is_valid():
        with _told_in(form):
            directory.set_contacts(one, form.contacts(), by=request.user, at=timezone.now())
        if not form.errors:
            return _saved(request, _("Saved."), one)
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
    form = ServiceForm(_posted(request), initial=initial, stands=stands)
    if form.is_bound and form.is_valid():
        with _told_in(form):
            directory.put_service(
                one, by=request.user, at=timezone.now(), **form.fields_of_service()
            )
        if not form.errors:
            return _saved(request, _("Saved."), one)
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
