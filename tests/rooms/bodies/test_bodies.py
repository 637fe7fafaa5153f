"""Bodies, seats, places, the calendar of quarters, who coordinates, what survivors read."""

from datetime import date, timedelta
from typing import Any

import pytest

from panoh.access.models import Unit
from panoh.access.queries import acting
from panoh.bodies import actions as bodies
from panoh.bodies import queries
from panoh.bodies.models import Body, Item, Seat, Sitting, Vote
from panoh.bodies.rules import Standing
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from tests.factories import bodies as made
from tests.factories.bodies import DISTRICT, KEEPER, MORNING, OTHER, OTHER_DISTRICT, SECRETARY
from tests.factories.staff import ADMIN, NOW, as_user, new_account, team, user
from tests.house.test_letters import words_of

pytestmark = pytest.mark.django_db


def test_b3_a_matter_goes_to_its_district_else_the_region_else_the_country() -> None:
    country, local = made.national(), made.district()
    assert queries.body_for(DISTRICT, MORNING.date()) == local
    # The Districts of Republican Subordination have no regional commission: the level is absent.
    assert queries.body_for(OTHER_DISTRICT, MORNING.date()) == country
    region = policy.region_of(DISTRICT)
    assert region is not None
    place = {"kind": "territorial_commission", "level": "region", "place": region.code}
    above = made.body("region", made.desk("region-desk", SECRETARY), **place)
    neighbour = next(
        one.code for one in policy.places(2) if one.parent == region.code and one.code != DISTRICT
    )
    assert queries.body_for(neighbour, MORNING.date()) == above


def test_b3_without_any_body_the_answer_says_so() -> None:
    with pytest.raises(NotPossible, match="No body decides"):
        queries.body_for(DISTRICT, MORNING.date())


def test_b3_the_secretary_of_one_district_never_sees_another() -> None:
    here, there = made.district(), made.other_district()
    matters = [made.matter(here, number="0001"), made.matter(there, number="0002")]
    with as_user(OTHER) as by:
        bodies.call(there, starts_at=MORNING, by=by, at=NOW)
    with as_user(SECRETARY):
        assert [one.number for one in Item.objects.all()] == ["0001"]
        assert not Sitting.objects.exists()
        assert queries.my_bodies() == [here]
        with pytest.raises(Gone):
            queries.body_of(there.code)
        with pytest.raises(Gone):
            queries.item_of(there, matters[1].pk)
    with as_user(OTHER):
        assert [one.number for one in Item.objects.all()] == ["0002"]
    with as_user("nigora"):
        assert not Item.objects.exists(), "who tables reads an item only as a member"


