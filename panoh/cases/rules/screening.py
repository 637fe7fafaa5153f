"""From signs to advice with its reasons: never a verdict, and nothing here sets a status.

Sources: the dimension rule and its results are those of ILO and European Commission, Operational
indicators of trafficking in human beings (2009), second hand; the ladder is the project's own
(row A12), unreviewed. A result speaks only of the forms of exploitation whose list is known.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from panoh.cases.rules.case import Branch
from panoh.kernel.rules import Invalid


class SignState(StrEnum):
    """The four states of a sign (IN-1): what was not asked is not absent."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of a form with its state; ``dimension`` is the group that it stands in."""

    name: str
    state: SignState
    dimension: str = ""
    adult: str = ""
    child: str = ""
    step: str = ""
    ilo_11: tuple[str, ...] = ()
    leads_to: tuple[str, ...] = ()

    @property
    def is_present(self) -> bool:
        """Was it said or seen?"""
        return self.state is SignState.PRESENT


class Outcome(StrEnum):
    """What the signs add up to, in the words of the advice."""

    NOTHING_SAID = "nothing_said"
    LOOK_CLOSER = "look_closer"
    SUPPORTS = "supports"
    NOT_YET = "not_yet"
    NO_EXPLOITATION = "no_exploitation"
    LABOUR_RIGHTS = "exploited_labour_rights_case"
    DECEIVED = "deceived_and_exploited"
    FORCED_LABOUR = "trafficking_for_forced_labour"
    CHILD_EXPLOITED = "child_exploited"
    NEEDS_PERSON = "needs_human_rule"
    OFF = "off"
    LABOUR_COMPLAINT = "labour_complaint"
    POSSIBLE = "possible_forced_labour"
    REFER_NOW = "refer_now"

    @property
    def label(self) -> Promise:
        """The sentence a page shows."""
        return _OUTCOMES[self]


