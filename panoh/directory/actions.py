"""Keep the register; count what nobody could do."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from panoh.access import queries as access
from panoh.access.models import Dossier, Unit, User
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.directory.models import Contact, Organisation, Service, UnmetNeed
from panoh.directory.rules import WEEK, Description, Search, check_ages, check_contact, spans
from panoh.kernel.rules import Gone, Invalid
from panoh.policy import queries as policy


@transaction.atomic
def add(
    described: Description,
    *,
    checked_on: date,
    unit: Unit | None = None,
    by: User,
    at: datetime,
    submission: UUID | None = None,
) -> Organisation:
    """Enter an organisation. The same ``submission`` (made with the form) saves once. Raises
    ``Refused``, ``Invalid``."""
    access.require(by, Permission.DIRECTORY_WRITE)
    if submission and (seen := Organisation.objects.filter(pk=submission).first()):
        return seen
    one = Organisation(id=submission or uuid4(), last_checked_on=checked_on)
    _describe(one, described, unit)
    one.save(force_insert=True)
    audit.record("organisation.added", by=by, at=at, subject=one)
    return one


@transaction.atomic
def change(
    one: Organisation,
    described: Description,
    *,
    unit: Unit | None = None,
    by: User,
    at: datetime,
) -> Organisation:
    """Describe an organisation anew. Raises ``Refused``, ``Invalid``, ``Gone``."""
    access.require(by, Permission.DIRECTORY_WRITE)
    one = _locked(one)
    _describe(one, described, unit)
    for contact in one.contacts.filter(until=None):
        check_contact(one.type, contact.kind)
    one.save(update_fields=_DESCRIBED)
    audit.record("organisation.changed", by=by, at=at, subject=one, fields=_DESCRIBED)
    return one


@transaction.atomic
def set_contacts(
    one: Organisation, contacts: Iterable[tuple[str, str]], *, by: User, at: datetime
) -> list[Contact]:
    """Say how to reach it now: ``(kind, value)`` pairs. What is missing is ended, never removed."""
    access.require(by, Permission.DIRECTORY_WRITE)
    one = _locked(one)
    wanted = {(kind, value.strip()) for kind, value in contacts if value.strip()}
    for kind, _value in wanted:
        check_contact(one.type, kind)
    known = {(row.kind, row.value): row for row in one.contacts.filter(until=None)}
    for key, row in known.items():
        if key not in wanted:
            row.until = at
            row.save(update_fields=["until"])
    for kind, value in sorted(wanted - known.keys()):
        Contact(organisation=one, kind=kind, value=value, since=at).save(force_insert=True)
    audit.record("organisation.contacts_set", by=by, at=at, subject=one)
    return list(one.contacts.filter(until=None))


@transaction.atomic
def put_service(
    one: Organisation,
    *,
    code: str,
    sexes: Iterable[str],
    opening: str,
    min_age: int | None = None,
    max_age: int | None = None,
    languages: Iterable[str] = (),
    hours: Mapping[str, Iterable[str]] | None = None,
    capacity: str = "not_told",
    admits_children: bool = False,
    care: Iterable[str] = (),
    by: User,
    at: datetime,
) -> Service:
    """Enter a service, or describe it anew. ``hours``: {"0" (Monday): ["08:00-17:00"], …}.

    Raises ``Refused``, ``Invalid``.
    """
    access.require(by, Permission.DIRECTORY_WRITE)
    one = _locked(one)
    check_ages(min_age, max_age)
    service = one.services.filter(code=code, archived_at=None).first()
    is_new = service is None
    service = service or Service(organisation=one, code=_known("services", code, "code"))
    service.sexes = [_known("sexes", sex, "sexes") for sex in sexes]
    if not service.sexes:
        raise Invalid(_("Say whom this service admits."), field="sexes")
    service.opening = _known("opening_hours", opening, "opening")
    service.min_age, service.max_age = min_age, max_age
    service.languages = [_known("spoken_languages", one, "languages") for one in languages]
    service.hours = _week(hours or {})
    service.capacity, service.admits_children = capacity, admits_children
    service.care = [_known("care_needs", need, "care") for need in care]
    service.save(force_insert=is_new, force_update=not is_new)
    audit.record("service.described", by=by, at=at, subject=service)
    return service


@transaction.atomic
def drop_service(service: Service, *, by: User, at: datetime) -> Service:
    """Say that an organisation no longer does this; the row stays."""
    access.require(by, Permission.DIRECTORY_WRITE)
    service.archived_at = at
    service.save(update_fields=["archived_at"])
    audit.record("service.dropped", by=by, at=at, subject=service)
    return service


@transaction.atomic
def confirm(
    one: Organisation, *, checked_on: date | None = None, by: User, at: datetime
) -> Organisation:
    """Say that somebody called and all of it is still true, today or on ``checked_on``."""
    access.require(by, Permission.DIRECTORY_WRITE)
    one = _locked(one)
    today = policy.local_day(at)
    if checked_on and checked_on > today:
        raise Invalid(_("This date lies in the future."), field="checked_on")
    one.last_checked_on = checked_on or today
    one.save(update_fields=["last_checked_on"])
    audit.record("organisation.confirmed", by=by, at=at, subject=one)
    return one


@transaction.atomic
def archive(one: Organisation, *, by: User, at: datetime) -> Organisation:
    """Take an organisation out of every search; what was recorded stays."""
    access.require(by, Permission.DIRECTORY_WRITE)
    one = _locked(one)
    one.archived_at = at
    one.save(update_fields=["archived_at"])
    audit.record("organisation.archived", by=by, at=at, subject=one)
    return one


@transaction.atomic
def count_unmet(
    search: Search, *, reason: str, about: Dossier | None = None, by: User, at: datetime
) -> bool:
    """Count a need that nobody meets; True if it was not counted yet.

    The same search of one account for one person counts once a day, however often the page is
    opened. The row's key is made from them and the installation's secret, so the row itself
    leads to nobody.
    """
    access.require(by, Permission.DIRECTORY_READ)
    day = policy.local_day(at)
    who = about.ref if about else by.pk
    key = uuid5(NAMESPACE_URL, f"{settings.SECRET_KEY}|{who}|{day}|{search}")
    _row, is_new = UnmetNeed.objects.get_or_create(
        pk=key,
        defaults={
            "service": search.service,
            "sex": search.sex,
            "age_band": search.age_band,
            "district": search.district,
            "reason": reason,
            "counted_on": day,
        },
    )
    if is_new:
        audit.record("need.counted", by=by, at=at)
    return is_new


_DESCRIBED = [
    *("names", "type", "level", "jamoat", "district", "area", "whole_country", "languages", "unit"),
    "country",
]


def _locked(one: Organisation) -> Organisation:
    found = Organisation.objects.select_for_update().filter(pk=one.pk, archived_at=None).first()
    if found is None:
        raise Gone
    return found


def _describe(one: Organisation, described: Description, unit: Unit | None) -> None:
    one.names = {lang: name.strip() for lang, name in described.names.items() if name.strip()}
    if not one.names:
        raise Invalid(_("Give the name in at least one language."), field="names")
    one.type = _known("organisation_types", described.type, "type")
    one.level = _known("organisation_levels", described.level, "level")
    one.district, one.jamoat = described.district, described.jamoat
    one.area, one.whole_country = sorted(set(described.area)), described.whole_country
    one.country = described.country
    if one.country and one.country not in dict(policy.countries()):
        raise Invalid(_("Choose from the list."), field="country")
    if not one.area and not one.whole_country and not one.country:
        raise Invalid(_("Say which places it serves."), field="area")
    for place in filter(None, [*one.area, one.district]):
        if policy.place(place) is None:
            raise Invalid(_("This place is not in the list."), field="area")
    one.languages = [_known("spoken_languages", code, "languages") for code in described.languages]
    if unit and Organisation.objects.filter(unit=unit, archived_at=None).exclude(pk=one.pk):
        raise Invalid(_("This unit already has an entry."), field="unit")
    one.unit = unit


def _known(name: str, code: Any, field: str) -> str:
    if policy.code(name, str(code)) is None:
        raise Invalid(_("This answer is not in the list."), field=field)
    return str(code)


def _week(hours: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    week = {str(day): list(hours.get(str(day), ())) for day in WEEK}
    for day in week.values():
        spans(day)
    return {day: found for day, found in week.items() if found}
