"""Consent that runs out by the clock: the role of background jobs, clocks passed in."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connections

from panoh.access.models import Grant
from panoh.cases import actions as cases
from panoh.duties.models import Duty
from panoh.kernel.rules import NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from panoh.referrals.rules import State
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation
from tests.factories.referrals import NOW, accepted, answer, as_jobs, case, drafted, later, sent
from tests.factories.staff import as_user, team

MINUTE = timedelta(minutes=1)


def owed_by(name: str, referral: Referral) -> list[str]:
    """Kinds of duties about a request that a team still owes."""
    return sorted(
        duty.kind
        for duty in Duty.objects.unsettled().filter(subject_id=referral.pk, owner=team(name))
    )


def test_a_request_ends_no_later_than_its_grant_and_what_she_agreed_to(fresh_db: str) -> None:
    referral = accepted()
    with as_user("nigora"):
        grant = Grant.objects.get(source_id=referral.pk, ended_at=None)
    assert referral.ends_at is not None and referral.ends_at == grant.ends_at
    assert policy.local_day(referral.ends_at) == policy.local_day(later(days=30))


def test_the_holder_is_asked_once_ahead_of_the_end_whether_to_go_on(fresh_db: str) -> None:
    referral = accepted()
    end = referral.ends_at
    assert end is not None
    with as_jobs():
        assert referrals.warn_of_end(at=end - timedelta(days=9)) == 0
        assert referrals.warn_of_end(at=end - timedelta(days=2)) == 1
        assert referrals.warn_of_end(at=end - timedelta(days=1)) == 0
    with as_user("nigora"):
        duty = Duty.objects.get(kind="consent.ends_soon")
        assert (duty.subject_id, duty.due_at, duty.owner_id) == (
            referral.pk,
            end,
            team("ngo-cases").pk,
        )
    with as_user("shirin"):
        assert not Duty.objects.filter(kind="consent.ends_soon").exists()
    page = client_of("nigora", "en").get("/")
    assert "Consent ends soon: ask whether to go on" in words(page)


def test_consent_that_ran_out_ends_the_request_and_only_a_talk_is_owed(fresh_db: str) -> None:
    referral = accepted()
    end = referral.ends_at
    assert end is not None
    with as_jobs():
        assert referrals.lapse_ended(at=end - MINUTE) == 0
        assert referrals.lapse_ended(at=end) == 1
        assert referrals.lapse_ended(at=end + MINUTE) == 0
    with as_user("nigora") as by:
        found = Referral.objects.get(pk=referral.pk)
        assert (found.state, found.ended_at, found.ended_by) == (State.LAPSED, end, None)
        assert owed_by("ngo-cases", referral) == ["referral.consent_gone"]
        assert owed_by("shelter-cases", referral) == []
        with pytest.raises(NotPossible):
            referrals.withdraw(referral, by=by, at=end + MINUTE)
    page = client_of("nigora", "en").get(f"/requests/{referral.ref}/")
    assert "Ended: the time agreed to is over" in words(page)


@pytest.mark.parametrize("state", [State.SENT, State.INFO_ASKED])
def test_a_request_that_waits_for_its_answer_lapses_too(fresh_db: str, state: State) -> None:
    referral = sent()
    if state is State.INFO_ASKED:
        with as_user("shirin") as by:
            referrals.ask_info(referral, _some_code(), by=by, at=NOW)
    with as_jobs():
        assert referrals.lapse_ended(at=later(days=60)) == 1
    with as_user("nigora"):
        assert Referral.objects.get(pk=referral.pk).state == State.LAPSED
        assert owed_by("shelter-cases", referral) == []


def _some_code() -> list[str]:
    return [policy.choices("info_needed")[0][0]]


def test_a_letter_to_a_receiver_without_accounts_lapses_and_is_printed_no_more(
    fresh_db: str,
) -> None:
    house = organisation("Fictional House", kind="shelter")
    referral = sent(house)
    assert referral.ends_at is not None
    with as_jobs():
        assert referrals.warn_of_end(at=referral.ends_at - MINUTE) == 1
        assert referrals.lapse_ended(at=referral.ends_at) == 1
    with as_user("nigora") as by, pytest.raises(NotPossible):
        referrals.print_letter(referral, by=by, at=referral.ends_at)


def test_drafts_and_finished_requests_never_lapse_and_a_finished_one_is_warned_of(
    fresh_db: str,
) -> None:
    finished = accepted()
    with as_user("shirin") as by:
        referrals.complete(finished, outcome=_outcome(), by=by, at=NOW)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by)
        unsent = drafted(dossier, by=by)
    assert finished.ends_at is not None
    with as_jobs():
        assert referrals.warn_of_end(at=finished.ends_at - MINUTE) == 1
        assert referrals.lapse_ended(at=later(days=400)) == 0
    with as_user("nigora"):
        assert Referral.objects.get(pk=unsent.pk).state == State.DRAFT
        assert Referral.objects.get(pk=finished.pk).state == State.COMPLETED


def _outcome() -> str:
    return policy.choices("referral_outcomes")[0][0]


def test_a_closed_case_opens_no_duty_and_its_request_ends_all_the_same(fresh_db: str) -> None:
    referral = accepted()
    with as_user("nigora") as by:
        cases.close(referral.dossier, reason=policy.choices("close_reasons")[0][0], by=by, at=NOW)
    assert referral.ends_at is not None
    with as_jobs():
        assert referrals.warn_of_end(at=referral.ends_at - MINUTE) == 0
        assert referrals.lapse_ended(at=referral.ends_at) == 1
    with as_user("nigora"):
        assert owed_by("ngo-cases", referral) == []


def test_the_clock_waits_for_nobody_who_is_at_work_on_the_case(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    referral = accepted()
    owner = connect("owner")
    with owner.transaction():
        owner.execute("SELECT FROM access_dossier WHERE id = %s FOR UPDATE", [referral.dossier_id])
        with as_jobs():
            assert referrals.lapse_ended(at=later(days=60)) == 0
    with as_jobs():
        assert referrals.lapse_ended(at=later(days=60)) == 1


def test_only_background_jobs_may_lock_without_a_signed_account(fresh_db: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT role, has_function_privilege(role, 'access_lock_by_clock(bigint)', 'execute') "
            "FROM unnest(ARRAY['app', 'jobs', 'auditor']) AS role"
        )
        assert dict(cursor.fetchall()) == {"app": False, "jobs": True, "auditor": False}
