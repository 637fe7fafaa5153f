"""Row A29: whom the person excludes finds nothing, by no way; kinship; a closed circle."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError

from panoh.access import actions as access_actions
from panoh.access import queries as access
from panoh.access.models import Dossier, Grant, Never
from panoh.cases import actions as cases
from panoh.cases import queries as known_cases
from panoh.cases.models import Advocate, Case, Note
from panoh.consent.models import Consent, Decision
from panoh.duties.models import Duty
from panoh.kernel.rules import CASE_CATEGORIES, Category, Gone, NotPossible, Problem
from panoh.people import actions as people
from panoh.people import queries as known
from panoh.people.models import Identity
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from panoh.vault import queries as keys
from tests.factories.children import advocate, child, decided, proposed
from tests.factories.clients import client_of, words
from tests.factories.directory import organisation, service
from tests.factories.forms import typed
from tests.factories.referrals import NOW, accepted, answer, case, drafted, sent
from tests.factories.staff import as_user, closed_circle, team, user

NAME = "Истиснокарда"


def exclude(dossier: Dossier, by: str = "nigora", **named: Any) -> int:
    with as_user(by) as actor:
        return referrals.exclude(dossier, by=actor, at=NOW, **named)[1]


def unit_of(name: str) -> Any:
    return team(name).unit


def seen_by(name: str, dossier: Dossier) -> dict[str, int]:
    """What an account finds of a dossier, by table."""
    with as_user(name):
        rows: list[Any] = [Dossier, Case, Identity, Note, Referral, Grant]
        return {
            row.__name__: row.objects.filter(
                **{"pk" if row is Dossier else "dossier": dossier.pk},
                **({"ended_at": None} if row is Grant else {}),
            ).count()
            for row in rows
        }


@pytest.mark.django_db
@pytest.mark.parametrize("make", [sent, accepted])
@pytest.mark.parametrize("kind", ["unit", "district"])
def test_a29_an_exclusion_ends_what_stands_and_every_path_says_not_found(
    make: Any, kind: str
) -> None:
    referral = make()
    dossier = referral.dossier
    with as_user("nigora") as by:
        people.name(dossier, person=Person(given=NAME, family="Озмоишзода"), by=by, at=NOW)
        people.mark_findable(dossier, purposes=["be_found"], by=by, at=NOW)
    named = {"unit": {"unit": unit_of("shelter-cases")}, "district": {"district": "tj_3501266"}}
    assert exclude(dossier, kind=kind, **named[kind]) == 1
    assert set(seen_by("shirin", dossier).values()) == {0}
    with as_user("nigora"):
        assert not Consent.objects.filter(dossier=dossier, withdrawn_at=None).exists()
        assert Referral.objects.get(pk=referral.pk).state == "withdrawn"
    browser = client_of("shirin", "en")
    assert browser.get(f"/cases/{dossier.ref}/").status_code == 404
    assert browser.get(f"/requests/{referral.ref}/").status_code == 404
    assert dossier.ref not in browser.get("/inbox/").content.decode()
    with as_user("shirin") as by:
        found = people.search(Facts(names=(NAME, "Озмоишзода"), phones=()), by=by, at=NOW)
        assert (found.found, found.ask) == ([], [])
        with pytest.raises(Gone):
            referrals.accept(referral, by=by, at=NOW)


@pytest.mark.django_db
def test_a29_an_excluded_unit_is_offered_nowhere_and_asked_by_no_verb() -> None:
    shelter = organisation("Fictional House", kind="shelter", unit=unit_of("shelter-cases"))
    service(shelter)
    alone = organisation("Fictional Room", kind="shelter", area=("tj_3505401",))
    service(alone)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by)
        request = drafted(dossier, by=by)
    browser = client_of("nigora", "en")
    asked = {"service": "bed", "district": "tj_3505401", "sex": "woman"}
    before = browser.post(f"/cases/{dossier.ref}/refer/", asked)
    assert "Fictional House" in words(before) or "Fictional Room" in words(before)
    assert exclude(dossier, kind="unit", unit=unit_of("shelter-cases")) == 1, "the draft ends"
    page = browser.post(f"/cases/{dossier.ref}/refer/", asked)
    assert "Fictional House" not in words(page)
    assert "Fictional House" not in words(browser.get(f"/cases/{dossier.ref}/consent/service/"))
    with as_user("nigora") as by:
        for verb in (
            lambda: drafted(dossier, by=by),
            lambda: answer(dossier, team("shelter-cases"), by=by),
        ):
            with pytest.raises(NotPossible):
                verb()
        with pytest.raises(NotPossible):
            referrals.send(request, by=by, at=NOW)
        with pytest.raises(ProgrammingError), transaction.atomic():
            access_actions.offer(
                dossier,
                to=team("shelter-cases"),
                categories=Category.CORE,
                source_id=request.pk,
                by=by,
                at=NOW,
            )


@pytest.mark.django_db
def test_a29_the_list_is_sealed_and_read_by_the_holder_alone() -> None:
    referral = accepted()
    dossier = referral.dossier
    exclude(dossier, kind="person", words=f"Шавҳар {NAME}")
    exclude(dossier, kind="unit", unit=unit_of("police-cases"))
    with as_user("nigora"):
        rows = sorted(access.nevers(dossier), key=lambda row: str(row.kind))
        assert [row.kind for row in rows] == ["person", "unit"]
        assert NAME.encode() not in bytes(rows[0].words or b"")
        with pytest.raises(ProgrammingError), transaction.atomic():
            Never.objects.filter(pk=rows[0].pk).delete()
    for other in ("shirin", "pulod", "lola"):
        with as_user(other):
            assert Never.objects.count() == 0
    page = client_of("nigora", "en").get(f"/cases/{dossier.ref}/never/")
    assert NAME in words(page)
    assert "Fictional Post" in words(page)


@pytest.mark.django_db
def test_a29_the_own_organisation_is_not_shut_out_by_a_line() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    for named in (
        {"kind": "unit", "unit": unit_of("ngo-cases")},
        {"kind": "district", "district": "tj_3505401"},
    ):
        with pytest.raises(NotPossible):
            exclude(dossier, **named)
    with as_user("nigora"):
        assert access.nevers(dossier) == []


@pytest.mark.django_db
def test_a29_taking_a_line_back_opens_nothing_by_itself() -> None:
    dossier = accepted().dossier
    exclude(dossier, kind="unit", unit=unit_of("shelter-cases"))
    browser = client_of("nigora", "en")
    with as_user("nigora"):
        (row,) = access.nevers(dossier)
    browser.post(f"/cases/{dossier.ref}/never/{row.pk}/lift/")
    with as_user("nigora") as by:
        assert access.nevers(dossier) == []
        answer(dossier, team("shelter-cases"), by=by)
    assert set(seen_by("shirin", dossier).values()) == {0}


@pytest.mark.django_db
def test_a29_who_is_kin_finds_nothing_and_a_colleague_is_warned() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        people.name(dossier, person=Person(given=NAME, family="Озмоишзода"), by=by, at=NOW)
    browser = client_of("safar", "en")
    assert dossier.ref in browser.get("/cases/").content.decode().replace(" ", "")
    browser.post(f"/cases/{dossier.ref}/kin/", {"sure": "yes"})
    assert set(seen_by("safar", dossier).values()) == {0}
    for path in ("", "person/", "knows/", "kin/", "never/"):
        assert browser.get(f"/cases/{dossier.ref}/{path}").status_code == 404
    with as_user("safar") as by:
        found = people.search(Facts(names=(NAME, "Озмоишзода")), by=by, at=NOW)
        assert found.found == []
        assert access.newest() == []
        assert not Duty.objects.filter(dossier=dossier).exists()
        with pytest.raises(Gone):
            access.lock(dossier.pk)
    with as_user("nigora"):
        assert Duty.objects.filter(dossier=dossier, kind="people.kin").count() == 1
        assert Case.objects.filter(pk=dossier.pk).exists(), "the team goes on"


@pytest.mark.django_db
def test_a29_a_colleague_named_by_the_person_is_shut_out_through_the_page() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
    path = f"/cases/{dossier.ref}/never/"
    browser = client_of("nigora", "en")
    page = browser.get(path)
    sent_form = typed(page, kind="account", account=str(user("safar").pk))
    for _twice in range(2):
        assert browser.post(path, sent_form).status_code == 302
    assert client_of("safar").get(f"/cases/{dossier.ref}/").status_code == 404
    nothing = browser.post(path, typed(page, kind="person", person=""))
    assert "Say who it is" in words(nothing)


@pytest.mark.django_db
def test_a29_an_excluded_unit_gives_no_advocate_and_what_two_people_decided_ends() -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        advocate(dossier, by=by)
    decision = decided(dossier)
    exclude(dossier, kind="unit", unit=unit_of("police-cases"))
    with as_user("nigora"):
        assert Decision.objects.get(pk=decision.pk).state == "signed", "it is about another one"
    exclude(dossier, kind="unit", unit=unit_of("shelter-cases"))
    with as_user("nigora"):
        assert Decision.objects.get(pk=decision.pk).state == "withdrawn"
        assert known_cases.advocate_of(dossier) is not None, "nobody else ends"
    exclude(dossier, kind="unit", unit=unit_of("legal-cases"))
    assert set(seen_by("latif", dossier).values()) == {0}
    with as_user("nigora") as by:
        assert not Advocate.objects.filter(ended_at=None).exists()
        assert "latif" not in {one.username for _team, one in known_cases.may_be_advocate(dossier)}
        with pytest.raises(NotPossible):
            advocate(dossier, by=by)
        with pytest.raises(ProgrammingError), transaction.atomic():
            _forged_advocate(dossier, "latif", "legal-cases")
        advocate(dossier, by=by, name="zebo", in_team="children-cases")
        with pytest.raises(NotPossible):
            proposed(dossier, by=by)
    with as_user("zebo") as by:
        referrals.declare_kin(dossier, by=by, at=NOW)
    assert set(seen_by("zebo", dossier).values()) == {0}
    with as_user("nigora"):
        assert known_cases.advocate_of(dossier) is None
        assert not Advocate.objects.filter(ended_at=None).exists()
        assert Duty.objects.unsettled().filter(dossier=dossier, kind="child.advocate").exists()
        with pytest.raises(ProgrammingError), transaction.atomic():
            _forged_advocate(dossier, "zebo", "children-cases")


@pytest.mark.django_db
def test_a29_an_advocate_whom_the_person_excludes_by_name_ends_at_once() -> None:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        advocate(dossier, by=by)
    exclude(dossier, kind="account", user=user("latif"))
    assert set(seen_by("latif", dossier).values()) == {0}
    with as_user("nigora"):
        assert not Advocate.objects.filter(ended_at=None).exists()


def _forged_advocate(dossier: Dossier, name: str, in_team: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_name_advocate(%s, %s, %s, 321, gen_random_uuid(), now(), NULL)",
            [dossier.pk, team(in_team).pk, user(name).pk],
        )


def test_a29_a_sealed_case_is_found_by_its_own_team_only(fresh_db: str) -> None:
    circle = closed_circle()
    with as_user("nigora") as by:
        dossier = case(by).dossier
        people.name(dossier, person=Person(given=NAME, family="Озмоишзода"), by=by, at=NOW)
        people.mark_findable(dossier, purposes=["be_found", "ring"], by=by, at=NOW)
    connections.close_all()
    with as_user("nigora") as by:
        cases.seal(dossier, to=circle, by=by, at=NOW)
    assert set(seen_by("safar", dossier).values()) == {0}
    asked = Facts(names=(NAME, "Озмоишзода"))
    for name in ("safar", "nigora", "shirin"):
        with as_user(name) as by:
            answered = people.search(asked, by=by, at=NOW)
            assert (answered.found, answered.ask) == ([], []), name
    with as_user("safar"):
        assert not Duty.objects.filter(dossier=dossier).exists(), "what is owed went along"
    with as_user("nigora") as by:
        found = Case.objects.get(pk=dossier.pk)
        assert known.person(Dossier.objects.get(pk=dossier.pk), by=by, at=NOW)
        assert found.sensitivity_rank == 1
        with pytest.raises(NotPossible):
            cases.seal(dossier, to=team("ngo-cases"), by=by, at=NOW)


def test_a29_an_exclusion_and_a_yes_at_the_same_moment_leave_nobody_inside(
    fresh_db: str, connect: Any
) -> None:
    """Whichever comes first, in the end the excluded unit reaches nothing and holds no key."""
    shelter = unit_of("shelter-cases")
    for _round in range(4):
        referral = sent()
        gate = Barrier(2)

        def yes(referral: Referral = referral, gate: Barrier = gate) -> str:
            try:
                gate.wait()
                with as_user("shirin") as by:
                    referrals.accept(referral, by=by, at=NOW)
            except Problem:
                return "gone"
            else:
                return "yes"
            finally:
                connections.close_all()

        def never(referral: Referral = referral, gate: Barrier = gate) -> str:
            try:
                gate.wait()
                exclude(referral.dossier, kind="unit", unit=shelter)
                return "never"
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            ended = [done.result() for done in (pool.submit(yes), pool.submit(never))]
        assert ended[1] == "never"
        assert set(seen_by("shirin", referral.dossier).values()) == {0}, ended
        _no_key_and_no_array(connect("owner"), referral.dossier, team("shelter-cases").pk)


def test_a29_an_exclusion_and_a_request_at_the_same_moment(fresh_db: str, connect: Any) -> None:
    shelter = unit_of("shelter-cases")
    for _round in range(4):
        with as_user("nigora") as by:
            dossier = case(by).dossier
            answer(dossier, team("shelter-cases"), by=by)
            request = drafted(dossier, by=by)
        gate = Barrier(2)

        def send(request: Referral = request, gate: Barrier = gate) -> None:
            try:
                gate.wait()
                with as_user("nigora") as by:
                    referrals.send(request, by=by, at=NOW)
            except Problem:
                pass
            finally:
                connections.close_all()

        def never(dossier: Dossier = dossier, gate: Barrier = gate) -> None:
            try:
                gate.wait()
                exclude(dossier, kind="unit", unit=shelter)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(send), pool.submit(never)]:
                done.result()
        assert set(seen_by("shirin", dossier).values()) == {0}
        _no_key_and_no_array(connect("owner"), dossier, team("shelter-cases").pk)


def _no_key_and_no_array(owner: psycopg.Connection, dossier: Dossier, team_id: int) -> None:
    wraps = owner.execute(
        "SELECT count(*) FROM vault_datakeywrap WHERE dossier_id = %s AND team_id = %s",
        [dossier.pk, team_id],
    ).fetchone()
    assert wraps == (0,)
    wrong = owner.execute("SELECT * FROM access_verify() WHERE wrong > 0").fetchall()
    assert wrong == []


@pytest.mark.django_db
def test_a29_the_wall_refuses_what_a_forged_call_asks_for() -> None:
    """Whoever does not hold a file writes nothing on its list, and lifts nothing."""
    dossier = accepted().dossier
    exclude(dossier, kind="unit", unit=unit_of("police-cases"))
    with as_user("nigora"):
        (row,) = access.nevers(dossier)
    forged = [
        ("SELECT access_include(%s)", [row.pk]),
        (
            "SELECT access_exclude(gen_random_uuid(), %s, 'unit', %s::int, '', NULL, NULL, now())",
            [dossier.pk, unit_of("legal-cases").pk],
        ),
        (
            "SELECT access_exclude(gen_random_uuid(), %s, 'account', NULL, '', %s::int, NULL, %s)",
            [dossier.pk, user("nigora").pk, NOW],
        ),
        ("SELECT access_seal(%s, %s::int, now())", [dossier.pk, team("shelter-cases").pk]),
    ]
    with as_user("shirin"):
        for statement, values in forged:
            with (
                pytest.raises(ProgrammingError),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement, values)


@pytest.mark.django_db
def test_c1_after_a_hand_over_the_new_holder_opens_every_text() -> None:
    """Keys of the former team are laid for the new one before they are pruned."""
    referral = accepted()
    dossier = referral.dossier
    shelter = team("shelter-cases")
    with as_user("nigora") as by:
        note = cases.add_note(dossier, category=Category.MONEY, text=NAME, by=by, at=NOW)
    with as_user("nigora") as by:
        answer(dossier, shelter, by=by, categories=CASE_CATEGORIES & ~Category.LEGAL)
        answer(dossier, shelter, by=by, categories=Category.LEGAL)
        referrals.hand_over(referral, way="accompanied", by=by, at=NOW)
    with as_user("shirin"):
        assert keys.open(Note.objects.get(pk=note.pk), "text") == NAME
    with as_user("nigora"):
        assert not Note.objects.filter(pk=note.pk).exists()
