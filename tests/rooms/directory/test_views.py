"""The register over HTTP: find, read, print, keep it true."""

import gzip
import re
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panoh.directory.models import Organisation, Service, UnmetNeed
from panoh.policy import queries as policy
from tests.factories.clients import client_of, edited, words
from tests.factories.directory import DISTRICT, far_away, organisation, service
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db

ENTRY = {
    "name_en": "Fictional New House",
    "type": "shelter",
    "level": "district",
    "district": DISTRICT,
    "area": [DISTRICT],
    "languages": ["tg"],
}
SERVICE = {"code": "bed", "sexes": ["woman"], "opening": "always", "capacity": "ask_first"}


def named(name: str) -> Organisation:
    with as_user("nigora"):
        return next(one for one in Organisation.objects.all() if one.name("en") == name)


@pytest.mark.parametrize("language", ["tg", "ru", "en"])
def test_pages_open_in_every_language(language: str) -> None:
    made = organisation()
    found = service(made)
    browser = client_of("nigora", language)
    base = f"/directory/{made.pk}/"
    paths = ["", "print/", "add/", f"{made.pk}/"]
    pages = [f"/directory/{path}" for path in paths]
    pages += [base + path for path in ("change/", "contacts/", "services/add/", "archive/")]
    pages += [f"{base}services/{found.pk}/", "/directory/?service=bed&sex=man&open_now=on"]
    for path in pages:
        assert browser.get(path).status_code == 200, path


def test_e3_what_was_not_found_is_told_in_numbers_that_hide_few() -> None:
    on, many = policy.today(), policy.number("small_cell")
    with as_user("nigora"):
        for sex, count in (("woman", many), ("man", 1)):
            row = {"service": "bed", "sex": sex, "district": DISTRICT, "reason": "full"}
            for _one in range(count):
                UnmetNeed.objects.create(**row, counted_on=on)
    browser, path = client_of("ibrohim", "en"), "/directory/missing/"
    told = words(browser.get(path))
    # One that is small would follow from the sum of the others: the next one is hidden with it.
    # And in steps: whoever looks before and after one search does not see it in any table.
    for side in (f"All full{many}", "Mannot shown", "Womannot shown"):
        assert side in told, told
    assert "Nothing was counted" in words(browser.get(f"{path}?year={on.year - 1}"))
    for strange in (on.year + 1, "x", "1"):
        assert browser.get(f"{path}?year={strange}").status_code == 404


def test_the_list_is_narrowed_by_what_is_asked() -> None:
    service(organisation("Fictional Women's House"), sexes=("woman",))
    service(organisation("Fictional Far House", area=(far_away(),)), sexes=("man",))
    browser = client_of("nigora", "en")
    assert "Far House" in words(browser.get("/directory/"))
    page = browser.get("/directory/", {"service": "bed", "district": DISTRICT, "sex": "woman"})
    assert "Women" in words(page) and "Far House" not in words(page)
    page = browser.get("/directory/", {"service": "bed", "district": DISTRICT, "sex": "man"})
    assert "elsewhere in the country" in words(page) and "Far House" in words(page)
    page = browser.get("/directory/", {"language": "ps"})
    assert "Nobody was found" in words(page)
    assert not UnmetNeed.objects.exists(), "looking round is no need of a person"


def test_an_entry_says_when_it_was_checked_and_how_sure_it_is() -> None:
    made = organisation("Fictional Old Entry")
    service(made)
    with as_user("nigora"):
        Organisation.objects.filter(pk=made.pk).update(last_checked_on=date(2020, 1, 1))
    browser = client_of("nigora", "en")
    for path in ("/directory/", "/directory/print/", f"/directory/{made.pk}/"):
        seen = words(browser.get(path))
        assert "2020" in seen and "not checked for long" in seen
    page = browser.post(f"/directory/{made.pk}/checked/", follow=True)
    assert "Checked today" in words(page) and "not checked for long" not in words(page)
    today = policy.today()
    assert named("Fictional Old Entry").last_checked_on == today


