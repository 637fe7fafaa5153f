"""Why a case is urgent and sensitive, what comes first, and what the codes add up to."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from panoh.access.models import Dossier, User
from panoh.access.queries import holds
from panoh.cases import rules
from panoh.cases.models import Case, Fact
from panoh.cases.queries.reading import case_of, codes_of, facts_of, may_read
from panoh.cases.rules import Delicate, Elements, Reason
from panoh.kernel.rules import Category
from panoh.policy import queries as policy
from panoh.policy.rules import CodeList, Period


def urgency_reasons(case: Case, signs: Iterable[str] | None = None) -> list[Reason]:
    """What asks for haste: the answer about danger and the signs of urgency that I may read."""
    found = codes_of(case.dossier, "triage_signs") if signs is None else signs
    rows = [("danger_now", case.danger_now), *(("triage_signs", sign) for sign in found)]
    ranks = _ranks("urgencies")
    return [
        Reason(
            name,
            code.code,
            ranks[code.extra["urgency"]],
            code.extra.get("first_step", ""),
            code.extra.get("window", ""),
        )
        for name, value in rows
        if value and (code := policy.code(name, value)) and code.extra.get("urgency")
    ]


def _ranks(name: str) -> Mapping[str, int]:
    return _ranks_in(policy.code_list(name))


@cache
def _ranks_in(found: CodeList) -> Mapping[str, int]:
    return {row.code: int(row.extra["rank"]) for row in found.rows}


def ranked(name: str, rank: int) -> str:
    """The code of ``urgencies`` or ``sensitivities`` with a rank; empty if there is none."""
    return next((code for code, found in _ranks(name).items() if found == rank), "")


def rank_of(name: str, code: str) -> int | None:
    """The rank of a code of ``urgencies`` or ``sensitivities``; None for no code."""
    return _ranks(name).get(code)


def urgency_rank(case: Case, signs: Iterable[str] | None = None) -> int:
    """The rank the case has now, from its answers (lists of the pack) or a person's choice."""
    return rules.urgency_of(
        urgency_reasons(case, signs),
        rank_of("urgencies", case.urgency_chosen),
        max(_ranks("urgencies").values()),
    )


def sensitivity(case: Case) -> tuple[int, Delicate | None]:
    """The rank of sensitivity now and its reason."""
    return rules.sensitivity_of(
        sealed=case.dossier.sealed,
        branch=case.age_branch,
        safe_to_talk=case.safe_to_talk,
        chosen=rank_of("sensitivities", case.sensitivity_chosen),
        ranks=sorted(_ranks("sensitivities").values()),
    )


def why_urgent(case: Case, *, user: User, signs: Collection[str] | None = None) -> list[str]:
    """The reasons for urgency and sensitivity in words, as far as the account may read them.

    ``signs`` are the codes of the signs of urgency, if the caller knows them.
    """
    signs = signs if may_read(user, Category.HEALTH) or holds(case.dossier) else ()
    found = [policy.label(one.list_name, one.code) for one in urgency_reasons(case, signs)]
    if case.urgency_chosen:
        found = [str(Delicate.CHOSEN.label)]
    delicate = sensitivity(case)[1]
    return [*found, *([str(delicate.label)] if delicate else [])]


@dataclass(frozen=True, slots=True)
class FirstStep:
    """What to do before story and papers; ``windows`` are the pack's periods with their
    standing ("not verified by a …"): medical time limits that a page shows beside it."""

    code: str
    label: str
    windows: tuple[Period, ...]


def first_steps(case: Case, signs: Collection[str] | None = None) -> list[FirstStep]:
    """Doctor, safety or a safe place first, in the pack's order (row A17)."""
    reasons = urgency_reasons(case, signs)
    rows = {row.code: row for row in policy.code_list("first_steps").rows}
    return [
        FirstStep(
            code,
            rows[code].label(),
            tuple(
                policy.period(window)
                for reason in reasons
                if reason.first_step == code and reason.window
                for window in reason.window.split(";")
            ),
        )
        for code in rules.first_steps(reasons, list(rows))
    ]


def at_once(case: Case) -> bool:
    """Is the case in the most urgent class?"""
    return case.urgency_rank == min(_ranks("urgencies").values())


def elements(dossier: Dossier) -> Elements:
    """Act, means and purpose from the recorded codes, by the pack's table of art. 3.

    Purposes follow from the forms of exploitation too. A child, or somebody who was one then,
    needs no means; an unknown age does.
    """
    case = case_of(dossier)
    facts = facts_of(dossier, ("acts", "means", "purposes", "exploitation_forms"))
    codes = {
        field: [fact for fact in facts if fact.field == field]
        for field in ("acts", "means", "purposes", "exploitation_forms")
    }
    from_forms = _mapped(codes["exploitation_forms"], "palermo")
    return rules.elements(
        [fact.code for fact in codes["acts"]],
        [fact.code for fact in codes["means"]],
        [*(fact.code for fact in codes["purposes"]), *from_forms],
        under_18=case.under_18_then == "yes" or case.age_branch == rules.Branch.CHILD,
    )


def _mapped(facts: Iterable[Fact], column: str) -> list[str]:
    found = []
    for fact in facts:
        row = policy.code(fact.list_name, fact.code, fact.list_on)
        found += (row.extra.get(column, "") if row else "").split(";")
    return found


@dataclass(frozen=True, slots=True)
class Minimum:
    """What a receiver may read before "yes": codes only, and the region, not the district."""

    sex: str
    age_band: str
    age_branch: str
    children: str
    language: str
    care_needs: tuple[str, ...]
    region: str
    danger_now: str
    urgency: str
    urgency_rank: int
    sensitivity_rank: int


def minimum(dossier: Dossier) -> Minimum:
    """The lines a request shows before acceptance: no status, no papers, nothing told."""
    case = case_of(dossier)
    region = policy.region_of(case.district)
    return Minimum(
        case.sex,
        case.age_band,
        case.age_branch,
        case.children,
        case.language,
        tuple(codes_of(dossier, "care_needs")),
        region.code if region else "",
        case.danger_now,
        case.urgency,
        case.urgency_rank,
        case.sensitivity_rank,
    )
