"""Many at the same moment, each over a connection of its own, as role ``app``."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import psycopg
from django.db import connections

from panoh.access.models import Dossier
from panoh.kernel.rules import NotPossible
from panoh.shelters import actions as shelters
from panoh.shelters import queries
from panoh.shelters.models import Funding, Hold
from tests.factories.clients import client_of, hidden
from tests.factories.houses import AT, WOMAN, case_of, house, wanted
from tests.factories.staff import as_user

Connect = Callable[[str], psycopg.Connection]
OPERATORS, BEDS, AT_ONCE = 200, 20, 40


def at_once(works: list[Callable[[], Any]], size: int = AT_ONCE) -> list[Any]:
    """Do all, ``size`` at the same moment; what each gave."""
    gate = Barrier(min(size, len(works)))

    def one(work: Callable[[], Any]) -> Any:
        try:
            gate.wait()
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(size) as pool:
        return [done.result() for done in [pool.submit(one, work) for work in works]]


def cases(name: str, count: int) -> list[Dossier]:
    with as_user(name) as by:
        return [case_of(by) for _ in range(count)]


def test_e2_two_hundred_operators_on_the_last_twenty_beds(fresh_db: str, connect: Connect) -> None:
    where = house(*((str(room), 4, "") for room in range(BEDS // 4)))
    house(("1", 1, ""), name="Far", district="tj_3501266", min_age=60)
    dossiers = cases("hadia", OPERATORS)

    def ask(dossier: Dossier) -> Callable[[], tuple[str, str]]:
        def work() -> tuple[str, str]:
            with as_user("hadia") as by:
                try:
                    made = shelters.hold(where.pk, dossier=dossier, people=[WOMAN], by=by, at=AT)
                except NotPossible as problem:
                    # Each learns why, and what else there is.
                    found = queries.find(wanted(region=where.region), at=AT)
                    return str(problem.message), found.reason
                return "", made.code

        return work

    answers = at_once([ask(one) for one in dossiers])
    held = [code for refused, code in answers if not refused]
    assert len(held) == BEDS
    told = Counter(answer for answer in answers if answer[0])
    assert [reason for _words, reason in told] == ["full"]
    assert sum(told.values()) == OPERATORS - BEDS
    owner = connect("owner")
    rows = owner.execute("SELECT count(*), count(DISTINCT bed_id) FROM shelters_stay").fetchone()
    assert rows == (BEDS, BEDS)
    # Those who came are let in, at the same moment too; then the rest of the holds end.
    with as_user("shirin"):
        holds = list(Hold.objects.order_by("pk"))
    soon = AT + timedelta(minutes=1)
    come, absent = holds[: BEDS // 2], holds[BEDS // 2 :]

    def let_in(hold: Hold) -> Callable[[], str]:
        def work() -> str:
            with as_user("shirin") as by:
                return str(shelters.admit(hold, by=by, at=soon).state)

        return work

    assert at_once([let_in(one) for one in come], len(come)) == ["admitted"] * len(come)
    with as_user("hadia"):
        after = max(one.until for one in absent)
        (offer,) = queries.free(wanted(region=where.region), at=after)
        assert offer.free == len(absent)


def test_e2_fifty_at_once_on_the_last_bed(fresh_db: str) -> None:
    where = house(("1", 1, ""))
    other = house(("1", 1, ""), name="Second", district="tj_3501266")
    dossiers = cases("hadia", 50)

    def ask(dossier: Dossier) -> Callable[[], tuple[bool, int]]:
        def work() -> tuple[bool, int]:
            with as_user("hadia") as by:
                try:
                    shelters.hold(where.pk, dossier=dossier, people=[WOMAN], by=by, at=AT)
                except NotPossible:
                    found = queries.find(wanted(region=where.region), at=AT)
                    return False, len([one for one in found.elsewhere if one.house == other.pk])
                return True, 0

        return work

    answers = at_once([ask(one) for one in dossiers], 50)
    assert Counter(answers) == {(True, 0): 1, (False, 1): 49}


def test_admit_release_refuse_at_the_same_moment_have_one_winner(fresh_db: str) -> None:
    where = house(("1", 1, ""))
    with as_user("hadia") as by:
        hold = shelters.hold(where.pk, dossier=case_of(by), people=[WOMAN], by=by, at=AT)
    later = AT + timedelta(minutes=1)

    def do(name: str, verb: Callable[..., Any], **given: Any) -> Callable[[], bool]:
        def work() -> bool:
            with as_user(name) as by:
                try:
                    verb(hold, by=by, at=later, **given)
                except NotPossible:
                    return False
                return True

        return work

    works = [
        do("shirin", shelters.admit),
        do("shirin", shelters.admit),
        do("hadia", shelters.release),
        do("shirin", shelters.refuse, reason="no_staff_now"),
    ]
    assert sum(at_once(works, len(works))) == 1


def test_a_double_click_is_one_hold(fresh_db: str) -> None:
    where = house()
    with as_user("hadia") as by:
        dossier = case_of(by)

    def ask() -> bool:
        with as_user("hadia") as by:
            try:
                shelters.hold(where.pk, dossier=dossier, people=[WOMAN], by=by, at=AT)
            except NotPossible:
                return False
            return True

    assert sum(at_once([ask] * 5, 5)) == 1


def test_a_form_sent_by_two_clicks_at_one_moment_is_saved_once(fresh_db: str) -> None:
    path = f"/beds/houses/{house().pk}/add/funding/"
    keepers = [client_of("shirin") for _click in range(3)]
    typed = {"payer": "Fictional donor", "kind": "donor", "since": AT.date(), "until": AT.date()}
    typed["once"] = hidden(keepers[0].get(path), "once")
    clicks: list[Callable[[], Any]] = [partial(keeper.post, path, typed) for keeper in keepers]
    assert [done.status_code for done in at_once(clicks)] == [302] * len(clicks)
    with as_user("shirin"):
        assert Funding.objects.count() == 1


def test_nobody_is_let_into_a_house_that_closes_at_this_moment(
    fresh_db: str, connect: Connect
) -> None:
    where = house()
    with as_user("hadia") as by:
        hold = shelters.hold(where.pk, dossier=case_of(by), people=[WOMAN], by=by, at=AT)
    with as_user("shirin") as by:
        shelters.begin_closing(where, by=by, at=AT)
    later = hold.until - timedelta(seconds=1)

    def come() -> bool:
        with as_user("shirin") as by:
            try:
                shelters.admit(hold, by=by, at=later)
            except NotPossible:
                return False
            return True

    def close() -> bool:
        with as_user("shirin") as by:
            try:
                shelters.close_house(where, by=by, at=hold.until)
            except NotPossible:
                return False
            return True

    at_once([come, close], 2)
    found = connect("owner").execute(
        "SELECT count(*) FROM shelters_house h JOIN shelters_bed b ON b.house_id = h.id "
        "JOIN shelters_stay s ON s.bed_id = b.id WHERE h.closed_at IS NOT NULL AND s.state = 'in'"
    )
    assert found.fetchone() == (0,)
