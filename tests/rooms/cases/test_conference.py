"""Case conferences: who attends, what they read and until when, what is decided."""

from datetime import timedelta
from typing import Any

import pytest

from panoh.access import queries as reach
from panoh.access.models import Dossier, Grant
from panoh.access.models.dossiers import Source
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Conference, Guest, Seat
from panoh.cases.rules import GuestWay
from panoh.consent.models import Consent
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.rules import ALWAYS
from tests.factories.children import advocate, child, decided
from tests.factories.directory import organisation
from tests.factories.plans import SHARED, agreed, joined
from tests.factories.referrals import NOW, answer, case, later
from tests.factories.staff import as_user, team
from tests.rooms.cases.test_plan import counts, owed

pytestmark = pytest.mark.django_db
TEXT = "Қарори канарии машварат"
TABLES = ("cases_conference", "cases_seat", "cases_plantask", "cases_case")


def called(dossier: Dossier, by: Any, **fields: Any) -> Conference:
    """A conference about help, on the day of tomorrow."""
    plain: dict[str, Any] = {
        "on": policy.local_day(later(days=1)),
        "categories": SHARED,
        "at": NOW,
    }
    return cases.call_conference(dossier, by=by, **(plain | fields))


def seated(found: Conference, by: Any, name: str = "shelter-cases") -> Seat:
    return cases.seat(found, team=team(name), by=by, at=NOW)


def decide(found: Conference, by: Any, to: str, **fields: Any) -> Any:
    plain: dict[str, Any] = {
        "category": Category.SERVICES,
        "text": TEXT,
        "due_on": policy.local_day(later(days=7)),
        "at": NOW,
    }
    return cases.decide_task(found, team=team(to), by=by, **(plain | fields))


def test_c8_adding_an_attendee_outside_the_consent_is_refused() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by, categories=SHARED | Category.HEALTH)
        with pytest.raises(NoConsent):
            seated(found, by)
        agreed(dossier, team("shelter-cases"), by=by)
        with pytest.raises(NoConsent):
            seated(found, by)
        assert not Seat.objects.exists()
        assert not reach.grants_on(dossier).filter(source=Source.CONFERENCE).exists()
        agreed(dossier, team("clinic-cases"), by=by, categories=SHARED | Category.HEALTH)
        assert seated(found, by, "clinic-cases").team == team("clinic-cases")
        with pytest.raises(Invalid):
            seated(found, by, "clinic-cases")
    with as_user("shirin"):
        assert counts(TABLES) == [0, 0, 0, 0]


def test_c8_whom_she_excludes_the_advocate_and_the_own_unit_do_not_attend() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by)
        agreed(dossier, team("shelter-cases"), by=by)
        agreed(dossier, team("legal-cases"), by=by, categories=SHARED | Category.SAFETY)
        advocate(dossier, by=by)
        referrals.exclude(dossier, kind="unit", unit=team("shelter-cases").unit, by=by, at=NOW)
        for name in ("shelter-cases", "legal-cases", "ngo-cases"):
            with pytest.raises(NotPossible):
                seated(found, by, name)


def test_c8_for_a_child_two_people_decide_who_attends() -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        found = called(dossier, by, categories=ALWAYS)
        with pytest.raises(NoConsent):
            seated(found, by)
        advocate(dossier, by=by)
    decided(dossier)
    with as_user("nigora") as by:
        assert seated(found, by).team == team("shelter-cases")


def test_c8_who_attends_reads_what_it_is_about_until_it_is_over() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by)
        agreed(dossier, team("shelter-cases"), by=by, categories=SHARED | Category.HEALTH)
        seated(found, by)
        grant = Grant.objects.get(source=Source.CONFERENCE)
        assert grant.ends_at == policy.pack().calendar.end_of(found.on)
    with as_user("shirin"):
        assert reach.reaches(dossier) == SHARED
        assert counts(TABLES) == [1, 1, 0, 1]
        assert [duty.due_at for duty in owed("conference.come", "shelter-cases")] == [grant.ends_at]
    with as_user("mavluda"):
        assert counts(TABLES) == [0, 0, 0, 0]
    with as_user("nigora") as by:
        cases.end_conference(found, by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.end_conference(found, by=by, at=NOW)
        with pytest.raises(NotPossible):
            decide(found, by, "ngo-cases")
    with as_user("shirin"):
        assert counts(TABLES) == [0, 0, 0, 0]
        assert reach.reaches(dossier) == Category(0)
        assert owed("conference.come", "shelter-cases") == []


def test_c8_what_a_request_opened_before_stays_when_the_conference_is_over() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        found = called(dossier, by)
        seated(found, by)
        cases.end_conference(found, by=by, at=NOW)
    with as_user("shirin"):
        assert reach.reaches(dossier) == SHARED
        assert counts(TABLES) == [0, 0, 0, 1]


def test_c8_decisions_become_tasks_of_the_unit_named_and_outlive_the_conference() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by)
        agreed(dossier, team("shelter-cases"), by=by)
        seated(found, by)
        theirs = decide(found, by, "shelter-cases")
        ours = decide(found, by, "ngo-cases")
        cases.end_conference(found, by=by, at=NOW)
        plan = queries.require_plan(dossier)
        assert [one.team for one in queries.parts_of(plan)] == [team("shelter-cases")]
        assert [duty.subject_id for duty in owed("plan.task", "ngo-cases")] == [ours.pk]
    with as_user("shirin") as by:
        (duty,) = owed("plan.task", "shelter-cases")
        assert (duty.subject_id, duty.due_at) == (
            theirs.pk,
            policy.pack().calendar.end_of(theirs.due_on),
        )
        told = queries.tasks_of(queries.require_plan(dossier), [Category.SERVICES])
        assert [one.text for one in told] == [TEXT, TEXT]
        cases.do_task(theirs, by=by, at=NOW)
        assert owed("plan.task", "shelter-cases") == []


