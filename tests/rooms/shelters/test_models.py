"""What the database itself keeps, whatever the program does; all of it as role ``app``."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from panoh.access.models import Dossier
from panoh.shelters import actions as shelters
from panoh.shelters.models import Bed, Hold, House
from panoh.shelters.rules import Guest
from tests.factories.houses import AT, LATER, WOMAN, case_of, held, house
from tests.factories.staff import as_user, team, user
from tests.rooms.access.test_models import act

Connect = Callable[[str], psycopg.Connection]
MARKS = ("shelters_hold", "shelters_stay", "shelters_house", "shelters_room", "shelters_bed")
STAY = (
    "INSERT INTO shelters_stay (id, dossier_id, hold_id, team_id, bed_id, who, sex, state, during,"
    " until, admitted_at, outcome) VALUES (%s, %s, %s, 0, %s, %s, 'woman', %s, %s, %s, %s, '')"
)


class Night:
    """A house with one bed that is held, and a second case of the hotline without a bed."""

    def __init__(self) -> None:
        self.house = house(("1", 1, ""), ("2", 1, ""))
        with as_user("hadia") as by:
            self.hold = held(self.house, by=by)
            self.other = case_of(by)
            self.stay = self.hold.stays.get()

    def hold_of_other(self, app: psycopg.Connection) -> Any:
        """A hold in the same house for the second case, written past the program."""
        key = uuid4()
        app.execute(
            "INSERT INTO shelters_hold (id, dossier_id, house_id, team_id, code, people, district,"
            " situation, care, language, state, placed_at, placed_by_id, until) VALUES (%s, %s, %s,"
            " 0, 'AAAAA', 1, '', '', '{}', '', 'held', %s, %s, %s)",
            [key, self.other.pk, self.house.pk, AT, user("hadia").pk, self.hold.until],
        )
        return key


@pytest.fixture
def night(fresh_db: str) -> Night:
    return Night()


@pytest.fixture
def app(connect: Connect) -> Iterator[psycopg.Connection]:
    with connect("app") as connection, connection.transaction(force_rollback=True):
        yield connection


def as_hotline(app: psycopg.Connection) -> None:
    act(app, user("hadia").pk, team("hotline-cases").pk)


def as_house(app: psycopg.Connection) -> None:
    act(app, user("shirin").pk, team("shelter-cases").pk)


def test_e2_no_bed_is_given_twice_whatever_is_written(
    night: Night, app: psycopg.Connection
) -> None:
    as_hotline(app)
    key = night.hold_of_other(app)
    given = [uuid4(), night.other.pk, key, night.stay.bed_id, 1, "held"]
    for during in (f"[{AT},{night.hold.until})", f"[{LATER},)", f"[{LATER},{LATER}]"):
        with pytest.raises((errors.ExclusionViolation, errors.CheckViolation)), app.transaction():
            app.execute(STAY, [*given, during, night.hold.until, None])
    # The moment after the hold is nobody's.
    with app.transaction():
        after = f"[{night.hold.until},2099-01-01)"
        app.execute(STAY, [*given, after, "2099-01-01", None])


def test_e2_a_hold_is_not_confirmed_after_its_end_even_past_the_program(
    night: Night, app: psycopg.Connection
) -> None:
    as_house(app)
    late = "UPDATE shelters_stay SET state = 'in', during = tstzrange(lower(during), NULL), "
    with pytest.raises(errors.CheckViolation), app.transaction():
        app.execute(late + "admitted_at = until")
    with pytest.raises(errors.CheckViolation), app.transaction():
        app.execute(late + "admitted_at = NULL")
    with pytest.raises(errors.IntegrityConstraintViolation), app.transaction():
        app.execute(late + "until = 'infinity', admitted_at = now()")
    with app.transaction():
        app.execute(late + "admitted_at = until - interval '1 second'")


def test_who_holds_the_case_admits_nobody(night: Night, app: psycopg.Connection) -> None:
    as_hotline(app)
    came = "UPDATE shelters_stay SET state = 'in', during = tstzrange(lower(during), NULL), "
    with pytest.raises(errors.InsufficientPrivilege), app.transaction():
        app.execute(came + "admitted_at = %s", [LATER])
    key = night.hold_of_other(app)
    with as_user("shirin"):
        bed = Bed.objects.exclude(pk=night.stay.bed_id).get().pk
    with pytest.raises(errors.InsufficientPrivilege), app.transaction():
        app.execute(
            STAY, [uuid4(), night.other.pk, key, bed, 1, "in", f"[{AT},)", night.hold.until, LATER]
        )


def test_rows_stay_what_they_were(night: Night, app: psycopg.Connection) -> None:
    as_house(app)
    other = house(name="Other")
    with as_user("shirin"):
        foreign = Bed.objects.filter(house=other).first()
    assert foreign is not None
    for change in (
        f"UPDATE shelters_stay SET bed_id = {foreign.pk}",
        "UPDATE shelters_stay SET who = 2",
        "UPDATE shelters_stay SET during = tstzrange(lower(during) - interval '1 day', NULL)",
        "UPDATE shelters_hold SET until = until + interval '1 day'",
        f"UPDATE shelters_hold SET house_id = '{other.pk}'",
        f"UPDATE shelters_bed SET house_id = '{other.pk}' WHERE house_id = '{night.house.pk}'",
        "UPDATE shelters_house SET team_id = team_id + 1",
    ):
        wrong = (errors.IntegrityError, errors.InsufficientPrivilege)
        with pytest.raises(wrong), app.transaction():
            app.execute(change.encode())


def test_a_bed_of_another_house_or_case_is_refused(night: Night, app: psycopg.Connection) -> None:
    other = house(name="Other")
    with as_user("shirin"):
        foreign = Bed.objects.filter(house=other).first()
    assert foreign is not None
    as_hotline(app)
    key = night.hold_of_other(app)
    rest = [1, "held", f"[{AT},{night.hold.until})", night.hold.until, None]
    for dossier, bed in ((night.other.pk, foreign.pk), (night.hold.dossier_id, foreign.pk)):
        with pytest.raises(errors.IntegrityConstraintViolation), app.transaction():
            app.execute(STAY, [uuid4(), dossier, key, bed, *rest])


def test_e4_a_house_is_not_closed_over_its_residents(night: Night, app: psycopg.Connection) -> None:
    with as_user("shirin") as by:
        shelters.admit(night.hold, by=by, at=LATER)
    as_house(app)
    close = "UPDATE shelters_house SET closing_at = now(), closed_at = now()"
    with pytest.raises(errors.CheckViolation), app.transaction():
        app.execute(close)
    app.execute("UPDATE shelters_house SET closing_at = now()")
    as_hotline(app)
    with pytest.raises(errors.CheckViolation), app.transaction():
        night.hold_of_other(app)


READERS = {
    "hadia": ({"hotline-cases"}, True, True),
    "shirin": ({"shelter-cases"}, True, True),
    # Police, prosecutors, commissions, the fund, a lawyer: nothing, in whatever team they are.
    "pulod": ({"hotline-cases", "shelter-cases"}, False, False),
    "ibrohim": ({"hotline-cases", "shelter-cases"}, False, False),
    "rustam": ({"hotline-cases", "shelter-cases"}, False, False),
    "firuz": ({"hotline-cases", "shelter-cases"}, False, False),
    "latif": ({"hotline-cases", "shelter-cases"}, False, False),
    # Another team, the shelter next door.
    "nigora": ({"ngo-cases"}, False, False),
    "mavluda": ({"clinic-cases"}, False, False),
}


@pytest.mark.parametrize("name", READERS)
def test_e2_a_stay_is_known_to_the_house_and_to_who_held_the_bed(
    night: Night, app: psycopg.Connection, name: str
) -> None:
    teams, knows, knows_house = READERS[name]
    act(app, user(name).pk, *(team(one).pk for one in teams))
    for table in ("shelters_hold", "shelters_stay"):
        found = app.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert found == (int(knows),), table
    owed = app.execute("SELECT count(*) FROM duties_duty WHERE kind LIKE 'bed.%'").fetchone()
    # The house expects them; for the holder it keeps the case open.
    assert owed == (int(name in {"shirin", "hadia"}),)
    if "shelter-cases" not in teams:
        houses = app.execute("SELECT count(*) FROM shelters_house").fetchone()
        assert houses == (int(knows_house),)


def test_e2_the_house_is_forgotten_with_the_hold(night: Night, app: psycopg.Connection) -> None:
    with as_user("hadia") as by:
        shelters.release(night.hold, by=by, at=LATER)
    as_hotline(app)
    assert app.execute("SELECT count(*) FROM shelters_house").fetchone() == (0,)
    assert app.execute("SELECT count(*) FROM shelters_room").fetchone() == (0,)
    assert app.execute("SELECT count(*) FROM shelters_bed").fetchone() == (0,)


@pytest.mark.parametrize("name", ["pulod", "ibrohim", "firuz", "latif"])
def test_e2_outsiders_ask_for_a_region_and_learn_yes_or_no(
    night: Night, app: psycopg.Connection, name: str
) -> None:
    act(app, user(name).pk)
    for call in (
        "SELECT * FROM shelters_places(NULL, '', '', now())",
        f"SELECT * FROM shelters_pick('{night.house.pk}', {night.other.pk}, 'woman', 1, now())",
    ):
        with pytest.raises(errors.InsufficientPrivilege), app.transaction():
            app.execute(call.encode())
    ask = "SELECT shelters_any(%s, %s, 30, 30)"
    assert app.execute(ask, [night.house.region, "woman"]).fetchone() == (True,)
    assert app.execute(ask, [night.house.region, "man"]).fetchone() == (False,)
    assert app.execute(ask, ["tj_nowhere", "woman"]).fetchone() == (False,)


def test_a_house_asks_and_holds_for_no_case_that_it_was_not_let_into(
    night: Night, app: psycopg.Connection
) -> None:
    """Else it would learn reference, holder and whom the person excludes of any case by number."""
    as_house(app)
    with pytest.raises(errors.InsufficientPrivilege), app.transaction():
        night.hold_of_other(app)
    for call in (
        f"SELECT * FROM shelters_places({night.other.pk}, '', '', now())",
        f"SELECT * FROM shelters_pick('{night.house.pk}', {night.other.pk}, 'woman', 1, now())",
    ):
        with pytest.raises(errors.InsufficientPrivilege), app.transaction():
            app.execute(call.encode())


def test_nothing_is_told_without_a_context(night: Night, app: psycopg.Connection) -> None:
    for table in MARKS:
        assert app.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,)
    with pytest.raises(errors.InsufficientPrivilege), app.transaction():
        app.execute("SELECT * FROM shelters_places(NULL, '', '', now())")
    assert app.execute("SELECT * FROM shelters_lock(%s)", [night.hold.pk]).fetchall() == []


def test_a_family_member_cannot_have_two_beds_at_once(
    night: Night, app: psycopg.Connection
) -> None:
    as_hotline(app)
    with as_user("shirin"):
        bed = Bed.objects.exclude(pk=night.stay.bed_id).get().pk
    values = [uuid4(), night.hold.dossier_id, night.hold.pk, bed, 1, "held"]
    with pytest.raises(errors.ExclusionViolation), app.transaction():
        app.execute(STAY, [*values, f"[{AT},{night.hold.until})", night.hold.until, None])


def test_models_name_what_they_are(night: Night) -> None:
    with as_user("shirin"):
        assert str(House.objects.get()) == str(night.house.pk)
        assert str(Hold.objects.get()) == str(night.hold.pk)
    assert isinstance(night.other, Dossier)
    assert Guest("woman", (30, 30)) == WOMAN
