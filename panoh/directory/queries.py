"""Who can help, how near, how sure; what was offered when nobody can; how often that was."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.access.models import Unit
from panoh.access.queries import Excluded
from panoh.directory.models import Contact, Organisation, Service, UnmetNeed
from panoh.directory.rules import Offer, Reach, Search, fits, is_open, reach
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.policy.rules import tajik_key

# The clock after which an entry must be checked again.
CHECK_PERIOD = "directory_recheck"
NOBODY = Excluded(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Entry:
    """One service of one organisation, as a page or a printed list shows it."""

    service: Service
    reach: Reach
    is_open: bool
    is_stale: bool

    @property
    def organisation(self) -> Organisation:
        """Who offers it."""
        return self.service.organisation

    @property
    def contacts(self) -> list[Contact]:
        """Live ways to reach it, telephone first."""
        return sorted(self.organisation.contacts.all(), key=lambda one: one.kind != "telephone")


@dataclass(frozen=True, slots=True)
class Alternative:
    """A coded offer (list ``alternatives``) instead of what nobody has, with who can give it."""

    code: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The words of the pack."""
        return policy.label("alternatives", self.code)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search: entries of the nearest reach that has any, or alternatives.

    ``reason`` is the code (list ``unmet_reasons``) of why nobody was found.
    """

    search: Search
    entries: list[Entry]
    reach: Reach | None
    why: str | Promise
    alternatives: list[Alternative] = field(default_factory=list)
    reason: str = ""


def ages_of_band(band: str) -> tuple[int, int] | None:
    """Youngest and oldest age of an age band of the pack; None where it is not known."""
    row = policy.code("age_bands", band)
    if row is None or not row.extra.get("from_age"):
        return None
    oldest = row.extra.get("to_age") or policy.number("oldest_age")
    return int(row.extra["from_age"]), int(oldest)


def organisation(pk: Any) -> Organisation:
    """An entry of the register. Raises ``Gone``."""
    found = Organisation.objects.select_related("unit").filter(pk=pk).first()
    if found is None:
        raise Gone
    return found


def organisations() -> list[Organisation]:
    """Every live entry, by the reader's alphabet."""
    rows = Organisation.objects.filter(archived_at=None).select_related("unit")
    return sorted(rows, key=lambda one: tajik_key(one.name()))


def of_unit(unit: Unit) -> Organisation | None:
    """The live entry of a unit, if it has one."""
    return Organisation.objects.filter(unit=unit, archived_at=None).first()


def of_units(units: Iterable[Unit]) -> dict[int, Organisation]:
    """The live entries of units, by the unit's number."""
    rows = Organisation.objects.filter(unit__in=list(units), archived_at=None)
    return {one.unit_id: one for one in rows if one.unit_id is not None}


def contacts_of(one: Organisation, *, past: bool = False) -> list[Contact]:
    """Ways to reach it; with ``past`` the earlier ones too, newest first."""
    rows = one.contacts.order_by("-since", "kind", "value")
    return list(rows if past else rows.filter(until=None))


def is_stale(one: Organisation, at: datetime) -> bool:
    """Whether the pack's period since the last check has passed; never while it is not set."""
    return _is_stale(one.last_checked_on, at)


def _is_stale(checked_on: date, at: datetime) -> bool:
    due = policy.due(CHECK_PERIOD, policy.pack().calendar.end_of(checked_on))
    return due is not None and due < at


def stale_entries(at: datetime) -> list[Organisation]:
    """Live entries that somebody should call again."""
    rows = Organisation.objects.filter(archived_at=None).order_by("last_checked_on")
    return [one for one in rows if is_stale(one, at)]


def list_all(*, district: str = "", service: str = "", kind: str = "", at: datetime) -> list[Entry]:
    """The register as one prints it: every live service, by place and name."""
    entries = [
        entry
        for entry in _entries(_services(service), Search(service, district, country=None), at)
        if (not kind or entry.organisation.type == kind)
        and (not district or entry.reach is Reach.DISTRICT)
    ]
    return _ordered(entries, district)


