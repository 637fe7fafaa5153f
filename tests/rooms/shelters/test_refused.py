"""What the verbs of a house refuse: to another house, once it is closed, when it makes no sense.
Each time nothing is written."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from panoh.access import actions as access
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Stale
from panoh.policy import queries as policy
from panoh.shelters import actions as shelters
from panoh.shelters.models import (
    Bed,
    Funding,
    Hold,
    House,
    Inspection,
    Paper,
)
from tests.factories.cases import contact, share
from tests.factories.houses import AT, LATER, WOMAN, case_of, held, house
from tests.factories.packs import PERIODS, pack_with
from tests.factories.staff import ADMIN, as_user, new_account, team, user
from tests.factories.untouched import Untouched

pytestmark = pytest.mark.django_db

TODAY = policy.local_day(AT)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
STRANGER = "sitora"
Verb = Callable[..., Any]
refused = Untouched("shelters", "shirin", LATER).refused
PLAN: dict[str, Any] = {
    "payer": "",
    "kind": "",
    "until": None,
    "staff": "",
    "premises": "",
    "residents": "",
}
MONEY: dict[str, Any] = {"payer": "Donor", "kind": "donor", "since": TODAY, "until": TOMORROW}


def stranger() -> str:
    """Who keeps another house, of another organisation."""
    with as_user(ADMIN) as by:
        unit = access.add_unit(
            code="other-shelter",
            name="Fictional Other House",
            kind="shelter",
            district="tj_3505401",
            duty_phone="",
            by=by,
            at=AT,
        )
        other = access.add_team(unit=unit, name="other-shelter", is_intake=True, by=by, at=AT)
    made = new_account(STRANGER, unit, "shl", user(ADMIN))
    with as_user(ADMIN) as by:
        access.join(user=made, team=other, is_supervisor=True, by=by, at=AT)
    return STRANGER


def verbs_of(where: House) -> list[Verb]:
    """Every verb of a house, ready but for who does it and when."""
    with as_user("shirin") as by:
        now: dict[str, Any] = {"by": by, "at": AT}
        paper = shelters.add_paper(where, kind="permit", issued_on=TODAY, **now)
        visit = shelters.plan_inspection(where, kind="fire", due_on=TODAY, **now)
        money = shelters.add_funding(where, **MONEY, **now)
        plan = shelters.write_takeover(money, **PLAN, seen_version=0, **now)
        bed = Bed.objects.select_related("room").filter(house=where)[0]
    do = partial
    return [
        do(shelters.change_house, where, changes={"name": "x"}, seen_version=where.version),
        do(shelters.write_address, where, address="x"),
        do(shelters.read_address, where),
        do(shelters.add_room, where, name="x", beds=1),
        do(shelters.add_beds, bed.room, beds=1),
        do(shelters.use_bed, bed, in_use=False),
        do(shelters.begin_closing, where),
        do(shelters.keep_house, where),
        do(shelters.close_house, where),
        do(shelters.add_paper, where, kind="permit", issued_on=TODAY),
        do(shelters.end_paper, paper),
        do(shelters.vet, where, user=user("nigora"), vetted_on=TODAY),
        do(shelters.plan_inspection, where, kind="fire", due_on=TODAY),
        do(shelters.do_inspection, visit, done_on=TODAY, outcome="in_order"),
        do(shelters.add_funding, where, **MONEY),
        do(shelters.change_funding, money, **MONEY),
        do(shelters.write_takeover, money, **PLAN, seen_version=1),
        do(shelters.settle_takeover, plan),
    ]


def test_e1_who_keeps_another_house_does_nothing_in_this_one() -> None:
    verbs, name = verbs_of(house()), stranger()
    for verb in verbs:
        with refused(Gone, name) as me:
            verb(**me)


def test_e4_in_a_house_that_is_closed_nothing_is_changed() -> None:
    where = house()
    verbs = verbs_of(where)
    with as_user("shirin") as by:
        shelters.begin_closing(where, by=by, at=AT)
        shelters.close_house(where, by=by, at=AT)
    for verb in verbs:
        with refused(NotPossible) as me:
            verb(**me)


# -- houses, rooms, beds ---------------------------------------------------------------------------


def test_e1_nobody_opens_a_house_for_another_organisation() -> None:
    given: dict[str, Any] = {
        "name": "x",
        "district": "tj_3505401",
        "address": "x",
        "sexes": ["woman"],
    }
    with refused(Gone) as me:
        shelters.open_house(team=team("ngo-cases"), **given, **me)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": " "}),
        ("district", {"district": "tj_3505000"}),
        ("district", {"district": "nowhere"}),
        ("sexes", {"sexes": []}),
        ("languages", {"languages": ["xx"]}),
        ("max_age", {"min_age": 40, "max_age": 30}),
    ],
)
def test_e3_a_house_says_who_it_is_and_whom_it_takes_in(field: str, given: dict[str, Any]) -> None:
    where = house()
    with refused(Invalid, field=field) as me:
        shelters.change_house(where, changes=given, seen_version=where.version, **me)


def test_e3_what_somebody_changed_meanwhile_is_not_overwritten() -> None:
    where = house()
    seen = where.version
    with as_user("shirin") as by:
        shelters.change_house(where, changes={"name": "First"}, seen_version=seen, by=by, at=AT)
    with refused(Stale) as me:
        shelters.change_house(where, changes={"name": "Second"}, seen_version=seen, **me)


def test_e1_with_its_description_nobody_changes_whose_a_house_is() -> None:
    where = house()
    with refused(ValueError) as me:
        shelters.change_house(where, changes={"team_id": 1}, seen_version=where.version, **me)


def test_e1_a_new_address_is_read_by_the_house_alone() -> None:
    where = house()
    with as_user("shirin") as by:
        shelters.write_address(where, address=" A new fictional street ", by=by, at=AT)
        assert shelters.read_address(where, by=by, at=LATER) == "A new fictional street"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("sex", {"sex": "xx"}),
        ("name", {"name": " "}),
        ("name", {"name": "1"}),
        ("beds", {"beds": 0}),
        ("beds", {"beds": 101}),
    ],
)
def test_e2_a_room_has_a_name_of_its_own_and_beds(field: str, given: dict[str, Any]) -> None:
    where = house(("1", 1, ""))
    with refused(Invalid, field=field) as me:
        shelters.add_room(where, **{"name": "2", "beds": 1, **given}, **me)


def test_e2_more_beds_are_numbered_on() -> None:
    house(("1", 2, ""))
    with as_user("shirin") as by:
        room = Bed.objects.all()[0].room
        shelters.add_beds(room, beds=2, by=by, at=AT)
        assert sorted(Bed.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_e2_a_bed_that_somebody_has_is_not_taken_out_of_use() -> None:
    where = house(("1", 2, ""))
    with as_user("hadia") as by:
        hold = held(where, by=by)
        taken = hold.stays.get().bed_id
    with as_user("shirin"):
        mine = Bed.objects.get(pk=taken)
        other = Bed.objects.exclude(pk=taken).get()
    with refused(NotPossible) as me:
        shelters.use_bed(mine, in_use=False, **me)
    with as_user("shirin") as by:
        assert shelters.use_bed(other, in_use=False, by=by, at=LATER).closed_at == LATER
        assert shelters.use_bed(other, in_use=True, by=by, at=LATER).closed_at is None


def test_e4_a_house_begins_to_close_once_and_only_then_goes_on_or_closes() -> None:
    where = house()
    for verb in (shelters.keep_house, shelters.close_house):
        with refused(NotPossible) as me:
            verb(where, **me)
    with as_user("hadia") as by:
        held(where, by=by)
    with as_user("shirin") as by:
        shelters.begin_closing(where, by=by, at=AT)
    for verb in (shelters.begin_closing, shelters.close_house):
        with refused(NotPossible) as me:
            verb(where, **me)
    with as_user("shirin") as by:
        assert shelters.keep_house(where, by=by, at=LATER).closing_at is None


# -- papers, staff, inspections --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("issued_on", {"issued_on": TOMORROW}),
        ("ends_on", {"ends_on": YESTERDAY}),
        ("kind", {"kind": "none"}),
    ],
)
def test_e4_a_paper_was_issued_and_ends_after_that(field: str, given: dict[str, Any]) -> None:
    where = house()
    with refused(Invalid, field=field) as me:
        shelters.add_paper(where, **{"kind": "permit", "issued_on": TODAY, **given}, **me)


def test_e4_a_paper_ends_once_and_a_second_click_is_told() -> None:
    where = house()
    with as_user("shirin") as by:
        paper = shelters.add_paper(where, kind="permit", issued_on=TODAY, by=by, at=AT)
        seen = Paper.objects.get(pk=paper.pk)
        shelters.end_paper(paper, by=by, at=AT)
    assert seen.ended_at is None, "read before the first click"
    with refused(NotPossible) as me:
        shelters.end_paper(seen, **me)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("user", {"user": "shirin"}),
        ("user", {"user": "nigora"}),
        ("vetted_on", {"vetted_on": TOMORROW}),
    ],
)
def test_e4_nobody_vets_the_own_person_a_stranger_or_in_advance(
    field: str, given: dict[str, Any]
) -> None:
    where, unit = house(), team("shelter-cases").unit
    new_account("colleague", unit, "shl", user(ADMIN))
    typed = {"user": "colleague", "vetted_on": TODAY, **given}
    typed["user"] = user(typed["user"])
    with refused(Invalid, field=field) as me:
        shelters.vet(where, **typed, **me)


@pytest.mark.parametrize(
    ("field", "given"), [("done_on", {"done_on": TOMORROW}), ("outcome", {"outcome": "none"})]
)
def test_e4_an_inspection_was_done_and_came_out_as_the_list_says(
    field: str, given: dict[str, Any]
) -> None:
    where = house()
    with as_user("shirin") as by:
        visit = shelters.plan_inspection(where, kind="fire", due_on=TODAY, by=by, at=AT)
    typed = {"done_on": TODAY, "outcome": "in_order", **given}
    with refused(Invalid, field=field) as me:
        shelters.do_inspection(visit, **typed, **me)


def test_e4_the_outcome_of_an_inspection_is_not_overwritten() -> None:
    where = house()
    with as_user("shirin") as by:
        visit = shelters.plan_inspection(where, kind="fire", due_on=TODAY, by=by, at=AT)
        seen = Inspection.objects.get(pk=visit.pk)
        shelters.do_inspection(visit, done_on=TODAY, outcome="not_in_order", by=by, at=AT)
    assert seen.done_on is None, "read before somebody else entered the outcome"
    with refused(NotPossible) as me:
        shelters.do_inspection(seen, done_on=TODAY, outcome="in_order", **me)


# -- money -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("payer", {"payer": " "}),
        ("until", {"until": YESTERDAY}),
        ("kind", {"kind": "none"}),
    ],
)
def test_d6_money_has_a_payer_a_kind_and_an_end(field: str, given: dict[str, Any]) -> None:
    where = house()
    with refused(Invalid, field=field) as me:
        shelters.add_funding(where, **{**MONEY, **given}, **me)


def test_d6_the_plan_for_afterwards_stays_open_until_somebody_pays_and_is_settled_once() -> None:
    where = house()
    with as_user("shirin") as by:
        now: dict[str, Any] = {"by": by, "at": AT}
        money = shelters.add_funding(where, **MONEY, **now)
        plan = shelters.write_takeover(money, **PLAN, seen_version=0, **now)
    with refused(NotPossible) as me:
        shelters.settle_takeover(plan, **me)
    with refused(Stale) as me:
        shelters.write_takeover(money, **PLAN, seen_version=0, **me)
    whole = {**PLAN, "payer": "State", "kind": "state", "until": TODAY + timedelta(days=400)}
    with as_user("shirin") as by:
        shelters.write_takeover(money, **whole, seen_version=1, by=by, at=AT)
        # Set right while nobody pays on: who pays, the end stays.
        shelters.change_funding(money, **{**MONEY, "payer": "Donors"}, by=by, at=AT)
        made = shelters.settle_takeover(plan, by=by, at=AT)
        assert (made.payer, made.since) == ("State", TOMORROW + timedelta(days=1))
        assert Funding.objects.get(pk=money.pk).payer == "Donors"
    with refused(NotPossible) as me:
        shelters.settle_takeover(plan, **me)
    with refused(NotPossible) as me:
        shelters.write_takeover(money, **whole, seen_version=2, **me)
    with refused(NotPossible) as me:
        shelters.change_funding(money, **MONEY, **me)


# -- holds and stays -------------------------------------------------------------------------------


def test_e2_a_bed_is_held_for_somebody_in_an_open_case_by_who_holds_it() -> None:
    where = house()
    with as_user("nigora") as by:
        case = contact(by, AT)
        share(case, by, "hotline-cases", "hadia", Category.CORE | Category.SERVICES)
    asked: dict[str, Any] = {"dossier": case.dossier, "people": [WOMAN]}
    with refused(NotPossible, "hadia") as me:
        shelters.hold(where.pk, **asked, **me)
    with refused(Invalid, "nigora", "people") as me:
        shelters.hold(where.pk, dossier=case.dossier, people=[], **me)
    with as_user("nigora") as by:
        hold = shelters.hold(where.pk, **asked, by=by, at=AT)
    with refused(Gone, "hadia") as me:
        shelters.release(hold, **me)


def test_e2_without_a_period_of_the_pack_the_end_of_a_hold_is_said(tmp_path: Path) -> None:
    where, old = house(), 'label_en = "Holding a bed"\nvalue = 3'
    with as_user("hadia") as by:
        dossier = case_of(by)
    unset = {PERIODS: (old, old.replace("3", '"unset"'))}
    with pack_with(tmp_path, unset), refused(Invalid, "hadia", "until") as me:
        shelters.hold(where.pk, dossier=dossier, people=[WOMAN], **me)


def test_e3_a_hold_whose_time_is_over_is_not_refused_any_more() -> None:
    where = house()
    with as_user("hadia") as by:
        hold = held(where, by=by, until=AT + timedelta(minutes=1))
    with refused(NotPossible) as me:
        shelters.refuse(hold, reason="no_staff_now", **me)


def test_e2_pressed_twice_at_the_door_takes_in_once() -> None:
    where = house()
    with as_user("shirin") as by:
        about: dict[str, Any] = {"dossier": case_of(by), "people": [WOMAN]}
        first = shelters.take_in(where, **about, by=by, at=AT)
        again = shelters.take_in(where, **about, by=by, at=AT, submission=first.pk)
        assert (again.pk, Hold.objects.count()) == (first.pk, 1)


def test_e2_nobody_moves_into_a_bed_that_is_not_in_use_or_leaves_before_coming() -> None:
    where = house(("1", 2, ""))
    with as_user("shirin") as by:
        hold = shelters.take_in(where, dossier=case_of(by), people=[WOMAN], by=by, at=LATER)
        stay = hold.stays.get()
        other = Bed.objects.exclude(pk=stay.bed_id).get()
    with refused(NotPossible, said="This lies before the arrival") as me:
        shelters.move(stay, bed=other, **me)
    with refused(NotPossible, said="This lies before the arrival") as me:
        shelters.leave(hold, outcome="hospital", **me)
    with as_user("shirin") as by:
        shelters.use_bed(other, in_use=False, by=by, at=LATER)
    with refused(NotPossible, said="This bed is not in use") as me:
        shelters.move(stay, bed=other, **{**me, "at": LATER + timedelta(hours=1)})
    with as_user("shirin") as by:
        gone = shelters.leave(hold, outcome="hospital", by=by, at=LATER + timedelta(hours=1))
        assert [one.outcome for one in gone] == ["hospital"], "it needs no plan of leaving"
