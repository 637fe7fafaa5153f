"""Who recruited, sealed in what is legal; one recruiter in several files, as a number only."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.test import Client

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import RecruitmentEntry
from panoh.cases.rules.recruitment import Pattern, RecruitmentKind
from panoh.consent import actions as consents
from panoh.consent.models import Consent
from panoh.kernel.rules import Category, Gone, NotPossible, Refused
from panoh.people import actions as people
from panoh.people.rules.keys import Facts, keys_of
from panoh.people.rules.person import Person
from panoh.vault import queries as vault
from panoh.vault.rules import tokens
from tests.factories.canaries import fill, saved
from tests.factories.cases import contact, share
from tests.factories.clients import client_of, words
from tests.factories.referrals import NOW, answer, later
from tests.factories.staff import as_user, team, user

CYRILLIC, LATIN, PERSON = "Карим Саидзода", "Karim Saidzoda", "Фаррух Алиев"
HOLDERS = {"nigora": "ngo-cases", "pulod": "police-cases", "latif": "legal-cases"}


def told(name: str, by_name: str = "pulod", *, agrees: bool = False, **answers: Any) -> Dossier:
    """A case in which the person names who recruited her."""
    with as_user(by_name) as by:
        dossier = contact(by, NOW, in_team=HOLDERS[by_name], **answers).dossier
        if agrees:
            agree(dossier, by_name)
        write(dossier, name, by_name)
    return dossier


def write(dossier: Dossier, name: str, by_name: str) -> list[RecruitmentEntry]:
    with as_user(by_name) as by:
        texts = {RecruitmentKind.RECRUITER: name}
        return cases.write_recruitment(dossier, texts=texts, by=by, at=NOW)


def agree(dossier: Dossier, by_name: str) -> Consent:
    with as_user(by_name) as by:
        given = answer(dossier, None, by=by, purpose="pattern", categories=Category(0))
        cases.compare_recruiters(dossier, by=by, at=NOW)
    return given


@pytest.fixture
def analyst() -> str:
    with as_user("admin") as admin:
        access.appoint(user=user("rustam"), role="ana", by=admin, at=NOW)
    return "rustam"


def flags(analyst: str) -> list[Pattern]:
    with as_user(analyst) as by:
        return cases.read_patterns(by=by, at=NOW)


@pytest.mark.django_db
def test_a14_two_cases_naming_one_recruiter_in_cyrillic_and_latin_raise_one_flag(
    analyst: str,
) -> None:
    told(CYRILLIC)
    assert flags(analyst) == []
    other = told(LATIN, district="tj_3501266")
    told(PERSON)
    with as_user("pulod") as by:
        cases.record_facts(other, field="exploitation_forms", codes=["begging"], by=by, at=NOW)
    (flag,) = flags(analyst)
    assert (flag.people, flag.units) == ("2-4", "1-2")
    assert len(flag.forms) == 1 and len(flag.regions) == 2
    page = client_of(analyst, "en").get("/patterns/")
    shown = page.content.decode()
    assert words(page).count("People : 2-4") + words(page).count("People: 2-4") == 1
    for secret in (CYRILLIC, LATIN, "Карим", other.ref, "Fictional Post"):
        assert secret not in shown


@pytest.mark.django_db
def test_a14_the_analysts_right_and_nobody_elses(analyst: str) -> None:
    told(CYRILLIC), told(LATIN)
    for name in ("nigora", "safar", "pulod", "ibrohim", "amina", "admin", "tahmina"):
        assert client_of(name).get("/patterns/").status_code == 403, name
        with as_user(name) as by, pytest.raises(Refused):
            cases.read_patterns(by=by, at=NOW)
        with as_user(name), pytest.raises(Exception, match="wall"), transaction.atomic():
            queries.patterns()
    # The right opens no file and no list either.
    browser = client_of(analyst)
    for path in ("/cases/", "/search/", "/first-contact/", "/inbox/"):
        assert browser.get(path).status_code == 403, path


@pytest.mark.django_db
def test_a14_files_of_ngos_count_only_with_consent_and_from_three_units(analyst: str) -> None:
    told(CYRILLIC, "nigora")
    told(LATIN, "latif")
    told(LATIN, "pulod")
    assert flags(analyst) == [], "without consent nothing counts"
    first = told(CYRILLIC, "nigora", agrees=True)
    told(LATIN, "latif", agrees=True)
    (flag,) = flags(analyst)
    assert (flag.people, flag.units) == ("2-4", "3+"), "three units"
    with as_user("nigora") as by:
        given = Consent.objects.get(dossier=first, purpose="pattern")
        consents.withdraw(given, by=by, at=later(minutes=1))
    assert flags(analyst) == [], "two units, two people"


@pytest.mark.django_db
def test_a14_two_units_that_agreed_are_too_few_and_five_people_are_enough(analyst: str) -> None:
    for _number in range(2):
        told(CYRILLIC, "nigora", agrees=True)
        told(LATIN, "latif", agrees=True)
    assert flags(analyst) == []
    told(LATIN, "nigora")
    assert flags(analyst) == [], "one who was not asked is none"
    told(LATIN, "nigora", agrees=True)
    (flag,) = flags(analyst)
    assert (flag.people, flag.units) == ("5-9", "1-2")


@pytest.mark.django_db
def test_a14_consent_that_comes_later_counts_from_then_on_and_a_wrong_line_no_more(
    analyst: str,
) -> None:
    told(CYRILLIC), told(LATIN)
    dossiers = [told(CYRILLIC, "nigora") for _number in range(3)]
    assert [flag.people for flag in flags(analyst)] == ["2-4"]
    for dossier in dossiers:
        agree(dossier, "nigora")
    assert [flag.people for flag in flags(analyst)] == ["5-9"]
    with as_user("nigora") as by:
        (line,) = RecruitmentEntry.objects.filter(dossier=dossiers[0])
        cases.end_recruitment(line, by=by, at=NOW)
    assert [flag.people for flag in flags(analyst)] == ["2-4"], "what was wrong counts no more"


@pytest.mark.django_db
def test_a14_alleged_names_are_legal_and_stand_in_no_export_and_no_answer(analyst: str) -> None:
    dossier = told(CYRILLIC, "nigora")
    with as_user("nigora") as by:
        share(dossier_case(dossier), by, "shelter-cases", "shirin", ALL_BUT_LEGAL)
        assert not RecruitmentEntry.objects.exclude(text=None).filter(text=b"").exists()
    path = f"/cases/{dossier.ref}/recruitment/"
    assert CYRILLIC in client_of("nigora").get(path).content.decode()
    receiver = client_of("shirin")
    assert receiver.get(f"/cases/{dossier.ref}/").status_code == 200
    assert receiver.get(path).status_code in {403, 404}
    with as_user("shirin"):
        assert not RecruitmentEntry.objects.exists()
    # What is told to the person, to a receiver, on paper or in a file.
    own = client_of("nigora")
    for page in ("knows/", "rights/", "safety/", "", "person/", "documents/"):
        assert "Карим" not in own.get(f"/cases/{dossier.ref}/{page}").content.decode(), page


ALL_BUT_LEGAL = Category.CORE | Category.SERVICES | Category.STORY | Category.SAFETY


def dossier_case(dossier: Dossier) -> Any:
    return queries.case_of(dossier)


@pytest.mark.django_db
def test_a14_nobody_can_look_for_a_person_with_it(analyst: str) -> None:
    """A recruiter's name is no key of a person, and a person's none of a recruiter."""
    dossier = told(CYRILLIC, "nigora", agrees=True)
    with as_user("nigora") as by:
        other = contact(by, NOW).dossier
        people.name(other, person=Person(given="Карим", family="Саидзода"), by=by, at=NOW)
        answer(other, None, by=by, purpose="be_found", categories=Category(0))
    page = client_of("nigora").post("/search/", {"name": CYRILLIC}).content.decode()
    assert other.ref in page and dossier.ref not in page
    keys = [str(key) for key in keys_of(Facts(names=(CYRILLIC,)))]
    made = {
        use: set(tokens(vault.national_token_key(), use, keys))
        for use in ("pattern", "be_found", "ring")
    }
    assert not made["pattern"] & (made["be_found"] | made["ring"])
    asked = "SELECT people_mark_pattern(%s, true, NULL, '{}')"
    for name, sql, told_why in (
        ("nigora", "SELECT * FROM people_patterntoken", "denied"),
        ("shirin", asked, "wall"),
    ):
        with as_user(name), pytest.raises(Exception, match=told_why), transaction.atomic():
            connection.cursor().execute(sql, [dossier.pk] if sql == asked else None)


def test_a14_tokens_stand_only_while_they_may(
    fresh_db: str, connect: Callable[[str], psycopg.Connection]
) -> None:
    owner = connect("owner")

    def kept() -> int:
        row = owner.execute("SELECT count(*) FROM people_patterntoken").fetchone()
        return int(row[0]) if row else 0

    dossier = told(CYRILLIC, "nigora")
    assert kept() == 0, "not without consent"
    with as_user("nigora") as by:
        share(dossier_case(dossier), by, "legal-cases", "latif", Category.CORE | Category.LEGAL)
        answer(dossier, None, by=by, purpose="pattern", categories=Category(0))
    with as_user("latif") as by:
        cases.compare_recruiters(dossier, by=by, at=NOW)
    assert kept() == 0, "not by another team than the holder's"
    given = agree(dossier, "nigora")
    assert kept() > 0
    with as_user("nigora") as by:
        consents.withdraw(given, by=by, at=later(minutes=1))
    assert kept() == 0


def page_of(dossier: Dossier) -> str:
    return f"/cases/{dossier.ref}/recruitment/"


@pytest.mark.django_db
def test_a14_the_page_keeps_each_answer_and_a_wrong_line_stays_readable() -> None:
    with as_user("nigora") as by:
        dossier = contact(by, NOW).dossier
    browser: Client = client_of("nigora", "en")
    typed = {"channel": "agency", "recruiter": CYRILLIC, "agency": "Корҷӯ", "permit": "АБ 12"}
    saved(fill(browser, page_of(dossier), **typed, employer=""))
    page = browser.get(page_of(dossier))
    shown = words(page)
    for said in (CYRILLIC, "Корҷӯ", "АБ 12", "Employment agency"):
        assert said in shown
    assert "alleged, not proved" in shown
    with as_user("nigora") as by:
        line = RecruitmentEntry.objects.get(dossier=dossier, kind="recruiter")
        assert CYRILLIC.encode() not in bytes(line.text or b"")
    saved(browser.post(f"{page_of(dossier)}{line.pk}/end/"))
    assert "no longer holds" in words(browser.get(page_of(dossier)))
    assert browser.post(f"{page_of(dossier)}{line.pk}/end/").status_code == 409
    long = fill(browser, page_of(dossier), recruiter="х" * 400)
    assert "govuk-error-summary" in long.content.decode()
    with as_user("nigora") as by:
        line.dossier = dossier
        with pytest.raises(NotPossible):
            cases.end_recruitment(line, by=by, at=NOW)
    with as_user("lola") as by, pytest.raises(Gone):
        cases.write_recruitment(dossier, texts={}, channel="agency", by=by, at=NOW)
    assert client_of("hadia").get(page_of(dossier)).status_code in {403, 404}


@pytest.mark.django_db
def test_a14_a_sealed_file_is_in_no_pattern(analyst: str) -> None:
    told(CYRILLIC)
    other = told(LATIN)
    assert len(flags(analyst)) == 1
    with as_user("admin") as by:
        circle = access.add_team(
            unit=team("police-cases").unit, name="Circle", is_intake=False, by=by, at=NOW
        )
        access.join(user=user("pulod"), team=circle, is_supervisor=True, by=by, at=NOW)
    with as_user("pulod") as by:
        access.make_key(team=circle, by=by, at=NOW)
    with as_user("pulod") as by:
        cases.seal(other, to=circle, by=by, at=NOW)
    assert flags(analyst) == []
