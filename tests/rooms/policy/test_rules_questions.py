"""Questionnaires: what is read, what is refused with row and reason, and which questions are
asked. The references are pyxform (every form becomes a form for ODK Collect) and an XPath
library (every condition means what XPath says)."""

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from panoh.policy.queries import form_of, read
from panoh.policy.rules import Form, PackFault, read_form
from panoh.policy.rules.questions import (
    Place,
    Type,
    asked,
    fault_of,
    shown,
)
from tests.house.tree import ROOT

FORMS = sorted(ROOT.glob("packs/*/forms/*.csv"))
STATES = ("present", "absent", "unknown", "not_asked")

HEAD = (
    "survey\n,type,name,label::English (en),hint::English (en),default,relevant,constraint,"
    "required,sign,category,adult\n"
)
TAIL = (
    "choices\n,list_name,name,label::English (en)\n"
    + "".join(f",state,{code},{code}\n" for code in STATES)
    + ",few,one,One\n,few,two,Two\n"
    "settings\n,form_id,form_title,title_en,version,default_language,method,sure\n"
    ",sample,Sample,Sample,1,English (en),signs,own\n"
)
ROWS = {
    "group": ",begin_group,g,Group,,,,,,,,\n",
    "end": ",end_group,,,,,,,,,,\n",
    "sign": ",select_one state,a,A?,,not_asked,,,,yes,,strong\n",
    "many": ",select_multiple few,m,M?,,,,,,,,\n",
    "number": ",integer,n,How many,,,${a} = 'present',. >= 1 and . <= 5,yes,,,\n",
    "text": ",text,t,Words,,,\"selected(${m}, 'one')\",string-length(.) < 9,,,health,\n",
    "repeat": ",begin_repeat,r,Each,,,${n} > 1,,,,,\n",
    "inner": ",select_one state,b,B?,,,,,,,,\n",
    "inner_text": ",text,bt,Why?,,,${b} = 'present',,,,,\n",
    "end_repeat": ",end_repeat,,,,,,,,,,\n",
}
WHOLE = "".join(
    ROWS[name]
    for name in (
        *("group", "sign", "many", "number", "text", "end"),
        *("repeat", "inner", "inner_text", "end_repeat"),
    )
)


def sample(rows: str = WHOLE, tail: str = TAIL) -> Form:
    """A form with these rows of the survey."""
    return read_form("forms/sample.csv", HEAD + rows + tail, ("en",))


def test_groups_within_groups_are_one_page_and_empty_lines_are_nothing() -> None:
    inner = ROWS["group"].replace(",g,", ",h,")
    form = sample(ROWS["group"] + ROWS["many"] + "\n" + inner + ROWS["sign"] + ROWS["end"] * 2)
    (page,) = form.pages
    assert [one.name for one in page.questions] == ["m", "a"]
    assert [[group.name for group in one.within] for one in page.questions] == [["g"], ["g", "h"]]
    assert sample(ROWS["group"] + ROWS["end"] + ROWS["sign"]).pages[0].name == "page_1"


def test_a_form_without_one_of_its_sheets_is_refused() -> None:
    with pytest.raises(PackFault, match='sheet "settings" is missing'):
        sample(tail=TAIL[: TAIL.index("settings")])


# -- the forms of the packs ---------------------------------------------------------------------


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_every_form_becomes_a_form_for_odk_collect(path: Path) -> None:
    made = convert(str(path), validate=False)
    assert made.warnings == []
    root = Xml.fromstring(made.xform)  # noqa: S314
    form = read(path.parent.parent).forms[path.stem]
    names = {one.get("nodeset", "").rpartition("/")[2] for one in root.iter() if one.get("nodeset")}
    assert {question.name for question in form.questions} <= names
    assert {one.get("lang") for one in root.iter() if one.tag.endswith("}translation")} >= {
        "English (en)"
    }


