"""The engines speak English; here their faults and findings are said to the reader.

A fault is found again by its own text, so that engines stay usable alone and a new text of theirs
is still shown, in English.
"""

import re
from collections.abc import Mapping
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

# Faults of a table, a plan, a file of persons, the ledger and the gate, as the engines word them.
FAULTS: tuple[str, ...] = (
    gettext_noop("the file is empty"),
    gettext_noop("the file is not UTF-8 text"),
    gettext_noop("there are no rows"),
    gettext_noop("there are no cases: every count is 0 or missing"),
    gettext_noop("%(count)s cases: more than %(most)s cannot be right"),
    gettext_noop("byte %(place)s is not UTF-8 text"),
    gettext_noop("the last column must be named %(wanted)s, not %(name)s"),
    gettext_noop("column %(number)s has no name"),
    gettext_noop("two columns are named %(name)s"),
    gettext_noop("two columns have one name"),
    gettext_noop("%(count)s list: overlaps need at least two, an estimate three"),
    gettext_noop("%(count)s lists: at most %(most)s; join some of them"),
    gettext_noop("line %(line)s: %(count)s values where %(wanted)s belong"),
    gettext_noop("line %(line)s: %(name)s must be 0 or 1, not %(value)s"),
    gettext_noop("line %(line)s: a count is a whole number from 0, not %(value)s"),
    gettext_noop("line %(line)s: the count is far too large"),
    gettext_noop("line %(line)s: nobody can be seen on no list; take this line out"),
    gettext_noop("line %(line)s: a value of %(name)s is not in the plan's list"),
    gettext_noop("line %(line)s of the ledger was changed"),
    gettext_noop("column %(name)s is not in the plan"),
    gettext_noop("column %(name)s of the plan is missing"),
    gettext_noop("more than %(most)s persons"),
    gettext_noop("not TOML: %(text)s"),
    gettext_noop("unknown key %(name)s in a plan of path A"),
    gettext_noop("unknown key %(name)s"),
    gettext_noop("epsilon is missing: the price of a release is always said"),
    gettext_noop("epsilon is a number above 0 and at most 50"),
    gettext_noop("n_pub: under %(least)s people nothing is released"),
    gettext_noop("n_pub is missing: a forecast reads no data and needs a public size"),
    gettext_noop("delta is a number above 0 and far below 1"),
    gettext_noop("delta is above 1 / (n_pub ln n_pub)"),
    gettext_noop("cap_rho is a number above 0"),
    gettext_noop("%(name)s is a text and is missing"),
    gettext_noop("%(name)s is a text"),
    gettext_noop("%(name)s is a number"),
    gettext_noop("%(name)s is a whole number from 0"),
    gettext_noop("shares are three numbers: for tables of one, two and three columns"),
    gettext_noop("shares: tables of one and of two columns need a part of the budget"),
    gettext_noop("columns are missing: [[columns]] with name and values"),
    gettext_noop("%(count)s columns: from 2 to %(most)s can be released"),
    gettext_noop("column %(number)s has name, values, perhaps parents and codebook, nothing else"),
    gettext_noop("%(name)s: values is a list of texts or whole numbers"),
    gettext_noop("%(name)s: from 1 to %(most)s values, each once"),
    gettext_noop("%(name)s: parents maps some of the values to wider ones"),
    gettext_noop("%(name)s: a text that begins with = + - or @ runs as a formula: word it anew"),
    gettext_noop("a table names one to three columns"),
    gettext_noop("a table names %(name)s, which is no column of the plan"),
    gettext_noop("a table names a column twice"),
    gettext_noop("a table has columns, and perhaps a weight above 0 up to %(most)s"),
    gettext_noop("the table %(name)s has two weights"),
    gettext_noop("words holds texts by language: %(names)s"),
    gettext_noop("approvers is a list of accounts, each once"),
    gettext_noop(
        "somebody withdrew from this population: the plan needs person, the column that tells who"
    ),
    gettext_noop("the note of where the ledger ended was changed"),
    gettext_noop("%(name)s beside the keys was changed"),
    gettext_noop("the table %(name)s has %(count)s cells, more than %(most)s"),
    gettext_noop("a forbidden combination names two columns or more with their values"),
    gettext_noop("forbidden: %(name)s is no column of the plan"),
    gettext_noop("forbidden: %(value)s is no value of %(name)s"),
    gettext_noop(
        "the budget of this population allows %(left)s rho more and the release costs %(rho)s: "
        "nothing was spent"
    ),
    gettext_noop("forecast: %(share)s of the values of single columns would not be shown"),
    gettext_noop("result: %(share)s of the values of single columns would not be shown"),
    gettext_noop("forecast: counts of two columns are off by %(share)s of all they count"),
    gettext_noop("result: counts of two columns are off by %(share)s of all they count"),
    gettext_noop("forecast: %(share)s of the cells of two columns would be invented"),
    gettext_noop("result: %(share)s of the cells of two columns would be invented"),
    gettext_noop("totals differ between the products"),
    gettext_noop("a row holds a combination that no table shows"),
    gettext_noop("a row holds a forbidden combination"),
    gettext_noop("a planted person is found more surely than epsilon allows"),
    gettext_noop("line %(line)s: nobody is named in %(name)s"),
    gettext_noop("n_pub is at most %(most)s"),
    gettext_noop("rows is a number from 1 to %(most)s"),
    gettext_noop("not said or not there: %(names)s"),
    gettext_noop("fewer columns than %(count)s"),
    gettext_noop("wider groups in %(name)s, which has %(count)s values"),
    gettext_noop("regions for countries, wider years or ages"),
    gettext_noop("fewer tables of three columns than %(count)s"),
    gettext_noop("a larger epsilon than %(value)s, within the cap"),
    gettext_noop("waiting for more data"),
    gettext_noop("the work was broken off twice; plan it anew"),
    gettext_noop("person: %(name)s tells people apart and stands in no table"),
    gettext_noop("k is a whole number from %(least)s"),
    gettext_noop(
        "official tables of this population were made outside these pages and cannot be compared"
    ),
    gettext_noop("%(rule)s is not kept in %(count)s cells"),
    gettext_noop("a count under %(least)s is shown"),
    gettext_noop("hidden cells add up to less than %(least)s"),
    gettext_noop("hidden cells add up to too few holders"),
    gettext_noop("lies between %(low)s and %(high)s"),
    gettext_noop("differs from an earlier release by less than %(least)s"),
    gettext_noop("a combination that the plan calls impossible stands in the data"),
    gettext_noop("path is A (official tables, once) or B (differential privacy)"),
    gettext_noop("the column of organisations stands in no table"),
    gettext_noop("sensitive is a list of columns"),
    gettext_noop(
        "sensitive is missing: the columns where one answer for all would tell of each; [] if "
        "there is none"
    ),
    gettext_noop("%(name)s: a wider group has the name of a value, or [all]"),
    gettext_noop("no column is called %(name)s: every table has one of that name"),
    gettext_noop("%(name)s needs person: the column that tells people apart"),
    gettext_noop("base %(base)s is below k %(k)s: small counts would be told"),
    gettext_noop("base is 5 or 10"),
    gettext_noop("amount is a column of whole numbers of its own"),
    gettext_noop("sums are protected by suppression alone, and no share of them is told"),
    gettext_noop("differs from the sum of an earlier release"),
    gettext_noop(
        "%(one)s and %(other)s: %(count)s pairs of values, %(total)s cells so far: more than can "
        "be measured; wider groups or fewer columns"
    ),
    gettext_noop("%(count)s cells with their totals: at most %(most)s can be proved"),
    gettext_noop("protection is one of: %(names)s"),
    gettext_noop("%(key)s: %(name)s is no column of the plan"),
    gettext_noop("tables are missing: official tables are named one by one"),
    gettext_noop("a table has columns (one to three) and perhaps percent_of"),
    gettext_noop("the table %(name)s names a column twice or one that is not there"),
    gettext_noop("percent_of is one of the table's columns"),
    gettext_noop("the table %(name)s is named twice"),
    gettext_noop("no column is named %(name)s before the counts"),
    gettext_noop("line %(line)s: %(name)s is blank; a group has a name"),
    gettext_noop("%(count)s groups in %(name)s: at most %(most)s"),
    gettext_noop("the work was broken off after the spend; the budget stays spent"),
)
# The last: they fit what others say better.
FAULTS += (gettext_noop("group %(name)s: %(text)s"), gettext_noop("line %(line)s: %(text)s"))
_CODE = re.compile(r"(SR-[A-Z]\d+): (.*)", re.DOTALL)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    gap = re.compile(r"%\\\((\w+)\\\)s|%\((\w+)\)s")
    return [(re.compile(gap.sub(_group, re.escape(text)), re.DOTALL), text) for text in FAULTS]