def browse(search: Search, *, at: datetime) -> list[Entry]:
    """The register narrowed by what is asked; any help where none is named."""
    entries = [
        one
        for one in _entries(_services(search.service), search, at)
        if _fits(one, search) and (not search.district or one.reach is Reach.DISTRICT)
    ]
    return _ordered(entries, search.district)


def entries_of(one: Organisation, at: datetime) -> list[Entry]:
    """Every live service of one organisation."""
    services = _services("").filter(organisation=one)
    return _ordered(_entries(services, Search("", country=None), at))


def service_of(one: Organisation, pk: UUID) -> Service:
    """A live service of an organisation. Raises ``Gone``."""
    found = one.services.filter(pk=pk, archived_at=None).first()
    if found is None:
        raise Gone
    return found


def find(search: Search, *, at: datetime, never: Excluded = NOBODY) -> Found:
    """Who can help: those who serve the district; if none, the region; if none, the country.

    ``never`` are those whom the person excludes: they are not there. Empty
    results say what can be done instead, and why nobody was found.
    """
    offered: list[Entry] = []
    fitting: list[Entry] = []
    # Most find somebody near: the rest of the country is read only when nobody is.
    for rows in (_near(_bare(search.service), search.district), _bare(search.service)):
        offered = _entries(rows, search, at, never)
        if fitting := [one for one in offered if _fits(one, search)]:
            break
    nearest = min((one.reach for one in fitting), default=None)
    if nearest is not None:
        entries = _reached([one for one in fitting if one.reach is nearest], search.district)
        return Found(search, entries, nearest, nearest.why)
    return Found(
        search,
        [],
        None,
        _("Nobody was found. You can offer this instead; the need was counted."),
        _alternatives(search, _reached(offered, search.district), at, never),
        _reason(search, offered),
    )


def instead(search: Search, *, at: datetime, never: Excluded = NOBODY) -> list[Alternative]:
    """What can be offered at once where another room found nobody (no bed in any house)."""
    return _alternatives(search, [], at, never)


def unmet_by(
    *fields: str, since: date | None = None, until: date | None = None
) -> list[dict[str, Any]]:
    """Counts of unmet needs by ``service``, ``sex``, ``age_band``, ``district`` or ``reason``."""
    rows = UnmetNeed.objects.all()
    if since:
        rows = rows.filter(counted_on__gte=since)
    if until:
        rows = rows.filter(counted_on__lte=until)
    return list(rows.values(*fields).annotate(count=Count("pk")).order_by(*fields))


def _services(code: str) -> QuerySet[Service]:
    return _bare(code).prefetch_related(_live("organisation__contacts"))


def _bare(code: str) -> QuerySet[Service]:
    """Services without the ways to reach them: see ``_reached``."""
    rows = Service.objects.filter(archived_at=None, organisation__archived_at=None)
    if code:
        rows = rows.filter(code=code)
    return rows.select_related("organisation__unit")


def _near(services: QuerySet[Service], district: str) -> QuerySet[Service]:
    """Those of organisations within reach of a district: ``Reach.DISTRICT``."""
    if not district:
        return services
    region = policy.region_of(district)
    served = Q(organisation__area__overlap=[district, region.code if region else district])
    return services.filter(
        served | Q(organisation__whole_country=True) | ~Q(organisation__country="")
    )


def _live(path: str) -> "Prefetch[str]":
    return Prefetch(path, Contact.objects.filter(until=None))


def _reached(entries: list[Entry], district: str) -> list[Entry]:
    """The same entries in order, with the ways to reach those alone that are shown."""
    prefetch_related_objects([one.organisation for one in entries], _live("contacts"))
    return _ordered(entries, district)


