"""The register of services: find, read, print, keep a copy. No page here names a person."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from panoh.access.middleware import StaffRequest, page
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.directory import queries
from panoh.directory.forms import BrowseForm
from panoh.directory.models import Organisation
from panoh.directory.queries import Entry, Found
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
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
        who = " / ".join(policy.label("sexes", sex) for sex in service.sexes)
        ages = {
            (True, True): _("%(low)d to %(high)d years"),
            (True, False): _("from %(low)d years"),
            (False, True): _("up to %(high)d years"),
            (False, False): "",
        }[service.min_age is not None, service.max_age is not None]
        children = _("children too") if service.admits_children else ""
        span = ages % {"low": service.min_age or 0, "high": service.max_age or 0} if ages else ""
        return " · ".join(filter(None, [who, span, children]))

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


# A need that nobody met, seen from one side at a time: field, words, list of its codes.
SIDES = (
    ("service", gettext_lazy("What was needed"), "services"),
    ("reason", gettext_lazy("Why it was not found"), "unmet_reasons"),
    ("sex", gettext_lazy("Who needed it"), "sexes"),
    ("district", gettext_lazy("Where"), ""),
)
YEARS_BACK = 50


@page(Permission.COUNTS_READ)
@require_http_methods(["GET"])
def missing(request: StaffRequest) -> HttpResponse:
    """How often nobody was found in a year, and why (row E3); small numbers are not told."""
    today = policy.today()
    text = request.GET.get("year", str(today.year))
    if len(text) != 4 or not text.isdecimal() or not 0 <= today.year - int(text) <= YEARS_BACK:
        raise Gone
    year, least = int(text), policy.number("small_cell")
    tables = [(title, _counted(field, names, year, least)) for field, title, names in SIDES]
    context = {
        "year": year,
        "before": year - 1,
        "after": year + 1 if year < today.year else None,
        "tables": tables,
        "is_there": any(rows for _title, rows in tables),
        "most": max((count or 0 for _title, rows in tables for _words, count in rows), default=0),
        "least": least,
        "today": today,
    }
    return render(request, "directory/missing.html", context)


def _counted(field: str, names: str, year: int, least: int) -> list[tuple[str, int | None]]:
    """Words and numbers, the most first; districts by their regions. Numbers go in steps of the
    smallest that is shown: who looks before and after one search finds no line of it in every
    table. Small numbers are None, and one more where a single one could be reckoned."""
    counts: Counter[str] = Counter()
    for row in queries.unmet_by(field, since=date(year, 1, 1), until=date(year, 12, 31)):
        counts[_side(names, row[field])] += row["count"]
    shown = [one for one in counts.most_common() if one[1] >= least]
    if len(counts) - len(shown) == 1 and shown:
        shown.pop()
    hidden = sorted(counts.keys() - dict(shown).keys())
    steps = [(words, count // least * least) for words, count in shown]
    return [*steps, *((words, None) for words in hidden)]


def _side(names: str, code: str) -> str:
    place = None if names else policy.region_of(code)
    if not code or (not names and place is None):
        return _("Not known")
    return place.label() if place else policy.label(names, code)


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
