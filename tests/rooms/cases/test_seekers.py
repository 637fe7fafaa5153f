"""Row A28: somebody asks for her; one answer for everybody; she decides."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.db.utils import ProgrammingError
from django.test.utils import CaptureQueriesContext

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases.queries import safety_plan
from panoh.cases.rules import SafetyKind
from panoh.duties.models import Duty
from panoh.kernel.rules import Category, Gone, Invalid
from panoh.people import actions as people
from panoh.people.models import Seeker, Sought
from panoh.people.rules.person import Person
from panoh.ui.rules import PartialDate
from tests.factories.cases import give
from tests.factories.clients import client_of, hidden, words
from tests.factories.referrals import NOW, as_jobs, case
from tests.factories.staff import as_user, closed_circle, team

KNOWN = Person(given="Лола", family="Озмоишзода", birth=PartialDate(1990, 5, 12))
NUMBER = "+000 93 777 00 01"
ASKED = {
    "caller": "police",
    "channel": "telephone",
    "name": "Lola Ozmoishzoda",
    "birth_year": "1990",
    "number": NUMBER,
    "words": "Ҷӯяндаи канарӣ",
}
STRANGER = ASKED | {"name": "Zarina Nobudzoda"}
Connect = Callable[[str], psycopg.Connection]


def named(who: str = "nigora", holder: str = "ngo-cases", **answers: Any) -> Dossier:
    with as_user(who) as by:
        dossier = case(by, in_team=holder, **answers).dossier
        people.name(dossier, person=KNOWN, by=by, at=NOW)
        return dossier


def ask(who: str, said: dict[str, str]) -> tuple[int, str, str, int]:
    """Ask through the page: status, where it leads, the answer's words, number of statements."""
    browser = client_of(who, "en")
    form = browser.get("/asked/")
    data = said | {"submission": hidden(form, "submission")}
    with CaptureQueriesContext(connection) as count:
        sent = browser.post("/asked/", data)
    assert sent.status_code == 302, words(sent)
    page = browser.get(sent.headers["Location"])
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    return sent.status_code, sent.headers["Location"], main, len(count)


