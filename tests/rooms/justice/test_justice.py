"""No punishment for what somebody was forced to do (B9, A10)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from panoh.access import actions as access
from panoh.access.models import Dossier, Team
from panoh.access.models.dossiers import Source
from panoh.cases import actions as cases
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.justice import actions as justice
from panoh.justice import queries
from panoh.justice.models import Charge
from panoh.justice.rules import CHARGE, OUTCOMES, State, Word
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
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, answer, case, later
from tests.factories.staff import ADMIN, as_user, new_account, team, user
from tests.house.test_letters import words_of

pytestmark = pytest.mark.django_db
TODAY = policy.local_day(NOW)
TEXT = "Ӯро маҷбур карданд, канарӣ"


def charged(kind: str = "administrative") -> tuple[Dossier, Charge]:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        return dossier, justice.enter_charge(dossier, kind=kind, text=TEXT, by=by, at=NOW)


def open_kinds(dossier: Dossier) -> list[str]:
    rows = Duty.objects.unsettled().filter(dossier=dossier)
    return sorted(
        kind
        for kind in rows.values_list("kind", flat=True)
        if kind.startswith(("justice", "non_punishment"))
    )


def test_b9_the_lifecycle_has_one_way() -> None:
    assert CHARGE.after("end", State.OPEN) == State.ENDED
    with pytest.raises(NotPossible):
        CHARGE.after("end", State.ENDED)
    assert all(str(one.label) for one in (*State, *Word))
    assert {one.code for one in policy.codes("charge_outcomes")} == set(OUTCOMES)


@pytest.mark.parametrize("kind", ["administrative", "criminal", "border", "document", "terrorism"])
def test_b9_entering_a_charge_creates_the_task_that_stays_open_until_its_outcome(kind: str) -> None:
    dossier, row = charged(kind)
    with as_user("nigora") as by:
        assert open_kinds(dossier) == ["justice.charge", "justice.notice"]
        task = Duty.objects.get(kind="justice.charge", subject_id=row.pk)
        with pytest.raises(NotPossible):
            duties.finish(task, by=by, at=NOW)  # nobody ticks it off
        with pytest.raises(Invalid):
            justice.end_charge(row, outcome="forgotten", on=TODAY, by=by, at=NOW)
        justice.end_charge(row, outcome="quashed", on=TODAY, by=by, at=NOW)
        assert open_kinds(dossier) == []
        with pytest.raises(NotPossible):
            justice.end_charge(row, outcome="dropped", on=TODAY, by=by, at=NOW)
        (told,) = queries.charges_of(dossier, user=by)
        assert (told.text, told.outcome, told.is_open) == (TEXT, "Quashed", False)


def test_b9_the_database_keeps_it_open_until_an_outcome_is_saved() -> None:
    _dossier, row = charged()
    with as_user("nigora"):
        for changed in ({"state": "ended"}, {"outcome": "dropped"}, {"told_at": NOW}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Charge.objects.filter(pk=row.pk).update(**changed)


def prosecutor() -> Team:
    """The desk of a prosecutor's office."""
    with as_user(ADMIN) as by:
        office = access.add_unit(
            code="office",
            name="Fictional Office",
            kind="prosecution",
            district="tj_3505401",
            duty_phone="",
            by=by,
            at=NOW,
        )
        return access.add_team(unit=office, name="office-cases", is_intake=True, by=by, at=NOW)


