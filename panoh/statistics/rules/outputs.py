"""The course of what may be given away: from a plan over a result and two signatures to the page
of what is published. Estimates and releases go the same way."""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.kernel.rules import Lifecycle, Step
from panoh.statistics.rules.estimation.result import ESTIMATE, NO_ESTIMATE, RANGE_ONLY


class Kind(StrEnum):
    """What it is."""

    ESTIMATE = "estimate"
    RELEASE = "release"

    @property
    def label(self) -> str | Promise:
        """The words for it."""
        return {Kind.ESTIMATE: _("Estimate"), Kind.RELEASE: _("Release")}[self]


class State(StrEnum):
    """Where it stands. ``REFUSED`` is the gate's word or an approver's, ``FAILED`` a fault."""

    PLANNED = "planned"
    FORECAST = "forecast"
    ASKED = "asked"
    MADE = "made"
    FAILED = "failed"
    REFUSED = "refused"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str | Promise:
        """The words for it."""
        return _STATES[self]


_STATES: Mapping[State, str | Promise] = {
    State.PLANNED: _("planned, waits for the computer"),
    State.FORECAST: _("forecast stands, no data was read"),
    State.ASKED: _("asked for, waits for the computer"),
    State.MADE: _("made, not signed"),
    State.FAILED: _("could not be made"),
    State.REFUSED: _("refused"),
    State.PUBLISHED: _("published"),
    State.WITHDRAWN: _("withdrawn"),
}

# How far it is signed, by the number of live signatures.
_SIGNED: Mapping[int, str | Promise] = {
    1: _("one has signed, the second signature is awaited"),
    2: _("signed by two, not published yet"),
}


def standing(state: State, signatures: int) -> str | Promise:
    """Where it stands in words, with the number of its live signatures.

    >>> str(standing(State.MADE, 0))
    'made, not signed'
    """
    return _SIGNED.get(signatures, state.label) if state is State.MADE else state.label


LIFECYCLE = Lifecycle(
    Step("allow", [State.FORECAST], State.FORECAST),
    Step("ask", [State.FORECAST], State.ASKED),
    Step("sign", [State.MADE], State.MADE),
    Step("publish", [State.MADE], State.PUBLISHED),
    Step("refuse", [State.FORECAST, State.MADE], State.REFUSED),
    Step("withdraw", [State.PUBLISHED], State.WITHDRAWN),
)
WAITING = (State.PLANNED, State.ASKED)
STEPS = ("allow", "ask", "publish", "refuse", "withdraw")


class Field(StrEnum):
    """What an approver answers for."""

    PROTECTION = "protection"
    CHECK = "check"

    @property
    def label(self) -> str | Promise:
        """The words for it."""
        return {Field.PROTECTION: _("data protection"), Field.CHECK: _("statistics")}[self]


# The Five Safes (Desai, Ritchie and Welpton 2016): what an approver writes a line about.
SAFES = ("projects", "people", "settings", "data", "outputs")

# From the mildest to the strictest: an approver may only go on, never back.
STATUSES = (ESTIMATE, RANGE_ONLY, NO_ESTIMATE)


def strictest(statuses: Iterable[str]) -> str:
    """The strictest of several statuses; empty ones say nothing.

    >>> strictest(["estimate", "", "range_only"])
    'range_only'
    """
    return max((one for one in statuses if one), key=STATUSES.index, default="")


# Never to be taken for the count of those who were detected (indicator 16.2.2 of the SDGs).
SERIES = "estimated total, seen or not; not the number of detected victims (SDG 16.2.2)"


def as_told(result: Mapping[str, Any], status: str) -> dict[str, Any]:
    """A result as it leaves the house under ``status``: numbers of single methods only where it
    is ``estimate``, the range of all of them under ``range_only``, and neither else. Groups stand
    below their sum, each under its own status or the stricter one."""
    told = {
        "series": SERIES,
        "status": status,
        "lists": result["lists"],
        "observed": result["observed"],
        "envelope": result["envelope"] if status != NO_ESTIMATE else None,
        "methods": result["methods"] if status == ESTIMATE else [],
        "diagnostics": result["diagnostics"],
        "models_tried": result["models_tried"],
        "about": result["about"],
        "provenance": result["provenance"],
    }
    groups = statuses_of_groups(result, status)
    if status != ESTIMATE or any(one != ESTIMATE for one in groups.values()):
        # Their words carry numbers of single methods.
        told["diagnostics"] = [
            {"code": one["code"], "severity": one["severity"]} for one in result["diagnostics"]
        ]
    if groups:
        told["strata_by"] = result["strata_by"]
        told["strata"] = {
            name: as_told(result["groups"][name], each) for name, each in groups.items()
        }
    return told


def statuses_of_groups(result: Mapping[str, Any], status: str) -> dict[str, str]:
    """What may be said of each group: what was found, or what an approver made of the whole."""
    floor = status if status != result["status"] else ""
    return {
        name: strictest([one["status"], floor]) for name, one in result.get("groups", {}).items()
    }


def written(value: Any) -> str:
    """JSON as it is kept: one text for one value, so that its mark is the same."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)


# What the record of a release and the page about it cannot do without (gate SR-G8).
NEEDED = (
    *("purpose", "audience", "population", "consent", "contact", "licence", "withdrawal"),
    *("place", "period"),
)
PAPERS = (
    *("dataset.json", "csvw.json", "errors.json", "dashboard.json", "rows.csv"),
    *("statement.tg.md", "statement.ru.md", "statement.en.md", "checksums.sha256"),
)


OFFICIAL_PAPERS = tuple(one for one in PAPERS if one not in {"dashboard.json", "rows.csv"})


def incomplete(
    about: Mapping[str, str], papers: Iterable[str], needed: Iterable[str] = PAPERS
) -> list[str]:
    """What metadata, statement or consent lack; empty where the gate SR-G8 is passed."""
    found = set(papers)
    return [
        *(name for name in NEEDED if not about.get(name, "").strip()),
        *(name for name in needed if name not in found),
    ]
