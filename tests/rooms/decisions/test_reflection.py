"""The time to recover: it begins with the presumption, and nobody questions in it (B14)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from panoh.access import actions as access
from panoh.access.models import Dossier, User
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.models import Interview, Reflection, Used
from panoh.decisions.rules import Stage, half_way, stage
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible, Refused
from panoh.policy import queries as policy
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, case, later
from tests.factories.staff import as_user, team
from tests.factories.terms import terms

pytestmark = pytest.mark.django_db
TODAY = policy.local_day(NOW)
DAYS = 30


def presumed(by: User) -> Dossier:
    dossier = case(by).dossier
    decisions.assess(
        dossier, field="trafficking", code="presumed", reason="Fictional", by=by, at=NOW
    )
    return dossier


def test_b14_half_way_and_stage() -> None:
    end = NOW + timedelta(days=10)
    assert half_way(NOW, None) is None
    assert half_way(NOW, end) == NOW + timedelta(days=5)
    assert stage(ends_at=None, ended_at=None, at=end) is Stage.RUNS
    assert stage(ends_at=end, ended_at=None, at=NOW) is Stage.RUNS
    assert stage(ends_at=end, ended_at=None, at=end) is Stage.OVER
    assert stage(ends_at=end, ended_at=NOW, at=NOW) is Stage.ENDED
    assert all(str(one.label) for one in Stage)


def test_b14_it_starts_at_the_presumption_and_not_before() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(NotPossible, match="presumed"):
            decisions.begin_reflection(dossier, by=by, at=NOW)
        decisions.assess(
            dossier, field="trafficking", code="presumed", reason="Fictional", by=by, at=NOW
        )
        row = queries.running(dossier)
        assert row is not None
        assert (row.started_on, row.pack_version) == (TODAY, policy.pack().version)
        assert decisions.begin_reflection(dossier, by=by, at=NOW).pk == row.pk


def test_b14_not_set_means_no_last_day_and_says_so() -> None:
    with as_user("nigora") as by:
        dossier = presumed(by)
        (told,) = queries.told_reflection(dossier, later(days=400))
        assert (told.row.ends_at, told.row.last_on, told.row.half_at) == (None, None, None)
        assert told.stage is Stage.RUNS
        assert str(told.period.standing.label) == "not set"
    page = words(client_of("nigora", "en").get(f"/decisions/{dossier.ref}/reflection/"))
    assert "not set" in page


def test_b14_unused_entitlements_are_listed_at_half_time() -> None:
    with as_user("nigora") as by, terms(reflection_days=DAYS):
        dossier = presumed(by)
        row = queries.running(dossier)
        assert row is not None and row.last_on == TODAY + timedelta(days=DAYS)
        duty = Duty.objects.get(kind="reflection.half_time", subject_id=row.pk)
        assert duty.due_at == row.half_at
        decisions.use_entitlement(row, code="doctor", on=TODAY, by=by, at=NOW)
        decisions.use_entitlement(row, code="doctor", on=TODAY, by=by, at=NOW)
        assert Used.objects.filter(reflection=row).count() == 1
        with pytest.raises(Invalid):
            decisions.use_entitlement(row, code="champagne", on=TODAY, by=by, at=NOW)
        for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=1)):
            with pytest.raises(Invalid):
                decisions.use_entitlement(row, code="lawyer", on=day, by=by, at=NOW)
        (before,) = queries.told_reflection(dossier, later(days=1))
        (after,) = queries.told_reflection(dossier, later(days=DAYS / 2 + 1))
        assert (before.half_is_over, after.half_is_over) == (False, True)
        unused = {one.code for one in after.unused}
        assert unused == {one.code for one in policy.codes("reflection_entitlements")} - {"doctor"}


def test_b14_a_changed_period_moves_nothing_that_runs() -> None:
    with as_user("nigora") as by:
        with terms(reflection_days=30):
            dossier = presumed(by)
        with terms(reflection_days=90):
            (told,) = queries.told_reflection(dossier, NOW)
            assert told.row.last_on == TODAY + timedelta(days=30)


def test_b14_a_police_interview_without_her_request_is_refused() -> None:
    with as_user("nigora") as by, terms(reflection_days=DAYS):
        dossier = presumed(by)
        for day in (TODAY, TODAY + timedelta(days=DAYS)):
            with pytest.raises(NotPossible, match="unless the person asks"):
                decisions.plan_interview(dossier, on=day, by=by, at=NOW)
        out = TODAY + timedelta(days=DAYS + 1)
        assert not decisions.plan_interview(dossier, on=out, by=by, at=NOW).is_her_wish
        wish = decisions.plan_interview(
            dossier, on=TODAY, her_words="Мехоҳам гап занам", by=by, at=NOW
        )
        assert wish.is_her_wish
        assert queries.interviews_of(dossier)[-1][1] == "Мехоҳам гап занам"
        assert Duty.objects.filter(kind="reflection.interview").count() == 2


def test_b14_an_officer_cannot_say_that_she_asked() -> None:
    with as_user("nigora") as by:
        dossier = presumed(by)
        access.offer(
            dossier,
            to=team("police-cases"),
            categories=Category.CORE,
            source_id=(source := uuid4()),
            by=by,
            at=NOW,
        )
    with as_user("pulod") as officer:
        access.release(dossier, source_id=source, by=officer, at=NOW)
        with pytest.raises(NotPossible, match="unless the person asks"):
            decisions.plan_interview(dossier, on=TODAY, by=officer, at=NOW)
        with pytest.raises(Refused):
            decisions.plan_interview(dossier, on=TODAY, her_words="so", by=officer, at=NOW)


def test_b14_the_database_refuses_the_interview_too() -> None:
    with as_user("nigora") as by:
        dossier = presumed(by)
        row = Interview(dossier=dossier, on=TODAY, is_her_wish=False, at=NOW, by=by)
        with pytest.raises(IntegrityError, match="no interview"), transaction.atomic():
            row.save(force_insert=True)
        lie = Interview(dossier=dossier, on=TODAY, is_her_wish=True, at=NOW, by=by)
        with pytest.raises(IntegrityError, match="her_wish"), transaction.atomic():
            lie.save(force_insert=True)


def test_b14_ending_early_needs_her_word() -> None:
    with as_user("nigora") as by, terms(reflection_days=DAYS):
        dossier = presumed(by)
        row = queries.running(dossier)
        assert row is not None
        with pytest.raises(Invalid, match="own words"):
            decisions.end_reflection(row, words=" ", by=by, at=NOW)
        with pytest.raises(IntegrityError, match="ends_by_word"), transaction.atomic():
            Reflection.objects.filter(pk=row.pk).update(ended_at=NOW)
        ended = decisions.end_reflection(row, words="Ман тайёрам", by=by, at=NOW)
        assert ended.ended_at == NOW
        (told,) = queries.told_reflection(dossier, NOW)
        assert (told.stage, told.words) == (Stage.ENDED, "Ман тайёрам")
        assert not Duty.objects.unsettled().filter(kind="reflection.half_time").exists()
        with pytest.raises(NotPossible):
            decisions.end_reflection(row, words="again", by=by, at=NOW)
        assert not decisions.plan_interview(dossier, on=TODAY, by=by, at=NOW).is_her_wish


def test_b14_when_its_time_is_over_it_ends_without_words() -> None:
    with as_user("nigora") as by, terms(reflection_days=1):
        row = queries.running(presumed(by))
        assert row is not None
        assert decisions.end_reflection(row, by=by, at=later(days=3)).ended_at == later(days=3)


def test_b14_nobody_else_sees_or_changes_it() -> None:
    with as_user("nigora") as by:
        dossier = presumed(by)
        row = queries.running(dossier)
        assert row is not None
    for account in ("mavluda", "pulod", "lola"):
        with as_user(account) as other:
            assert not Reflection.objects.exists()
            with pytest.raises(Gone):
                decisions.end_reflection(row, words="x", by=other, at=NOW)
            with pytest.raises(Gone):
                decisions.plan_interview(dossier, on=TODAY, by=other, at=NOW)


def test_b14_pages() -> None:
    with as_user("nigora") as by:
        dossier = presumed(by)
    browser = client_of("nigora", "en")
    base = f"/decisions/{dossier.ref}"
    page = words(browser.get(f"{base}/reflection/"))
    assert "A safe place to stay · not used yet" in page
    typed = {"code": "doctor", "on": TODAY.isoformat()}
    assert browser.post(f"{base}/reflection/used/", typed).status_code == 302
    told = browser.post(f"{base}/interview/", {"on": TODAY.isoformat()}, follow=True)
    assert "unless the person asks" in words(told)
    told = browser.post(f"{base}/reflection/end/", {"words": ""}, follow=True)
    assert "own words" in words(told)
    assert browser.post(f"{base}/reflection/end/", {"words": "Бас"}).status_code == 302
    page = words(browser.get(f"{base}/reflection/"))
    assert "Ended before its time" in page
    assert browser.post(f"{base}/reflection/begin/").status_code == 302