def _group(found: re.Match[str]) -> str:
    return f"(?P<{found[1] or found[2]}>.+?)"


def told(text: str) -> str:
    """A fault of an engine in the reader's language; a code of the gate stays before it."""
    if coded := _CODE.fullmatch(text):
        return f"{coded[1]}: {told(coded[2])}"
    for pattern, template in _patterns():
        if found := pattern.fullmatch(text):
            words, parts = gettext(template), found.groupdict()
            if "text" in parts:
                parts["text"] = told(parts["text"])
            return words % parts if parts else words
    return text


# What each finding of an estimation means. Its numbers stand in the file; a page that gives no
# single number must not give one here.
FINDINGS: Mapping[str, str | Promise] = {
    "MSE-D1-NOMLE": _("The overlaps do not determine the model that was asked for."),
    "MSE-D1-UNIDENT": _("Different numbers would fit these lists equally well."),
    "MSE-D1-EMPTY-OVERLAP": _("Some pairs of lists have nobody in common."),
    "MSE-D1-ISOLATED-LIST": _("One list overlaps with no other: it says nothing about the rest."),
    "MSE-D1-EMPTY-LIST": _("A list without anybody was taken out."),
    "MSE-D1-SPARSE": _("Many overlaps hold fewer than five people."),
    "MSE-D1-FEW-LISTS": _("Fewer than three lists: an estimate needs three."),
    "MSE-D1-FEW-CASES": _("Too few people are on the lists for a number that may be published."),
    "MSE-D2-SPREAD": _("Models that fit about equally well give very different numbers."),
    "MSE-D3-EDGE": _("A limit of the interval rests on the few most extreme repetitions."),
    "MSE-D3-SHIFT": _("The repetitions lie to one side of the number: the interval is uncertain."),
    "MSE-D3-FAILED": _("A part of the repetitions gave no number."),
    "MSE-D3-SELECTION": _("Repetitions often choose another model than this one."),
    "MSE-D4-KNOWN": _("Tried on groups of known size, the method often misses their size."),
    "MSE-D4-LEAVE-OUT": _("With one list left out the number changes much."),
    "MSE-D4-MERGE": _("The number was also computed with lists joined in pairs."),
    "MSE-D5-SENSITIVITY": _(
        "How the number changes if those on no list were met more rarely, or more often, than the "
        "model supposes, stands in the file. No data can test this."
    ),
    "MSE-D6-SHARE": _("Most of the number is people whom no list has seen."),
    "MSE-D7-LINKAGE": _("One person matched wrongly would change the number noticeably."),
    "MSE-D8-MCMC": _("A method did not settle and was left out."),
    "MSE-D9-PROVENANCE": _("The origin of the lists is not fully said."),
    "MSE-DGA-LISTS": _("Averaging over graphs takes at most five lists and was left out."),
    "MSE-DGA-GRID": _("Very large numbers were cut off when averaging over graphs."),
    "MSE-BIC-PARTIAL": _("Not all models could be tried, only the neighbours of good ones."),
    "MSE-BIC-ORDER": _("For so many lists models of triples were not searched."),
    "MSE-STRATA": _("A group has no answer of its own, or may not be published: nor may the sum."),
    "MSE-BIC-TOP": _("Repetitions chose among the best models only: intervals may be too short."),
}
SEVERITIES: Mapping[str, str | Promise] = {
    "info": _("to know"),
    "warn": _("careful"),
    "block": _("no single number"),
    "refuse": _("no estimate"),
    "refuse publication": _("not to be published"),
}
STATUSES: Mapping[str, str | Promise] = {
    "estimate": _("An interval and a number"),
    "range_only": _("Only a range"),
    "no_estimate": _("No estimate"),
}
METHODS: Mapping[str, str | Promise] = {
    "stepwise": _("step by step"),
    "bic": _("best of all models"),
    "dga": _("average over graphs"),
}
SAFES = {
    "projects": _("Projects: is the purpose right, and lawful?"),
    "people": _("People: who will use it, and may they?"),
    "settings": _("Settings: where will it lie, and who reaches it?"),
    "data": _("Data: what could still be learned about one person?"),
    "outputs": _("Outputs: can what is published do harm?"),
}
ABOUT = {
    "definition": _("Who is counted"),
    "place": _("Place"),
    "period": _("Period"),
    "owners": _("Owners of the lists"),
    "linkage": _("How people were matched"),
    "linkage_version": _("Version of the matching"),
    "table": _("Mark of the table (SHA-256)"),
    "purpose": _("Purpose"),
    "audience": _("For whom"),
    "population": _("Population"),
    "consent": _("On what consent or law the contributors gave it"),
    "contact": _("Contact"),
    "licence": _("Licence"),
    "withdrawal": _("How to stop taking part"),
}
