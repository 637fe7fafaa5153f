"""What was agreed by telephone before a house was told who needs a bed (row C5)."""

from typing import Any
from uuid import uuid4

import pytest

from panoh.access.models import Dossier
from panoh.consent import actions as consents
from panoh.consent import queries as consent
from panoh.consent.models import Consent
from panoh.directory.models import UnmetNeed
from panoh.intake import actions as intake
from panoh.intake import queries
from panoh.kernel.rules import Category, Gone, Invalid, NoConsent, NotPossible
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.shelters.models import Hold
from panoh.shelters.rules import Criteria
from tests.factories.houses import AT, LATER, WOMAN, case_of, house
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


def hold(dossier: Dossier, *, by: Any, **given: Any) -> Hold:
    plain: dict[str, Any] = {
        "criteria": Criteria((WOMAN,)),
        "read_in": "tg",
        "at": AT,
        "submission": uuid4(),
    }
    return intake.hold_tonight(None, dossier=dossier, by=by, **(plain | given))


def test_c5_what_was_agreed_by_telephone_is_kept_with_its_time() -> None:
    where, key = house(), uuid4()
    with as_user("hadia") as by:
        dossier = case_of(by, language="ru")
        held = hold(dossier, place=where.pk, by=by, submission=key)
        # Pressed twice, agreed once.
        assert hold(dossier, place=where.pk, by=by, submission=key) == held
        (row,) = Consent.objects.all()
        assert (row.asked_at, row.asked_by, row.by_telephone) == (AT, by, True)
        assert (row.team, row.unit) == (team("shelter-cases"), team("shelter-cases").unit)
        assert (row.categories, row.services) == (int(Category.SERVICES), ["bed"])
        assert (row.language, row.read_in) == ("ru", "tg")
        assert row.until == policy.local_day(held.until)
        # Nobody was counted in the room, no point of the script is claimed that was not read.
        assert (row.present, row.explained) == ([], [])
        (knower,) = consent.who_knows(dossier, LATER)
        assert (knower.can_stop, knower.agreed) == (row, Category.SERVICES)
    with as_user("shirin"):
        assert Consent.objects.count() == 0


def test_c5_it_opens_no_request() -> None:
    where = house()
    with as_user("hadia") as by:
        dossier = case_of(by)
        hold(dossier, place=where.pk, by=by)
        with pytest.raises(NoConsent):
            consent.require_live(
                dossier,
                recipient=team("shelter-cases"),
                categories=Category.CORE | Category.SERVICES,
                at=LATER,
            )


def test_c5_a_child_is_helped_and_not_asked() -> None:
    where = house(min_age=0)
    with as_user("hadia") as by:
        dossier = case_of(by, age_branch="child", age_band="age_14_17")
        hold(dossier, place=where.pk, by=by)
        assert Hold.objects.count() == 1
        assert Consent.objects.count() == 0


def test_c5_nothing_is_kept_of_a_hold_that_failed() -> None:
    where = house(("1", 1, ""))
    with as_user("nigora") as by:
        hold(case_of(by), place=where.pk, by=by)
    with as_user("hadia") as by:
        dossier = case_of(by)
        with pytest.raises(NotPossible):
            hold(dossier, place=where.pk, by=by)
        assert Consent.objects.count() == 0


def spoken() -> dict[str, Any]:
    """A yes by telephone to the shelter."""
    return {
        "recipient": team("shelter-cases"),
        "services": ["bed"],
        "until": policy.local_day(LATER),
        "branch": "adult",
        "language": "tg",
        "read_in": "tg",
        "at": AT,
        "submission": uuid4(),
    }


def test_c5_only_the_holder_keeps_it_in_a_language_that_the_script_has() -> None:
    given = spoken()
    with as_user("hadia") as by:
        dossier = case_of(by)
        with pytest.raises(Invalid):
            consents.record_spoken(dossier, **(given | {"read_in": "fa"}), by=by)
    with as_user("mavluda") as by, pytest.raises(Gone):
        consents.record_spoken(dossier, **given, by=by)


def test_c5_a_house_that_she_excludes_is_told_nothing_by_telephone() -> None:
    with as_user("hadia") as by:
        dossier = case_of(by)
        referrals.exclude(dossier, kind="unit", unit=team("shelter-cases").unit, by=by, at=AT)
        with pytest.raises(NotPossible):
            consents.record_spoken(dossier, **spoken(), by=by)
        assert not Consent.objects.exists()


def test_c5_an_existing_case_holds_a_bed_without_a_call() -> None:
    where = house()
    with as_user("nigora") as by:
        hold(case_of(by), place=where.pk, by=by)
        assert queries.open_calls(queries.desk(), AT) == []
        assert Consent.objects.get().by_telephone


def test_c5_a_call_that_was_answered_meanwhile_keeps_its_answer_and_the_need_is_counted() -> None:
    criteria = Criteria((WOMAN,))
    with as_user("nigora") as by:
        answers: dict[str, Any] = {"answers": {}, "by": by, "at": AT, "submission": uuid4()}
        case, call = intake.open_night(
            team=team("ngo-cases"), safe_to_talk="yes", danger_now="none", **answers
        )
        told: dict[str, Any] = {"dossier": case.dossier, "criteria": criteria, "reason": "full"}
        call = intake.end_call(call, outcome="advised", by=by, at=AT)
        intake.nothing_tonight(call, **told, by=by, at=LATER)
        assert (queries.call(call.pk).outcome, queries.call(call.pk).ended_at) == ("advised", AT)
        assert UnmetNeed.objects.count() == 1
