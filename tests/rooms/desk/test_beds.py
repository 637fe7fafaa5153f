"""Pages of beds: from the case to a held bed, from the door to the day of leaving."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from panoh.directory import queries as directory
from panoh.shelters import actions as shelters
from panoh.shelters.models import Bed, Funding, Hold, House, Inspection, Room, Stay, Takeover
from tests.factories.clients import client_of, edited, hidden, words
from tests.factories.houses import ADDRESS, case_of, held, house
from tests.factories.staff import as_user

pytestmark = pytest.mark.django_db
WANTED = {"sex": "woman", "age": "30", "sex_1": "man", "age_1": "11", "region": "tj_3505000"}


def now_house(*rooms: tuple[str, int, str], **more: object) -> House:
    return house(*rooms, at=timezone.now() - timedelta(minutes=5), **more)  # type: ignore[arg-type]


def case(name: str = "hadia") -> str:
    with as_user(name) as by:
        return str(case_of(by).ref)


def offered(page: object) -> list[str]:
    return re.findall(r'name="hold" value="([^"]+)"', page.content.decode())  # type: ignore[attr-defined]


def test_e2_from_the_case_to_a_held_bed_and_in(db: None) -> None:
    where = now_house(("1", 2, ""))
    browser, ref = client_of("hadia", "en"), case()
    asked = WANTED | {"submission": hidden(browser.get(f"/cases/{ref}/beds/"), "submission")}
    page = browser.post(f"/cases/{ref}/beds/", asked)
    # Before the hold: a region and a number of beds, no name, no town.
    assert offered(page) == [str(where.pk)]
    assert "Sughd: 2 beds free" in words(page)
    assert where.name not in words(page)
    given = asked | {"hold": offered(page)[0]}
    for _click in range(2):
        assert browser.post(f"/cases/{ref}/beds/", given).status_code == 302
    told = words(browser.get(f"/cases/{ref}/beds/"))
    assert where.name in told
    assert "Say at the door" in told
    with as_user("hadia"):
        hold = Hold.objects.get()
    assert hold.code in told
    keeper = client_of("shirin", "en")
    assert hold.code in words(keeper.get("/beds/"))
    assert "Boy, 11" in words(keeper.get("/beds/")), "nobody waits for a man"
    # An own form for each house carries what was asked: nothing typed since is held by mistake.
    offer = page.content.decode().split('name="hold"')[0].rpartition("<form")[2]
    assert 'name="age_1" value="11"' in offer
    assert page.content.decode().index("Look for beds") > page.content.decode().index('name="hold"')
    assert "0 of 2 beds free" in words(keeper.get("/beds/"))
    for _click in range(2):
        assert keeper.post(f"/beds/holds/{hold.pk}/admit/").status_code == 302
    assert browser.post(f"/beds/holds/{hold.pk}/release/").status_code == 409
    assert "Woman, 30" in words(keeper.get(f"/beds/houses/{where.pk}/"))
    left = {"who": ["1", "2"], "outcome": "without_word"}
    assert keeper.post(f"/beds/holds/{hold.pk}/leave/", left).status_code == 302
    assert "2 of 2 beds free" in words(keeper.get("/beds/"))
    assert where.name not in words(browser.get(f"/cases/{ref}/beds/"))


def test_e2_a_full_house_leads_elsewhere_and_is_counted(db: None) -> None:
    where = now_house(("1", 1, ""))
    browser, ref = client_of("hadia", "en"), case()
    asked = WANTED | {"submission": hidden(browser.get(f"/cases/{ref}/beds/"), "submission")}
    page = browser.post(f"/cases/{ref}/beds/", asked)
    assert "No place found" in words(page)
    assert "The need was counted" in words(page)
    far = now_house(name="Far", district="tj_3501266")
    page = browser.post(f"/cases/{ref}/beds/", asked)
    assert "There is a place in another region" in words(page)
    assert offered(page) == [str(far.pk)]
    given = asked | {"hold": str(where.pk)}
    assert "not enough beds" in words(browser.post(f"/cases/{ref}/beds/", given))
    with as_user("hadia"):
        assert directory.unmet_by("reason") == [{"reason": "full", "count": 1}]


@pytest.mark.parametrize("name", ["pulod", "ibrohim", "firuz", "latif"])
def test_e2_outsiders_learn_yes_or_no(db: None, name: str) -> None:
    where = now_house()
    browser = client_of(name, "en")
    asked = {"region": "tj_3505000", "sex": "woman", "age": "30"}
    yes = words(browser.post("/beds/region/", asked))
    assert "Yes, there is a place" in yes
    assert where.name not in yes
    assert "No, there is no place" in words(browser.post("/beds/region/", asked | {"sex": "man"}))
    assert browser.get("/beds/").status_code == 403
    assert browser.get(f"/beds/houses/{where.pk}/").status_code in {403, 404}


def test_e3_a_refusal_needs_a_reason(db: None) -> None:
    where = now_house()
    with as_user("hadia") as by:
        hold = held(where, by=by, at=timezone.now())
    keeper = client_of("shirin", "en")
    path = f"/beds/holds/{hold.pk}/refuse/"
    assert keeper.post(path, {}).status_code == 200
    assert keeper.post(path, {"reason": "none_in_district"}).status_code == 200
    assert keeper.post(path, {"reason": "not_safe_here"}).status_code == 302
    assert "Not safe here" in words(keeper.get(f"/beds/houses/{where.pk}/"))


def test_the_next_door_finds_nothing(db: None) -> None:
    where = now_house()
    with as_user("hadia") as by:
        hold = held(where, by=by, at=timezone.now())
        stay = hold.stays.get()
    other = client_of("nigora", "en")
    for path in (
        f"houses/{where.pk}/",
        f"houses/{where.pk}/address/",
        f"holds/{hold.pk}/refuse/",
        f"holds/{hold.pk}/leave/",
        f"stays/{stay.pk}/move/",
    ):
        assert other.get(f"/beds/{path}").status_code == 404, path
    for path in (f"holds/{hold.pk}/admit/", f"holds/{hold.pk}/release/"):
        assert other.post(f"/beds/{path}").status_code == 404, path


def typed(browser: Client, path: str, **given: str) -> int:
    return browser.post(path, given).status_code


def test_e4_a_house_is_kept_in_order_and_closed_last(db: None) -> None:
    keeper = client_of("shirin", "en")
    new = {"name": "New", "district": "tj_3505401", "sexes": "woman", "address": ADDRESS}
    with as_user("shirin") as by:
        team_id = by.memberships.first().team_id  # type: ignore[union-attr]
    assert typed(keeper, "/beds/houses/new/", team=str(team_id), **new) == 302
    with as_user("shirin"):
        where = House.objects.get()
    base = f"/beds/houses/{where.pk}/"
    assert ADDRESS in words(keeper.get(f"{base}address/"))
    assert typed(keeper, f"{base}add/room/", name="1", beds="1", sex="") == 302
    assert typed(keeper, f"{base}add/room/", name="1", beds="1", sex="") == 200
    with as_user("shirin"):
        room = str(Room.objects.get().pk)
    assert typed(keeper, f"{base}add/beds/", room=room, beds="2") == 302
    assert "3 of 3 beds free" in words(keeper.get("/beds/"))
    days = {"issued_on": "2026-01-01", "ends_on": "2026-02-01"}
    assert typed(keeper, f"{base}add/paper/", kind="permit", number="7", **days) == 302
    assert typed(keeper, f"{base}add/paper/", kind="permit", issued_on="2199-01-01") == 200
    assert typed(keeper, f"{base}add/inspection/", kind="fire", due_on="2026-02-01") == 302
    life = words(keeper.get(f"{base}life/"))
    assert life.count("overdue") == 2
    assert "An inspection of the shelter is due" in words(keeper.get("/"))
    with as_user("shirin"):
        inspection = Inspection.objects.get()
    done = {"done_on": "2026-02-03", "outcome": "in_order"}
    assert typed(keeper, f"/beds/inspections/{inspection.pk}/done/", **done) == 302
    assert "An inspection of the shelter is due" not in words(keeper.get("/"))
    with as_user("hadia") as by:
        hold = held(where, by=by, at=timezone.now() - timedelta(minutes=1))
    assert keeper.post(f"/beds/holds/{hold.pk}/admit/").status_code == 302
    # Each pressed twice: another bed that is taken by the first click, a bed out of use.
    page = {"csrfmiddlewaretoken": "of this page"}
    with as_user("shirin"):
        stay = hold.stays.get()
        free, spare = Bed.objects.exclude(pk=stay.bed_id).order_by("number")
    for _click in range(2):
        assert typed(keeper, f"/beds/stays/{stay.pk}/move/", bed=str(free.pk), **page) == 302
        assert typed(keeper, f"/beds/beds/{spare.pk}/use/", **page) == 302
    with as_user("shirin"):
        assert Bed.objects.get(pk=spare.pk).closed_at is not None
    assert keeper.post(f"{base}close/").status_code == 409
    assert keeper.post(f"{base}closing/").status_code == 302
    # It does not close after all; then it does.
    assert "closing" in words(keeper.get("/beds/"))
    assert typed(keeper, f"{base}closing/", stop="1") == 302
    assert "closing" not in words(keeper.get("/beds/"))
    assert keeper.post(f"{base}closing/").status_code == 302
    refused = keeper.post(f"{base}close/")
    assert refused.status_code == 409
    assert "Each needs a place first" in words(refused)
    with as_user("shirin") as by:
        later = timezone.now() + timedelta(seconds=1)
        shelters.leave(hold, outcome="hospital", by=by, at=later)
        shelters.close_house(where, by=by, at=later)
        assert House.objects.get().closed_at == later


def test_d6_money_that_ends_is_on_the_agenda_and_the_plan_stays_open(db: None) -> None:
    where = now_house()
    keeper, base = client_of("shirin", "en"), f"/beds/houses/{where.pk}/"
    until = (timezone.now() + timedelta(days=170)).date()
    money = {"payer": "Fictional donor", "kind": "donor", "since": "2026-01-01"}
    # A slip of the finger, sent by a double click: written once, set right, and owed from then on.
    slip = {"once": hidden(keeper.get(f"{base}add/funding/"), "once"), "until": "2066-01-01"}
    for _click in range(2):
        assert typed(keeper, f"{base}add/funding/", **slip, **money) == 302
    with as_user("shirin"):
        path = f"/beds/funding/{Funding.objects.get().pk}/change/"
    assert "money ends" not in words(keeper.get("/"))
    assert edited(keeper, path, money | {"until": until.isoformat()}).status_code == 302
    assert "money ends: plan who pays on" in words(keeper.get("/"))
    # By itself, and without the house, on the agenda of the commission.
    agenda = words(client_of("ibrohim", "en").get("/beds/agenda/"))
    assert "Sughd" in agenda
    assert "nobody is named who pays on" in agenda
    assert where.name not in agenda
    with as_user("shirin"):
        found = re.search(
            r"/beds/funding/([^/]+)/takeover/", keeper.get(f"{base}life/").content.decode()
        )
    assert found
    path = f"/beds/funding/{found[1]}/takeover/"
    texts = {"staff": "All stay.", "premises": "Of the city.", "residents": "Stay."}
    nobody = {"payer": "", "kind": "", "until": ""}
    opened = {"seen": hidden(keeper.get(path), "seen")}
    assert typed(keeper, path, **opened, **nobody, **texts) == 302
    with as_user("shirin"):
        plan = Takeover.objects.get()
    assert keeper.post(f"/beds/takeovers/{plan.pk}/settle/").status_code == 409
    # Opened before somebody else wrote: both versions are shown, and neither is lost.
    page = keeper.post(path, opened | nobody | texts | {"staff": "Half of them stay."})
    assert "This stands already: All stay." in words(page)
    assert "Half of them stay." in words(page)
    on = (until + timedelta(days=365)).isoformat()
    state = {"payer": "Fictional budget", "kind": "state", "until": on}
    assert edited(keeper, path, state | texts).status_code == 302
    assert "somebody is named" in words(client_of("ibrohim", "en").get("/beds/agenda/"))
    assert keeper.post(f"/beds/takeovers/{plan.pk}/settle/").status_code == 302
    assert "money ends: plan who pays on" not in words(keeper.get("/"))
    # The state pays, the same team runs the house.
    with as_user("shirin"):
        assert House.objects.get().team.name == "shelter-cases"
        assert Stay.objects.count() == 0


def test_settings_show_that_somebody_changed_them(db: None) -> None:
    where = now_house()
    keeper = client_of("shirin", "en")
    path = f"/beds/houses/{where.pk}/settings/"
    given = {"name": "Other", "district": "tj_3505401", "sexes": "man", "families": "on"}
    given |= {"min_age": "18", "boys_until": "12", "seen": hidden(keeper.get(path), "seen")}
    assert typed(keeper, path, **given) == 302
    page = keeper.post(path, given | {"name": "Third", "sexes": "woman"})
    assert page.status_code == 200
    assert "Somebody else answered meanwhile: Other." in words(page)
    assert 'value="Third"' in page.content.decode()
