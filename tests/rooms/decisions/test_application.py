"""Status: filed, read by members, decided, told, appealed (B4, B7, B8, A3, A29)."""

import itertools
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.bodies import actions as bodies
from panoh.bodies import queries as sittings
from panoh.cases import queries as cases
from panoh.decisions import actions as decisions
from panoh.decisions import queries
from panoh.decisions.forms.application import FilingForm
from panoh.decisions.migrations import __name__ as migrations
from panoh.decisions.models import Application, HalfPage, Moved
from panoh.decisions.rules.application import (
    LIFECYCLE,
    VERBS,
    State,
    after,
    jumps,
    named_in,
)
from panoh.duties.models import Duty
from panoh.kernel.rules import Gone, Invalid, NoConsent, NotPossible, Refused
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, case, later
from tests.factories.staff import as_user, user
from tests.factories.status import (
    ANSWERS,
    HALF,
    MEMBER,
    SECRETARY,
    agreed,
    commission,
    filed,
)

pytestmark = pytest.mark.django_db
TODAY = policy.local_day(NOW)


def owed(dossier: Dossier) -> list[str]:
    rows = Duty.objects.unsettled().filter(dossier=dossier, kind__startswith="status.")
    return sorted(rows.values_list("kind", flat=True))


def status_of(dossier: Dossier) -> list[str]:
    return cases.codes_of(dossier, "victim_law_status")


# -- rules ----------------------------------------------------------------------------------------


def test_b4_every_illegal_jump_is_refused_and_names_the_rule() -> None:
    legal = {(verb, state) for state in State for verb in LIFECYCLE.verbs(state)}
    for verb, state in itertools.product(VERBS, State):
        if (verb, state) in legal:
            assert after(verb, state) in set(State)
            continue
        with pytest.raises(NotPossible, match="is not possible while it stands at") as refused:
            after(verb, state)
        assert str(VERBS[verb]) in str(refused.value.message)
        assert str(state.label) in str(refused.value.message)
    assert set(VERBS) == {one.verb for one in LIFECYCLE.steps}


def test_b4_the_database_keeps_the_same_table_of_jumps() -> None:
    from importlib import import_module

    walls = import_module(f"{migrations}.0004_walls")
    assert sorted(walls.JUMPS) == jumps()
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
        for state in State:
            if (State.FILED, state) in jumps() or state is State.FILED:
                continue
            with pytest.raises(IntegrityError, match=r"jump|ruling"), transaction.atomic():
                Application.objects.filter(pk=row.pk).update(state=state)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Лола гуфт", ["лола"]),
        ("ЛОЛАРО дидам", ["лола"]),
        ("гули лола аз Озмоишзода", ["лола", "озмоишзода"]),
        ("Ин ҷо ҳеҷ кас", []),
        ("", []),
    ],
)
def test_b4_words_of_the_identity_are_found_in_a_text(text: str, found: list[str]) -> None:
    assert named_in(text, ["Лола Озмоишзода", "Ӣ"]) == found


def test_b4_an_application_asks_twelve_questions_at_most() -> None:
    assert len(list(FilingForm(bodies=[]).fields.values())) <= 12


# -- filing ---------------------------------------------------------------------------------------


