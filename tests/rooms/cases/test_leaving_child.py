"""Two people decide how a child leaves: who plans it, and the named advocate (rows E16, C13)."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Leaving
from panoh.cases.rules import Lack, Risk
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, NotPossible
from tests.factories.children import advocate, child
from tests.factories.clients import client_of, words
from tests.factories.leavings import planned
from tests.factories.referrals import NOW, later
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db


def boy(*, advised: bool = True) -> Dossier:
    """A boy of fourteen; a lawyer of another organisation stands beside him."""
    with as_user("nigora") as by:
        dossier = child(by).dossier
        if advised:
            advocate(dossier, by=by)
    return dossier


def asked(of: str) -> int:
    rows = Duty.objects.unsettled().filter(kind="leaving.agree", owner=team(of))
    return rows.count()


def test_e16_a_child_leaves_with_the_signature_of_the_advocate() -> None:
    dossier = boy()
    with as_user("nigora") as by:
        row = planned(dossier, by=by)
        assert queries.lacks_of(row, dossier) == [Lack.ADVOCATE]
        with pytest.raises(NotPossible):
            cases.leave(dossier, left_at=NOW, by=by, at=NOW)
        with pytest.raises(Gone):
            cases.agree_leaving(row, by=by, at=NOW)
    with as_user("safar") as by, pytest.raises(Gone):
        cases.agree_leaving(row, by=by, at=NOW)
    with as_user("latif") as by:
        assert asked("legal-cases") == 1
        cases.agree_leaving(row, by=by, at=NOW)
        assert asked("legal-cases") == 0
        with pytest.raises(NotPossible):
            cases.agree_leaving(row, by=by, at=NOW)
    with as_user("nigora") as by:
        assert cases.leave(dossier, left_at=NOW, by=by, at=NOW).left_at == NOW


def test_e16_a_child_and_a_high_risk_need_both_names() -> None:
    dossier = boy()
    with as_user("nigora") as by:
        high: dict[str, Any] = {"risk": Risk.HIGH, "is_informed": True}
        row = planned(dossier, by=by, **high)
    with as_user("latif") as by:
        row = cases.agree_leaving(row, by=by, at=NOW)
    with as_user("safar") as by:
        row = cases.sign_leaving(row, by=by, at=NOW)
    with as_user("nigora") as by:
        assert queries.leaving_of(dossier) == row


def test_e16_what_is_written_anew_is_signed_anew() -> None:
    dossier = boy()
    with as_user("nigora") as by:
        first = planned(dossier, by=by)
    with as_user("latif") as by:
        cases.agree_leaving(first, by=by, at=NOW)
    with as_user("nigora") as by:
        second = planned(dossier, by=by, at=later(minutes=1))
        assert queries.leaving_of(dossier) is None
    with as_user("latif") as by:
        with pytest.raises(Gone):
            cases.agree_leaving(first, by=by, at=NOW)
        cases.agree_leaving(second, by=by, at=NOW)


def test_e16_an_advocate_who_is_named_later_is_asked() -> None:
    dossier = boy(advised=False)
    with as_user("nigora") as by:
        planned(dossier, by=by)
        assert asked("ngo-cases") == 1, "nobody stands beside him yet: the holder sees to it"
        advocate(dossier, by=by)
        assert asked("ngo-cases") == 0
    with as_user("latif"):
        assert asked("legal-cases") == 1


def test_e16_an_incomplete_plan_is_not_signed() -> None:
    dossier = boy()
    with as_user("nigora") as by:
        row = planned(dossier, by=by, wish="")
    with as_user("latif") as by:
        assert asked("legal-cases") == 0
        with pytest.raises(NotPossible):
            cases.agree_leaving(row, by=by, at=NOW)


def test_e16_a_child_who_just_goes_is_seen_to_all_the_same() -> None:
    dossier = boy()
    with as_user("nigora") as by:
        cases.note_gone(dossier, left_at=NOW, by=by, at=NOW)
        assert Duty.objects.filter(kind="leaving.welfare").count() == 1


def test_e16_the_database_promises_the_childs_two_names() -> None:
    dossier = boy()
    with as_user("nigora") as by:
        row = planned(dossier, by=by)
        rows = Leaving.objects.filter(pk=row.pk)
        for change in (
            {"left_at": NOW, "left_by": by},
            {"agreed_at": NOW, "agreed_by": by},
            {"agreed_at": NOW, "agreed_by": None, "left_at": NOW, "left_by": by},
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                rows.update(**change)
    with as_user("latif") as by:
        cases.agree_leaving(row, by=by, at=NOW)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(agreed_by=None)


def test_e16_the_advocate_signs_on_the_page() -> None:
    dossier = boy()
    at = f"/cases/{dossier.ref}/leaving/"
    with as_user("nigora") as by:
        row = planned(dossier, by=by)
    assert "independent advocate must sign" in words(client_of("nigora", "en").get(at))
    lawyer = client_of("latif", "en")
    assert "have read it, and sign" in words(lawyer.get(at))
    assert client_of("nigora").post(f"{at}agree/{row.pk}/").status_code == 404
    assert lawyer.post(f"{at}agree/{row.pk}/").status_code == 302
    assert "Signed by the advocate" in words(client_of("nigora", "en").get(at))