def test_c8_only_who_attends_is_given_what_the_conference_is_about() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by)
        agreed(dossier, team("shelter-cases"), by=by, categories=SHARED | Category.HEALTH)
        with pytest.raises(Invalid):
            decide(found, by, "shelter-cases")
        seated(found, by)
        with pytest.raises(Invalid):
            decide(found, by, "shelter-cases", category=Category.HEALTH)
        with pytest.raises(Invalid):
            decide(found, by, "shelter-cases", text=" ")
        assert not Duty.objects.filter(kind="plan.task").exists()


@pytest.mark.parametrize("way", ["never", "consent", "unseat", "close"])
def test_c8_every_way_out_shuts_the_conference_at_once(way: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by)
        agreed(dossier, team("shelter-cases"), by=by)
        place = seated(found, by)
        unit = team("shelter-cases").unit
        if way == "never":
            referrals.exclude(dossier, kind="unit", unit=unit, by=by, at=NOW)
        elif way == "consent":
            given = Consent.objects.get(unit=unit)
            referrals.withdraw_for_consent(given, by=by, at=NOW)
        elif way == "unseat":
            cases.unseat(place, by=by, at=NOW)
            with pytest.raises(NotPossible):
                cases.unseat(place, by=by, at=NOW)
        else:
            cases.close(dossier, reason="goals_reached", by=by, at=NOW)
        assert not Seat.objects.filter(ended_at=None).exists()
    with as_user("shirin"):
        assert counts(TABLES) == [0, 0, 0, 0]
        assert owed("conference.come", "shelter-cases") == []
        with pytest.raises(Gone):
            queries.conference(dossier, found.pk)


def test_c8_a_conference_lies_ahead_is_about_something_and_is_the_holders() -> None:
    yesterday = policy.local_day(NOW) - timedelta(days=1)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        joined(dossier, by=by)
        for wrong in ({"on": yesterday}, {"categories": Category.IDENTITY}):
            with pytest.raises(Invalid):
                called(dossier, by, **wrong)
        found = called(dossier, by)
        agreed(dossier, team("clinic-cases"), by=by)
        with pytest.raises(NotPossible):
            cases.seat(found, team=team("clinic-cases"), by=by, at=later(days=3))
    with as_user("shirin") as by, pytest.raises(NotPossible):
        called(dossier, by)


# -- organisations without accounts ----------------------------------------------------------------


def guest(found: Conference, one: Organisation, by: Any) -> Guest:
    return cases.seat_guest(found, organisation=one, way=GuestWay.TELEPHONE, by=by, at=NOW)


def test_c8_an_organisation_without_accounts_attends_only_as_far_as_she_agreed() -> None:
    one = organisation("Fictional Aid")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = called(dossier, by)
        assert queries.may_be_guests(dossier, NOW) == []
        with pytest.raises(NoConsent):
            guest(found, one, by)
        answer(dossier, one, by=by, categories=Category.SERVICES)
        with pytest.raises(NoConsent):
            guest(called(dossier, by, categories=SHARED | Category.HEALTH), one, by)
        answer(dossier, one, by=by, categories=SHARED)
        assert queries.may_be_guests(dossier, NOW) == [one]
        row = guest(found, one, by)
        with pytest.raises(Invalid):
            guest(found, one, by)
        assert [seen.organisation for seen in queries.guests_of(found)] == [one]
        assert not Grant.objects.filter(dossier=dossier, source=Source.CONFERENCE).exists()
        cases.unseat_guest(row, by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.unseat_guest(row, by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.seat_guest(found, organisation=one, way=GuestWay.LETTER, by=by, at=later(days=3))


def test_c8_who_attends_without_an_account_is_seen_by_who_takes_part_and_ends_with_consent() -> (
    None
):
    one = organisation("Fictional Aid")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        given = answer(dossier, one, by=by, categories=SHARED)
        found = called(dossier, by)
        agreed(dossier, team("shelter-cases"), by=by)
        seated(found, by)
        row = guest(found, one, by)
    with as_user("shirin"):
        assert [seen.pk for seen in queries.guests_of(found)] == [row.pk]
    with as_user("mavluda"):
        assert not Guest.objects.exists()
    with as_user("nigora") as by:
        referrals.withdraw_for_consent(given, by=by, at=NOW)
        assert Guest.objects.get(pk=row.pk).ended_at is not None
        with pytest.raises(NoConsent):
            guest(found, one, by)


def test_c8_one_with_accounts_attends_itself() -> None:
    one = organisation("Fictional House", unit=team("shelter-cases").unit)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(Invalid):
            guest(called(dossier, by), one, by)
