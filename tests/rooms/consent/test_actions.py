"""Record, take back, confirm; nothing is told without a yes, and no service reads a no."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from panoh.access import actions as access
from panoh.access.models import Dossier, Grant, User
from panoh.access.queries import grants_on, reaches
from panoh.consent import actions as consents
from panoh.consent import queries
from panoh.consent.models import Consent
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from tests.factories.directory import organisation
from tests.factories.referrals import NOW, answer, case, later, until
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
BASE = Category.CORE | Category.SERVICES


def require(dossier: Dossier, name: str, categories: Category = BASE) -> list[Consent]:
    return queries.require_live(dossier, recipient=team(name), categories=categories, at=NOW)


def test_h18_one_sentence_covers_one_receiver() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(NoConsent):
            require(dossier, "shelter-cases")
        consent = answer(dossier, team("shelter-cases"), by=by, own_words="Танҳо ба онҳо.")
        assert require(dossier, "shelter-cases") == [consent]
        with pytest.raises(NoConsent):
            require(dossier, "clinic-cases")
        with pytest.raises(NoConsent):
            require(dossier, "shelter-cases", BASE | Category.STORY)
        assert vault.open(consent, "own_words") == "Танҳо ба онҳо."
        assert consent.script_version and len(consent.explained) == 7


def test_h18_what_was_read_yesterday_is_read_again() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        first = answer(dossier, team("shelter-cases"), by=by, answer="no")
        assert first.read_at == first.asked_at
        given: dict[str, Any] = {"purpose": "service", "answer": "no", "branch": "adult"}
        given |= {"language": "tg", "present": ["nobody"], "recipient": team("clinic-cases")}
        again = consents.record(dossier, **given, told_limits=False, by=by, at=first.asked_at)
        assert again.read_at == first.asked_at and again.told_limits
        tomorrow = first.asked_at + timedelta(hours=25)
        with pytest.raises(Invalid) as refusal:
            consents.record(dossier, **given, told_limits=False, by=by, at=tomorrow)
        assert refusal.value.field == "told_limits"


def test_h18_consent_before_the_script_in_her_language_is_refused() -> None:
    with as_user("nigora") as by:
        dossier = case(by, language="sgh").dossier
        with pytest.raises(NoConsent):
            answer(dossier, team("shelter-cases"), by=by, language="sgh")
        with pytest.raises(NoConsent):
            answer(dossier, team("shelter-cases"), by=by, language="sgh", read_in="tg")
        with pytest.raises(Invalid):
            answer(dossier, team("shelter-cases"), by=by, told_limits=False)
        assert not Consent.objects.filter(dossier=dossier).exists()
        saved = answer(
            dossier,
            team("shelter-cases"),
            by=by,
            language="sgh",
            read_in="tg",
            interpreter="chosen_by_person",
            present=["interpreter"],
        )
        assert (saved.language, saved.read_in) == ("sgh", "tg")


def test_h18_a_missing_language_opens_an_interpreter_task() -> None:
    with as_user("nigora") as by:
        dossier = case(by, language="sgh").dossier
        duty = consents.need_interpreter(dossier, language="sgh", by=by, at=NOW)
        again = consents.need_interpreter(dossier, language="sgh", by=by, at=NOW)
        assert duty.pk == again.pk
        assert duty.owner == team("ngo-cases") and duty.due_at is not None
        with pytest.raises(Invalid):
            consents.need_interpreter(dossier, language="uz", by=by, at=NOW)


@pytest.mark.parametrize("who", ["husband", "employer", "guardian", "officer", "unknown_person"])
def test_h18_with_such_a_person_in_the_room_yes_cannot_be_saved(who: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(NoConsent):
            answer(dossier, team("shelter-cases"), by=by, present=[who])
        answer(dossier, team("shelter-cases"), by=by, present=[who], answer="no")
        called = answer(
            dossier,
            team("hotline-cases"),
            by=by,
            present=[who],
            purpose="be_called",
            categories=Category.CONTACT,
        )
        assert called.answer == "yes"


def test_h18_police_is_asked_apart_and_takes_effect_after_a_day() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(Invalid):
            answer(dossier, team("police-cases"), by=by)
        consent = answer(dossier, team("police-cases"), by=by, purpose="police")
        assert consent.effective_at == policy.due("consent_police_delay", NOW)
        with pytest.raises(NoConsent) as raised:
            require(dossier, "police-cases")
        with translation.override("en"):
            assert "later" in str(raised.value.message)
        day = later(hours=24, minutes=1)
        assert queries.require_live(
            dossier, recipient=team("police-cases"), categories=BASE, at=day
        )


def test_h18_unless_she_asks_for_it_now() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("police-cases"), by=by, purpose="police", asked_now=True)
        assert require(dossier, "police-cases")


def test_an_authority_of_the_directory_is_one_too() -> None:
    office = organisation("Fictional Border", kind="migration_service")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(Invalid):
            answer(dossier, office, by=by)
        assert answer(dossier, office, by=by, purpose="police").effective_at != NOW


def test_a_police_account_records_only_that_she_may_be_called() -> None:
    with as_user("pulod") as by:
        dossier = case(by, in_team="police-cases").dossier
        for purpose in ("service", "police", "status", "be_found"):
            with pytest.raises(Invalid):
                receiver = None if purpose == "be_found" else team("shelter-cases")
                answer(dossier, receiver, by=by, purpose=purpose)
        called = answer(
            dossier,
            team("hotline-cases"),
            by=by,
            purpose="be_called",
            categories=Category.CONTACT,
            present=["officer"],
        )
        assert called.answer == "yes"


def test_a_child_is_not_asked_and_unknown_age_keeps_her_own_answer() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(NoConsent):
            answer(dossier, team("shelter-cases"), by=by, branch="child")
        assert answer(dossier, team("shelter-cases"), by=by, branch="unknown").answer == "yes"


def test_a4_a_refusal_closes_no_service_and_tells_nobody() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by, answer="no", until=None)
        assert [one.answer for one in queries.refusals(dossier)] == ["no"]
        assert not grants_on(dossier).exclude(source="holder").exists()
        assert answer(dossier, team("shelter-cases"), by=by).answer == "yes"
    with as_user("shirin"):
        assert not Consent.objects.exists()


def test_a_no_after_a_yes_goes_through_stopping() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by)
        with pytest.raises(NotPossible):
            answer(dossier, team("shelter-cases"), by=by, answer="no", until=None)


def test_a19_papers_and_status_need_a_sentence_of_their_own() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(Invalid):
            answer(dossier, team("legal-cases"), by=by, categories=BASE | Category.LEGAL)
        answer(dossier, team("legal-cases"), by=by, categories=BASE)
        with pytest.raises(NoConsent):
            require(dossier, "legal-cases", BASE | Category.LEGAL)
        answer(dossier, team("legal-cases"), by=by, categories=Category.LEGAL)
        assert len(require(dossier, "legal-cases", BASE | Category.LEGAL)) == 2


def test_later_is_asked_again() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        consent = answer(dossier, team("shelter-cases"), by=by, answer="later", until=None)
        duty = Duty.objects.get(kind="consent.ask_later", subject_id=consent.pk)
        assert duty.due_at == policy.due("later_answer", NOW)
        with pytest.raises(NoConsent):
            require(dossier, "shelter-cases")


def test_consent_runs_out_with_the_local_day() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        consent = answer(dossier, team("shelter-cases"), by=by)
        assert consent.ends_at is not None
        shelter = team("shelter-cases")
        last = consent.ends_at
        assert queries.require_live(dossier, recipient=shelter, categories=BASE, at=last)
        with pytest.raises(NoConsent):
            queries.require_live(
                dossier, recipient=shelter, categories=BASE, at=last + timedelta(seconds=1)
            )


def test_withdrawal_ends_live_disclosures_in_the_same_transaction() -> None:
    source = "5f0c3a52-5a5d-4e5a-9d3a-3a3a3a3a3a3a"
    shelter = team("shelter-cases")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        consent = answer(dossier, shelter, by=by)
        access.offer(dossier, to=shelter, categories=BASE, source_id=source, by=by, at=NOW)  # type: ignore[arg-type]
    with as_user("shirin") as by:
        access.release(dossier, source_id=source, by=by, at=NOW)  # type: ignore[arg-type]
        assert reaches(dossier) & BASE == BASE
    with as_user("nigora") as by:
        assert consents.withdraw(consent, reason="wish", by=by, at=later(minutes=1)) == [consent]
        assert not grants_on(dossier).exclude(source="holder").exists()
        with pytest.raises(NoConsent):
            require(dossier, "shelter-cases")
        with pytest.raises(NotPossible):
            consents.withdraw(consent, by=by, at=later(minutes=2))
    with as_user("shirin") as by:
        assert not Dossier.objects.filter(pk=dossier.pk).exists()
        assert not reaches(dossier)
        duty = Duty.objects.get(kind="consent.destroy_copies", owner=shelter)
        assert duty.due_at == policy.due("destroy_copies_confirm", later(minutes=1))
        with pytest.raises(Invalid):
            consents.confirm_copies(duty, answer="perhaps", by=by, at=NOW)
        consents.confirm_copies(duty, answer="destroyed", by=by, at=NOW)
        with pytest.raises(NotPossible):
            consents.confirm_copies(duty, answer="destroyed", by=by, at=NOW)
    with as_user("nigora") as by:
        assert Duty.objects.get(pk=duty.pk).outcome == "destroyed"
        with pytest.raises(Gone):
            consents.confirm_copies(duty, answer="destroyed", by=by, at=NOW)
        assert Grant.objects.filter(dossier=dossier).exists()


def test_withdrawal_towards_a_receiver_without_accounts_is_the_holders_call() -> None:
    house = organisation("Fictional Friends")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        consent = answer(dossier, house, by=by)
        consents.withdraw(consent, by=by, at=NOW)
        duty = Duty.objects.get(kind="consent.destroy_copies", subject_id=consent.pk)
        assert duty.owner == team("ngo-cases")


def test_consent_is_the_holders_alone() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        consent = answer(dossier, team("shelter-cases"), by=by)
    with as_user("shirin") as by:
        assert not Consent.objects.exists()
        with pytest.raises(Gone):
            consents.withdraw(consent, by=by, at=NOW)
        with pytest.raises(Gone):
            answer(dossier, team("clinic-cases"), by=by)
    with as_user("rustam") as by, pytest.raises(Gone):
        answer(dossier, team("clinic-cases"), by=by)


@pytest.mark.parametrize(
    ("purpose", "receiver"), [("service", None), ("be_found", "shelter-cases"), ("magic", None)]
)
def test_a_purpose_names_a_receiver_or_none(purpose: str, receiver: str | None) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(Invalid):
            answer(dossier, team(receiver) if receiver else None, by=by, purpose=purpose)


def test_be_found_is_marked_and_unmarked_with_its_consent() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        consent = answer(dossier, by=by, purpose="be_found", until=until())
        ring = answer(dossier, by=by, purpose="ring")
        assert consents.withdraw(consent, by=by, at=NOW) == [consent]
        assert list(queries.live_on(dossier, NOW)) == [ring]


def test_the_same_form_saves_once() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        form = uuid4()
        first = answer(dossier, team("shelter-cases"), by=by, submission=form)
        again = answer(dossier, team("shelter-cases"), by=by, submission=form)
        assert first == again and queries.history(dossier).count() == 1


def test_an_account_without_a_unit_records_for_no_purpose() -> None:
    assert queries.purposes_of(User(username="nobody")) == ()
    assert not queries.is_authority("no_such_kind")
    assert queries.is_apart("no_such_purpose") is False