def test_a_sample_with_everything_becomes_a_form_for_odk_collect(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_text(HEAD + WHOLE + TAIL)
    assert convert(str(path), validate=False).warnings == []


def test_the_forms_of_the_country_are_in_every_language_and_marked_unreviewed() -> None:
    pack = read(ROOT / "packs" / "tj")
    for form in pack.forms.values():
        for question in form.questions:
            assert set(pack.languages) <= question.label.texts.keys()
            for choice in question.choices:
                assert set(pack.languages) <= choice.label.texts.keys()
        assert "unreviewed" in form.origin
    for name in ("opening", "labour_conditions"):
        assert pack.forms[name].sure == "own"
        assert pack.forms[name].languages == pack.spoken_languages
        for question in pack.forms[name].questions:
            assert set(pack.spoken_languages) <= question.label.texts.keys()


def test_the_lists_of_the_country_are_whole() -> None:
    forms = read(ROOT / "packs" / "tj").forms
    signs = {name: [one for one in form.questions if one.sign] for name, form in forms.items()}
    assert {name: len(found) for name, found in signs.items()} == {
        "opening": 9,
        "general": 36,
        "labour_conditions": 16,
        "labour_delphi": 67,
    }
    adult = [one.weights[0] for one in signs["labour_delphi"]]
    child = [one.weights[1] for one in signs["labour_delphi"]]
    assert [adult.count(x) for x in ("strong", "medium", "weak", "")] == [7, 53, 7, 0]
    assert [child.count(x) for x in ("strong", "medium", "weak", "")] == [15, 50, 0, 2]
    assert {one.name for one in signs["general"] if one.category == "health"} == {
        *("gen_07", "gen_08", "gen_09")
    }


# -- versions -----------------------------------------------------------------------------------


def test_a_changed_form_is_another_version_and_the_old_text_is_read_as_it_was() -> None:
    before, after = sample(), sample(WHOLE.replace("A?", "A really?"))
    assert before.digest != after.digest
    assert form_of(before.source).digest == before.digest
    question = form_of(before.source).find("a")
    assert question is not None
    assert str(question.label) == "A?"


# -- what is refused ----------------------------------------------------------------------------

# rows of the survey (or the whole text, if it has no header), line, part of the reason
REFUSED = [
    (",geopoint,a,A?,,,,,,,,\n", 3, 'type "geopoint" is not understood'),
    (",begin group,a,A?,,,,,,,,\n", 3, "is not understood"),
    (",text few,a,A?,,,,,,,,\n", 3, "is not understood"),
    (",select_one colours,a,A?,,,,,,,,\n", 3, 'no list "colours"'),
    (",text,a,,,,,,,,,\n", 3, "label is empty"),
    (",text,Ä,A?,,,,,,,,\n", 3, "is not a code"),
    (",text," + "a" * 41 + ",A?,,,,,,,,\n", 3, "at most 40"),
    (ROWS["sign"] * 2, 4, '"a" is there twice'),
    (",text,a,A?,,,${b} = 1,,,,,\n", 3, 'relevant: "b" is not asked before'),
    (ROWS["many"] + ",text,a,A?,,,${m},,,,,\n", 4, "compare the answer"),
    (",text,a,A?,,,. = 1,,,,,\n", 3, '"." stands for no question'),
    (",text,a,A?,,,today() > 1,,,,,\n", 3, '"today" is not in the part'),
    (",text,a,A?,,,,//x,,,,\n", 3, 'constraint: "//x" is not understood'),
    (",text,a,A?,,,,. = ,,,,\n", 3, '"the end"'),
    (",text,a,A?,,,,\"selected(., 'x', 'y')\",,,,\n", 3, "selected() takes 2, not 3"),
    (",text,a,A?,,,,,perhaps,,,\n", 3, 'required "perhaps"'),
    (",text,a,A?,,x,,,,,,\n", 3, 'default "x"'),
    (",select_one few,a,A?,,three,,,,,,\n", 3, 'default "three"'),
    (",select_one few,a,A?,,,,,,yes,,\n", 3, "a sign is one of"),
    (",text,a,A?,,,,,,,secret,\n", 3, 'category "secret"'),
    (",select_one state,a,A?,,,,,,yes,,heavy\n", 3, 'adult "heavy"'),
    (ROWS["group"] + ROWS["sign"], 1, '"g" is begun and never ended'),
    (ROWS["end"], 3, "nothing of that kind is open"),
    (ROWS["group"] + ROWS["end_repeat"], 4, "nothing of that kind is open"),
    (ROWS["group"] + ",begin_repeat,r,R,,,,,,,,\n", 4, "a repeat stands alone"),
    (",begin_repeat,r,R,,,,,,,,\n" + ROWS["group"], 4, "a repeat stands alone"),
    (",begin_group,g,G,,,,,yes,,,\n", 3, "a group has no required"),
    (",note,a,A,,,,,,,,\n,text,b,B,,,${a} = 1,,,,,\n", 4, '"a" takes no answer'),
    (",text,a,A,,,,,,,,\n,text,b,B,,,${a} = 1,,,,,\n", 4, '"a" is a sealed text'),
    (WHOLE + ",text,z,Z,,,${b} = 1,,,,,\n", None, '"b" is asked several times'),
    ("", 1, "asks nothing"),
    (",text,a,A?,,,,,,,,,,\n", 3, "cells, 11 expected"),
    (",note,a,A,,,,,,,,\n" * 501, 1, "more than 500"),
]


@pytest.mark.parametrize(("rows", "line", "reason"), REFUSED, ids=[one[2] for one in REFUSED])
def test_a_form_outside_the_subset_is_refused_with_row_and_reason(
    rows: str, line: int | None, reason: str
) -> None:
    with pytest.raises(PackFault) as refused:
        sample(rows)
    assert reason in refused.value.reason
    assert refused.value.file == "forms/sample.csv"
    if line is not None:
        assert refused.value.line == line


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("survey\n", "\ufeffsurvey\n", "byte order mark"),
        ("survey\n", "serve\n", 'sheet "serve"'),
        ("survey\n", ",a\nsurvey\n", "must name a sheet"),
        (",type,name", ",type,type", "there twice"),
        ("default,", "calculation,", 'column "calculation" is not understood'),
        ("hint::English (en)", "hint::English", "is not understood"),
        ("settings\n", "choices\n", 'sheet "choices" is there twice'),
        (",few,two", ",few,one", '"one" is there twice'),
        (",few,two", ",few,T W O", "is not a code"),
        (",few,two,Two", ",few,two,", "label is empty"),
        (",sample,", ",Sam ple,", "form_id is not a code"),
        (",sample,Sample,Sample,1", ",sample,Sample,,1", "title_en is empty"),
        (",1,English", ",,English", "version is empty"),
        (",signs,", ",guess,", 'method "guess"'),
        (",own\n", ",sure\n", 'sure "sure"'),
        (",sample,", ",a,b,1,English (en),signs,own\n,sample,", "exactly one row"),
        (",sample,", ',"a"b,', "',' expected"),
    ],
)
def test_a_faulty_sheet_is_refused(old: str, new: str, reason: str) -> None:
    text = HEAD + WHOLE + TAIL
    assert old in text
    with pytest.raises(PackFault, match=re.escape(reason)):
        read_form("f", text.replace(old, new, 1), ("en",))


