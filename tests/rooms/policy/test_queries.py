"""Questions to the pack that is in force in the tests."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest
from django.utils.translation import override

from panoh.policy import queries as policy
from panoh.policy.queries import reading
from panoh.policy.rules import Code, CodeList, Pack, Words, tajik_key

FORMS = "exploitation_forms"


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pack]:
    """A pack whose list of forms changed on a day, and whose clock changed on the same day."""
    pack, day = policy.pack(), date(2026, 1, 1)
    forms = pack.lists[FORMS]
    first = replace(forms.rows[0], valid_to=date(2025, 12, 31))
    second = replace(first, words=Words({"en": "Changed"}), valid_from=day, valid_to=None)
    old = replace(pack.periods["grant_days"][0], value=30, valid_to=date(2025, 12, 31))
    new = replace(old, value=90, valid_from=day, valid_to=None)
    yield replace(
        pack,
        lists={**pack.lists, FORMS: replace(forms, rows=(first, second, *forms.rows[1:]))},
        periods={**pack.periods, "grant_days": (old, new)},
    )


def test_a9_all_twelve_forms_can_be_chosen_in_four_languages() -> None:
    forms = policy.codes(FORMS)
    assert len(forms) == 12
    for language in policy.pack().spoken_languages:
        with override(language):
            labels = [str(label) for _code, label in policy.choices(FORMS)]
        assert len(set(labels)) == 12
        assert all(labels)
    assert policy.pack().spoken_languages == ("tg", "ru", "en", "uz")


def test_a9_codes_are_stable_and_lead_to_the_crosswalk() -> None:
    """A stored code is never renamed: change this list only by adding to it."""
    codes = [form.code for form in policy.codes(FORMS)]
    assert codes == [
        *("forced_labour", "prostitution", "sexual_services", "begging", "slavery_like"),
        *("servitude", "organs_tissue", "illegal_adoption", "reproductive_use"),
        *("biomedical_research", "armed_groups", "other_crime"),
    ]
    known = {row["code"] for row in policy.crosswalk("exploitation_crosswalk")}
    assert {form.maps_to for form in policy.codes(FORMS)} <= known


def test_a9_an_old_case_shows_the_list_of_its_date(
    changed: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "pack", lambda: changed)
    with override("en"):
        old = policy.label(FORMS, "forced_labour", date(2017, 5, 1))
        assert old.startswith("Labour exploitation")
        assert policy.label(FORMS, "forced_labour", date(2026, 5, 1)) == "Changed"
        assert policy.label(FORMS, "forced_labour") == "Changed"
    assert len(policy.codes(FORMS, date(2017, 5, 1))) == 12


def test_a_running_clock_keeps_its_length(changed: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "pack", lambda: changed)
    before, after = datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    assert str(policy.due("grant_days", before)) == "2026-01-30 23:59:59+05:00"
    assert str(policy.due("grant_days", after)) == "2026-04-02 23:59:59+05:00"
    assert policy.period("grant_days", date(2025, 1, 1)).value == 30
    assert policy.period("grant_days").value == 90


def test_an_unset_clock_has_no_deadline() -> None:
    assert policy.due("status_decision_days", datetime(2026, 1, 1, tzinfo=UTC)) is None
    with override("en"):
        assert policy.period("status_decision_days").text == "not set"


def test_a_candidate_of_the_law_does_not_run() -> None:
    reflection = policy.period("reflection_days")
    assert reflection.candidate
    assert reflection.value is None


def test_no_clock_of_the_pack_claims_to_be_verified() -> None:
    assert [period.key for period in policy.periods() if period.verified] == []


def test_the_local_day_is_the_packs() -> None:
    assert policy.local_day(datetime(2026, 1, 1, 20, tzinfo=UTC)) == date(2026, 1, 2)
    assert policy.pack().timezone == "Asia/Dushanbe"


def test_labels_follow_the_reader() -> None:
    choices = policy.choices("sexes")
    with override("tg"):
        assert [str(label) for _code, label in choices][:2] == ["Зан", "Мард"]
    with override("ru"):
        assert policy.label("sexes", "woman") == "Женщина"
    assert policy.label("sexes", "never_listed") == "never_listed"
    assert policy.code("sexes", "never_listed") is None


def test_words_read_aloud_differ_from_the_label() -> None:
    assert policy.says("data_categories", "identity", "en") == "your name"
    assert policy.says("sexes", "woman", "uz") == "Ayol"
    assert policy.says("sexes", "never_listed", "uz") == "never_listed"


def test_five_regions_and_76_districts() -> None:
    assert [len(policy.places(1)), len(policy.places(2)), len(policy.places())] == [5, 76, 81]
    counts = [
        sum(district.parent == region.code for district in policy.places(2))
        for region in policy.places(1)
    ]
    assert counts == [4, 22, 27, 15, 8]
    assert all(place.pcode[:4] == place.parent[3:7] for place in policy.places(2))


def test_a_name_without_source_is_the_english_one_without_a_mark_that_nothing_explains() -> None:
    sughd, asht = policy.place("tj_3505000"), policy.place("tj_3505207")
    assert sughd is not None
    assert asht is not None
    assert [sughd.label("tg"), asht.label("tg"), asht.label("en")] == [
        *("Вилояти Суғд", "Asht", "Asht")
    ]
    assert [asht.named_in("en"), asht.named_in("ru")] == [True, False]
    assert policy.region_of(asht.code) is sughd
    assert policy.region_of(sughd.code) is sughd
    assert policy.region_of("nowhere") is None


def test_districts_stand_under_their_region_in_order() -> None:
    with override("en"):
        groups = dict(policy.place_choices())
        names = [str(label) for _code, label in groups["Sughd"]]
    assert len(names) == 22
    assert names == sorted(names, key=tajik_key)


def test_roles_give_the_least() -> None:
    roles = policy.roles()
    prepares = {"numbers_prepare"}
    assert roles["rap"] == {"counts_read", "queue_read", "policy_read", "body_read"} | prepares
    # Who signs numbers opens no case; nobody has two of the three parts.
    assert roles["dpo"] == {"counts_read", "policy_read", "numbers_protect"}
    assert roles["sta"] == {"counts_read", "policy_read", "numbers_check"}
    keeps = {"body_keep", "status_decide", "status_sign"}
    assert roles["ics"] == roles["rap"] - prepares | keeps | {"queue_ask", "bed_ask", "overdue_all"}
    shut_out = {code for code, may in roles.items() if may and "apart_read" not in may}
    assert shut_out == {"pol", "pro", "ics", "rap", "dpo", "sta"}
    assert "application_read" not in roles["ics"] | roles["tcs"] | roles["rap"]
    reading = {"case_read", "identity_read", "search_people", "health_read", "legal_read"}
    for role in ("adm", "aud", "fnd", "trn", "cam", "tcm", "tcs", "rap", "ics"):
        assert not roles[role] & reading
    assert not roles["pol"] & {"health_read", "import_cases", "team_manage"}
    managing = {"team_manage", "unit_manage", "installation_manage"}
    assert [role for role, may in roles.items() if may & managing] == ["adm"]
    assert roles["vic"] == roles["pub"] == frozenset()
    assert not policy.role("pub").account


def test_police_may_record_only_that_the_person_may_be_called() -> None:
    types = policy.unit_types()
    assert [code for code, found in types.items() if found.is_police] == ["police"]
    assert types["police"].consent_purposes == ("be_called",)
    assert types["police"].is_authority
    assert set(types["ngo"].consent_purposes) == {
        code.code for code in policy.codes("consent_purposes")
    }


def test_h18_the_script_is_there_in_four_languages_and_says_first_what_is_not_secret() -> None:
    for language in ("tg", "ru", "en", "uz"):
        script = policy.script("service", language)
        assert script.parts[0][0] == "cannot_keep_secret"
        assert len(script.explained) == 7
        assert not script.missing
        asked = script.ask(who="A", what="B", until="C")
        assert all(word in asked for word in ("A", "B", "C"))
        assert "{" not in asked
        assert script.text.count("\n\n") == len(script.parts) - 1


@pytest.mark.parametrize("language", ["tg", "ru", "en", "uz"])
def test_h18_the_newest_script_is_short_and_the_older_stays(language: str) -> None:
    script, older = policy.script("service", language), policy.script("service", language, "1")
    assert len(script.text.split()) <= 100 < len(older.text.split())
    assert len(" ".join(script.each).split()) <= 20
    assert (older.each, older.version) == ((), "1")
    assert script.explained and set(script.explained) == set(older.explained)


def test_h18_a_language_without_script_needs_an_interpreter() -> None:
    script = policy.script("service", "prs")
    assert script.missing
    assert (script.parts, script.sentence, script.explained) == ((), "", ())


def test_a_script_can_be_read_as_it_was_read_then() -> None:
    script = policy.script("principles", "tg", version="1")
    assert (script.version, script.sentence, script.reviewed) == ("1", "", False)
    with pytest.raises(KeyError):
        policy.script("principles", "tg", version="99")
    with pytest.raises(KeyError):
        policy.script("no_such_purpose", "tg")


def test_settings() -> None:
    assert policy.setting("notice_on_refusal") is False
    assert policy.setting("hotline") is None
    assert policy.number("small_cell") == 10
    with pytest.raises(TypeError):
        policy.number("notice_on_refusal")
    with pytest.raises(KeyError):
        policy.setting("no_such_setting")


def test_listed_words_come_in_the_readers_language() -> None:
    with override("ru"):
        assert {word.language for word in policy.listed_words()} == {"ru"}
    assert all(word.option for word in policy.listed_words("uz"))
    assert policy.listed_words("fr") == []


def test_an_imported_value_has_at_most_one_place() -> None:
    rows = policy.crosswalk("htcds_values")
    assert len(rows) == 184
    assert len({(row["field"], row["code"]) for row in rows}) == len(rows)
    means = [row for row in rows if row["field"] == "vic_MethodsOfControl"]
    assert all(row["pack_list"] == "means" for row in means)
    assert {row["value"] for row in means} >= {"RestrictsMovement", "UsesChildren"}


def test_frozen_values_stay_as_they_are() -> None:
    code = Code("a", Words(MappingProxyType({"en": "A"})))
    with pytest.raises(AttributeError):
        code.code = "b"  # type: ignore[misc]
    assert str(code) == code.label() == "A"
    assert str(policy.pack().lists["sexes"].rows[0].trust)
    assert policy.languages() == ("tg", "ru", "en")
    assert CodeList("x", code.words, (code,)).rows == (code,)