def test_b9_the_notice_goes_with_her_consent_or_by_her_lawyer() -> None:
    desk = prosecutor()
    office = desk.unit
    dossier, row = charged()
    with as_user("nigora") as by:
        send: dict[str, Any] = {"language": "en", "by": by, "at": NOW}
        with pytest.raises(NoConsent):
            justice.send_notice(row, word=Word.CONSENT, to=office, **send)
        with pytest.raises(Invalid):
            justice.send_notice(row, word=Word.CONSENT, to=None, **send)
        with pytest.raises(Refused):
            justice.send_notice(row, word=Word.LAWYER, to=None, **send)
        assert "justice.notice" in open_kinds(dossier)
        answer(dossier, desk, by=by, purpose="police", categories=Category.LEGAL, asked_now=True)
        text = words_of(justice.send_notice(row, word=Word.CONSENT, to=office, **send))
        assert dossier.ref in text and "Fictional Office" in text and TEXT not in text
        assert open_kinds(dossier) == ["justice.charge"]
        send["at"] = later(hours=1)
        again = justice.send_notice(row, word=Word.CONSENT, to=office, **send)
        assert dossier.ref in words_of(again)
        assert Charge.objects.get(pk=row.pk).told_at == NOW, "printed again, told once"
        for gone in ({"told_at": later(hours=1)}, {"text": b"x"}, {"kind": "criminal"}):
            with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
                Charge.objects.filter(pk=row.pk).update(**gone)
        justice.end_charge(row, outcome="dropped", on=TODAY, by=by, at=NOW)
        with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
            Charge.objects.filter(pk=row.pk).update(state="open", outcome="", ended_at=None)
        with pytest.raises(NotPossible):
            justice.send_notice(row, word=Word.CONSENT, to=office, **send)


def test_b9_a_lawyer_of_the_team_sends_it_in_her_name() -> None:
    dossier, row = charged()
    lawyer = new_account("yusuf", team("ngo-cases").unit, "law", user(ADMIN))
    with as_user("safar") as lead:
        access.join(user=lawyer, team=team("ngo-cases"), by=lead, at=NOW)
        access.let_in(user=lawyer, team=team("ngo-cases"), by=lead, at=NOW)
    with as_user(lawyer) as by:
        made = justice.send_notice(row, word=Word.LAWYER, to=None, language="tg", by=by, at=NOW)
        assert made.startswith(b"%PDF")
        assert open_kinds(dossier) == ["justice.charge"]


def test_a10_the_flag_opens_the_task_and_an_outcome_ends_it() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        now: dict[str, Any] = {"by": by, "at": NOW}
        flag: dict[str, Any] = {"field": "exploitation_forms", "code": "armed_groups"}
        fact = justice.flag(dossier, **flag, **now)
        justice.flag(dossier, **flag, **now)
        assert open_kinds(dossier) == ["justice.charge", "non_punishment_review"]
        (told,) = queries.charges_of(dossier, user=by)
        assert told.row.fact_id == fact.pk
        with pytest.raises(NotPossible):
            justice.send_notice(told.row, word=Word.LAWYER, to=None, language="en", **now)
        justice.end_charge(told.row, outcome="dropped", on=TODAY, **now)
        assert open_kinds(dossier) == []
        other = case(by).dossier
        again = justice.flag(other, **flag, **now)
        justice.unflag(again, **now)
        assert open_kinds(other) == []
        (ended,) = queries.charges_of(other, user=by)
        assert ended.row.outcome == "withdrawn"


def test_a10_police_prosecutor_commission_and_rapporteur_get_not_found() -> None:
    dossier, row = charged("terrorism")
    with as_user("nigora") as by:
        access.share(
            dossier,
            to=team("police-cases"),
            categories=CASE_CATEGORIES,
            source=Source.PLAN,
            source_id=row.pk,
            until=NOW.replace(year=NOW.year + 1),
            by=by,
            at=NOW,
        )
    with as_user("pulod") as officer:
        assert Dossier.objects.filter(pk=dossier.pk).exists()
        assert not Charge.objects.exists()
        assert not Duty.objects.filter(kind__startswith="justice.").exists()
        with pytest.raises(Gone):
            queries.charges_of(dossier, user=officer)
        with pytest.raises(Gone):
            justice.enter_charge(dossier, kind="criminal", text="", by=officer, at=NOW)
    assert client_of("pulod").get(f"/justice/{dossier.ref}/").status_code == 404


