"""Find: near first, then wider; nobody: alternatives; entries that are old say so."""

from datetime import timedelta
from uuid import uuid4

import pytest

from panoh.directory import actions as directory
from panoh.directory import queries
from panoh.directory.models import UnmetNeed
from panoh.directory.queries import Found
from panoh.directory.rules import Reach, Search
from panoh.kernel.rules import Gone
from tests.factories.directory import AT, DISTRICT, far_away, neighbour, organisation, service
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db
BED = Search("bed", DISTRICT)


def names(found: Found) -> list[str]:
    return [entry.organisation.name("en") for entry in found.entries]


def find(search: Search) -> Found:
    return queries.find(search, at=AT)


def test_a16_shelter_for_a_man_lists_only_places_admitting_men() -> None:
    service(organisation("Women only"), sexes=("woman",))
    service(organisation("Men only"), sexes=("man",))
    service(organisation("All"), sexes=("woman", "man"))
    assert names(find(BED.without(sex="man"))) == ["All", "Men only"]
    assert names(find(BED.without(sex="woman"))) == ["All", "Women only"]


def test_a16_empty_result_offers_other_help_and_counts_unmet_need() -> None:
    service(organisation("Women only"), sexes=("woman",))
    service(organisation("Line", whole_country=True), "counselling")
    service(organisation("Money"), "money")
    search = BED.without(sex="man", age_band="age_30_47", ages=(30, 47))
    found = find(search)
    assert found.entries == [] and found.reach is None
    assert found.reason == "does_not_admit"
    offered = {
        one.code: [entry.organisation.name() for entry in one.entries] for one in found.alternatives
    }
    assert "Line" in offered["by_telephone"]
    assert offered["money_for_night"] == ["Money"]
    assert all(one.label != one.code for one in found.alternatives)

    before = UnmetNeed.objects.count()
    with as_user("nigora") as by:
        assert directory.count_unmet(search, reason=found.reason, by=by, at=AT)
        assert not directory.count_unmet(search, reason=found.reason, by=by, at=AT)
        later = AT + timedelta(days=1)
        assert directory.count_unmet(search, reason=found.reason, by=by, at=later)
    assert UnmetNeed.objects.count() == before + 2
    row = {"service": "bed", "sex": "man", "count": 2}
    assert row in queries.unmet_by("service", "sex", since=AT.date())
    assert not queries.unmet_by("service", until=AT.date() - timedelta(days=1))


def test_an_unmet_need_leads_to_nobody() -> None:
    names_of_fields = {field.name for field in UnmetNeed._meta.get_fields()}
    assert not {"dossier", "by", "user", "unit", "at"} & names_of_fields


def test_c4_find_by_district_service_sex_age_and_language() -> None:
    near, other, far = (
        organisation("Near"),
        organisation("Other"),
        organisation("Far", area=(far_away(),)),
    )
    service(near, min_age=18, languages=("tg",))
    service(other, min_age=60, languages=("uz",))
    service(far)
    found = find(BED.without(sex="woman", ages=(21, 29), language="tg"))
    assert names(found) == ["Near"]
    assert found.reach is Reach.DISTRICT
    assert names(find(BED.without(ages=(60, 90), language="uz"))) == ["Other"]


def test_c4_the_same_list_prints_and_each_entry_shows_its_last_checked_date() -> None:
    old = organisation("Old", at=AT - timedelta(days=400))
    service(old)
    service(organisation("New"))
    printed = queries.list_all(district=DISTRICT, service="bed", at=AT)
    assert [entry.service.pk for entry in printed] == [
        entry.service.pk for entry in find(BED).entries
    ]
    assert [entry.is_stale for entry in printed] == [False, True]
    assert all(entry.organisation.last_checked_on for entry in printed)
    assert old in queries.stale_entries(AT)
    with as_user("nigora") as by:
        directory.confirm(old, by=by, at=AT)
    assert old not in queries.stale_entries(AT)


def test_looking_wider_says_so() -> None:
    service(organisation("Far", area=(far_away(),)))
    assert find(BED).reach is Reach.COUNTRY
    service(organisation("Region", area=(neighbour(),)))
    found = find(BED)
    assert names(found) == ["Region"] and found.reach is Reach.REGION
    assert str(found.why)
    service(organisation("Here"))
    assert names(find(BED)) == ["Here"]


def test_who_stands_in_the_district_comes_before_who_only_serves_it() -> None:
    service(organisation("A line", area=(far_away(),), whole_country=True))
    service(organisation("Z house"))
    assert names(find(BED)) == ["Z house", "A line"]


def test_closed_now_offers_to_come_back() -> None:
    service(organisation("By day"), opening="by_appointment")
    found = find(BED.without(open_now=True))
    assert found.reason == "closed_now"
    later = next(one for one in found.alternatives if one.code == "come_back")
    assert [entry.organisation.name() for entry in later.entries] == ["By day"]


def test_another_language_offers_an_interpreter() -> None:
    service(organisation("Tajik only", languages=("tg",)))
    found = find(BED.without(language="uz"))
    assert found.reason == "no_language"
    assert "with_interpreter" in [one.code for one in found.alternatives]


def test_a_neighbouring_age_is_offered() -> None:
    service(organisation("Grown"), min_age=18)
    found = find(BED.without(ages=(14, 17)))
    near = next(one for one in found.alternatives if one.code == "near_age")
    assert len(near.entries) == 1
    assert found.reason == "does_not_admit"


def test_nothing_at_all() -> None:
    found = find(Search("wage_claim", DISTRICT))
    assert found.reason == "none_in_district"
    assert [one.code for one in found.alternatives] == ["by_telephone"]


def test_ages_of_bands() -> None:
    assert queries.ages_of_band("age_18_20") == (18, 20)
    oldest = queries.ages_of_band("age_60_over")
    assert oldest and oldest[0] == 60 and oldest[1] > 100
    assert queries.ages_of_band("unknown") is None
    assert queries.ages_of_band("") is None


def test_an_unknown_entry_is_gone() -> None:
    with pytest.raises(Gone):
        queries.organisation(uuid4())


def test_every_live_entry_by_the_alphabet() -> None:
    made = [organisation(name) for name in ("B", "A", "C")]
    with as_user("nigora") as by:
        directory.archive(made[2], by=by, at=AT)
    assert [one.name("en") for one in queries.organisations()] == ["A", "B"]
    assert str(made[0]) == "B"
