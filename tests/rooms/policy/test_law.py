"""The law in force on a day: articles, guidelines, agreements, treaty duties, who co-ordinates."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from django.template.response import TemplateResponse
from django.test import RequestFactory
from django.utils.translation import override

from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.policy import views
from panoh.policy.rules import AgreementState, Change, PackFault, differences, extends
from tests.factories.packs import pack_with

OLD, NEW = date(2017, 5, 1), date(2019, 1, 2)
V2 = """
[guideline]
code = "referral"
version = 2
kind = "guideline"
workflow = "referral"
title_tg = "A"
title_ru = "A"
title_en = "Fictional second version"
parties = ["Fictional Commission", "Fictional NGO"]
valid_from = 2026-06-01
reviewed = false
source = "a test"

[[step]]
code = "safe_way"
label_tg = "A"
label_ru = "A"
label_en = "A safe way to reach the person is known"
required = true

[[step]]
code = "asked_back"
label_tg = "A"
label_ru = "A"
label_en = "The person was asked how it went"
required = true
"""
AGREEMENTS = """
[[agreement]]
code = "aid_xx"
country = "XX"
title_tg = "A"
title_ru = "A"
title_en = "Fictional agreement"
scope_tg = "A"
scope_ru = "A"
scope_en = "Return"
state = "in_force"
in_force_on = 2020-01-01
expires_on = 2026-06-30
source = "a test"
verified = false

