"""The sentence that is read aloud, and the page "Who knows about me?"."""

from datetime import date

import pytest

from panoh.access import actions as access
from panoh.consent import actions as consents
from panoh.consent import queries
from panoh.kernel.rules import Category, Invalid
from panoh.policy import queries as policy
from tests.factories.directory import organisation
from tests.factories.referrals import NOW, answer, case, later
from tests.factories.staff import as_user, team

pytestmark = pytest.mark.django_db
SOURCE = "5f0c3a52-5a5d-4e5a-9d3a-3a3a3a3a3a3b"


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("tg", "31 декабри 2026"),
        ("ru", "31 декабря 2026"),
        ("en", "31 December 2026"),
        ("uz", "31 dekabr 2026"),
    ],
)
def test_one_sentence_in_her_language(language: str, day: str) -> None:
    text = queries.sentence(
        "service",
        who="Fictional House",
        categories=Category.SERVICES | Category.CONTACT,
        services=["bed", "doctor"],
        until=date(2026, 12, 31),
        language=language,
    )
    assert "Fictional House" in text and day in text
    assert policy.says("services", "bed", language) in text
    assert policy.says("services", "doctor", language) in text
    assert "{" not in text


def test_no_sentence_where_the_pack_has_no_words() -> None:
    assert queries.needs_interpreter("sgh") and not queries.needs_interpreter("uz")
    assert queries.sentence("service", until=date(2026, 1, 1), language="sgh") == ""


def test_every_purpose_has_a_sentence() -> None:
    for code, _label in policy.choices("consent_purposes"):
        for language in policy.pack().spoken_languages + policy.languages():
            assert queries.sentence(code, until=date(2026, 1, 1), language=language)


def test_who_knows_about_me() -> None:
    shelter, house = team("shelter-cases"), organisation("Fictional Friends")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        assert queries.who_knows(dossier, NOW) == []
        consent = answer(dossier, shelter, by=by)
        answer(dossier, house, by=by)
        answer(dossier, team("police-cases"), by=by, purpose="police")
        access.offer(
            dossier,
            to=shelter,
            categories=Category.CORE,
            source_id=SOURCE,  # type: ignore[arg-type]
            by=by,
            at=NOW,
        )
        names = [one.name for one in queries.who_knows(dossier, NOW)]
        assert names == ["Fictional Friends", "Fictional House", "Fictional Post"]
        asked = next(one for one in queries.who_knows(dossier, NOW) if one.grants)
        assert asked.is_asked and not asked.reads
    with as_user("shirin") as by:
        access.release(dossier, source_id=SOURCE, by=by, at=NOW)  # type: ignore[arg-type]
        assert queries.who_knows(dossier, NOW) is not None
    with as_user("nigora") as by:
        known = {one.name: one for one in queries.who_knows(dossier, NOW)}
        reads = known["Fictional House"]
        assert reads.reads == Category.CORE and not reads.is_asked
        assert reads.seen and reads.until and reads.can_stop == consent
        assert reads.seen == queries.seen_by(dossier, shelter.unit)
        assert reads.agreed & Category.CORE
        assert reads.waits(NOW) is None
        assert known["Fictional Post"].waits(NOW) == policy.due("consent_police_delay", NOW)
        assert known["Fictional Friends"].can_stop

        consents.withdraw(consent, by=by, at=later(minutes=1))
        after = {one.name: one for one in queries.who_knows(dossier, later(minutes=2))}
        gone = after["Fictional House"]
        assert not gone.reads and gone.can_stop is None
        assert gone.seen and len(gone.copies) == 1


def test_history_and_purposes() -> None:
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, team("shelter-cases"), by=by)
        assert queries.history(dossier).count() == 1
        assert len(queries.choices_of_purposes(by)) > 5
    with as_user("pulod") as by:
        assert [code for code, _label in queries.choices_of_purposes(by)] == ["be_called"]
    assert queries.default_until(NOW) > policy.local_day(NOW)


def test_units_and_entries_lead_to_the_same_receiver() -> None:
    shelter = team("shelter-cases")
    entry = organisation("House", kind="shelter", unit=shelter.unit)
    assert queries.to(entry) == queries.to(shelter.unit) == queries.to(shelter)
    assert not queries.to(None).is_named
    with pytest.raises(Invalid):
        queries.receiver("no_such_purpose", None)
