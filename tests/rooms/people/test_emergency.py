"""Emergency access: who may, when, to what, how often, and what nobody learns from it."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, connections
from django.db.utils import DatabaseError, ProgrammingError
from django.test.utils import CaptureQueriesContext

from panoh.access import actions as access
from panoh.access.models import Dossier, Grant
from panoh.access.queries import by_ref, reaches
from panoh.audit import queries as audit
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.people import actions as people
from panoh.people import queries
from panoh.people.models import EmergencyCall, EmergencyRing
from panoh.people.rules.keys import Facts
from panoh.policy import queries as policy
from tests.factories.cases import give
from tests.factories.emergency import (
    REASON,
    ask,
    file_of_ngo,
    hotline,
    now,
    open_file,
    phones,
    wait_over,
)
from tests.factories.people import EXACT, PHONE, mark, named, opened
from tests.factories.staff import as_user, team, user

Connect = Callable[[str], psycopg.Connection]
WALL = "refused by the wall"
OPENS = Category.CONTACT | Category.SAFETY


def ring_of(call: EmergencyCall, who: str = "nigora") -> EmergencyRing | None:
    with as_user(who):
        return EmergencyRing.objects.filter(call_id=call.pk).first()


def owed(who: str) -> list[str]:
    with as_user(who):
        found = Duty.objects.filter(settled_at=None, kind__startswith="emergency.")
        return sorted(found.values_list("kind", flat=True))


def test_break_glass_belongs_to_the_roles_that_the_pack_names() -> None:
    have = {code for code, verbs in policy.roles().items() if "break_glass" in verbs}
    assert have == {"hot", "shl", "med", "chd"}


@pytest.mark.parametrize("who", ["nigora", "pulod", "latif", "rustam", "ibrohim", "firuz", "admin"])
def test_break_glass_is_refused_to_every_other_role(db: None, who: str) -> None:
    with as_user(who) as by, pytest.raises(Refused):
        people.ask(
            uuid4(),
            team=team("ngo-cases"),
            danger="danger",
            reason=REASON,
            ref="X",
            by=by,
            at=now(),
        )
    with pytest.raises(ProgrammingError, match=WALL), as_user(who), connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_ask_in_emergency(%s, 1, 'danger', 'x', 'x', 'X', '{}', '{}', '{}', "
            "interval '1 minute')",
            [uuid4()],
        )


def test_break_glass_needs_a_reason_and_something_to_look_for(db: None) -> None:
    dossier = file_of_ngo()
    for more in ({"reason": " ", "ref": dossier.ref}, {"ref": ""}):
        with pytest.raises(Invalid):
            ask(**more)


def test_break_glass_rings_the_holder_and_opens_contact_and_safety_only(
    fresh_db: str, connect: Connect
) -> None:
    dossier = file_of_ngo()
    call = ask(ref=dossier.ref)
    with as_user("nigora"):
        duty = Duty.objects.get(kind="emergency.ring")
        assert (duty.owner, duty.assigned_to) == (team("ngo-cases"), user("safar"))
        assert duty.due_at == call.opens_at
    with pytest.raises(NotPossible):
        open_file(call)
    wait_over(connect("owner"), call)
    assert open_file(call) == dossier
    assert phones(dossier, "hadia") == [PHONE]
    with as_user("hadia") as by:
        found = by_ref(dossier.ref)
        assert reaches(found) == OPENS
        with pytest.raises(Gone):
            queries.person(found, by=by, at=now())
        grant = Grant.objects.get(source="break_glass")
        assert grant.ends_at is not None
        assert round((grant.ends_at - grant.starts_at).total_seconds() / 3600) == 3
        assert queries.emergency_reason(EmergencyCall.objects.get()) == REASON
    assert owed("nigora") == ["emergency.tell"]
    with as_user("nigora"):
        events = [row.event for row in audit.who_saw(dossier.pk)]
    assert {"emergency.rung", "emergency.opened", "people.contact_read"} <= set(events)


def test_break_glass_is_passed_on_by_the_hotline_to_another_service(
    fresh_db: str, connect: Connect
) -> None:
    dossier = file_of_ngo()
    call = ask("mavluda", "clinic-cases", ref=dossier.ref)
    assert owed("hadia") == ["emergency.pass_on", "emergency.review"]
    wait_over(connect("owner"), call)
    with pytest.raises(ProgrammingError):
        open_file(call, "mavluda")
    assert open_file(call, "hadia") == dossier
    assert phones(dossier, "mavluda") == [PHONE]
    with pytest.raises(Gone):
        phones(dossier, "hadia")


def test_break_glass_ends_and_the_next_one_opens_again(fresh_db: str, connect: Connect) -> None:
    dossier = file_of_ngo()
    owner = connect("owner")
    for _time in range(2):
        call = ask(ref=dossier.ref)
        wait_over(owner, call)
        assert open_file(call) == dossier
        assert phones(dossier, "hadia") == [PHONE]
        ring = ring_of(call)
        assert ring is not None
        with as_user("nigora") as by:
            people.stop(ring, by=by, at=now())
        with pytest.raises(Gone):
            phones(dossier, "hadia")


def test_break_glass_is_shut_when_the_holder_answered(fresh_db: str, connect: Connect) -> None:
    dossier = file_of_ngo()
    call = ask(ref=dossier.ref)
    ring = ring_of(call)
    assert ring is not None
    with as_user("nigora") as by:
        with pytest.raises(Invalid):
            people.answer(ring, answer="refused", why="", by=by, at=now())
        people.answer(ring, answer="refused", why="He works at that line", by=by, at=now())
        with pytest.raises(NotPossible):
            people.answer(ring, answer="called_back", why="", by=by, at=now())
    wait_over(connect("owner"), call)
    assert open_file(call) is None
    with pytest.raises(Gone):
        phones(dossier, "hadia")


def sealed() -> str:
    return opened(sealed=True).ref


def excluded_unit() -> str:
    return _excluded("'unit', (SELECT id FROM access_unit WHERE code = 'hotline'), '', NULL")


def excluded_district() -> str:
    return _excluded("'district', NULL, 'tj_3501266', NULL")


def excluded_account() -> str:
    return _excluded("'account', NULL, '', (SELECT id FROM access_user WHERE username = 'hadia')")


EXCLUDE: list[psycopg.Connection] = []


def _excluded(values: str) -> str:
    dossier = named()
    EXCLUDE[0].execute(
        "INSERT INTO access_never (id, dossier_id, kind, unit_id, district, user_id) "
        f"VALUES (gen_random_uuid(), {dossier.pk}, {values})".encode()
    )
    return dossier.ref


def nobody() -> str:
    return "ZZZZZZZZZZ"


def answered() -> str:
    return named().ref


@pytest.mark.parametrize(
    "kind", [nobody, sealed, excluded_unit, excluded_district, excluded_account]
)
def test_break_glass_tells_nothing_of_what_it_does_not_open(
    fresh_db: str, connect: Connect, kind: Callable[[], str]
) -> None:
    """The same words, the same rows for the asker, the same statements as for a file there is."""
    owner = connect("owner")
    EXCLUDE[:] = [owner]
    dossier = file_of_ngo()
    ref = kind()
    told: list[Any] = []
    with as_user("hadia"):  # what is read once in a process is read
        pass
    for asked in (dossier.ref, ref):
        with CaptureQueriesContext(connection) as statements:
            call = ask(ref=asked)
        with as_user("hadia"):
            rows = {
                table: connection_rows(table, call)
                for table in ("people_emergencycall", "people_emergencyring", "duties_duty")
            }
        told.append((len(statements), rows))
    assert told[0] == told[1]
    assert ring_of(call) is None
    wait_over(owner, call)
    assert open_file(call) is None


def connection_rows(table: str, call: EmergencyCall) -> int:
    column = {"people_emergencycall": "id", "people_emergencyring": "call_id"}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} WHERE {column.get(table, 'subject_id')} = %s", [call.pk]
        )
        return int(cursor.fetchone()[0])


def test_break_glass_by_name_rings_one_who_agreed_and_tells_nothing(db: None) -> None:
    dossier = file_of_ngo()
    unknown = ask(facts=EXACT)
    assert ring_of(unknown) is None
    mark(dossier, "ring")
    call = ask(facts=EXACT)
    ring = ring_of(call)
    assert ring is not None
    assert ring.dossier_id == dossier.pk
    assert owed("hadia") == ["emergency.review", "emergency.review"]
    nothing = ask(facts=Facts(names=("Нест", "Афсонаев")))
    assert (nothing.opened_at, nothing.danger) == (call.opened_at, call.danger)


def test_break_glass_is_asked_three_times_a_month(fresh_db: str, connect: Connect) -> None:
    dossier = file_of_ngo()
    calls = [ask(ref=dossier.ref) for _time in range(3)]
    with pytest.raises(Refused):
        ask(ref=dossier.ref)
    with pytest.raises(DatabaseError, match=WALL), as_user("hadia"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_ask_in_emergency(%s, %s::int, 'danger', 'x', 'x', 'X', '{}', '{}', "
            "'{}', interval '1 minute')",
            [uuid4(), team("hotline-cases").pk],
        )
    wait_over(connect("owner"), calls[0], minutes=60 * 24 * 32)
    assert ask(ref=dossier.ref).opened_at is None


def test_break_glass_sent_twice_is_asked_once(db: None) -> None:
    dossier = file_of_ngo()
    with as_user("hadia") as by:
        same: dict[str, Any] = {
            "team": team("hotline-cases"),
            "danger": "danger",
            "reason": REASON,
        }
        key = uuid4()
        for _time in range(2):
            people.ask(key, ref=dossier.ref, by=by, at=now(), **same)
        assert EmergencyCall.objects.count() == 1


def test_break_glass_is_reviewed_by_somebody_else(db: None) -> None:
    hotline()
    call = ask("shirin", "shelter-cases", ref="ZZZZZZZZZZ")
    with as_user("shirin") as by, pytest.raises(Refused):
        people.review(call, review="right", by=by, at=now())
    with (
        pytest.raises(ProgrammingError, match=WALL),
        as_user("shirin"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT people_review_emergency(%s, 'right')", [call.pk])
    with pytest.raises(ProgrammingError, match=WALL), as_user("mavluda") as by:
        people.review(call, review="right", by=by, at=now())
    with as_user("hadia") as by:
        people.review(EmergencyCall.objects.get(), review="misuse", by=by, at=now())
        found = EmergencyCall.objects.get()
        assert (found.review, found.reviewed_by) == ("misuse", by)
    assert owed("hadia") == ["emergency.pass_on"]


def test_break_glass_without_a_hotline_opens_nothing(fresh_db: str, connect: Connect) -> None:
    dossier = named()
    call = ask(ref=dossier.ref)
    assert ring_of(call) is not None
    wait_over(connect("owner"), call)
    with pytest.raises(ProgrammingError):
        open_file(call)
    assert wraps(connect("owner")) == 0


def wraps(owner: psycopg.Connection) -> int:
    row = owner.execute(
        "SELECT count(*) FROM vault_datakeywrap WHERE offered = access_emergency_offer()"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_break_glass_and_the_holders_answer_at_the_same_moment(
    fresh_db: str, connect: Connect
) -> None:
    """Whoever comes first decides; the other one is told so and changes nothing."""
    dossier = file_of_ngo()
    call = ask(ref=dossier.ref)
    wait_over(connect("owner"), call)
    ring = ring_of(call)
    assert ring is not None
    answering, waiting, found = Event(), Event(), []

    def other() -> None:
        try:
            answering.wait()
            waiting.set()
            found.append(open_file(call))
        finally:
            connections.close_all()

    thread = Thread(target=other, daemon=True)
    thread.start()
    with as_user("nigora") as by:
        people.answer(ring, answer="called_back", why="", by=by, at=now())
        answering.set()
        waiting.wait()
    thread.join()
    assert found == [None]
    with pytest.raises(Gone):
        phones(dossier, "hadia")


def test_break_glass_holder_is_too_late_after_it_opened(fresh_db: str, connect: Connect) -> None:
    call = ask(ref=file_of_ngo().ref)
    wait_over(connect("owner"), call)
    assert open_file(call) is not None
    ring = ring_of(call)
    assert ring is not None
    with as_user("nigora") as by, pytest.raises(NotPossible):
        people.answer(ring, answer="called_back", why="", by=by, at=now())


def test_a_member_without_the_right_to_settle_neither_answers_nor_stops_it(fresh_db: str) -> None:
    ring = ring_of(ask(ref=file_of_ngo().ref))
    assert ring is not None
    with as_user("admin") as by:
        access.dismiss(user=user("safar"), role="soc", by=by, at=now())
    with as_user("safar") as by:
        with pytest.raises(Refused):
            people.answer(ring, answer="called_back", why="", by=by, at=now())
        with pytest.raises(Refused):
            people.stop(ring, by=by, at=now())
    with as_user("nigora"):
        assert EmergencyRing.objects.get().answered_at is None


@pytest.mark.parametrize("who", ["shirin", "hadia"])
def test_break_glass_is_answered_and_stopped_by_the_holder_alone(
    fresh_db: str, connect: Connect, who: str
) -> None:
    """Neither who reads the file with a grant nor who opened it in an emergency."""
    dossier = file_of_ngo()
    with as_user("nigora") as by:
        give(dossier, by, "shelter-cases", "shirin", Category.CORE)
    call = ask(ref=dossier.ref)
    ring = ring_of(call)
    assert ring is not None
    wait_over(connect("owner"), call)
    open_file(call)
    with as_user(who) as by:
        with pytest.raises(Gone):
            people.answer(ring, answer="called_back", why="", by=by, at=now())
        with pytest.raises(Gone):
            people.stop(ring, by=by, at=now())
    assert phones(dossier, "hadia") == [PHONE], "it goes on"
    with as_user("nigora") as by:
        assert EmergencyRing.objects.get().answered_at is None
        people.stop(ring, by=by, at=now())
    with as_user("hadia"):
        assert not Dossier.objects.filter(pk=dossier.pk).exists()