def test_a10_not_even_a_police_team_that_holds_the_case_learns_of_it() -> None:
    dossier, row = charged("terrorism")
    with as_user("nigora") as by:
        source = row.pk
        access.offer(
            dossier,
            to=team("police-cases"),
            categories=CASE_CATEGORIES,
            source_id=source,
            by=by,
            at=NOW,
        )
    with as_user("pulod") as officer:
        access.release(dossier, source_id=source, by=officer, at=NOW)
    with as_user("nigora") as by:
        access.hand_over(dossier, to=team("police-cases"), by=by, at=NOW)
    with as_user("pulod") as officer:
        assert Dossier.objects.get(pk=dossier.pk).holder == team("police-cases")
        assert not Charge.objects.exists()
        assert not Duty.objects.filter(kind__startswith="justice.").exists()
        with pytest.raises(Gone):
            queries.charges_of(dossier, user=officer)


def test_b9_pages_of_a_charge() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    browser = client_of("nigora", "en")
    base = f"/justice/{dossier.ref}"
    typed = {"kind": "document", "text": TEXT}
    assert browser.post(f"{base}/enter/", typed).status_code == 302
    assert TEXT in words(browser.get(f"{base}/"))
    with as_user("nigora"):
        key = Charge.objects.get().pk
    page = browser.post(
        f"{base}/{key}/notice/", {"word": "lawyer", "to": "", "language": "en"}, follow=True
    )
    assert page.status_code == 403
    ended = {"outcome": "upheld", "on": TODAY.isoformat()}
    assert browser.post(f"{base}/{key}/end/", ended).status_code == 302
    assert "Upheld" in words(browser.get(f"{base}/"))


def test_b9_on_a_closed_case_no_charge_is_entered() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        cases.close(dossier, reason="contact_lost", by=by, at=NOW)
        with pytest.raises(NotPossible):
            justice.enter_charge(dossier, kind="document", text=TEXT, by=by, at=NOW)
        assert not Charge.objects.exists()
        assert open_kinds(dossier) == []


def test_b9_an_outcome_has_a_day_that_was() -> None:
    dossier, row = charged()
    with as_user("nigora") as by:
        tomorrow = TODAY + timedelta(days=1)
        with pytest.raises(Invalid):
            justice.end_charge(row, outcome="quashed", on=tomorrow, by=by, at=NOW)
        assert Charge.objects.get().ended_at is None
        assert "justice.charge" in open_kinds(dossier)


def test_b9_the_notice_is_printed_again_only_as_it_went() -> None:
    """By a lawyer without a word of hers; later with her consent to an office would rewrite who
    was told."""
    dossier, row = charged()
    desk = prosecutor()
    lawyer = new_account("yusuf", team("ngo-cases").unit, "law", user(ADMIN))
    with as_user("safar") as lead:
        access.join(user=lawyer, team=team("ngo-cases"), by=lead, at=NOW)
        access.let_in(user=lawyer, team=team("ngo-cases"), by=lead, at=NOW)
    with as_user(lawyer) as by:
        justice.send_notice(row, word=Word.LAWYER, to=None, language="en", by=by, at=NOW)
    with as_user("nigora") as by:
        answer(dossier, desk, by=by, purpose="police", categories=Category.LEGAL, asked_now=True)
        given: dict[str, Any] = {"word": Word.CONSENT, "to": desk.unit, "language": "en"}
        with pytest.raises(NotPossible):
            justice.send_notice(row, **given, by=by, at=NOW)
        told = Charge.objects.get(pk=row.pk)
        assert (told.told_word, told.told_unit, told.told_by) == (Word.LAWYER, None, lawyer)


def test_a10_kept_apart_again_after_its_outcome_opens_nothing() -> None:
    """Neither task nor review: no outcome is left that could end them."""
    with as_user("nigora") as by:
        dossier = case(by).dossier
        now: dict[str, Any] = {"by": by, "at": NOW}
        flag: dict[str, Any] = {"field": "exploitation_forms", "code": "armed_groups"}
        justice.flag(dossier, **flag, **now)
        justice.end_charge(Charge.objects.get(), outcome="dropped", on=TODAY, **now)
        justice.flag(dossier, **flag, **now)
        assert Charge.objects.get().outcome == "dropped"
        assert open_kinds(dossier) == []
