"""From draft to outcome, both sides; and what nobody may see before a yes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from time import sleep
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import translation

from panoh.access.models import Dossier, Grant, User
from panoh.access.queries import by_ref, grants_on, reaches
from panoh.audit.queries import who_saw
from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.consent import queries as consent
from panoh.consent.models import Consent
from panoh.directory import actions as directory
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.kernel.rules import (
    CASE_CATEGORIES,
    Category,
    Gone,
    Invalid,
    NoConsent,
    NotPossible,
    Refused,
)
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.models import Referral
from panoh.referrals.rules import DEFAULT_PACKET, State
from tests.factories.directory import AT, organisation, service
from tests.factories.referrals import NOW, accepted, answer, case, drafted, later, sent
from tests.factories.staff import as_user, team, user
from tests.harness import cluster


def owed(kind: str, referral: Referral) -> Duty | None:
    """The open duty of this kind about it, as the acting team sees it."""
    return Duty.objects.filter(kind=kind, subject_id=referral.pk, settled_at=None).first()


# -- sending ---------------------------------------------------------------------------------


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
        with pytest.raises(NotPossible) as raised:
            referrals.send(drafted(dossier, by=by), by=by, at=NOW)
        with translation.override("en"):
            assert "child" in str(raised.value.message)
        assert not Grant.objects.filter(dossier=dossier).exclude(source="holder").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["none", "applied"])
def test_a5_every_service_can_be_asked_whatever_the_status_or_cooperation(status: str) -> None:
    """No field of it is asked, so no request can be refused for it."""
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by)
        for code in ("bed", "doctor", "legal_advice", "money"):
            made = drafted(dossier, by=by, services=[code])
            assert referrals.send(made, by=by, at=NOW).state == State.SENT, (status, code)


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
    with as_user("ibrohim") as by, pytest.raises((Gone, Refused)):
        referrals.withdraw(referral, by=by, at=NOW)


# -- answering -------------------------------------------------------------------------------


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


# -- by telephone ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_yes_by_telephone_opens_nothing_until_the_receiver_confirms() -> None:
    referral = sent()
    with as_user("nigora") as by:
        with pytest.raises(Invalid):
            referrals.accept_by_telephone(referral, channel="here", by=by, at=NOW)
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


# -- hand over, withdraw -----------------------------------------------------------------------


@pytest.mark.django_db
def test_c1_handover_opens_the_whole_file_so_it_needs_consent_to_all_of_it() -> None:
    referral = accepted()
    with as_user("nigora") as by:
        with pytest.raises(NoConsent):
            referrals.hand_over(referral, way="accompanied", by=by, at=NOW)
        dossier = referral.dossier
        shelter = team("shelter-cases")
        answer(dossier, shelter, by=by, categories=CASE_CATEGORIES & ~Category.LEGAL)
        answer(dossier, shelter, by=by, categories=Category.LEGAL)
        with pytest.raises(Invalid):
            referrals.hand_over(referral, way="by_magic", by=by, at=NOW)
        assert referrals.hand_over(referral, way="accompanied", by=by, at=NOW).ended_at == NOW
        assert reaches(by_ref(dossier.ref)) == Category.CORE
    with as_user("shirin"):
        found = queries.by_ref(referral.ref)
        assert found.state == State.HANDED_OVER
        assert by_ref(dossier.ref).holder == shelter
        assert Consent.objects.filter(dossier=dossier).count() == 3


@pytest.mark.django_db
def test_withdrawing_a_request_ends_what_it_opened() -> None:
    referral = accepted()
    with as_user("nigora") as by:
        referrals.withdraw(referral, by=by, at=NOW)
        assert not grants_on(referral.dossier).exclude(source="holder").exists()
        assert not owed("referral.outcome", referral)
    with as_user("shirin"):
        assert not reaches(referral.dossier)
        assert queries.inbox() == []


@pytest.mark.django_db
def test_a_draft_is_thrown_away() -> None:
    with as_user("nigora") as by:
        referral = drafted(case(by).dossier, by=by)
        assert referrals.withdraw(referral, by=by, at=NOW).state == State.WITHDRAWN


@pytest.mark.django_db
@pytest.mark.parametrize("make", [sent, accepted])
def test_taking_consent_back_ends_requests_and_disclosures_at_once(
    make: Callable[[], Referral],
) -> None:
    referral = make()
    with as_user("nigora") as by:
        given = consent.live_on(referral.dossier, NOW)[0]
        other = answer(referral.dossier, team("clinic-cases"), by=by)
        kept = referrals.send(drafted(referral.dossier, team("clinic-cases"), by=by), by=by, at=NOW)
        ended, stopped = referrals.withdraw_for_consent(
            given, reason="wish", by=by, at=later(minutes=1)
        )
        assert (ended, stopped) == ([given], [referral])
        assert queries.by_ref(referral.ref).state == State.WITHDRAWN
        assert queries.by_ref(kept.ref).state == State.SENT
        assert list(consent.live_on(referral.dossier, later(minutes=2))) == [other]
    with as_user("shirin") as by:
        with pytest.raises(Gone):
            queries.by_ref(referral.ref)
        with pytest.raises(Gone):
            referrals.accept(referral, by=by, at=NOW)
        assert Duty.objects.filter(kind="consent.destroy_copies").exists()


@pytest.mark.django_db
def test_taking_consent_back_from_a_receiver_without_accounts() -> None:
    referral = sent(organisation("Fictional Friends"))
    with as_user("nigora") as by:
        given = consent.live_on(referral.dossier, NOW)[0]
        _ended, stopped = referrals.withdraw_for_consent(given, by=by, at=NOW)
        assert stopped == [referral]


@pytest.mark.django_db
def test_withdrawal_never_ends_a_service() -> None:
    """The entry of the service and the duty of the holder stay as they were."""
    entry = organisation("House", kind="shelter", unit=team("shelter-cases").unit)
    offered = service(entry)
    referral = accepted()
    with as_user("nigora") as by:
        given = consent.live_on(referral.dossier, NOW)[0]
        referrals.withdraw_for_consent(given, by=by, at=NOW)
        offered.refresh_from_db()
        assert offered.archived_at is None
        directory.confirm(entry, by=by, at=AT)


# -- silence -----------------------------------------------------------------------------------


def test_c1_silence_past_the_limit_escalates_to_both(fresh_db: str) -> None:
    referral = sent()
    due = referral.reply_due_at
    assert due is not None
    with as_jobs():
        assert referrals.escalate_overdue(at=due) == 0
        assert referrals.escalate_overdue(at=due + timedelta(seconds=1)) == 1
        assert referrals.escalate_overdue(at=due + timedelta(seconds=2)) == 0
        assert duties.escalate_overdue(at=due + timedelta(seconds=3)) >= 2
    with as_user("nigora"):
        duty = owed("referral.unanswered", referral)
        assert duty and duty.owner == team("ngo-cases") and duty.is_late
        assert duty.assigned_to == user("safar"), "the supervisor of the sender"
    with as_user("shirin") as by:
        reply = owed("referral.reply", referral)
        assert reply and reply.assigned_to == user("shirin"), "the supervisor of the receiver"
        referrals.accept(referral, by=by, at=due + timedelta(hours=1))
    with as_jobs():
        assert referrals.escalate_overdue(at=due + timedelta(hours=2)) == 0
    with as_user("nigora"):
        assert not owed("referral.unanswered", referral)


@pytest.mark.django_db
def test_the_same_form_writes_one_request() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        form = uuid4()
        first = drafted(dossier, by=by, submission=form)
        assert drafted(dossier, by=by, submission=form) == first
        assert queries.on_dossier(dossier).count() == 1


@pytest.mark.django_db
def test_a_letter_is_noted_when_it_is_printed() -> None:
    house = organisation("Fictional Friends")
    referral = sent(house)
    with as_user("nigora") as by:
        referrals.print_letter(referral, by=by, at=NOW)
        assert "referral.printed" in [row.event for row in who_saw(referral.dossier_id)]
        referrals.withdraw(referral, by=by, at=NOW)
        with pytest.raises(NotPossible):
            referrals.print_letter(referral, by=by, at=NOW)


@pytest.mark.django_db
def test_a_closed_case_sends_nothing() -> None:
    with as_user("nigora") as by:
        opened = case(by)
        answer(opened.dossier, team("shelter-cases"), by=by)
        referral = drafted(opened.dossier, by=by)
        cases.close(opened.dossier, reason="contact_lost", by=by, at=NOW)
        with pytest.raises(NotPossible) as raised:
            referrals.send(referral, by=by, at=NOW)
        with translation.override("en"):
            assert "closed" in str(raised.value.message)


@pytest.mark.django_db
def test_a_receiver_answers_its_own_request_only_and_writes_none() -> None:
    referral = accepted()
    clinic = team("clinic-cases")
    with as_user("nigora") as by:
        answer(referral.dossier, clinic, by=by)
        other = referrals.send(drafted(referral.dossier, clinic, by=by), by=by, at=NOW)
    with as_user("shirin") as by:
        with pytest.raises(Gone):
            referrals.accept(other, by=by, at=NOW)
        with pytest.raises(Gone):
            referrals.withdraw(referral, by=by, at=NOW)
        with pytest.raises(Gone):
            drafted(referral.dossier, clinic, by=by)
        with pytest.raises(Gone):
            answer(referral.dossier, clinic, by=by)
    with as_user("mavluda") as by:
        with pytest.raises(Gone):
            referrals.decline(referral, reason="no_place", by=by, at=NOW)
        assert queries.verbs(referral, by) == []


@pytest.mark.parametrize("delay", [0, 1, 2])
def test_a_yes_beside_a_withdrawal_leaves_nothing_open(fresh_db: str, delay: int) -> None:
    """Whoever comes first, the receiver has no access in the end (row C1, DP-3)."""
    referral = sent()
    with as_user("nigora"):
        given = consent.live_on(referral.dossier, NOW)[0]
    start = Barrier(2)

    def say_yes() -> str:
        return at_once("shirin", 0, lambda by: referrals.accept(referral, by=by, at=NOW))

    def take_back() -> str:
        return at_once(
            "nigora", delay, lambda by: referrals.withdraw_for_consent(given, by=by, at=NOW)
        )

    def at_once(name: str, wait: int, verb: Callable[[User], object]) -> str:
        try:
            with as_user(name) as by:
                start.wait()
                sleep(wait / 50)
                verb(by)
        except (Gone, NotPossible) as problem:
            return type(problem).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        yes, back = pool.submit(say_yes), pool.submit(take_back)
        assert back.result() == "done"
        assert yes.result() in {"done", "Gone", "NotPossible"}
    with as_user("nigora"):
        assert queries.by_ref(referral.ref).state == State.WITHDRAWN
        assert not grants_on(referral.dossier).exclude(source="holder").exists()
    with as_user("shirin"):
        assert not Case.objects.exists() and not queries.inbox()


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
