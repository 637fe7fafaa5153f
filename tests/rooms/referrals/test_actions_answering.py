"""Answers, also by telephone."""

from collections.abc import Callable
from typing import Any

import pytest

from panoh.access import actions as access
from panoh.access.models import Grant
from panoh.access.queries import reaches
from panoh.cases.models import Case
from panoh.kernel.rules import (
    Category,
    Gone,
    Invalid,
    NotPossible,
    Refused,
)
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.rules import DEFAULT_PACKET, State
from tests.factories.directory import organisation
from tests.factories.referrals import NOW, accepted, case, drafted, later, owed, sent
from tests.factories.staff import as_user, team, user


@pytest.mark.django_db
def test_c1_a_yes_opens_what_was_offered_and_not_before() -> None:
    referral = sent()
    dossier = referral.dossier
    with as_user("shirin") as by:
        assert not reaches(dossier) & Category.CORE
        done = referrals.accept(referral, by=by, at=NOW)
        assert reaches(dossier) == DEFAULT_PACKET | Category.ASK
        assert Case.objects.filter(pk=dossier.pk).exists()
        assert done.confirmed_at == NOW
        assert owed("referral.outcome", referral) and not owed("referral.reply", referral)
        with pytest.raises(NotPossible):
            referrals.accept(referral, by=by, at=NOW)
    with as_user("nigora"):
        assert queries.by_ref(referral.ref).state == State.ACCEPTED
        assert owed("referral.next", referral)
        assert queries.outbox() == [referral]
        assert queries.outbox(states=[State.DRAFT]) == []
        assert queries.outbox(before=referral) == []


@pytest.mark.django_db
def test_c1_received_is_a_time() -> None:
    referral = sent()
    with as_user("shirin") as by:
        assert referrals.receive(referral, by=by, at=NOW).received_at == NOW
        assert referrals.receive(referral, by=by, at=later(minutes=9)).received_at == NOW
    with as_user("nigora") as by:
        assert queries.by_ref(referral.ref).received_by == user("shirin")
        with pytest.raises(Gone):
            referrals.receive(referral, by=by, at=NOW)


@pytest.mark.django_db
def test_a_member_without_the_right_to_answer_answers_nothing() -> None:
    referral = sent()
    with as_user("admin") as by:
        access.dismiss(user=user("shirin"), role="shl", by=by, at=NOW)
    with as_user("shirin") as by:
        verbs: list[tuple[Callable[..., Any], dict[str, str]]] = [
            (referrals.receive, {}),
            (referrals.accept, {}),
            (referrals.decline, {"reason": "no_place"}),
        ]
        for verb, more in verbs:
            with pytest.raises(Refused):
                verb(referral, **more, by=by, at=NOW)
    with as_user("nigora"):
        found = queries.by_ref(referral.ref)
        assert (found.state, found.received_at) == (State.SENT, None)


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "because", "we do not like her"])
def test_c1_declining_without_a_coded_reason_is_refused(reason: str) -> None:
    referral = sent()
    with as_user("shirin") as by:
        with pytest.raises(Invalid):
            referrals.decline(referral, reason=reason, by=by, at=NOW)
        assert queries.by_ref(referral.ref).state == State.SENT


@pytest.mark.django_db
def test_c1_a_no_closes_the_row_for_the_receiver_and_tells_the_sender() -> None:
    referral = sent()
    with as_user("shirin") as by:
        referrals.decline(referral, reason="no_place", by=by, at=NOW)
        with pytest.raises(Gone):
            queries.by_ref(referral.ref)
        with pytest.raises(Gone):
            referrals.accept(referral, by=by, at=NOW)
        assert not owed("referral.reply", referral)
    with as_user("nigora"):
        found = queries.by_ref(referral.ref)
        assert (found.state, found.decline_reason) == (State.DECLINED, "no_place")
        assert owed("referral.declined", referral)


@pytest.mark.django_db
def test_c1_need_info_is_coded_and_stops_the_clock() -> None:
    referral = sent()
    with as_user("shirin") as by:
        with pytest.raises(Invalid):
            referrals.ask_info(referral, ["What is her name?"], by=by, at=NOW)
        asked = referrals.ask_info(referral, ["call_me", "language"], by=by, at=NOW)
        assert asked.reply_due_at is None
        assert not owed("referral.reply", referral)
    with as_user("nigora") as by:
        duty = owed("referral.info", referral)
        assert duty and duty.owner == team("ngo-cases")
        with pytest.raises(Invalid):
            referrals.answer_info(referral, channel="pigeon", by=by, at=NOW)
        done = referrals.answer_info(referral, channel="telephone", by=by, at=later(hours=1))
        assert done.state == State.SENT and done.reply_due_at and done.reply_due_at > NOW
        assert not owed("referral.info", referral)
    with as_user("shirin") as by:
        assert owed("referral.reply", referral)
        assert referrals.accept(referral, by=by, at=NOW).state == State.ACCEPTED


