"""Hold, admit, move, leave, release, refuse: what each does, and what it never does."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.translation import override

from panoh.access import actions as access
from panoh.audit import queries as audit
from panoh.directory import queries as directory
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, Invalid, NotPossible, Refused
from panoh.shelters import actions as shelters
from panoh.shelters import queries
from panoh.shelters.models import Bed, Hold, House, Refusal, Stay
from panoh.shelters.rules import Guest, HoldState, StayState
from tests.factories.cases import contact
from tests.factories.houses import AT, LATER, REGION, WOMAN, case_of, held, house, wanted
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


GIRL, SON = Guest("woman", (8, 8)), Guest("man", (14, 14))


def owed(name: str, kind: str) -> list[Duty]:
    with as_user(name):
        return list(Duty.objects.filter(kind=kind, settled_at=None))


def test_e2_a_bed_is_held_admitted_and_left_in_one_row() -> None:
    where = house()
    with as_user("hadia") as by:
        hold = held(where, by=by)
        assert (hold.state, hold.people, hold.team.name) == ("held", 1, "shelter-cases")
        assert House.objects.get(pk=where.pk).name == "Fictional Blue House"
        stay_id = hold.stays.get().pk
    assert len(owed("shirin", "bed.expected")) == 1
    with as_user("shirin") as by:
        shelters.admit(hold, by=by, at=LATER)
        stay = Stay.objects.get(pk=stay_id)
        assert (stay.state, stay.admitted_at, stay.during.upper) == ("in", LATER, None)
        gone_at = LATER + timedelta(days=3)
        shelters.leave(hold, outcome="hospital", by=by, at=gone_at)
        stay = Stay.objects.get(pk=stay_id)
        assert (stay.state, stay.during.upper, stay.outcome) == ("left", gone_at, "hospital")
        assert Hold.objects.get(pk=hold.pk).state == HoldState.ENDED
    assert owed("shirin", "bed.expected") == []
    with as_user("hadia"):
        assert [one.pk for one in queries.stays_on(hold.dossier)] == [stay_id]


def test_e2_a_family_is_kept_together_all_or_none() -> None:
    where = house(("small", 2, ""), ("large", 3, ""))
    with as_user("hadia") as by:
        hold = held(where, WOMAN, GIRL, GIRL, by=by)
        assert hold.stays.count() == 3
        with pytest.raises(NotPossible, match="not enough beds"):
            held(where, WOMAN, GIRL, GIRL, by=by)
        assert Hold.objects.count() == 1
        assert Stay.objects.count() == 3
    with as_user("shirin"):
        rooms = {bed.room.name for bed in Bed.objects.filter(pk__in=hold.stays.values("bed"))}
    assert rooms == {"large"}


def test_e2_an_expired_hold_frees_the_bed_by_itself() -> None:
    where = house(("1", 1, ""))
    until = AT + timedelta(minutes=3)
    with as_user("hadia") as by:
        first = held(where, by=by, until=until)
        with pytest.raises(NotPossible):
            held(where, by=by, at=until - timedelta(seconds=1))
        second = held(where, by=by, at=until)
        assert second.stays.get().bed_id == first.stays.get().bed_id
    with as_user("shirin") as by, pytest.raises(NotPossible, match="ended before they came"):
        shelters.admit(first, by=by, at=until)
    with as_user("shirin") as by:
        shelters.admit(second, by=by, at=until + timedelta(minutes=1))


def test_a_hold_cannot_be_longer_than_the_pack_allows_nor_begin_in_the_past() -> None:
    where = house()
    with as_user("hadia") as by:
        for until in (AT, AT - timedelta(hours=1), AT + timedelta(days=3)):
            with pytest.raises(Invalid):
                held(where, by=by, until=until)


def test_a_double_click_holds_once_and_one_person_is_held_once() -> None:
    where, mark = house(), uuid4()
    with as_user("hadia") as by:
        dossier = case_of(by)
        first = held(where, by=by, dossier=dossier, submission=mark)
        assert held(where, by=by, dossier=dossier, submission=mark).pk == first.pk
        with pytest.raises(NotPossible, match="held for this person already"):
            held(where, by=by, dossier=dossier)
        shelters.release(first, by=by, at=LATER)
        assert held(where, by=by, dossier=dossier, at=LATER).pk != first.pk


def test_release_frees_the_bed_at_that_moment_and_not_twice() -> None:
    where = house(("1", 1, ""))
    with as_user("hadia") as by:
        hold = held(where, by=by)
        assert queries.free(wanted(), at=LATER) == []
        shelters.release(hold, by=by, at=LATER)
        assert [one.house for one in queries.free(wanted(), at=LATER)] == [where.pk]
        with pytest.raises(NotPossible):
            shelters.release(hold, by=by, at=LATER)
    assert owed("shirin", "bed.expected") == []
    with as_user("shirin") as by, pytest.raises(NotPossible):
        shelters.admit(hold, by=by, at=LATER)


def test_e3_a_refusal_has_a_coded_reason_and_is_counted() -> None:
    where = house(("1", 1, ""))
    with as_user("hadia") as by:
        hold = held(where, by=by, criteria=wanted(district="tj_3505401"))
    for reason in ("", "no_such_reason", "none_in_district"):
        with as_user("shirin") as by, pytest.raises(Invalid):
            shelters.refuse(hold, reason=reason, by=by, at=LATER)
    with as_user("shirin") as by:
        assert Refusal.objects.count() == 0
        shelters.refuse(hold, reason="not_safe_here", by=by, at=LATER)
        row = Refusal.objects.get()
        assert (row.reason, row.sex, row.district) == ("not_safe_here", "woman", "tj_3505401")
        assert queries.refusals_by("reason", "sex") == [
            {"reason": "not_safe_here", "sex": "woman", "count": 1}
        ]
        counted = directory.unmet_by("service", "reason", "sex", "district")
    assert counted == [
        {
            "service": "bed",
            "reason": "not_safe_here",
            "sex": "woman",
            "district": "tj_3505401",
            "count": 1,
        }
    ]
    assert len(owed("hadia", "bed.refused")) == 1
    with as_user("hadia"):
        assert queries.free(wanted(), at=LATER)


def test_e2_a_full_house_says_why_and_what_else_there_is() -> None:
    house(("1", 1, ""), name="A", min_age=60)
    far = house(("1", 1, ""), name="B", district="tj_3501266")
    with as_user("hadia") as by:
        asked = wanted(region=REGION, district="tj_3505401")
        found = queries.find(asked, at=AT)
        assert (found.offers, found.reason) == ([], "does_not_admit")
        assert [one.house for one in found.elsewhere] == [far.pk]
        assert shelters.count_unmet(asked, reason=found.reason, by=by, at=AT)
        assert not shelters.count_unmet(asked, reason=found.reason, by=by, at=AT)
        full = house(("1", 1, ""), name="C")
        held(full, by=by)
        assert queries.find(asked, at=AT).reason == "full"


def test_beds_are_counted_by_whose_room_it_is() -> None:
    rooms = (("1", 2, ""), ("2", 3, "woman"), ("3", 4, "man"))
    house(*rooms, sexes=["woman", "man", "own_words"])
    with as_user("hadia"):
        for sex, count in (("woman", 5), ("man", 6), ("own_words", 2)):
            (offer,) = queries.free(wanted(Guest(sex, (30, 30))), at=LATER)
            assert offer.free == count


def test_move_is_another_bed_of_the_same_house() -> None:
    where = house(("1", 2, ""))
    with as_user("hadia") as by:
        hold = held(where, by=by)
        other = held(where, by=by)
    with as_user("shirin") as by:
        shelters.admit(hold, by=by, at=AT + timedelta(seconds=1))
        taken = Bed.objects.get(pk=other.stays.get().bed_id)
        with pytest.raises(NotPossible, match="taken at this moment"):
            shelters.move(hold.stays.get(), bed=taken, by=by, at=LATER)
        assert hold.stays.get().state == StayState.IN
    with as_user("hadia") as by:
        shelters.release(other, by=by, at=LATER)
    with as_user("shirin") as by:
        made = shelters.move(hold.stays.get(), bed=taken, by=by, at=LATER)
        assert (made.state, made.bed_id) == ("in", taken.pk)
        board = queries.board(where, LATER)
        assert (board.beds, board.free) == (2, 1)
        shelters.leave(hold, outcome="hospital", by=by, at=LATER + timedelta(hours=1))
        assert {one.state for one in hold.stays.all()} == {"moved", "left"}


def test_part_of_a_family_may_leave_first() -> None:
    where = house()
    with as_user("hadia") as by:
        hold = held(where, WOMAN, GIRL, by=by)
    with as_user("shirin") as by:
        shelters.admit(hold, by=by, at=AT + timedelta(seconds=1))
        shelters.leave(hold, outcome="hospital", who=[2], by=by, at=LATER)
        assert Hold.objects.get(pk=hold.pk).state == HoldState.ADMITTED
        with pytest.raises(NotPossible):
            shelters.leave(hold, outcome="hospital", who=[2], by=by, at=LATER)
        with pytest.raises(Invalid):
            shelters.leave(hold, outcome="", by=by, at=LATER)
        shelters.leave(hold, outcome="hospital", by=by, at=LATER)
        assert Hold.objects.get(pk=hold.pk).state == HoldState.ENDED


def test_nobody_lives_in_two_houses_but_may_be_expected_in_the_next() -> None:
    one, two = house(name="A"), house(name="B")
    with as_user("hadia") as by:
        first = held(one, by=by)
    with as_user("shirin") as by:
        shelters.admit(first, by=by, at=AT + timedelta(seconds=1))
    with as_user("hadia") as by:
        second = held(two, by=by, dossier=first.dossier, at=LATER)
    soon = LATER + timedelta(minutes=5)
    with as_user("shirin") as by, pytest.raises(NotPossible):
        shelters.admit(second, by=by, at=soon)
    with as_user("shirin") as by:
        shelters.leave(first, outcome="hospital", by=by, at=soon)
        shelters.admit(second, by=by, at=soon)


def test_somebody_at_the_door_is_taken_in_at_once() -> None:
    where = house(("1", 1, ""))
    with as_user("shirin") as by:
        dossier = case_of(by)
        hold = shelters.take_in(where, dossier=dossier, people=[WOMAN], by=by, at=AT)
        assert (hold.state, hold.stays.get().state) == ("admitted", "in")
        with pytest.raises(NotPossible):
            shelters.take_in(where, dossier=case_of(by), people=[WOMAN], by=by, at=AT)


def test_only_the_house_admits_and_only_the_holder_lets_go() -> None:
    where = house()
    with as_user("hadia") as by:
        hold = held(where, by=by)
        with pytest.raises(Refused):
            shelters.admit(hold, by=by, at=LATER)
    with as_user("nigora") as by:
        with pytest.raises(Gone):
            shelters.admit(hold, by=by, at=LATER)
        with pytest.raises(Gone):
            shelters.release(hold, by=by, at=LATER)
    with as_user("shirin") as by, pytest.raises(Gone):
        shelters.release(hold, by=by, at=LATER)
    with as_user("pulod") as by:
        own = contact(by, in_team="police-cases").dossier
        with pytest.raises(Refused):
            shelters.hold(where.pk, dossier=own, people=[WOMAN], by=by, at=AT)


def test_whom_the_person_excludes_is_not_offered() -> None:
    where = house()
    with as_user("hadia") as by:
        dossier = case_of(by)
        unit = team("shelter-cases").unit
        access.exclude(dossier, kind="unit", unit=unit, by=by, at=AT)
        assert queries.free(wanted(), at=AT, dossier=dossier) == []
        assert queries.free(wanted(), at=AT)
        with pytest.raises(NotPossible):
            held(where, by=by, dossier=dossier)


def test_every_verb_is_recorded_without_the_case() -> None:
    """The log of a case must not tell a holder of the law where somebody sleeps."""
    where = house()
    with as_user("hadia") as by:
        hold = held(where, by=by)
    with as_user("shirin") as by:
        shelters.admit(hold, by=by, at=LATER)
        shelters.leave(hold, outcome="hospital", by=by, at=LATER + timedelta(days=1))
    with as_user("hadia"):
        events = {one.event for one in audit.who_saw(hold.dossier_id)}
    assert events
    assert not {one for one in events if one.startswith(("bed.", "stay."))}