def test_a_text_that_lacks_a_language_is_refused() -> None:
    with pytest.raises(PackFault, match="label is missing in tg"):
        read_form("f", HEAD + WHOLE + TAIL, ("en", "tg"))


# -- what is asked ------------------------------------------------------------------------------


def test_relevant_follows_the_answers_before() -> None:
    form = sample()
    assert list(asked(form, {})) == [("a", 0), ("m", 0)]
    said = {("a", 0): "present", ("m", 0): "one two", ("n", 0): "3"}
    assert list(asked(form, said)) == [("a", 0), ("m", 0), ("n", 0), ("t", 0)]


def test_what_is_no_longer_asked_counts_for_nothing() -> None:
    form = sample()
    said = {("a", 0): "absent", ("n", 0): "3", ("b", 0): "present", ("bt", 0): ""}
    assert asked(form, said) == {("a", 0): "absent", ("m", 0): ""}


def test_every_round_of_a_repeat_has_its_own_answers() -> None:
    form = sample()
    said = {("a", 0): "present", ("n", 0): "2", ("b", 0): "absent", ("b", 1): "present"}
    counted = asked(form, said)
    assert ("bt", 0) not in counted
    assert ("bt", 1) in counted
    rounds = shown(form, form.pages[1], {("a", 0): "present", ("n", 0): "2"}, 2)
    assert [one.place for one in rounds] == [("b", 0), ("b", 1)]