def compare(jobs: Callable[[], AbstractContextManager[None]] = as_jobs) -> int:
    connections.close_all()
    with jobs():
        return people.match_seekers(at=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("caller", ["family", "police", "unknown"])
def test_a28_everybody_hears_the_same_whether_she_exists_or_not(caller: str) -> None:
    """The same bytes, the same number of statements: known here, known elsewhere, nowhere."""
    named()
    ask("nigora", STRANGER)  # what is read once in a process is read
    here = ask("nigora", ASKED | {"caller": caller})
    nobody = ask("nigora", STRANGER | {"caller": caller})
    elsewhere = ask("shirin", ASKED | {"caller": caller})
    assert here == nobody
    assert elsewhere[:3] == nobody[:3]
    assert "We tell nobody whether we know a person" in here[2]


def test_a28_of_a_sealed_case_everybody_hears_the_same_and_the_work_is_the_same(
    fresh_db: str,
) -> None:
    circle = closed_circle()
    dossier = named()
    with as_user("nigora") as by:
        cases.seal(dossier, to=circle, by=by, at=NOW)
    ask("safar", STRANGER)  # what is read once in a process is read
    for who in ("safar", "nigora"):
        assert ask(who, ASKED) == ask(who, STRANGER), who
    compare()
    with as_user("safar"):
        assert not Duty.objects.filter(kind="people.sought").exists()
        assert not Sought.objects.exists()


def test_a28_the_holder_alone_learns_it_and_the_registrar_never(
    fresh_db: str, connect: Connect
) -> None:
    dossier = named()
    ask("lola", ASKED)
    assert compare() == 1
    assert compare() == 0, "once"
    with as_user("nigora"):
        duty = Duty.objects.get(kind="people.sought", dossier=dossier)
        assert duty.owner == team("ngo-cases")
    for other in ("lola", "shirin", "pulod"):
        with as_user(other):
            assert not Duty.objects.filter(kind="people.sought").exists()
            assert not Sought.objects.exists()
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM people_sought_text(%s)", [duty.subject_id])
                assert cursor.fetchone() == (0,)
    assert NUMBER.encode() not in b"".join(
        bytes(row[0]) for row in connect("owner").execute("SELECT sealed FROM people_seeker")
    )


def test_a28_she_decides_and_the_number_is_kept_for_her_safety_plan(fresh_db: str) -> None:
    dossier = named()
    ask("lola", ASKED)
    compare()
    browser = client_of("nigora", "en")
    page = browser.get(f"/cases/{dossier.ref}/sought/")
    assert NUMBER in words(page)
    assert "Police officer" in words(page)
    decided = {"answer": "afraid", "sought": hidden(page, "sought")}
    assert browser.post(f"/cases/{dossier.ref}/sought/", decided).status_code == 302
    again = browser.post(f"/cases/{dossier.ref}/sought/", decided)
    assert again.status_code in {200, 302}
    with as_user("nigora"):
        plan = safety_plan(dossier)
        (threat,) = plan.parts[SafetyKind.THREAT]
        assert NUMBER in threat.text
        assert plan.review_is_due
        owed = Duty.objects.unsettled().filter(dossier=dossier)
        assert not owed.filter(kind="people.sought").exists()
        assert owed.get(kind="safety.review").subject_id == threat.row.pk
        assert Sought.objects.get().answer == "afraid"


def test_a28_only_the_holder_answers_for_her_and_only_as_the_list_has_it(fresh_db: str) -> None:
    dossier = named()
    with as_user("nigora") as by:
        give(dossier, by, "shelter-cases", "shirin", Category.CORE)
    ask("lola", ASKED)
    compare()
    with as_user("nigora") as by:
        found = Sought.objects.get()
        with pytest.raises(Invalid) as fault:
            people.keep_answer(found, answer="perhaps", by=by, at=NOW)
        assert fault.value.field == "answer"
    with as_user("shirin") as by, pytest.raises(Gone):
        people.keep_answer(found, answer="afraid", by=by, at=NOW)
    with as_user("nigora"):
        assert (Sought.objects.get().answer, Sought.objects.get().answered_at) == ("", None)


def test_a28_a_closed_case_keeps_who_asked_and_owes_no_review(fresh_db: str) -> None:
    dossier = named()
    with as_user("nigora") as by:
        cases.close(dossier, reason="person_wish", by=by, at=NOW)
    ask("lola", ASKED)
    assert compare() == 1
    browser = client_of("nigora", "en")
    page = browser.get(f"/cases/{dossier.ref}/sought/")
    decided = {"answer": "calls", "sought": hidden(page, "sought")}
    assert browser.post(f"/cases/{dossier.ref}/sought/", decided).status_code == 302
    with as_user("nigora"):
        assert len(safety_plan(dossier).parts[SafetyKind.THREAT]) == 1
        assert not Duty.objects.unsettled().filter(kind="safety.review").exists()


def test_a28_who_comes_later_is_compared_too_and_other_units_only_with_her_consent(
    fresh_db: str,
) -> None:
    ask("shirin", ASKED)
    dossier = named()
    assert compare() == 0, "the shelter was asked; nobody agreed to be rung"
    with as_user("nigora") as by:
        people.mark_findable(dossier, purposes=["ring"], by=by, at=NOW)
    assert compare() == 1
    page = client_of("nigora", "en").get(f"/cases/{dossier.ref}/sought/")
    assert NUMBER in words(page), "the team's own wrap opens what another unit wrote"


def test_a28_a_common_name_alone_rings_nobody(fresh_db: str) -> None:
    named()
    ask("lola", ASKED | {"birth_year": ""})
    assert compare() == 0


@pytest.mark.django_db
def test_a28_the_application_cannot_make_itself_a_match() -> None:
    dossier = named()
    ask("shirin", STRANGER)
    with as_user("shirin"):
        seeker = Seeker.objects.get()
    with as_user("nigora"), pytest.raises(ProgrammingError):
        assert not Seeker.objects.exists(), "another team's register"
        Sought(dossier=dossier, seeker_id=seeker.pk, found_at=NOW).save(force_insert=True)


@pytest.mark.django_db
def test_a28_the_same_entry_sent_twice_stands_once() -> None:
    browser = client_of("nigora", "en")
    data = ASKED | {"submission": hidden(browser.get("/asked/"), "submission")}
    assert [browser.post("/asked/", data).status_code for _ in range(2)] == [302, 302]
    with as_user("nigora"):
        assert Seeker.objects.count() == 1
    nothing = browser.post("/asked/", data | {"name": "", "phone": ""})
    assert "Write a name or a telephone number" in words(nothing)