[[usable]]
agreement = "aid_xx"
article = "article 4"
about_tg = "A"
about_ru = "A"
about_en = "Papers within days"
"""


def shown(view: object, address: str = "/", **more: object) -> TemplateResponse:
    answer = view(RequestFactory().get(address), **more)  # type: ignore[operator]
    assert isinstance(answer, TemplateResponse)
    return answer


def title(on: date) -> str:
    [found] = [one for one in policy.articles("law_1096", on) if one.number == "title"]
    return found.texts["tg"]


def test_g11_a_case_of_2017_shows_the_article_in_force_in_2017() -> None:
    assert "расонидани кӯмак" in title(OLD)
    assert "расонидани кумак" in title(NEW)
    assert [one.by for one in policy.versions("law_1096", "title")] == ["", "law_1563"]
    context = shown(views.act, "/?on=2017-05-01", code="law_1096").context_data or {}
    by_number = {one.number: one for one, _versions in context["articles"]}
    assert "кӯмак" in by_number["title"].texts["tg"]
    assert by_number["1"].codes == "exploitation_forms"
    assert policy.articles("law_1096", date(2014, 1, 1)) == []


def test_g11_two_languages_stand_side_by_side_official_or_not() -> None:
    with override("en"):
        page = shown(views.act, "/?on=2017-05-01", code="law_1096").render().content.decode()
    assert 'lang="tg">Дар бораи муқовимат' in page
    assert 'lang="ru">О противодействии' in page
    assert "(official)" in page
    assert "(not official)" in page
    assert "no source for them could be read" in page
    with pytest.raises(Gone):
        views.act(RequestFactory().get("/"), "no_such_act")


def test_c2_a_new_version_shows_its_difference_and_needs_no_release(tmp_path: Path) -> None:
    before, after = date(2026, 5, 31), date(2026, 6, 1)
    with pack_with(tmp_path, {"guidelines/referral_2.toml": ("", V2)}):
        first, second = policy.guideline("referral", 1), policy.guideline("referral", 2)
        assert first is not None
        assert second is not None
        assert policy.guide_for("referral", before) == first
        assert policy.guide_for("referral", after) == second
        assert [step.code for step in second.required] == ["safe_way", "asked_back"]
        found = {
            (one.after or one.before).code: one.change  # type: ignore[union-attr]
            for one in differences(first, second)
        }
        assert found == {
            "safe_way": Change.CHANGED,
            "asked_back": Change.ADDED,
            "told_who_comes": Change.REMOVED,
            "interpreter": Change.REMOVED,
        }
        with override("en"):
            page = shown(views.guideline, code="referral", version_key=2).render().content.decode()
        for words in ("no longer asked for", "changed", "new", "Fictional Commission"):
            assert words in page
    assert policy.guide_for("referral", after) == policy.guideline("referral", 1)
    with pytest.raises(Gone):
        views.guideline(RequestFactory().get("/"), "referral", 9)


def test_c2_a_step_that_stays_is_no_difference_and_a_memorandum_needs_no_work(
    tmp_path: Path,
) -> None:
    memo = V2.replace('"referral"', '"memo"', 1).replace("= 2", "= 1")
    memo = memo.replace('workflow = "referral"\n', "").replace('"guideline"', '"memorandum"')
    with pack_with(tmp_path, {"guidelines/memo_1.toml": ("", memo)}):
        found = policy.guideline("memo", 1)
        assert found is not None and found.workflow == ""
        assert {one.change for one in differences(found, found)} == {Change.SAME}
        assert {one.change for one in differences(None, found)} == {Change.ADDED}


@pytest.mark.parametrize("text", ["", "x = =", "pack = 3", "[pack]\nextends = 3"])
def test_a_pack_that_cannot_be_read_extends_none(text: str) -> None:
    assert extends({"pack.toml": text}) == ""


def test_f6_an_agreement_has_its_state_on_a_day(tmp_path: Path) -> None:
    with pack_with(tmp_path, {"agreements.toml": ("", AGREEMENTS)}):
        [one] = policy.agreements("XX")
        days = (date(2019, 12, 31), date(2020, 1, 1), date(2026, 6, 30), date(2026, 7, 1))
        assert [one.state_on(day) for day in days] == [
            AgreementState.SIGNED,
            AgreementState.IN_FORCE,
            AgreementState.IN_FORCE,
            AgreementState.EXPIRED,
        ]
        assert policy.agreements_ending(date(2025, 12, 29)) == []
        assert policy.agreements_ending(date(2025, 12, 31)) == [one]
        assert policy.agreements_ending(date(2026, 7, 1)) == []
        with override("en"):
            soon = shown(views.agreements, "/?on=2025-12-31").render().content.decode()
            page = shown(views.agreements, "/?on=2026-07-01").render().content.decode()
        for words in ("Fictional agreement", "expired", "article 4: Papers within days"):
            assert words in page, "expired is marked, not hidden"
        assert "They end soon" in soon and "They end soon" not in page
    assert [one.state for one in policy.agreements()] == [AgreementState.NEEDED]


def test_g15_every_duty_names_treaty_article_and_date_and_gaps_are_listed() -> None:
    with override("en"):
        answer = views.treaties_file(RequestFactory().get("/"))
        page = shown(views.treaties).render().content.decode()
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == sum(len(treaty.duties) for treaty in policy.pack().treaties) > 10
    assert all(row["treaty"] and row["article"] and row["bound_on"] for row in rows)
    gaps = [row["duty"] for row in rows if not row["measures"]]
    assert gaps
    listed = page.split("Nothing here answers these yet")[1].split("</ul>")[0]
    assert all(words.replace("'", "&#x27;") in listed for words in gaps)


def test_b12_who_co_ordinates_is_one_dated_change(tmp_path: Path) -> None:
    with override("en"):
        assert policy.coordinator(date(2023, 3, 1)).endswith("Presidential Apparatus")
        assert policy.coordinator(date(2023, 3, 2)).endswith("Internal Affairs")
        moved = (
            "valid_from = 2023-03-02\n",
            "valid_from = 2023-03-02\nvalid_to = 2026-12-31\n",
        )
        with pack_with(tmp_path, {"bodies.toml": moved}):
            assert policy.coordinator(date(2026, 12, 31)).endswith("Internal Affairs")
            assert policy.coordinator(date(2027, 1, 1)) == ""


LAW_FAULTS = [
    ("acts/articles.toml", 'act = "law_1096"', 'act = "law_9"', 'no act "law_9"'),
    ("acts/articles.toml", 'official = ["tg"]', 'official = ["en"]', 'official in "en"'),
    ("acts/articles.toml", "valid_to = 2019-01-01", "valid_to = 2019-01-02", "on the same day"),
    ("acts/articles.toml", 'codes = "exploitation_forms"', 'codes = "lost"', 'no list "lost"'),
    ("agreements.toml", 'state = "needed"', 'state = "hoped"', 'state "hoped" is none of'),
    ("agreements.toml", 'state = "needed"', 'state = "signed"', "needs signed_on"),
    ("agreements.toml", 'country = "RU"', 'country = "Ru"', "no ISO 3166 code"),
    ("treaties.toml", '"lists:means"', '"lists:dreams"', "is no part of this pack"),
    ("treaties.toml", 'treaty = "palermo"', 'treaty = "lost"', 'no treaty "lost"'),
    ("bodies.toml", "valid_to = 2023-03-01", "valid_to = 2023-03-02", "on the same day"),
    ("guidelines/referral_1.toml", "version = 1", "version = 2", "calls itself"),
    ("guidelines/referral_1.toml", 'workflow = "referral"', 'workflow = "x"', "is none of"),
    ("guidelines/referral_1.toml", "required = false", 'required = "no"', "true or false"),
    (
        *("guidelines/referral_2.toml", "", V2.replace("2026-06-01", "2026-01-01")),
        "begins on or before the day",
    ),
    (
        *(
            "guidelines/return_1.toml",
            "",
            V2.replace('"referral"', '"return"', 1).replace("= 2", "= 1"),
        ),
        '"referral" has its steps from "referral" already',
    ),
    (
        *(
            "agreements.toml",
            "",
            AGREEMENTS.replace('agreement = "aid_xx"', 'agreement = "aid_yy"'),
        ),
        'no agreement "aid_yy"',
    ),
    ("letters/helpers.typ", "data.place", "data.palace", 'unknown merge field "data.palace"'),
    ("letters/helpers.typ", "#words.nobody", "#words.anybody", 'unknown merge field "words.'),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"), LAW_FAULTS, ids=[f"{x[0]}-{x[3]}" for x in LAW_FAULTS]
)
def test_a_faulty_law_is_refused_with_file_line_and_reason(
    tmp_path: Path, file: str, old: str, new: str, reason: str
) -> None:
    with pack_with(tmp_path, {file: (old, new)}) as folder, pytest.raises(PackFault) as refused:
        policy.read(folder)
    assert reason in refused.value.reason
    assert refused.value.file == file
    assert refused.value.line >= 1