def test_a_page_is_a_group_a_repeat_or_what_stands_between() -> None:
    form = sample(",text,z,Z,,,,,,,,\n" + WHOLE)
    assert [(one.name, one.repeats) for one in form.pages] == [
        ("page_1", False),
        ("g", False),
        ("r", True),
    ]


def test_a_default_is_the_answer_until_one_is_given() -> None:
    assert asked(sample(), {})["a", 0] == "not_asked"
    assert asked(sample(), {("a", 0): ""})["a", 0] == "not_asked"


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("a", "present", False),
        ("a", "maybe", True),
        ("a", "", False),
        ("m", "one two", False),
        ("m", "one one", True),
        ("m", "one three", True),
        ("n", "3", False),
        ("n", "", True),
        ("n", "9", True),
        ("n", "3.5", True),
        ("n", "٣", True),
        ("t", "short", False),
        ("t", "far too long", True),
    ],
)
def test_an_answer_must_fit_its_question(name: str, value: str, wrong: bool) -> None:
    question = sample().find(name)
    assert question is not None
    assert (fault_of(question, value, {}) is not None) is wrong


# -- forms nobody thought of --------------------------------------------------------------------


KINDS = ("select_one state", "select_multiple few", "integer")


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """A form of the subset: groups, a repeat, and conditions on the questions before."""
    rows: list[str] = []
    names: list[str] = []
    for at in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(KINDS))
        relevant = ""
        if len(names) > 0 and draw(st.booleans()):
            one = draw(st.sampled_from(names))
            relevant = draw(
                st.sampled_from([f"${{{one}}} = 'present'", f"${{{one}}} > 1", f"${{{one}}} != ''"])
            )
        row = f",{kind},q{at},Q,,,{relevant},,,,,\n"
        if draw(st.booleans()):
            row = f",begin_group,g{at},G,,,{relevant},,,,,\n{row}{ROWS['end']}"
        elif draw(st.booleans()):
            rows.append(f",begin_repeat,r{at},R,,,{relevant},,,,,\n{row}{ROWS['end_repeat']}")
            continue
        rows.append(row)
        names.append(f"q{at}")
    return sample("".join(rows))


PLACES = st.tuples(st.sampled_from([f"q{at}" for at in range(8)]), st.integers(0, 3))
SAID = st.dictionaries(PLACES, st.sampled_from(["present", "absent", "one", "2", "", "x"]))


@given(form=forms(), said=SAID)
def test_any_form_is_asked_without_a_fault(form: Form, said: dict[Place, str]) -> None:
    counted = asked(form, said)
    for page in form.pages:
        for one in shown(form, page, said, 2):
            assert one.question.type in Type
            fault_of(one.question, said.get(one.place, ""), {})
    # What is asked depends on what is asked only: asking again changes nothing.
    assert asked(form, counted) == counted


@given(form=forms(), said=SAID)
def test_more_answers_never_hide_a_question_that_has_no_condition(
    form: Form, said: dict[Place, str]
) -> None:
    free = {
        (one.name, 0)
        for page in form.pages
        if not page.repeats
        for one in page.questions
        if not list(one.conditions)
    }
    assert free <= asked(form, {}).keys()
    assert free <= asked(form, said).keys()
