"""Forty men on a building site: two workers with telephones, one man says no."""

from uuid import uuid4

from panoh.cases import queries
from panoh.cases.models import Case
from panoh.policy import queries as policy
from panoh.referrals.models import Referral
from tests.factories.canaries import fill, saved
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation, service
from tests.factories.referrals import NOW
from tests.factories.staff import as_user, team
from tests.journeys.test_main_job import agrees, refers, request_of

MOST_POSTS = 7  # one for the group, four parcels of ten, two colleagues: minutes, not hours


def test_a26_forty_men_on_a_building_site(fresh_db: str) -> None:
    nigora, safar = client_of("nigora", "en"), client_of("safar", "en")
    posts = 0
    made = nigora.post(
        "/groups/new/",
        {
            "kind": "site_visit",
            "found_on": policy.local_day(NOW).isoformat(),
            "district": "tj_3505401",
            "language": "tg",
            "forms": ["forced_labour"],
            "employer": "Fictional Builders",
            "submission": str(uuid4()),
        },
    )
    posts += 1
    path = made.headers["Location"]
    ref = path.split("/")[2]
    for browser in (nigora, safar, nigora, safar):
        page = browser.get(path)
        assert page.status_code == 200
        rows = {f"p{n}-submission": str(uuid4()) for n in range(10)}
        for n in range(10):
            rows |= {f"p{n}-sex": "man", f"p{n}-age_band": "age_21_29"}
        rows["p7-language"] = "uz"
        assert browser.post(path, rows).status_code == 302
        posts += 1
    assert posts <= MOST_POSTS
    with as_user("nigora"):
        (group,) = queries.groups()
        people = queries.people_of(group)
        assert len(people) == 40
        assert sum(one.case.language == "uz" for one in people) == 4
    page = safar.get(f"/groups/{ref}/")
    assert "0 of 40 were asked alone" in words(page)
    safar.post(f"/groups/{ref}/alone/{people[0].member.pk}/")
    assert "1 of 40 were asked alone" in words(nigora.get(f"/groups/{ref}/"))
    with as_user("shirin"):
        assert Case.objects.count() == 0, "nothing has left"
    shelter = client_of("shirin", "en")
    assert shelter.get(f"/groups/{ref}/").status_code == 404

    # Asked alone, one agrees that a house be told, another says no: only he leaves no trace.
    yes, no = (one.case.dossier for one in people[:2])
    house = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(house, sexes=("man",))
    agrees(nigora, yes.ref, house)
    agrees(safar, no.ref, house, answer="no")
    sent = request_of(refers(nigora, yes.ref, house))
    refers(safar, no.ref, house)
    with as_user("safar"):
        assert not Referral.objects.filter(dossier=no, sent_at__isnull=False).exists()
    saved(fill(shelter, f"/requests/{sent}/accept/"))
    with as_user("shirin"):
        assert [case.pk for case in Case.objects.all()] == [yes.pk]
        assert Referral.objects.count() == 1
    told = "".join(words(shelter.get(path)) for path in ("/", "/inbox/", f"/cases/{yes.ref}/"))
    assert no.ref not in told and "Fictional Builders" not in told
    assert shelter.get(f"/cases/{no.ref}/").status_code == 404
    assert "1 of 40 were asked alone" in words(nigora.get(f"/groups/{ref}/")), "the others go on"
