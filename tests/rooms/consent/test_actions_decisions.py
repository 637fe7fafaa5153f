"""What is best for a child: one proposes, an independent advocate signs, only then it is sent."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, transaction
from django.utils import translation

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.access.queries import advocate_grant, grants_on
from panoh.audit import queries as audited
from panoh.consent import actions as consents
from panoh.consent import queries
from panoh.consent.models import Decision
from panoh.consent.rules import Standing
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NoConsent, NotPossible, Refused
from panoh.referrals import actions as referrals
from panoh.referrals.rules import ALWAYS
from tests.factories.cases import contact
from tests.factories.children import advocate, child, decided, proposed
from tests.factories.directory import organisation
from tests.factories.referrals import NOW, answer, drafted, later
from tests.factories.staff import as_user, team, user

pytestmark = pytest.mark.django_db


def with_advocate(**answers: Any) -> Dossier:
    with as_user("nigora") as by:
        dossier = child(by, **answers).dossier
        advocate(dossier, by=by)
        return dossier


def test_c13_two_people_decide_and_only_then_the_least_is_sent() -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)
        request = drafted(dossier, by=by, categories=ALWAYS)
        with pytest.raises(NoConsent):
            referrals.send(request, by=by, at=NOW)
        with pytest.raises(Gone):
            consents.sign(decision, by=by, at=NOW)
    with as_user("latif") as by:
        assert [row.kind for row in Duty.objects.unsettled()] == ["child.sign"]
        reason, view, _answer = consents.read_decision(decision, by=by, at=NOW)
        assert reason == "Ҷойи хоб лозим аст"
        assert view == "Ман мехоҳам дар ҷойи ором хоб кунам"
        consents.sign(decision, by=by, at=NOW)
        assert not Duty.objects.unsettled().exists()
    with as_user("nigora") as by:
        sent = referrals.send(request, by=by, at=NOW)
        assert (sent.decision, sent.consent) == (decision, None)
        offer = grants_on(dossier).get(source="offer")
        assert offer.ends_at == decision.ends_at
        assert Category(offer.offered) == ALWAYS


def test_c13_more_than_was_decided_or_another_receiver_is_refused() -> None:
    dossier = with_advocate()
    decided(dossier)
    with as_user("nigora") as by:
        for to, categories in (
            (team("shelter-cases"), ALWAYS | Category.IDENTITY),
            (team("clinic-cases"), ALWAYS),
        ):
            with pytest.raises(NoConsent):
                referrals.send(drafted(dossier, to, by=by, categories=categories), by=by, at=NOW)


def test_c13_while_the_age_is_not_known_the_own_consent_is_needed_as_well() -> None:
    dossier = with_advocate(age_branch="unknown", age_band="")
    decided(dossier, branch="unknown")
    with as_user("nigora") as by:
        request = drafted(dossier, by=by, categories=ALWAYS)
        with pytest.raises(NoConsent):
            referrals.send(request, by=by, at=NOW)
        given = answer(dossier, team("shelter-cases"), by=by, branch="unknown", categories=ALWAYS)
        sent = referrals.send(request, by=by, at=NOW)
        assert (sent.consent, sent.decision is not None) == (given, True)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"categories": Category(0)}, "categories"),
        ({"reason": " "}, "reason"),
        ({"view": ""}, "view"),
        ({"present": []}, "present"),
        ({"present": ["nobody", "interpreter"]}, "present"),
        ({"present": ["relative"]}, "present"),
        ({"present": ["guardian"]}, "present"),
        ({"until": later(days=-2).date()}, "until"),
        ({"adult_on": later(days=3).date()}, "until"),
    ],
)
def test_a_proposal_that_misses_something_is_refused_by_name(
    fields: dict[str, Any], field: str
) -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        with pytest.raises(Invalid) as refusal:
            proposed(dossier, by=by, **fields)
        assert refusal.value.field == field
        assert not Decision.objects.exists()


def test_nobody_decides_instead_of_an_adult_and_nobody_alone_for_a_child() -> None:
    with as_user("nigora") as by, translation.override("en"):
        with pytest.raises(NotPossible, match="An adult decides alone"):
            proposed(contact(by, NOW).dossier, by=by, branch="adult")
        alone = child(by).dossier
        with pytest.raises(NotPossible, match="First name an independent advocate"):
            proposed(alone, by=by)
    with as_user("pulod") as by, pytest.raises(Gone):
        proposed(alone, by=by)


def test_c13_the_unit_of_the_advocate_neither_receives_nor_proposes() -> None:
    dossier = with_advocate()
    with as_user("nigora") as by, pytest.raises(NotPossible):
        proposed(dossier, team("legal-cases"), by=by)
    with as_user("latif") as by, pytest.raises(Gone):
        proposed(dossier, by=by)


def test_c13_a_colleague_of_the_advocate_reads_and_does_not_sign() -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)
    with as_user("parvona") as by:
        assert Decision.objects.filter(pk=decision.pk).exists()
        for verb in (consents.sign, consents.withdraw_decision):
            with pytest.raises(Gone):
                verb(decision, by=by, at=NOW)


def test_c13_the_advocate_may_refuse_and_nothing_is_sent() -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)
    with as_user("latif") as by:
        consents.refuse(decision, answer="Кӯдак намехоҳад", by=by, at=NOW)
    with as_user("nigora") as by:
        assert consents.read_decision(decision, by=by, at=NOW)[2] == "Кӯдак намехоҳад"
        with pytest.raises(NoConsent):
            referrals.send(drafted(dossier, by=by, categories=ALWAYS), by=by, at=NOW)
        assert "child.decided" in {duty.kind for duty in Duty.objects.unsettled()}
    with as_user("latif") as by, pytest.raises(NotPossible):
        consents.sign(decision, by=by, at=NOW)


def shared() -> tuple[Dossier, Decision]:
    dossier = with_advocate()
    decision = decided(dossier)
    with as_user("nigora") as by:
        request = referrals.send(drafted(dossier, by=by, categories=ALWAYS), by=by, at=NOW)
    with as_user("shirin") as by:
        referrals.accept(request, by=by, at=NOW)
        assert Dossier.objects.filter(pk=dossier.pk).exists()
    return dossier, decision


def test_c13_what_the_holder_takes_back_ends_at_once_and_copies_are_asked_for() -> None:
    dossier, decision = shared()
    with as_user("nigora") as by:
        ended = referrals.withdraw_for_decision(decision, by=by, at=NOW)
        assert [one.state for one in ended] == ["withdrawn"]
        with pytest.raises(NotPossible):
            referrals.withdraw_for_decision(decision, by=by, at=NOW)
    with as_user("shirin"):
        assert not Dossier.objects.filter(pk=dossier.pk).exists()
        kinds = {duty.kind for duty in Duty.objects.unsettled()}
        assert kinds == {"consent.destroy_copies"}


def test_c13_what_the_advocate_takes_back_ends_at_once() -> None:
    dossier, decision = shared()
    with as_user("latif") as by:
        done = consents.withdraw_decision(decision, by=by, at=NOW)
        assert done.state == Standing.WITHDRAWN
    with as_user("shirin"):
        assert not Dossier.objects.filter(pk=dossier.pk).exists()
    with as_user("nigora"):
        assert "child.decided" in {duty.kind for duty in Duty.objects.unsettled()}
        assert advocate_grant(dossier) is not None


def test_c13_a_proposal_taken_back_before_the_second_signature_asks_nobody_to_destroy() -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)
        assert consents.withdraw_decision(decision, by=by, at=NOW).state == Standing.WITHDRAWN
        assert "consent.destroy_copies" not in {one.kind for one in Duty.objects.unsettled()}
    with as_user("latif") as by, pytest.raises(NotPossible):
        consents.sign(decision, by=by, at=NOW)


def test_c13_towards_who_has_no_accounts_the_holder_asks_for_the_copies() -> None:
    dossier = with_advocate()
    decision = decided(dossier, organisation("Fictional Aid"))
    with as_user("nigora") as by:
        consents.withdraw_decision(decision, by=by, at=NOW)
        asked = Duty.objects.unsettled().get(kind="consent.destroy_copies")
        assert (asked.subject_id, asked.owner) == (decision.pk, dossier.holder)


def test_c13_what_would_have_ended_is_not_signed_any_more() -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)
    with as_user("latif") as by:
        with pytest.raises(NotPossible):
            consents.sign(decision, by=by, at=decision.ends_at + timedelta(seconds=1))
        decision.pk = uuid4()
        with pytest.raises(Gone):
            consents.sign(decision, by=by, at=NOW)


def test_towards_an_authority_a_decision_takes_effect_after_the_delay() -> None:
    dossier = with_advocate()
    decision = decided(dossier, team("police-cases"))
    assert decision.effective_at == NOW + timedelta(hours=24)
    with as_user("nigora") as by, pytest.raises(NoConsent):
        request = drafted(dossier, team("police-cases"), by=by, categories=ALWAYS)
        referrals.send(request, by=by, at=NOW)


def test_the_same_form_sent_twice_proposes_once() -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        first = proposed(dossier, by=by)
        again = proposed(dossier, by=by, submission=first.pk)
        assert (again, Decision.objects.count()) == (first, 1)


def test_c13_a_new_advocate_is_asked_for_what_waits_and_the_former_signs_no_more() -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)
        advocate(dossier, by=by, name="zebo", in_team="children-cases")
    with as_user("latif") as by:
        assert not Dossier.objects.filter(pk=dossier.pk).exists()
        with pytest.raises(Gone):
            consents.sign(decision, by=by, at=NOW)
    with as_user("zebo") as by:
        assert consents.read_decision(decision, by=by, at=NOW)[1]
        assert consents.sign(decision, by=by, at=NOW).state == Standing.SIGNED


@pytest.mark.parametrize(
    ("account", "change"),
    [
        ("nigora", {"state": "signed", "signed_at": NOW, "effective_at": NOW}),
        ("nigora", {"categories": 511}),
        ("latif", {"categories": 511}),
        ("latif", {"view": b"another"}),
        ("parvona", {"state": "signed", "signed_at": NOW, "effective_at": NOW}),
    ],
)
def test_c13_the_wall_lets_nobody_sign_for_another_or_change_what_was_proposed(
    account: str, change: dict[str, Any]
) -> None:
    dossier = with_advocate()
    with as_user("nigora") as by:
        decision = proposed(dossier, by=by)
    with as_user(account) as by:
        extra = {"signed_by": by} if "state" in change else {}
        with pytest.raises(ProgrammingError), transaction.atomic():
            Decision.objects.filter(pk=decision.pk).update(**change, **extra)
    with as_user("nigora") as by:
        forged = Decision.objects.get(pk=decision.pk)
        forged.pk, forged.state, forged.signed_by_id = None, "signed", 1
        with pytest.raises(ProgrammingError), transaction.atomic():
            forged.save(force_insert=True)


def test_a_receiver_never_sees_that_there_was_a_decision() -> None:
    dossier, _decision = shared()
    with as_user("shirin"):
        assert not Decision.objects.exists()
        assert not queries.decisions_on(dossier).exists()


def test_reading_and_signing_stand_in_the_log() -> None:
    dossier, decision = shared()
    with as_user("latif") as by:
        consents.read_decision(decision, by=by, at=NOW)
    with as_user("nigora"):
        events = {row.event for row in audited.who_saw(dossier.pk)}
    assert {"decision.read", "decision.signed", "decision.proposed"} <= events


def test_only_the_holder_ends_requests_with_a_decision() -> None:
    _dossier, decision = shared()
    with as_user("latif") as by, pytest.raises(Gone):
        referrals.withdraw_for_decision(decision, by=by, at=NOW)
    for stranger, how in (("shirin", Refused), ("pulod", Gone)):
        with as_user(stranger) as by, pytest.raises(how):
            consents.withdraw_decision(decision, by=by, at=NOW)


def test_a_member_without_the_right_to_it_takes_no_decision_back() -> None:
    _dossier, decision = shared()
    with as_user("admin") as by:
        access.dismiss(user=user("safar"), role="soc", by=by, at=NOW)
    with as_user("safar") as by, pytest.raises(Refused):
        consents.withdraw_decision(decision, by=by, at=NOW)
    with as_user("nigora"):
        assert Decision.objects.get().state == Standing.SIGNED
