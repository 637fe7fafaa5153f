"""Handing over, taking back, silence."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from time import sleep
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import translation

from panoh.access.models import User
from panoh.access.queries import by_ref, grants_on, reaches
from panoh.audit.queries import who_saw
from panoh.cases import actions as cases
from panoh.cases import queries as read_cases
from panoh.cases.models import Case, Note
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
)
from panoh.people import actions as people
from panoh.people import queries as read_people
from panoh.people.rules.person import Person
from panoh.referrals import actions as referrals
from panoh.referrals import queries
from panoh.referrals.models import Referral
from panoh.referrals.rules import DEFAULT_PACKET, State
from panoh.vault.models import DataKeyWrap
from tests.factories.directory import AT, organisation, service
from tests.factories.referrals import (
    NOW,
    accepted,
    answer,
    as_jobs,
    case,
    drafted,
    later,
    owed,
    sent,
)
from tests.factories.staff import as_user, team, user


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
@pytest.mark.parametrize("offered", [Category.IDENTITY, Category.CORE], ids=["sent", "unsent"])
def test_a_handed_over_file_is_read_by_its_new_holder_and_no_longer_by_the_former(
    offered: Category,
) -> None:
    """Also what was in no request: the keys go over with the file, and none is lost."""
    shelter = team("shelter-cases")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        people.name(dossier, person=Person(given="Гули Сохта"), by=by, at=NOW)
        note = cases.add_note(dossier, category=Category.STORY, text="Гуфтаи сохта", by=by, at=NOW)
        for categories in (CASE_CATEGORIES & ~Category.LEGAL, Category.LEGAL):
            answer(dossier, shelter, by=by, categories=categories)
        referral = referrals.send(
            drafted(dossier, by=by, categories=DEFAULT_PACKET | offered), by=by, at=NOW
        )
    with as_user("shirin") as by:
        referrals.accept(referral, by=by, at=NOW)
    with as_user("nigora") as by:
        referrals.hand_over(referral, way="accompanied", by=by, at=NOW)
    with as_user("shirin") as by:
        person = read_people.person(dossier, by=by, at=NOW)
        assert person is not None and person.display == "Гули Сохта"
        (kept,) = read_cases.notes_of(dossier, Category.STORY, user=by)
        assert read_cases.texts_of([kept]) == ["Гуфтаи сохта"]
        cases.add_note(dossier, category=Category.STORY, text="Баъд", by=by, at=NOW)
        assert shelter == by_ref(dossier.ref).holder
    with as_user("nigora"):
        assert not Note.objects.filter(pk=note.pk).exists()
        assert not DataKeyWrap.objects.filter(dossier_id=dossier.pk).exists()


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
