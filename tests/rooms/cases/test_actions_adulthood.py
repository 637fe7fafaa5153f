"""Coming of age, at work as the role of background jobs: only the own word counts from then on."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection

from panoh.access.models import Dossier
from panoh.access.queries import advocate_grant
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Guardian
from panoh.cases.rules import Branch
from panoh.consent.models import Decision
from panoh.consent.rules import Standing
from panoh.duties.models import Duty
from panoh.kernel.rules import Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.rules import ALWAYS
from tests.factories.cases import at_work, contact
from tests.factories.children import advocate, child, decided, proposed
from tests.factories.referrals import NOW, answer, drafted, later
from tests.factories.staff import as_user, team
from tests.harness import cluster


@contextmanager
def as_jobs() -> Iterator[None]:
    """Work as the role of background jobs."""
    database = connection.settings_dict
    before = {key: database[key] for key in ("USER", "PASSWORD")}
    connection.close()
    database.update(USER="jobs", PASSWORD=cluster().password("jobs"))
    try:
        yield
    finally:
        connection.close()
        database.update(before)


def clock(at: datetime) -> int:
    with as_jobs():
        return cases.come_of_age(at=at)


def birthday(days: int) -> date:
    """The birthday of somebody who comes of age in so many days; the day before, where the year
    of birth has no 29th of February."""
    on = policy.local_day(later(days=days))
    born = on.year - policy.number("child_until_age")
    return on.replace(year=born, day=min(on.day, monthrange(born, on.month)[1]))


def shared(**answers: Any) -> Dossier:
    """A child whose file the shelter reads, with an advocate and a guardian found safe."""
    with as_user("nigora") as by:
        dossier = child(by, **answers).dossier
        advocate(dossier, by=by)
        aunt = cases.add_guardian(dossier, relation="uncle_or_aunt", name="", by=by, at=NOW)
        sure: dict[str, Any] = {"trust": "presumed_safe", "reason": "Дидам", "at": NOW}
    with as_user("latif") as by:
        cases.check_guardian(aunt, by=by, **sure)
    decided(dossier)
    with as_user("nigora") as by:
        request = referrals.send(drafted(dossier, by=by, categories=ALWAYS), by=by, at=NOW)
    with as_user("shirin") as by:
        referrals.accept(request, by=by, at=NOW)
    return dossier


def test_c13_on_the_day_what_others_decided_ends_and_consent_is_asked_anew(fresh_db: str) -> None:
    dossier = shared()
    with as_user("nigora") as by:
        row = cases.expect_adult(dossier, born=birthday(3), by=by, at=NOW)
        assert row.on == policy.local_day(later(days=3))
    assert clock(later(days=2)) == 0
    with as_user("shirin"):
        assert Dossier.objects.filter(pk=dossier.pk).exists()
    the_day = policy.pack().calendar.end_of(policy.local_day(later(days=3)))
    assert clock(the_day) == 1
    assert clock(the_day + timedelta(days=1)) == 0
    for stranger in ("shirin", "latif"):
        with as_user(stranger):
            assert not Dossier.objects.filter(pk=dossier.pk).exists()
    with as_user("nigora") as by:
        case = queries.case_of(dossier)
        assert (case.age_branch, case.age_band) == (Branch.ADULT, "age_18_20")
        assert Decision.objects.get().state == Standing.ENDED
        assert Guardian.objects.get().ended_at == the_day
        assert advocate_grant(dossier) is None
        kinds = [duty.kind for duty in Duty.objects.unsettled().filter(dossier=dossier)]
        assert kinds.count("child.ask_anew") == 1
        assert "child.advocate" not in kinds
        with pytest.raises(NotPossible):
            cases.tell_guardian(
                Guardian.objects.get(), categories=ALWAYS, text="", by=by, at=the_day
            )
        with pytest.raises(NoConsent):
            referrals.send(drafted(dossier, by=by, categories=ALWAYS), by=by, at=NOW)
        answer(dossier, team("shelter-cases"), by=by, categories=ALWAYS)
        referrals.send(drafted(dossier, by=by, categories=ALWAYS), by=by, at=NOW)


def test_c13_with_a_year_only_the_age_is_unknown_first_and_adult_the_year_after(
    fresh_db: str,
) -> None:
    year = policy.local_day(NOW).year - policy.number("child_until_age")
    dossier = shared(birth_year=year + 1, age_branch="child")
    first = datetime(policy.local_day(NOW).year + 1, 1, 2, 6, tzinfo=NOW.tzinfo)
    assert clock(first - timedelta(days=3)) == 0
    assert clock(first) == 1
    with as_user("nigora"):
        case = queries.case_of(dossier)
        assert (case.age_branch, case.age_band) == (Branch.UNKNOWN, "")
        assert Decision.objects.get().state == Standing.SIGNED
        assert Duty.objects.unsettled().filter(kind="child.ask_anew").count() == 1
    assert clock(first) == 0
    assert clock(first.replace(year=first.year + 1)) == 1
    with as_user("nigora"):
        assert queries.case_of(dossier).age_branch == Branch.ADULT
        assert Decision.objects.get().state == Standing.ENDED
        assert Duty.objects.unsettled().filter(kind="child.ask_anew").count() == 1


def test_c13_an_age_corrected_by_hand_ends_decisions_too(fresh_db: str) -> None:
    dossier = shared()
    with as_user("nigora") as by:
        version = queries.case_of(dossier).version
        changes = {"age_branch": "adult", "age_band": "age_21_29"}
        cases.change(dossier, changes=changes, seen_version=version, by=by, at=NOW)
    clock(NOW)
    with as_user("nigora"):
        assert Decision.objects.get().state == Standing.ENDED
    with as_user("shirin"):
        assert not Dossier.objects.filter(pk=dossier.pk).exists()


@pytest.mark.parametrize("by_hand", [False, True], ids=["by the day", "by hand"])
def test_c13_who_is_at_work_on_the_file_is_not_waited_for_and_the_next_hour_ends_it(
    fresh_db: str, connect: Callable[[str], psycopg.Connection], *, by_hand: bool
) -> None:
    dossier, the_day = shared(), policy.pack().calendar.end_of(policy.local_day(later(days=3)))
    with as_user("nigora") as by:
        if by_hand:
            version = queries.case_of(dossier).version
            changes = {"age_branch": "adult", "age_band": "age_21_29"}
            cases.change(dossier, changes=changes, seen_version=version, by=by, at=NOW)
        else:
            cases.expect_adult(dossier, born=birthday(3), by=by, at=NOW)
    for expected in (Standing.SIGNED, Standing.ENDED):
        with at_work(connect("owner"), dossier) if expected == Standing.SIGNED else nullcontext():
            clock(the_day)
        with as_user("nigora"):
            assert Decision.objects.get().state == expected


def test_c13_in_a_closed_case_nobody_is_asked_anew_and_what_nobody_signed_ends(
    fresh_db: str,
) -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        advocate(dossier, by=by)
        proposed(dossier, by=by)
        cases.expect_adult(dossier, born=birthday(3), by=by, at=NOW)
        cases.close(dossier, reason="person_wish", by=by, at=NOW)
    assert clock(policy.pack().calendar.end_of(policy.local_day(later(days=3)))) == 1
    with as_user("nigora"):
        assert queries.case_of(dossier).age_branch == Branch.ADULT
        assert Decision.objects.get().state == Standing.ENDED
        kinds = Duty.objects.unsettled().filter(dossier=dossier).values_list("kind", flat=True)
        assert not set(kinds) & {"child.ask_anew", "child.sign"}


def test_the_clock_leaves_adults_and_children_of_no_known_day_alone(fresh_db: str) -> None:
    with as_user("nigora") as by:
        kept = [child(by).dossier, contact(by, NOW).dossier]
    assert clock(later(days=9000)) == 0
    with as_user("nigora"):
        assert [queries.case_of(one).age_branch for one in kept] == ["child", "adult"]
        assert not Duty.objects.filter(kind="child.ask_anew").exists()


def test_background_jobs_may_end_and_never_name_or_sign(fresh_db: str) -> None:
    dossier = shared()
    refused = (
        f"SELECT access_name_advocate({dossier.pk}, 1, 1, 1, gen_random_uuid(), now(), NULL)",
        f"SELECT access_end_as_advocate({dossier.pk}, 1, now())",
        "UPDATE consent_decision SET categories = 511",
        "SELECT * FROM cases_advocate",
        "SELECT * FROM consent_consent",
    )
    with as_jobs():
        for statement in refused:
            with connection.cursor() as cursor, pytest.raises(ProgrammingError):
                cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("born", [birthday(0), birthday(-400), date(2999, 1, 1)])
def test_a_birthday_that_no_child_can_have_is_refused(born: date) -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        with pytest.raises(Invalid):
            cases.expect_adult(dossier, born=born, by=by, at=NOW)
        again = cases.expect_adult(dossier, born=birthday(30), by=by, at=NOW)
        later_on = cases.expect_adult(dossier, born=birthday(60), by=by, at=NOW)
        assert again.pk == later_on.pk
        assert queries.adult_on(dossier) == later_on.on
        with pytest.raises(NotPossible):
            cases.expect_adult(contact(by, NOW).dossier, born=birthday(9), by=by, at=NOW)
    with as_user("shirin"):
        assert queries.adult_on(dossier) is None
