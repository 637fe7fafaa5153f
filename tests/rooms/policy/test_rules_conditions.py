"""Conditions of questionnaires mean what XPath says."""

import math
import re
from collections.abc import Mapping
from xml.etree import ElementTree as Xml

import pytest
from elementpath import XPath1Parser, XPathContext
from hypothesis import given, settings
from hypothesis import strategies as st

from panoh.policy.rules.questions import (
    Expression,
    ExpressionFault,
)


class Reference(XPath1Parser):
    """XPath 1.0 with the two functions that XForms adds."""


@Reference.method(Reference.function("selected", nargs=2))
def evaluate_selected(self, context=None):  # type: ignore[no-untyped-def]
    found, wanted = (self.get_argument(context, at, default="", cls=str) for at in (0, 1))
    return wanted.strip() in found.split()


@Reference.method(Reference.function("count-selected", nargs=1))
def evaluate_count(self, context=None):  # type: ignore[no-untyped-def]
    return float(len(self.get_argument(context, default="", cls=str).split()))


def by_xpath(source: str, values: Mapping[str, str]) -> bool:
    """The same condition, by a library that knows all of XPath 1.0."""
    root = Xml.Element("data")
    for name, value in values.items():
        Xml.SubElement(root, "self" if name == "." else name).text = value
    text = re.sub(r"\$\{(\w+)\}", r"/data/\1", source)
    token = Reference().parse(text)
    return bool(token.evaluate(XPathContext(root, item=root.find("self"))))


VALUES = st.sampled_from(
    [
        "",
        "present",
        "absent",
        "one",
        "one two",
        "two one",
        "0",
        "1",
        "2.5",
        "-3",
        " 4 ",
        "5.",
    ]
)
# "1e3" stands apart: the library reads it as XPath 2.0 does.
ANSWER = st.sampled_from(["${a}", "${b}", "."])
TEXT = st.sampled_from(["'present'", "'one'", '"two"', "''", "'1'"])
NUMBER = st.one_of(
    st.sampled_from(["0", "1", "2.5", "-3", "4"]),
    ANSWER.map("string-length({})".format),
    ANSWER.map("count-selected({})".format),
)
# A condition, and the same with the conversions of XPath 1.0, section 3.4, written out: the
# library raises where the standard says "not a number".
Both = tuple[str, str]


def same(text: str) -> Both:
    """A condition that needs no conversion."""
    return text, text


def numbers(left: str, sign: str, right: str) -> Both:
    """A comparison of numbers."""
    return f"{left} {sign} {right}", f"number({left}) {sign} number({right})"


EQUAL, ORDER = st.sampled_from(["=", "!="]), st.sampled_from(["<", "<=", ">", ">="])
WORD = st.one_of(ANSWER, TEXT)
PLAIN: st.SearchStrategy[Both] = st.one_of(
    st.builds(numbers, st.one_of(WORD, NUMBER), ORDER, st.one_of(WORD, NUMBER)),
    st.builds(numbers, NUMBER, EQUAL, st.one_of(WORD, NUMBER)),
    st.builds("{} {} {}".format, WORD, EQUAL, WORD).map(same),
    st.builds("selected({}, {})".format, ANSWER, TEXT).map(same),
    st.just(same("true()")),
)


def joined(how: str, *parts: Both) -> Both:
    """Conditions put together."""
    return how.format(*(one for one, _x in parts)), how.format(*(x for _one, x in parts))


CONDITION = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        inner.map(lambda one: joined("not({})", one)),
        inner.map(lambda one: joined("({})", one)),
        st.builds(joined, st.sampled_from(["{} and {}", "{} or {}"]), inner, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=300)
@given(both=CONDITION, a=VALUES, b=VALUES, own=VALUES)
def test_a_condition_means_what_xpath_says(both: Both, a: str, b: str, own: str) -> None:
    values = {"a": a, "b": b, ".": own}
    assert Expression.read(both[0])(values) is by_xpath(both[1], values), (both, values)


@pytest.mark.parametrize("text", ["1e3", "1 2", "+1", "١"])
def test_what_section_4_4_calls_no_number_is_none(text: str) -> None:
    for sign in ("<", ">", "<=", ">=", "="):
        assert not Expression.read(f"${{a}} {sign} 1000")({"a": text})


@given(st.text(alphabet="ab${}.'\"()=!<>,- 019andortselcu", max_size=40))
def test_any_text_is_a_condition_or_a_fault(source: str) -> None:
    try:
        found = Expression.read(source)
    except ExpressionFault:
        return
    assert found({}) in (True, False)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("not(true()", '"," expected, not "the end"'),
        ("selected ${a}", '"(" expected, not "${a}"'),
        ("${a} = 1 2", '"2" is not expected here'),
        ("true() = 1", 'a condition cannot stand beside "="'),
        ("1 < not(true())", 'a condition cannot stand beside "<"'),
        ("selected('one', 'one')", "selected() cannot take that"),
        ("not(${a})", "not() cannot take that"),
        ("selected(${a})", "selected() takes 2, not 1"),
    ],
)
def test_what_is_no_condition_says_why(source: str, says: str) -> None:
    with pytest.raises(ExpressionFault) as refused:
        Expression.read(source)
    assert says in str(refused.value)


def test_a_condition_cannot_dig_without_end() -> None:
    with pytest.raises(ExpressionFault, match="too many brackets"):
        Expression.read("(" * 5000 + "true()" + ")" * 5000)


def test_a_text_that_is_no_number_is_neither_more_nor_less() -> None:
    below, above = Expression.read("${a} < 1"), Expression.read("${a} >= 1")
    assert not below({"a": "many"})
    assert not above({"a": "many"})
    assert not below({"a": "١"}), "only the figures of XPath"
    assert math.isnan(float("nan"))