def test_b4_an_application_needs_consent_for_status_towards_that_body() -> None:
    body = commission()
    with as_user("nigora") as by:
        dossier = case(by).dossier
        now: dict[str, Any] = {"body": body, "answers": ANSWERS, "by": by, "at": NOW}
        with pytest.raises(NoConsent):
            decisions.file(dossier, **now)
        agreed(dossier, body, by=by)
        row = decisions.file(dossier, **now)
        assert (row.state, row.by_unit_type, len(row.number)) == ("filed", "ngo", 10)
        assert owed(dossier) == ["status.receive"]
        assert status_of(dossier) == ["applied"]
        with pytest.raises(NotPossible, match="waits for its decision already"):
            decisions.file(dossier, **now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(pk=row.pk).update(consent=None)


def test_b4_a_half_page_that_names_her_is_refused_until_somebody_has_looked() -> None:
    body = commission()
    with as_user("nigora") as by:
        opened = case(by)
        person = Person(given="Лола", family="Озмоишзода")
        people.name(opened.dossier, person=person, by=by, at=NOW)
        with pytest.raises(Invalid, match="лола"):
            filed(body, by=by, about=opened, text="Лола дар бозор кор мекард")
        for text in ("", "  ", "х" * 2000):
            with pytest.raises(Invalid):
                filed(body, by=by, about=opened, text=text)
        row = filed(body, by=by, about=opened, text="гули лола", looked=True)
        assert row.state == State.FILED


def test_b4_she_chooses_the_commission_and_hers_stands_first() -> None:
    home, far = commission(), commission("far", "tj_3501266", "anor", "bahor", "chaman")
    with as_user("nigora") as by:
        opened = case(by, district="tj_3505401")
        assert queries.bodies_to_ask(opened.dossier, TODAY)[:2] == [home, far]
        assert filed(far, by=by, about=opened).body_id == far.pk


def test_a3_a_case_of_an_ngo_alone_is_on_the_next_agenda_by_number() -> None:
    body = commission()
    with as_user(SECRETARY) as by:
        called = bodies.call(body, starts_at=later(days=1), by=by, at=NOW)
    with as_user("nigora") as by:
        row = filed(body, by=by)
        assert row.by_unit_type == "ngo"
        assert queries.sits_on(row) == policy.local_day(later(days=1))
    with as_user(SECRETARY):
        (item,) = sittings.items_of(called)
        assert (item.number, item.kind, item.title) == (row.number, "application", "")
        assert not Dossier.objects.exists()


# -- who reads ------------------------------------------------------------------------------------


def test_b4_members_read_half_a_page_and_the_secretary_number_and_code_only() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    with as_user(MEMBER) as member:
        found = queries.asked(row.number)
        half = decisions.read_half(found, by=member, at=NOW)
        assert half.text == HALF
        assert not Dossier.objects.exists()
    with as_user(SECRETARY) as secretary:
        found = queries.asked(row.number)
        assert found.number == row.number
        assert not HalfPage.objects.exists()
        with pytest.raises(Refused):
            decisions.read_half(found, by=secretary, at=NOW)
    for name in ("shirin", "pulod", "tahmina", "rustam", "ibrohim"):
        with as_user(name):
            assert not Application.objects.exists()
            assert not HalfPage.objects.exists()
            with pytest.raises(Gone):
                queries.asked(row.number)


def test_b4_district_a_never_sees_district_b() -> None:
    body = commission()
    commission("far", "tj_3501266", "anor", "bahor", "chaman")
    with as_user("nigora") as by:
        row = filed(body, by=by)
    for name in ("anor", "chaman"):
        with as_user(name) as other:
            assert not Application.objects.exists()
            assert not Moved.objects.exists()
            with pytest.raises(Gone):
                decisions.complete(row, by=other, at=NOW) if name == "anor" else queries.asked(
                    row.number
                )


def test_b4_a_member_whom_the_matter_touches_reads_nothing_more() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
    with as_user(MEMBER) as by:
        item = sittings.item_about(row.pk)
        assert item is not None
        bodies.declare_conflict(item, by=by, at=NOW)
        assert not Application.objects.exists()
        assert not HalfPage.objects.exists()
        with pytest.raises(Gone):
            queries.asked(row.number)
    with as_user(SECRETARY):
        assert queries.asked(row.number).pk == row.pk


def test_a29_an_excluded_unit_or_person_of_a_commission_gets_nothing() -> None:
    body = commission()
    with as_user("nigora") as by:
        first, second = filed(body, by=by), filed(body, by=by)
        now: dict[str, Any] = {"by": by, "at": NOW}
        access.exclude(first.dossier, kind="unit", unit=body.team.unit, **now)
        access.exclude(second.dossier, kind="account", user=user(MEMBER), **now)
    browser = client_of("nigora", "en")
    for row, unread in ((first, True), (second, False)):
        page = words(browser.get(f"/decisions/{row.dossier.ref}/status/"))
        assert ("The commission may read nothing of it any more" in page) is unread
    with as_user(SECRETARY):
        assert [row.pk for row in Application.objects.all()] == [second.pk]
    with as_user(MEMBER):
        assert not Application.objects.exists()
        assert not HalfPage.objects.exists()
    with as_user("nigora") as by:
        third = case(by).dossier
        access.exclude(third, kind="unit", unit=body.team.unit, by=by, at=NOW)
        with pytest.raises(NotPossible):
            agreed(third, body, by=by)
        with pytest.raises(NoConsent):
            decisions.file(third, body=body, answers=ANSWERS, by=by, at=NOW)


def test_b4_taken_back_nobody_reads_it_and_it_can_be_filed_again() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
        done = decisions.withdraw(row, by=by, at=NOW)
        assert done.state == State.WITHDRAWN
        assert owed(row.dossier) == []
        assert status_of(row.dossier) == ["not_applied"]
        again = decisions.file(row.dossier, body=body, answers=ANSWERS, by=by, at=NOW)
        assert again.number != row.number
    with as_user(MEMBER):
        assert [one.pk for one in HalfPage.objects.all()] == [again.pk]


def test_b4_consent_taken_back_ends_what_waits_and_no_service() -> None:
    body = commission()
    with as_user("nigora") as by:
        row = filed(body, by=by)
        ended = decisions.end_for_consent(row.dossier, unit=body.team.unit, by=by, at=NOW)
        assert (ended, owed(row.dossier)) == (1, [])
        assert Application.objects.get(pk=row.pk).state == State.WITHDRAWN
    with as_user(MEMBER):
        assert not Application.objects.exists()
        assert not HalfPage.objects.exists()