_OUTCOMES = {
    Outcome.NOTHING_SAID: _("No sign was named. That does not mean that there is none."),
    Outcome.LOOK_CLOSER: _("Something was named: more questions may help."),
    Outcome.SUPPORTS: _("The signs support a closer look."),
    Outcome.NOT_YET: _("The signs do not yet support more."),
    Outcome.NO_EXPLOITATION: _("The answers do not yet show exploitation at work."),
    Outcome.LABOUR_RIGHTS: _("The answers speak of exploitation: a matter of labour rights."),
    Outcome.DECEIVED: _("The answers speak of deception and exploitation."),
    Outcome.FORCED_LABOUR: _("The answers support trafficking for forced labour."),
    Outcome.CHILD_EXPLOITED: _(
        "The answers support exploitation of a child: with recruiting, moving or keeping the "
        "child that is enough, no means are needed."
    ),
    Outcome.NEEDS_PERSON: _(
        "For this mixture there is no published result: a person must weigh it."
    ),
    Outcome.OFF: _(
        "No result: the list for this form of exploitation is not known, and another list is "
        "never used in its place."
    ),
    Outcome.LABOUR_COMPLAINT: _("Labour complaint"),
    Outcome.POSSIBLE: _("Possible forced labour"),
    Outcome.REFER_NOW: _("Refer now"),
}
# Outcomes that support trafficking or forced labour; the others do not yet.
_SUPPORTING = frozenset(
    {
        *(Outcome.SUPPORTS, Outcome.FORCED_LABOUR, Outcome.CHILD_EXPLOITED),
        *(Outcome.POSSIBLE, Outcome.REFER_NOW),
    }
)


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension: how many signs of each weight are present, and whether that makes it
    positive."""

    code: str
    strong: int
    medium: int
    weak: int

    @property
    def positive(self) -> bool:
        """Two strong; or one strong with one other; or three medium; or two medium, one weak."""
        return (
            (self.strong >= 1 and self.strong + self.medium + self.weak >= 2)
            or self.medium >= 3
            or (self.medium >= 2 and self.weak >= 1)
        )


@dataclass(frozen=True, slots=True)
class Advice:
    """What the answers add up to, and the signs behind it. ``supports`` is None where there is
    no result. ``asked`` of ``total`` signs have an answer; ``next_forms`` may be asked next."""

    outcome: Outcome
    reasons: tuple[Sign, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    ilo_11: tuple[str, ...] = ()
    next_forms: tuple[str, ...] = ()
    asked: int = 0
    total: int = 0
    notes: tuple[Promise, ...] = field(default=(), compare=False)

    @property
    def supports(self) -> bool | None:
        """Do the answers support it (True), not yet (False), or is there no result (None)?"""
        if self.outcome in {Outcome.OFF, Outcome.NEEDS_PERSON}:
            return None
        return self.outcome in _SUPPORTING


def advice(
    method: str,
    signs: Sequence[Sign],
    *,
    branch: str = Branch.ADULT,
    known_forms: Collection[str] = (),
    forms_of_case: Collection[str] = (),
) -> Advice:
    """Advice by the method of the form.

    With ``known_forms`` the result is switched off as soon as the case names another form of
    exploitation (standard DE-1). A child, and an age that is not known, have the child's weights.
    Raises KeyError for an unknown method.
    """
    present = tuple(sign for sign in signs if sign.is_present)
    found = _METHODS[method](signs, present, branch)
    if known_forms and set(forms_of_case) - set(known_forms):
        found = Advice(Outcome.OFF, present)
    return Advice(
        found.outcome,
        found.reasons,
        found.dimensions,
        ilo_11=tuple(dict.fromkeys(code for sign in present for code in sign.ilo_11)),
        next_forms=tuple(dict.fromkeys(form for sign in present for form in sign.leads_to)),
        asked=sum(sign.state is not SignState.NOT_ASKED for sign in signs),
        total=len(signs),
        notes=found.notes,
    )


def _opening(_signs: Sequence[Sign], present: tuple[Sign, ...], _branch: str) -> Advice:
    return Advice(Outcome.LOOK_CLOSER if present else Outcome.NOTHING_SAID, present)


def _listed(_signs: Sequence[Sign], present: tuple[Sign, ...], _branch: str) -> Advice:
    return Advice(Outcome.SUPPORTS if present else Outcome.NOT_YET, present)


_STEPS = {
    "now": Outcome.REFER_NOW,
    "possible": Outcome.POSSIBLE,
    "complaint": Outcome.LABOUR_COMPLAINT,
}


def _ladder(_signs: Sequence[Sign], present: tuple[Sign, ...], _branch: str) -> Advice:
    """The most severe step on which an answer stands, with the answers of that step."""
    for step, outcome in _STEPS.items():
        if behind := tuple(sign for sign in present if sign.step == step):
            return Advice(outcome, behind)
    return Advice(Outcome.NOTHING_SAID)


def _dimensions(signs: Sequence[Sign], present: tuple[Sign, ...], branch: str) -> Advice:
    is_adult = branch == Branch.ADULT
    counted = count(signs, is_adult=is_adult)
    positive = {one.code for one in counted if one.positive}
    outcome = _adult(positive) if is_adult else _child(positive)
    reasons = tuple(
        sign for sign in present if sign.dimension in positive and _weight(sign, is_adult)
    )
    notes: tuple[Promise, ...] = ()
    if branch == Branch.UNKNOWN:
        notes = (_("The age is not known: the list for children is used."),)
    return Advice(outcome, reasons, counted, notes=notes)


def count(signs: Iterable[Sign], *, is_adult: bool) -> tuple[Dimension, ...]:
    """How many present signs of each weight stand in each dimension, in the order of the form."""
    weights: dict[str, list[str]] = {}
    for sign in signs:
        held = weights.setdefault(sign.dimension, [])
        if sign.is_present:
            held.append(_weight(sign, is_adult))
    return tuple(
        Dimension(code, held.count("strong"), held.count("medium"), held.count("weak"))
        for code, held in weights.items()
    )


def _weight(sign: Sign, is_adult: bool) -> str:
    return sign.adult if is_adult else sign.child


_VULNERABLE = ("recruitment_by_abuse_of_vulnerability", "abuse_of_vulnerability_at_destination")


def _adult(positive: set[str]) -> Outcome:
    """The published results; every other mixture has none and is left to a person. Abuse of
    vulnerability can stand in for the means: then a result without means is not certain."""
    deceived, coerced = "deceptive_recruitment" in positive, "coercive_recruitment" in positive
    exploited, held = "exploitation" in positive, "coercion_at_destination" in positive
    if exploited and held and (deceived or coerced):
        return Outcome.FORCED_LABOUR
    if exploited and not held and deceived:
        return Outcome.DECEIVED
    if deceived or coerced or held or positive.intersection(_VULNERABLE):
        return Outcome.NEEDS_PERSON
    return Outcome.LABOUR_RIGHTS if exploited else Outcome.NO_EXPLOITATION


def _child(positive: set[str]) -> Outcome:
    """Under 18 act and exploitation are enough (UN Trafficking Protocol, art. 3(c))."""
    if "exploitation" in positive:
        return Outcome.CHILD_EXPLOITED
    return Outcome.NEEDS_PERSON if positive else Outcome.NO_EXPLOITATION


_METHODS = {
    "opening": _opening,
    "signs": _listed,
    "ladder": _ladder,
    "dimensions": _dimensions,
}


def refused_without_reason(reason: str) -> str:
    """The reason of a decision. Raises Invalid if there is none (ALL-8: a person writes why)."""
    if not reason.strip():
        raise Invalid(_("Please write why."), "reason")
    return reason.strip()


def differing(
    written: Mapping[tuple[str, int], str],
    held: Mapping[tuple[str, int], tuple[str, int]],
    seen_version: int,
) -> dict[tuple[str, int], tuple[str, str]]:
    """The answers that somebody else wrote after ``seen_version`` otherwise than these:
    theirs and yours. ``held`` gives each value with the version in which it was written."""
    return {
        place: (theirs, written[place])
        for place, (theirs, version) in held.items()
        if place in written and version > seen_version and theirs != written[place]
    }