@pytest.mark.django_db
def test_c1_another_can_be_proposed() -> None:
    referral = sent()
    other = organisation("Fictional Other")
    with as_user("shirin") as by:
        referrals.propose_other(referral, organisation=other, by=by, at=NOW)
        with pytest.raises(Gone):
            queries.by_ref(referral.ref)
    with as_user("nigora"):
        found = queries.by_ref(referral.ref)
        assert found.proposed == other and found.state == State.OTHER_PROPOSED
        assert owed("referral.next", referral)


@pytest.mark.django_db
def test_c1_the_sender_sees_acceptance_and_outcome() -> None:
    referral = accepted()
    with as_user("shirin") as by:
        with pytest.raises(Invalid):
            referrals.complete(referral, outcome="fine", by=by, at=NOW)
        referrals.complete(referral, outcome="helped", by=by, at=NOW)
        assert not owed("referral.outcome", referral)
    with as_user("nigora"):
        found = queries.by_ref(referral.ref)
        assert (found.state, found.outcome) == (State.COMPLETED, "helped")


@pytest.mark.django_db
def test_a_yes_by_telephone_opens_nothing_until_the_receiver_confirms() -> None:
    referral = sent()
    with as_user("nigora") as by:
        with pytest.raises(Invalid):
            referrals.accept_by_telephone(referral, channel="here", by=by, at=NOW)
        with pytest.raises(Invalid) as fault:
            to_come = later(minutes=1)
            referrals.accept_by_telephone(referral, said_at=to_come, by=by, at=NOW)
        assert fault.value.field == "said_at"
        done = referrals.accept_by_telephone(referral, by=by, at=NOW)
        assert done.awaits_confirmation
        with pytest.raises(NotPossible):
            referrals.complete(referral, outcome="helped", by=by, at=NOW)
        with pytest.raises(NotPossible):
            referrals.hand_over(referral, way="came_alone", by=by, at=NOW)
    with as_user("shirin") as by:
        assert not reaches(referral.dossier) & Category.CORE
        assert owed("referral.confirm", referral)
        assert queries.verbs(queries.by_ref(referral.ref), by) == ["confirm", "deny"]
        referrals.confirm(referral, by=by, at=later(minutes=2))
        assert reaches(referral.dossier) & Category.CORE
        assert not owed("referral.confirm", referral)
        with pytest.raises(NotPossible):
            referrals.confirm(referral, by=by, at=later(minutes=3))


@pytest.mark.django_db
def test_a_yes_by_telephone_can_be_denied() -> None:
    referral = sent()
    with as_user("nigora") as by:
        referrals.accept_by_telephone(referral, by=by, at=NOW)
    with as_user("shirin") as by:
        referrals.decline(referral, reason="no_place", by=by, at=NOW)
    with as_user("nigora"):
        assert queries.by_ref(referral.ref).state == State.DECLINED
        assert not owed("referral.confirm", referral)


@pytest.mark.django_db
def test_a_no_by_telephone() -> None:
    referral = sent()
    with as_user("nigora") as by:
        with pytest.raises(Invalid):
            referrals.decline_by_telephone(referral, reason="", by=by, at=NOW)
        referrals.decline_by_telephone(referral, reason="no_place", by=by, at=NOW)
        assert owed("referral.declined", referral)
    with as_user("shirin"), pytest.raises(Gone):
        queries.by_ref(referral.ref)


@pytest.mark.django_db
def test_a_receiver_without_accounts_is_called_and_the_sender_enters_the_answer() -> None:
    house = organisation("Fictional Friends")
    referral = sent(house)
    assert referral.to_organisation == house and referral.destination == "ngo"
    with as_user("nigora") as by:
        assert owed("referral.enter_answer", referral)
        assert not Grant.objects.filter(source_id=referral.pk).exists()
        done = referrals.accept_by_telephone(referral, by=by, at=NOW)
        assert not done.awaits_confirmation and not owed("referral.enter_answer", referral)
        assert "hand_over" not in queries.verbs(queries.by_ref(referral.ref), by)
        with pytest.raises(NotPossible):
            referrals.hand_over(referral, way="came_alone", by=by, at=NOW)
        referrals.complete(referral, outcome="helped", by=by, at=NOW)
        assert queries.by_ref(referral.ref).outcome == "helped"


@pytest.mark.django_db
def test_a_no_of_a_receiver_without_accounts() -> None:
    referral = sent(organisation("Fictional Friends"))
    with as_user("nigora") as by:
        referrals.decline_by_telephone(referral, reason="no_place", by=by, at=NOW)
        assert queries.by_ref(referral.ref).state == State.DECLINED


@pytest.mark.django_db
def test_an_entry_that_is_linked_to_a_unit_is_asked_through_its_team() -> None:
    entry = organisation("House", kind="shelter", unit=team("shelter-cases").unit)
    assert sent(entry).to_team == team("shelter-cases")


@pytest.mark.django_db
def test_a_unit_without_a_team_for_requests_takes_none() -> None:
    entry = organisation("Commission", kind="commission", unit=user("ibrohim").unit)
    with as_user("nigora") as by, pytest.raises(Invalid):
        drafted(case(by).dossier, entry, by=by)