def _entries(
    services: Iterable[Service], search: Search, at: datetime, never: Excluded = NOBODY
) -> list[Entry]:
    places = {place.code: place.parent or place.code for place in policy.places()}
    calendar = policy.pack().calendar
    local = at.astimezone(calendar.zone)
    working = calendar.is_working(local.date())
    worked_yesterday = calendar.is_working(local.date() - timedelta(days=1))
    stale = cache(lambda checked_on: _is_stale(checked_on, at))
    return [
        Entry(
            service=service,
            reach=reach(
                area=service.organisation.area,
                whole_country=service.organisation.whole_country
                or bool(service.organisation.country),
                region_of=places,
                district=search.district,
            ),
            is_open=is_open(
                service.opening,
                service.hours,
                local,
                working=working,
                worked_yesterday=worked_yesterday,
            ),
            is_stale=stale(service.organisation.last_checked_on),
        )
        for service in services
        if not never.covers(service.organisation.unit, service.organisation.district)
        and search.country in (None, service.organisation.country)
    ]


def _ordered(entries: list[Entry], district: str = "") -> list[Entry]:
    return sorted(entries, key=lambda one: _order(one, district))


def _order(entry: Entry, district: str) -> tuple[Any, ...]:
    """Nearest first, then who stands in the district, open ones, and by the alphabet."""
    one = entry.organisation
    return (
        entry.reach,
        bool(district) and one.district != district,
        not entry.is_open,
        tajik_key(one.name()),
        entry.service.code,
    )


def _fits(entry: Entry, search: Search) -> bool:
    if search.open_now and not entry.is_open:
        return False
    service = entry.service
    offer = Offer(
        sexes=frozenset(service.sexes),
        min_age=service.min_age,
        max_age=service.max_age,
        languages=frozenset(service.languages or entry.organisation.languages),
        admits_children=service.admits_children,
        care=frozenset(service.care),
    )
    return fits(offer, search)


def _reason(search: Search, offered: list[Entry]) -> str:
    """The first wish that, given up, would have found somebody."""
    if any(_fits(one, search.without(open_now=False)) for one in offered):
        return "closed_now"
    if any(_fits(one, search.without(open_now=False, language="")) for one in offered):
        return "no_language"
    return "does_not_admit" if offered else "none_in_district"


def _alternatives(
    search: Search, offered: list[Entry], at: datetime, never: Excluded
) -> list[Alternative]:
    """What can be offered, with who can give it where somebody can."""
    later = [one for one in offered if _fits(one, search.without(open_now=False))]
    spoken = search.without(open_now=False, language="")
    other_language = [one for one in offered if _fits(one, spoken) and one not in later]
    found = [Alternative("come_back", later)] if later else []
    if other_language:
        found.append(Alternative("with_interpreter", other_language))
    if search.ages:
        youngest, oldest = search.ages
        near = spoken.without(ages=(max(youngest - 1, 0), oldest + 1))
        if ages := [one for one in offered if _fits(one, near) and not _fits(one, spoken)]:
            found.append(Alternative("near_age", ages))
    found.append(Alternative("by_telephone", _by_telephone(search, at, never)))
    if search.service == "bed":
        now = search.without(open_now=True)
        found += [
            Alternative("money_for_night", _others("money", search, at, never)),
            Alternative("doctor_open_now", _others("doctor", now, at, never)),
            Alternative("trusted_person"),
        ]
    return found


def _others(code: str, search: Search, at: datetime, never: Excluded) -> list[Entry]:
    wanted = search.without(service=code, children=False, care=frozenset())
    offered = _entries(_services(code), wanted, at, never)
    return _ordered([one for one in offered if _fits(one, wanted)], search.district)


def _by_telephone(search: Search, at: datetime, never: Excluded) -> list[Entry]:
    """Advice that needs no way: open day and night, for this person, in this language."""
    wanted = Search("", search.district, sex=search.sex, ages=search.ages, open_now=True)
    entries = _entries(_services(""), wanted.without(language=search.language), at, never)
    entries = _ordered(entries, search.district)
    seen: set[Any] = set()
    found = []
    for one in entries:
        if (
            one.organisation.pk not in seen
            and one.service.opening in ("always", "on_call")
            and _fits(one, wanted)
            and any(contact.kind == "telephone" for contact in one.contacts)
        ):
            seen.add(one.organisation.pk)
            found.append(one)
    return found
