"""Cases in every state, with requests and answers, made through the actions with past dates."""

from datetime import datetime, timedelta
from typing import Any

from panoh.access.models import Team, User
from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.consent import actions as consents
from panoh.desk.management.demo.country import Country
from panoh.kernel.rules import Category, Problem
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from panoh.referrals.rules import DEFAULT_PACKET, State
from panoh.ui.rules import PartialDate

# How far back the oldest first contact lies, as a share of the life of a grant.
SPAN = 0.8
CLOSE_AFTER = 6
# Requests from this last share of it may still wait for their answer.
FRESH = 0.12


def make(country: Country) -> None:
    """So many cases as were asked for, with progress."""
    kinds = {row["code"]: policy.unit_types()[row["type"]] for row in country.plan["unit"]}
    holders = [one for one in country.teams if kinds[one].holds_cases and one != "post"]
    for done in range(country.cases):
        _case(country, holders[done % len(holders)] if done % 3 else "ravshan")
        if done % (country.cases // 5 or 1) == 0:
            country.say(f"made {done} of {country.cases} fictional cases")
    country.say(f"{country.cases} fictional cases stand; the rules refused {country.refused} steps")


def _case(country: Country, holder: str) -> None:
    by, team = country.workers[holder], country.teams[holder]
    span = _span(country)
    at = country.now - span * country.dice.random()
    try:
        with country.acting(by):
            case = _contact(country, team, by, at)
            referral = _ask(country, case, holder, by, at)
        if referral is not None:
            _answer(country, referral, at)
            if _together(country, referral, by):
                return
        if country.dice.randrange(CLOSE_AFTER) == 0 and at < country.now - span / 2:
            with country.acting(by):
                cases.close(
                    case.dossier, reason=country.one("close_reasons"), by=by, at=country.now
                )
    except Problem:
        country.refused += 1  # a combination that the rules refuse: such is life


def _span(country: Country) -> timedelta:
    lived = policy.due("grant_days", country.now)
    return (lived - country.now) * SPAN if lived else timedelta()


def _together(country: Country, referral: Referral, by: User) -> bool:
    """One joint plan and one conference, about the first case that somebody else took on."""
    with country.acting(by):
        accepted = Referral.objects.filter(pk=referral.pk, state=State.ACCEPTED).exists()
        if country.planned or not accepted or referral.to_team is None:
            return False
        given: dict[str, Any] = {"team": referral.to_team, "by": by, "at": country.now}
        dossier, today = referral.dossier, policy.local_day(country.now)
        cases.join_plan(dossier, categories=Category.SERVICES, **given)
        text = "A fictional plan: a bed, clothes, papers, then work."
        about: dict[str, Any] = {"category": Category.SERVICES, "text": text}
        cases.write_plan(dossier, own=False, seen=0, by=by, at=country.now, **about)
        met = cases.call_conference(
            dossier, on=today, categories=Category.SERVICES, by=by, at=country.now
        )
        cases.seat(met, **given)
        tomorrow = today + timedelta(days=1)
        task = about | {"text": "A fictional task: go along to the doctor."}
        cases.decide_task(met, due_on=tomorrow, **task, **given)
    country.planned = True
    return True


def _contact(country: Country, team: Team, by: User, at: datetime) -> Case:
    woman = country.dice.random() < 0.5
    adult = country.dice.random() < 0.85
    band = country.dice.choice(["age_21_29", "age_30_47"]) if adult else "age_14_17"
    danger = country.dice.choices(["none", "not_yet_known", "danger", "injury"], [8, 2, 1, 1])[0]
    district = country.dice.choice([place.code for place in policy.places(2)])
    case = cases.open_contact(
        team=team,
        safe_to_talk=country.one("yes_no"),
        danger_now=danger,
        answers={
            "sex": "woman" if woman else "man",
            "age_branch": "adult" if adult else "child",
            "age_band": band,
            "district": district,
            "language": country.dice.choice(["tg", "tg", "ru", "uz"]),
            "scope": country.one("internal_transnational"),
            "children": country.one("children_counts"),
            "channel": country.one("contact_channels"),
        },
        by=by,
        at=at,
    )
    dossier = case.dossier
    cases.record_facts(
        dossier,
        field="exploitation_forms",
        codes=country.some("exploitation_forms", 2),
        by=by,
        at=at,
    )
    cases.record_facts(dossier, field="means", codes=country.some("means"), by=by, at=at)
    if country.dice.random() < 0.7:
        people.name(dossier, person=_person(country, woman=woman), by=by, at=at)
        people.add_contact(
            dossier, kind="phone", value=country.plan["telephone"], is_safe=True, by=by, at=at
        )
    if country.dice.random() < 0.3:
        cases.add_note(
            dossier,
            category=Category.STORY,
            text="A fictional note: nothing here happened to anybody.",
            by=by,
            at=at,
        )
    return case


def _person(country: Country, *, woman: bool) -> Person:
    names = country.plan["names"]
    year = country.now.year - country.dice.randint(19, 45)
    return Person(
        given=country.dice.choice(names["women" if woman else "men"]),
        family=country.dice.choice(names["families_women" if woman else "families_men"]),
        birth=PartialDate(year, country.dice.randint(1, 12), country.dice.randint(1, 28)),
    )


def _ask(country: Country, case: Case, holder: str, by: User, at: datetime) -> Referral | None:
    """Consent for one receiver and a request, for two adults of three."""
    if case.age_branch != "adult" or country.dice.random() < 0.3:
        return None
    others = [
        code
        for code, team in country.teams.items()
        if code != holder
        and country.services[code]
        and not policy.unit_types()[team.unit.type].is_authority
    ]
    to = country.dice.choice(others)
    answer = country.dice.choices(["yes", "no", "later"], [7, 2, 1])[0]
    consents.record(
        case.dossier,
        purpose="service",
        answer=answer,
        branch="adult",
        language="tg",
        present=["nobody"],
        told_limits=True,
        recipient=country.teams[to],
        categories=DEFAULT_PACKET,
        until=policy.local_day(policy.due("grant_days", country.now) or country.now),
        by=by,
        at=at,
    )
    if answer != "yes":
        return None
    written = referrals.draft(
        case.dossier,
        to=country.teams[to],
        services=[country.dice.choice(country.services[to])],
        by=by,
        at=at,
    )
    if country.dice.random() < 0.1:
        return None
    sent = referrals.send(written, by=by, at=at)
    sent.dossier = case.dossier
    return sent


def _answer(country: Country, referral: Referral, at: datetime) -> None:
    """What the receiver does with it."""
    at += timedelta(minutes=country.dice.randint(5, 600))
    if at > country.now or referral.to_team is None:
        return
    by = next(
        country.workers[code] for code, team in country.teams.items() if team == referral.to_team
    )
    # What was asked long ago was answered, and mostly something came of it.
    weights = (
        [3, 5, 2, 2, 1, 1] if at > country.now - _span(country) * FRESH else [0, 1, 8, 3, 0, 1]
    )
    fate = country.dice.choices(
        ["silence", "accept", "done", "decline", "ask", "withdraw"], weights
    )[0]
    if fate == "withdraw":
        with country.acting(referral.sent_by or by) as sender:
            referrals.withdraw(referral, by=sender, at=at)
        return
    with country.acting(by):
        if fate in {"accept", "done"}:
            referral = referrals.accept(referral, by=by, at=at)
        if fate == "done":
            referrals.complete(referral, outcome=country.one("referral_outcomes"), by=by, at=at)
        if fate == "decline":
            referrals.decline(referral, reason=country.one("decline_reasons"), by=by, at=at)
        if fate == "ask":
            referrals.ask_info(referral, country.some("info_needed", 2), by=by, at=at)