def test_b3_one_body_decides_for_a_place() -> None:
    made.district()
    with pytest.raises(NotPossible, match="decides for this place"):
        made.body(
            "again",
            team("ngo-cases"),
            kind="territorial_commission",
            level="district",
            place=DISTRICT,
        )


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("kind", {"kind": "none"}),
        ("level", {"level": "district", "place": DISTRICT}),
        ("place", {"place": DISTRICT}),
        ("place", {"kind": "territorial_commission", "level": "district"}),
        ("place", {"kind": "territorial_commission", "level": "region", "place": DISTRICT}),
        ("place", {"kind": "territorial_commission", "level": "district", "place": "tj_none"}),
    ],
)
def test_a_body_stands_where_the_pack_lets_it(field: str, given: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        made.body("odd", team("ngo-cases"), **given)
    assert refusal.value.field == field


def test_rules_of_a_kind_are_copied_from_the_pack_and_marked_as_no_law() -> None:
    kind = policy.body_kinds()["national_commission"]
    body = made.national()
    assert (body.quorum_percent, body.majority_percent) == (50, 50)
    assert kind.target and not kind.verified and kind.source


def test_only_the_administration_founds_and_only_the_keeper_seats() -> None:
    body = made.national()
    with as_user(KEEPER) as by, pytest.raises(Refused):
        bodies.found(
            code="x",
            names={"en": "x"},
            kind="working_group",
            level="national",
            team=body.team,
            by=by,
            at=NOW,
        )
    with as_user("nigora") as by, pytest.raises(Refused):
        bodies.seat(body, title="x", side="ngo", user=by, since=made.SINCE, by=by, at=NOW)
    made.district()
    with as_user(SECRETARY) as by, pytest.raises(Gone):
        bodies.seat(body, title="x", side="ngo", user=by, since=made.SINCE, by=by, at=NOW)


def test_b1_a_term_that_is_over_ends_the_reading() -> None:
    body = made.national()
    with as_user("nigora"):
        assert body in queries.my_bodies()
    with as_user(KEEPER) as by:
        mine = Seat.objects.get(body=body, user=user("nigora"))
        bodies.change_seat(
            mine, until=date(2026, 2, 1), trained_on=None, alternate=None, by=by, at=NOW
        )
    with as_user("nigora"):
        assert queries.my_bodies() == []
        assert not Seat.objects.exists()


def test_h7_an_empty_quarter_shows_missed_and_open_decisions_go_on() -> None:
    body = made.body("dialogue", made.desk("national-desk", KEEPER), kind="dialogue")
    made.seat(body, KEEPER)
    row = made.opened(body, [KEEPER])
    with as_user(KEEPER) as by:
        bodies.resolve(
            row, text="Count anew", owner=body.team, due_on=date(2026, 4, 1), by=by, at=MORNING
        )
        bodies.close_minutes(row, by=by, at=MORNING + made.HOUR)
        found = queries.calendar(body, date(2026, 7, 2))
        assert [how for _quarter, how in found.rows] == [
            Standing.HELD,
            Standing.MISSED,
            Standing.TO_COME,
            Standing.TO_COME,
        ]
        assert [str(one) for one in found.missed] == ["2026/2"]
    later = made.called(body, starts_at=MORNING + timedelta(days=120))
    with as_user(KEEPER):
        agenda = queries.agenda(later, MORNING + timedelta(days=119))
        assert [one.text for one in agenda.resolutions] == ["Count anew"]


def test_b6_what_is_counted_is_read_by_who_counts_and_names_nobody() -> None:
    body = made.national()
    item = made.matter(body)
    row = made.opened(body)
    made.voted(item, made.ALL_FOR)
    with as_user(KEEPER) as by:
        bodies.settle_item(item, outcome="granted", by=by, at=MORNING)
        bodies.close_minutes(row, by=by, at=MORNING)
    with as_user("rustam"):
        found = [(one.kind, one.item_kind, one.outcome) for one in queries.happenings()]
        assert not Item.objects.exists()
        assert queries.without_sittings(date(2026, 4, 9)) == []
    assert sorted(found) == [
        ("decided", "application", "granted"),
        ("received", "application", ""),
        ("sat", "", ""),
    ]


def test_b12_moving_the_coordination_is_one_dated_change() -> None:
    ngo, clinic = team("ngo-cases"), team("clinic-cases")
    with as_user(ADMIN) as by:
        first = bodies.move_coordination(ngo.unit, since=date(2026, 1, 1), by=by, at=NOW)
    with as_user("nigora") as by:
        task = duties.open("coordination.task", owner=ngo, by=by, at=NOW)
    with as_user(ADMIN) as by:
        with pytest.raises(Invalid):
            bodies.move_coordination(clinic.unit, since=first.since, by=by, at=NOW)
        bodies.move_coordination(
            clinic.unit, since=date(2026, 3, 1), paper="000", by=by, at=MORNING
        )
    with as_user("mavluda"):
        assert Duty.objects.get(pk=task.pk).owner_id == clinic.pk, "open tasks move with it"
    with as_user("nigora"):
        assert not Duty.objects.filter(pk=task.pk).exists()
    # A letter of an earlier day keeps the earlier name.
    names: dict[date, Unit | None] = {
        day: queries.coordinator(day)
        for day in (date(2025, 12, 31), date(2026, 2, 28), date(2026, 3, 1))
    }
    assert list(names.values()) == [None, ngo.unit, clinic.unit]
    assert queries.coordinates(date(2025, 12, 31)) == policy.coordinator(date(2025, 12, 31)) != ""
    body = made.national()
    rows = [made.called(body, starts_at=MORNING - timedelta(days=ago)) for ago in (28, 0)]
    with as_user(KEEPER) as by:
        for row, here, absent in zip(rows, (ngo, clinic), (clinic, ngo), strict=True):
            given: dict[str, Any] = {"language": "en", "by": by, "at": MORNING}
            for made_one in (bodies.print_invitations, bodies.print_minutes):
                text = words_of(made_one(row, **given))
                line = text.split("Co-ordinates on that day: ")[1].splitlines()[0]
                assert str(here.unit) in line and str(absent.unit) not in line
    with as_user("nigora") as by, pytest.raises(Refused):
        bodies.move_coordination(ngo.unit, since=date(2026, 4, 1), by=by, at=NOW)


def council() -> Body:
    """A council of survivors that keeps its own papers."""
    unit = user(KEEPER).unit
    assert unit is not None
    new_account("chosen", unit, "sac", user(ADMIN))
    body = made.body("council", made.desk("council-desk", "chosen"), kind="survivor_council")
    made.seat(body, "chosen", "chosen", side="survivor", paid=True, title="Chosen name")
    return body


def test_b15_the_council_reads_no_case_and_its_names_are_chosen() -> None:
    council()
    permissions = user("chosen").permissions
    assert permissions == {"policy_read", "apart_read", "body_read", "body_keep"}
    assert policy.body_kinds()["survivor_council"].chosen_names
    assert not policy.unit_types()["survivor_council"].holds_cases


def test_b15_every_text_says_when_survivors_read_it_or_not_yet() -> None:
    body = council()
    assert queries.read_by_survivors("script", "consent") is None
    with as_user("chosen") as by:
        bodies.note_read(
            body, kind="script", code="consent", read_on=date(2026, 2, 2), by=by, at=MORNING
        )
        with pytest.raises(Invalid):
            bodies.note_read(
                body, kind="script", code="consent", read_on=date(2027, 2, 2), by=by, at=MORNING
            )
    assert queries.read_by_survivors("script", "consent") == date(2026, 2, 2)
    shown = queries.readings([("script", "consent", "Consent"), ("letter", "hold", "Hold")])
    assert [day for *_name, day in shown] == [date(2026, 2, 2), None]
    with as_user(KEEPER) as by, pytest.raises(Gone):
        bodies.note_read(
            body, kind="script", code="consent", read_on=date(2026, 2, 2), by=by, at=MORNING
        )


def test_acting_without_a_seat_opens_nothing() -> None:
    made.national()
    with acting(user("lola")):
        for model in (Seat, Sitting, Item, Vote):
            assert not model.objects.exists()
