"""Row F7: consular posts stand in the register by their country (ISO 3166)."""

import pytest

from panoh.directory import actions as directory
from panoh.directory import queries
from panoh.directory.models import Organisation
from panoh.directory.rules import Description, Search
from panoh.kernel.rules import Invalid
from panoh.policy import queries as policy
from tests.factories.clients import client_of, words
from tests.factories.directory import AT, DISTRICT, organisation, service
from tests.factories.staff import as_user

ABROAD = "XK"  # a country of the list; the post is nobody's


def post(country: str) -> Organisation:
    """A fictional consular post."""
    with as_user("nigora") as by:
        described = Description(
            names={"en": "Fictional Post Abroad"},
            type="consulate",
            level="republic",
            languages=("tg", "ru"),
            country=country,
        )
        return directory.add(described, checked_on=policy.local_day(AT), by=by, at=AT)


@pytest.mark.django_db
def test_f7_a_post_is_found_by_its_country_and_by_nobody_here() -> None:
    made = post(ABROAD)
    service(made, "papers")
    home = organisation()
    service(home, "papers")
    abroad = queries.browse(Search("papers", country=ABROAD), at=AT)
    assert [one.organisation for one in abroad] == [made]
    here = queries.find(Search("papers", DISTRICT), at=AT)
    assert [one.organisation for one in here.entries] == [home]
    assert {one.organisation for one in queries.list_all(at=AT)} == {made, home}


@pytest.mark.django_db
def test_f7_a_country_is_one_of_iso_3166() -> None:
    codes = [code for code, _name in policy.countries()]
    assert len(codes) > 240
    assert all(len(code) == 2 and code.isupper() for code in codes)
    with pytest.raises(Invalid):
        post("QQ")


@pytest.mark.django_db
def test_f7_the_page_finds_a_post_abroad() -> None:
    service(post(ABROAD), "papers")
    page = client_of("nigora", "en").get("/directory/", {"country": ABROAD})
    assert "Fictional Post Abroad" in words(page)
    here = client_of("nigora", "en").get("/directory/", {"service": "papers"})
    assert "Fictional Post Abroad" not in words(here)