def test_a_new_entry_is_saved_once_and_filled_step_by_step() -> None:
    browser = client_of("nigora", "en")
    typed = {**ENTRY, "submission": str(uuid4())}
    first = browser.post("/directory/add/", typed)
    again = browser.post("/directory/add/", typed)
    assert first["Location"] == again["Location"]
    base = first["Location"]
    page = edited(browser, f"{base}contacts/", {"telephone": "000 00 44\n000 00 45"}, follow=True)
    assert "000 00 45" in words(page)
    page = browser.post(f"{base}services/add/", SERVICE, follow=True)
    assert "Safe place to stay" in words(page) and "Woman" in words(page)
    key = Service.objects.get(organisation=UUID(base.split("/")[2])).pk
    page = edited(browser, f"{base}services/{key}/", {**SERVICE, "min_age": "18"}, follow=True)
    assert "from 18 years" in words(page)
    page = edited(browser, f"{base}change/", {**ENTRY, "name_en": "Fictional Renamed"}, follow=True)
    assert "Fictional Renamed" in words(page)
    for _ in range(2):
        page = browser.post(f"{base}services/{key}/drop/", follow=True)
        assert "No service entered yet" in words(page)
    for _ in range(2):
        page = browser.post(f"{base}archive/", follow=True)
        assert "Fictional Renamed" not in words(page)
    assert browser.get(f"{base}change/").status_code == 404


def test_what_was_typed_stays_when_something_is_wrong() -> None:
    browser = client_of("nigora", "en")
    page = browser.post("/directory/add/", {**ENTRY, "area": [], "name_en": "Kept Name"})
    assert "Say which places it serves" in words(page) and "Kept Name" in page.content.decode()
    made = organisation("Fictional Shelter", kind="shelter")
    page = edited(browser, f"/directory/{made.pk}/contacts/", {"address": "Street 1"})
    assert "never listed" in words(page) and "Street 1" in page.content.decode()
    page = edited(browser, f"/directory/{made.pk}/contacts/", {"telephone": "0" * 201})
    assert "too long" in words(page)
    page = browser.post(f"/directory/{made.pk}/services/add/", {**SERVICE, "day_0": "8-17"})
    assert "08:00-17:00" in words(page)


def test_only_an_administrator_links_a_unit_and_a_change_keeps_the_link() -> None:
    unit = team("shelter-cases").unit
    made = organisation("Fictional House", unit=unit)
    writer = client_of("nigora", "en")
    assert 'name="unit"' not in writer.get(f"/directory/{made.pk}/change/").content.decode()
    edited(writer, f"/directory/{made.pk}/change/", {**ENTRY, "unit": ""})
    assert Organisation.objects.get(pk=made.pk).unit == unit
    admin = client_of("admin", "en")
    assert 'name="unit"' in admin.get(f"/directory/{made.pk}/change/").content.decode()
    edited(admin, f"/directory/{made.pk}/change/", {**ENTRY, "unit": ""})
    assert Organisation.objects.get(pk=made.pk).unit is None


def test_readers_do_not_write() -> None:
    made = organisation()
    reader = client_of("pulod", "en")
    page = reader.get(f"/directory/{made.pk}/")
    assert page.status_code == 200 and "Change the entry" not in words(page)
    for path in ("change/", "contacts/", "services/add/", "checked/", "archive/"):
        assert reader.post(f"/directory/{made.pk}/{path}").status_code == 403
    assert reader.get("/directory/add/").status_code == 403
    assert client_of("rustam").get("/directory/").status_code == 403
    assert reader.get(f"/directory/{uuid4()}/").status_code == 404


def test_the_list_is_cheap() -> None:
    for number in range(30):
        service(organisation(f"Fictional {number}"))
    browser = client_of("nigora")
    with CaptureQueriesContext(connection) as asked:
        page = browser.get("/directory/")
    assert len(asked) <= 25
    assert len(gzip.compress(page.content)) <= 10_000
    assert len(re.findall(r'href="/directory/[0-9a-f-]{36}/"', page.content.decode())) == 30
