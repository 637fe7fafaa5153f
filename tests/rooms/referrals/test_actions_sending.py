"""From draft to sent, and what nobody may see before a yes."""

from typing import Any

import pytest
from django.utils import translation

from panoh.access.models import Dossier, Grant
from panoh.access.queries import by_ref, reaches
from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.consent import queries as consent
from panoh.consent.models import Consent
from panoh.kernel.rules import (
    Category,
    Gone,
    Invalid,
    NoConsent,
    NotPossible,
)
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.rules import DEFAULT_PACKET, State
from panoh.shelters.rules import HoldState
from tests.factories import fund as money
from tests.factories.houses import held, house
from tests.factories.referrals import NOW, accepted, answer, case, drafted, later, owed, sent
from tests.factories.staff import as_user, team


@pytest.mark.django_db
def test_c1_the_receiver_sees_the_minimum_and_nothing_else() -> None:
    referral = sent(children="one", danger_now="danger")
    with as_user("shirin"):
        found = queries.by_ref(referral.ref)
        assert {line.field for line in queries.lines(found)} >= {"sex", "region", "danger"}
        assert queries.inbox() == [found]
        assert not Dossier.objects.filter(pk=referral.dossier_id).exists()
        assert not Case.objects.exists()
        assert not Consent.objects.exists()
        assert reaches(referral.dossier) == Category.ASK
        assert owed("referral.reply", referral)
    with as_user("mavluda"):
        assert queries.inbox() == []
        with pytest.raises(Gone):
            queries.by_ref(referral.ref)


@pytest.mark.django_db
def test_c1_nothing_is_sent_without_consent() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        referral = drafted(dossier, by=by)
        with pytest.raises(NoConsent):
            referrals.send(referral, by=by, at=NOW)
        answer(dossier, team("clinic-cases"), by=by)
        with pytest.raises(NoConsent):
            referrals.send(referral, by=by, at=NOW)
        answer(dossier, team("shelter-cases"), by=by)
        assert referrals.send(referral, by=by, at=NOW).state == State.SENT
        with pytest.raises(NotPossible):
            referrals.send(referral, by=by, at=NOW)


@pytest.mark.django_db
def test_a4_a_refusal_sends_nothing() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by, answer="no", until=None)
        with pytest.raises(NoConsent):
            referrals.send(drafted(dossier, by=by), by=by, at=NOW)
        assert not Grant.objects.filter(dossier=dossier).exclude(source="holder").exists()
    with as_user("shirin"):
        assert queries.inbox() == []


@pytest.mark.django_db
@pytest.mark.parametrize("branch", ["child", "unknown"])
def test_nothing_is_sent_for_a_child_or_an_unknown_age(branch: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by, age_branch=branch, age_band="").dossier
        answer(dossier, team("shelter-cases"), by=by, branch="unknown")
        with pytest.raises(NoConsent) as raised:
            referrals.send(drafted(dossier, by=by), by=by, at=NOW)
        with translation.override("en"):
            assert "child" in str(raised.value.message)
        assert not Grant.objects.filter(dossier=dossier).exclude(source="holder").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("procedural", "status"), [("none", "not_wanted"), ("accused", "refused"), ("none", "ended")]
)
def test_a5_bed_doctor_lawyer_and_money_are_asked_whatever_the_status(
    procedural: str, status: str
) -> None:
    """No part in any proceeding, no status and none wanted: every kind of help is asked for."""
    where = house()
    with as_user("nigora") as by:
        dossier = case(by).dossier
        for field, code in (("procedural_status", procedural), ("victim_law_status", status)):
            cases.record_facts(dossier, field=field, codes=[code], by=by, at=NOW)
        answer(dossier, team("shelter-cases"), by=by)
        for code in ("bed", "doctor", "legal_advice", "money"):
            made = drafted(dossier, by=by, services=[code])
            assert referrals.send(made, by=by, at=NOW).state == State.SENT, code
        assert held(where, by=by, dossier=dossier).state == HoldState.HELD
    assert money.asked(dossier).state == "asked"


@pytest.mark.django_db
def test_a19_legal_data_opens_only_with_its_own_consent() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by)
        referral = drafted(dossier, by=by, categories=DEFAULT_PACKET | Category.LEGAL)
        with pytest.raises(NoConsent):
            referrals.send(referral, by=by, at=NOW)
        apart = answer(dossier, team("shelter-cases"), by=by, categories=Category.LEGAL)
        done = referrals.send(referral, by=by, at=NOW)
        assert done.consent_apart == apart and done.consent != apart


@pytest.mark.django_db
def test_police_reads_nothing_before_its_day() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("police-cases"), by=by, purpose="police")
        referral = drafted(dossier, team("police-cases"), by=by)
        with pytest.raises(NoConsent):
            referrals.send(referral, by=by, at=NOW)
        assert referrals.send(referral, by=by, at=later(hours=25)).state == State.SENT


@pytest.mark.django_db
def test_a_grant_never_outlives_the_consent() -> None:
    referral = sent()
    with as_user("nigora"):
        grant = Grant.objects.get(source_id=referral.pk)
        given = consent.live_on(referral.dossier, NOW)[0]
        assert grant.ends_at == given.ends_at
    with as_user("shirin") as by:
        referrals.accept(referral, by=by, at=NOW)
        assert Grant.objects.get(source_id=referral.pk).ends_at == grant.ends_at


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [{"services": []}, {"services": ["magic"]}, {"urgency": "tomorrow"}, {"to": "ngo-cases"}],
)
def test_a_faulty_draft_is_refused(fields: dict[str, Any]) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        given = dict(fields)
        to = team(given.pop("to")) if "to" in given else None
        with pytest.raises(Invalid):
            drafted(dossier, to, by=by, **given)


@pytest.mark.django_db
def test_a_chosen_urgency_sets_clock_and_place_in_the_queue() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by)
        calm = referrals.send(drafted(dossier, by=by, urgency="routine"), by=by, at=NOW)
        quick = referrals.send(drafted(dossier, by=by, urgency="immediate"), by=by, at=NOW)
    assert quick.reply_due_at == policy.due("referral_reply_immediate", NOW)
    with as_user("shirin"):
        assert queries.inbox() == [quick, calm]
        assert queries.inbox(after=quick) == [calm]
        assert queries.inbox(limit=1) == [quick]
        assert queries.inbox(teams=[team("ngo-cases").pk]) == []


@pytest.mark.django_db
def test_only_the_holder_writes_and_only_with_the_permission() -> None:
    referral = accepted()
    with as_user("shirin") as by, pytest.raises(Gone):
        drafted(by_ref(referral.dossier.ref), team("clinic-cases"), by=by)
    with as_user("lola") as by, pytest.raises(Gone):
        referrals.withdraw(referral, by=by, at=NOW)
    with as_user("ibrohim") as by, pytest.raises(Gone):
        referrals.withdraw(referral, by=by, at=NOW)
