"""Leaving safely (row E16): what must be known before, what is owed after, who reads what."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.access.rules import Permission
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import ContactEntry, ExitInterview, Leaving, SafeContact
from panoh.cases.rules import EXIT_ANSWERS, Lack, Risk, SafetyKind, lacking
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid, NotPossible
from panoh.policy import queries as policy
from tests.factories.cases import contact, share
from tests.factories.clients import client_of
from tests.factories.leavings import WISH, left, planned
from tests.factories.plans import SHARED
from tests.factories.referrals import NOW, accepted, case, later
from tests.factories.staff import ADMIN, as_user, team, user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TABLES = ("cases_leaving", "cases_safecontact", "cases_contactentry", "cases_exitinterview")


def kinds(of: str, dossier: Dossier) -> list[str]:
    rows = Duty.objects.unsettled().filter(owner=team(of), dossier=dossier)
    return sorted(row.kind for row in rows if row.kind.startswith("leaving."))


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


FULL: dict[str, Any] = {
    "has_wish": True,
    "risk": Risk.LOW,
    "is_grave": False,
    "is_informed": False,
    "is_signed": False,
    "is_child": False,
    "is_agreed": False,
}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, []),
        ({"risk": Risk.SOME}, []),
        ({"has_wish": False}, [Lack.WISH]),
        ({"risk": Risk.NOT_ASKED, "is_informed": True, "is_signed": True}, [Lack.RISK]),
        ({"risk": Risk.HIGH}, [Lack.INFORMED, Lack.SIGNATURE]),
        ({"risk": Risk.HIGH, "is_informed": True}, [Lack.SIGNATURE]),
        ({"risk": Risk.HIGH, "is_informed": True, "is_signed": True}, []),
        ({"is_grave": True, "is_informed": True}, [Lack.SIGNATURE]),
        ({"is_child": True}, [Lack.ADVOCATE]),
        ({"is_child": True, "is_agreed": True}, []),
        (
            {"has_wish": False, "risk": Risk.NOT_ASKED, "is_grave": True, "is_child": True},
            list(Lack),
        ),
    ],
)
def test_e16_what_is_missing_before_somebody_goes(
    given: dict[str, Any], missing: list[Lack]
) -> None:
    assert lacking(**(FULL | given)) == missing
    assert all(str(one.label) for one in missing)


def test_e16_nobody_goes_unasked() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        for n, given in enumerate((None, {"wish": ""}, {"risk": Risk.NOT_ASKED})):
            if given is not None:
                planned(dossier, by=by, at=NOW - DAY * (5 - n), **given)
            assert queries.leaving_of(dossier) is None
            with pytest.raises(NotPossible):
                queries.require_leaving(dossier, at=NOW)
            with pytest.raises(NotPossible):
                cases.leave(dossier, left_at=NOW, by=by, at=NOW)
        made = planned(dossier, by=by)
        with pytest.raises(NotPossible):
            queries.require_leaving(dossier, at=NOW - DAY)
        assert queries.leaving_of(dossier) == cases.require_leaving(dossier, at=NOW) == made
        cases.leave(dossier, left_at=NOW, by=by, at=NOW)
        # The next departure asks anew.
        assert queries.leaving_of(dossier) is None
        with pytest.raises(NotPossible):
            cases.leave(dossier, left_at=NOW, by=by, at=NOW)


def test_e16_a_high_risk_needs_her_informed_choice_and_a_supervisor() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        row = planned(dossier, by=by, risk=Risk.HIGH, at=NOW - DAY)
        with pytest.raises(NotPossible):
            cases.sign_leaving(row, by=by, at=NOW)
    with as_user("safar") as supervisor, pytest.raises(NotPossible, match="must know it"):
        cases.sign_leaving(row, by=supervisor, at=NOW)
    with as_user("nigora") as by:
        row = planned(dossier, by=by, risk=Risk.HIGH, is_informed=True)
        assert kinds("ngo-cases", dossier) == ["leaving.sign"]
        # Who wrote it is no supervisor; and no supervisor signs what he wrote himself.
        with pytest.raises(NotPossible):
            cases.sign_leaving(row, by=by, at=NOW)
        with pytest.raises(NotPossible):
            cases.leave(dossier, left_at=NOW, by=by, at=NOW)
    with as_user("safar") as supervisor:
        cases.sign_leaving(row, by=supervisor, at=NOW)
        with pytest.raises(NotPossible):
            cases.sign_leaving(row, by=supervisor, at=NOW)
        assert kinds("ngo-cases", dossier) == []
        assert queries.leaving_of(dossier) == row
        # What is written anew is unsigned, and its own writer does not sign it.
        high: dict[str, Any] = {"risk": Risk.HIGH, "is_informed": True}
        anew = planned(dossier, by=supervisor, at=later(minutes=1), **high)
        assert queries.leaving_of(dossier) is None
        with pytest.raises(NotPossible):
            cases.sign_leaving(anew, by=supervisor, at=NOW)
        with pytest.raises(NotPossible):
            cases.sign_leaving(row, by=supervisor, at=NOW)


def test_e16_an_open_danger_counts_also_for_who_does_not_read_the_safety_plan() -> None:
    dossier = accepted().dossier
    with as_user("shirin") as by:
        made = planned(dossier, by=by)
        assert queries.leaving_of(dossier) == made
    with as_user("nigora") as holder:
        cases.write_safety(dossier, kind=SafetyKind.THREAT, code="killing", by=holder, at=NOW)
    with as_user("shirin") as by:
        assert not queries.reads_safety(by, dossier)
        assert queries.is_grave(dossier)
        with pytest.raises(NotPossible):
            queries.require_leaving(dossier, at=NOW)
    with as_user("nigora") as holder:
        given: dict[str, Any] = {"text": "Санҷидем", "by": holder}
        cases.review_risk(dossier, code="high", at=later(minutes=1), **given)
        assert queries.is_grave(dossier)
        cases.review_risk(dossier, code="some", at=later(minutes=2), **given)
        assert not queries.is_grave(dossier)
    with as_user("lola"):
        # Who does not reach the case is told nothing, not even this.
        assert not queries.is_grave(dossier)


def test_e16_the_database_promises_it() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        rows = [
            planned(dossier, by=by, wish=""),
            planned(dossier, by=by, risk=Risk.NOT_ASKED),
            planned(dossier, by=by, risk=Risk.HIGH, is_informed=True),
        ]
        for row in rows:
            with pytest.raises(IntegrityError), transaction.atomic():
                Leaving.objects.filter(pk=row.pk).update(left_at=NOW, left_by=by)
        with pytest.raises(IntegrityError), transaction.atomic():
            Leaving.objects.filter(pk=rows[2].pk).update(signed_at=NOW, signed_by=by)
        with pytest.raises(ProgrammingError, match="by the wall"), transaction.atomic():
            Leaving.objects.filter(pk=rows[2].pk).update(signed_at=NOW, signed_by=user("safar"))


def test_e16_safe_contacts_are_owed_from_the_day_of_leaving_on() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = left(dossier, by=by)
        today = policy.local_day(NOW)
        due = [policy.local_day(one.due_at) for one in found if one.due_at]
        assert due == [today + 3 * DAY, today + 30 * DAY, today + 90 * DAY]
        assert kinds("ngo-cases", dossier) == ["leaving.contact"] * 3
        assert all(
            policy.period(name).target for name in ("leaving_contact_first", "welfare_check")
        )
        # They outlive the case: who left is asked after.
        cases.close(dossier, reason="goals_reached", by=by, at=NOW)
        assert kinds("ngo-cases", dossier) == ["leaving.contact"] * 3
        cases.note_contact(found[0], result="safe", on=today, by=by, at=NOW)
        assert kinds("ngo-cases", dossier) == ["leaving.contact"] * 2
        with pytest.raises(NotPossible):
            cases.note_contact(found[0], result="safe", on=today, by=by, at=NOW)
        cases.note_contact(found[1], result="wishes_none", on=today, by=by, at=NOW)
        assert kinds("ngo-cases", dossier) == []


def test_e16_danger_found_opens_it_at_once() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        first, *_later = left(dossier, by=by)
        cases.note_contact(first, result="in_danger", on=policy.local_day(NOW), by=by, at=NOW)
        assert "leaving.welfare" in kinds("ngo-cases", dossier)


def test_e16_who_goes_without_a_plan_is_seen_to_at_once() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        with pytest.raises(Invalid):
            cases.note_gone(dossier, left_at=later(days=1), by=by, at=NOW)
        cases.note_gone(dossier, left_at=NOW - DAY, by=by, at=NOW)
        assert kinds("ngo-cases", dossier) == ["leaving.contact"] * 3 + ["leaving.welfare"]


def test_e16_making_up_with_the_accused_is_no_service_and_no_way_out() -> None:
    word = ("reconcil", "mediation", "примир", "медиац", "оштӣ", "yarash")
    for name in policy.pack().lists:
        for row in policy.code_list(name).rows:
            texts = [row.code, *row.words.texts.values()]
            assert not any(bad in text.lower() for bad in word for text in texts), (name, row.code)


def test_e16_an_authority_learns_nothing_of_it_even_where_it_holds_the_case() -> None:
    with as_user("pulod") as by:
        held = contact(by, NOW, in_team="police-cases")
        share(held, by, "shelter-cases", "shirin", SHARED)
    with as_user("shirin") as by:
        found = left(held.dossier, by=by)
        cases.note_contact(found[0], result="in_danger", on=policy.local_day(NOW), by=by, at=NOW)
        # Who planned calls, as the holder may not know.
        assert kinds("shelter-cases", held.dossier) == ["leaving.contact"] * 3 + ["leaving.welfare"]
    with as_user("pulod") as by:
        assert [rows_in(table) for table in TABLES] == [0, 0, 0, 0]
        assert not Duty.objects.filter(kind__startswith="leaving.").exists()
        assert not queries.is_grave(held.dossier)
        with pytest.raises(Gone):
            planned(held.dossier, by=by)
        with pytest.raises(NotPossible):
            queries.require_leaving(held.dossier, at=NOW)
        # Its own eyes: no line of the timeline tells of it.
        assert WISH not in str([step.label for step in queries.timeline(held.dossier)])
        assert "leaving" not in str([step.event.event for step in queries.timeline(held.dossier)])


@pytest.mark.parametrize("role", ["pol", "pro", "ics", "rap"])
def test_e16_such_an_account_in_the_holders_team_finds_no_row(role: str) -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        found = left(dossier, by=by)
        cases.note_contact(found[0], result="in_danger", on=policy.local_day(NOW), by=by, at=NOW)
        assert all(rows_in(table) for table in TABLES[:3])
    with as_user(ADMIN) as admin:
        access.appoint(user=user("nigora"), role=role, by=admin, at=NOW)
    with as_user("nigora"):
        assert [rows_in(table) for table in TABLES] == [0, 0, 0, 0]
        assert not Duty.objects.filter(kind__startswith="leaving.").exists()


def interview(dossier: Dossier, by: Any, minute: int = 0, **answers: str) -> ExitInterview:
    return cases.hold_interview(
        dossier,
        about=team("shelter-cases").unit,
        answers=answers or {"felt_safe": "no", "pressed": "yes"},
        on=policy.local_day(NOW),
        by=by,
        at=later(minutes=minute),
    )


def test_e16_the_closing_interview_is_asked_by_somebody_else() -> None:
    dossier = accepted().dossier
    with as_user("shirin") as by:
        planned(dossier, by=by)
        with pytest.raises(NotPossible):
            interview(dossier, by)
        assert queries.interviewed_about(by, dossier) == []
    with as_user("nigora") as by:
        assert queries.interviewed_about(by, dossier) == [team("shelter-cases").unit]
        with pytest.raises(Invalid):
            interview(dossier, by, felt_safe="maybe")
        with pytest.raises(Invalid):
            interview(dossier, by, felt_safe="")
        with pytest.raises(Invalid) as fault:
            interview(dossier, by, minute=-1440)
        assert fault.value.field == "on", "what is not said yet"
        row = interview(dossier, by)
        planned(dossier, by=by, destination="", at=later(minutes=1))
        with pytest.raises(NotPossible):
            interview(dossier, by)
    with as_user("shirin"):
        assert rows_in("cases_exitinterview") == 0
    with as_user("nigora"):
        assert ExitInterview.objects.get().pk == row.pk


def test_e16_the_shelter_reads_it_only_as_counts_of_whole_groups() -> None:
    dossier = accepted().dossier
    with as_user("nigora") as by:
        for minute in range(4):
            interview(dossier, by, minute)
    with as_user("shirin"):
        assert queries.exit_counts() == {}
    with as_user("nigora") as by:
        for minute in range(4, 8):
            interview(dossier, by, minute, felt_safe="yes")
        # Of another unit's interviews nothing is told, and nothing without the permission.
        assert queries.exit_counts() == {}
    with as_user("shirin"):
        assert queries.exit_counts() == {
            "felt_safe": {"no": 4, "yes": 1},
            "pressed": {"yes": 4},
        }
    with as_user("mavluda"), pytest.raises(ProgrammingError), transaction.atomic():
        queries.exit_counts()


def test_e16_even_a_shelter_that_holds_the_case_does_not_read_the_interview() -> None:
    with as_user("shirin") as by:
        held = contact(by, NOW, in_team="shelter-cases")
        share(held, by, "ngo-cases", "nigora", SHARED)
    with as_user("nigora") as by:
        interview(held.dossier, by)
    with as_user("shirin"):
        assert rows_in("cases_exitinterview") == 0


def test_e16_through_the_pages_in_a_few_taps() -> None:
    with as_user("nigora") as by:
        ref = case(by).dossier.ref
    client = client_of("nigora", "en")
    at = f"/cases/{ref}/leaving/"
    page = client.get(at).content.decode()
    assert "Leaving safely" in page and f"{at}plan/" in page
    given = {"wish": WISH, "destination": "own_place", "risk": "high", "is_informed": "on"}
    assert client.post(f"{at}plan/", given).status_code == 302
    today = policy.local_day(NOW).isoformat()
    refused = client.post(f"{at}left/", {"how": "planned", "on": today})
    assert refused.status_code == 200 and "a supervisor must sign" in refused.content.decode()
    assert "I have read it" not in client.get(at).content.decode()
    supervisor = client_of("safar", "en")
    with as_user("nigora"):
        (row,) = Leaving.objects.all()
    assert "I have read it" in supervisor.get(at).content.decode()
    assert supervisor.post(f"{at}sign/{row.pk}/").status_code == 302
    assert client.post(f"{at}left/", {"how": "planned", "on": today}).status_code == 302
    with as_user("nigora"):
        first = SafeContact.objects.get(number=1)
    form = client.get(f"{at}contact/{first.pk}/").content.decode()
    # Two taps: the way and the day are filled in.
    assert f'value="{today}"' in form and '<option value="telephone" selected>' in form
    sent = client.post(
        f"{at}contact/{first.pk}/", {"result": "safe", "channel": "telephone", "on": today}
    )
    assert sent.status_code == 302
    with as_user("nigora"):
        assert ContactEntry.objects.get().result == "safe"
    assert client_of("shirin").get(at).status_code == 404


def test_e16_the_interview_through_the_pages() -> None:
    dossier = accepted().dossier
    at = f"/cases/{dossier.ref}/leaving/"
    client = client_of("nigora", "en")
    assert "Closing interview" in client.get(at).content.decode()
    about = str(team("shelter-cases").unit_id)
    today = policy.local_day(NOW).isoformat()
    given = {"about": about, "on": today, "felt_safe": "no"}
    assert client.post(f"{at}interview/", given).status_code == 302
    with as_user("nigora"):
        assert ExitInterview.objects.get().answers == {"felt_safe": "no"}
    assert "Too few people" in client_of("shirin", "en").get("/left/").content.decode()
    assert client_of("pulod").get("/left/").status_code == 403
    assert Permission.COUNTS_READ in user("shirin").permissions
    assert set(EXIT_ANSWERS) == {"yes", "no", "not_said"}
    assert Category.SERVICES in SHARED
