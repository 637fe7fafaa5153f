"""A country in which every page has something to show, so that people and tests can look at it."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
from django.urls import reverse
from django.utils import timezone

from panoh.access import actions as access
from panoh.access.models import Dossier, Team
from panoh.care import actions as care
from panoh.cases import actions as cases
from panoh.cases.actions import Found
from panoh.cases.models import Order
from panoh.cases.rules import SafetyKind, Trust
from panoh.cases.rules.orders import BreachKind
from panoh.cases.rules.recruitment import RecruitmentKind
from panoh.decisions import actions as decisions
from panoh.duties import actions as duties
from panoh.duties.models import Duty
from panoh.exchange import actions as exchange
from panoh.files import actions as files
from panoh.files import queries as papers
from panoh.fund import actions as fund
from panoh.fund.models import Account, Request
from panoh.intake import actions as intake
from panoh.justice import actions as justice
from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.people.actions import Asking
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from panoh.shelters import actions as shelters
from panoh.shelters.models import House
from panoh.statistics.models import Output
from panoh.ui.rules import PartialDate
from tests.factories import bodies, houses, numbers, status, tables
from tests.factories import fund as money
from tests.factories.care import needed, way_back
from tests.factories.children import advocate, child, proposed
from tests.factories.directory import organisation, service
from tests.factories.emergency import ask, hotline, open_file, wait_over
from tests.factories.leavings import left
from tests.factories.papers import pdf
from tests.factories.referrals import NOW, answer, as_jobs, case, drafted, later
from tests.factories.staff import PASSPHRASE, as_user, team, user

# Longer than most, as names and sentences are.
LOLA = Person(
    chosen="Лола-Мадинабонуи Озмоишӣ",
    given="Лола",
    family="Озмоишзода",
    birth=PartialDate(1990, 5, 12),
)
WORDS = (
    "Вай гуфт, ки шавҳараш ҳар шаб занг мезанад ва дар назди дарвозаи бозор мунтазир мешавад; "
    "хоҳараш медонад, ки вай дар куҷост."
)
PLACE = "tj_3505401"

NEWCOMER = "navruz"

Starts = defaultdict[str, list[str]]


def country(owner: psycopg.Connection) -> Starts:
    """Make it; the addresses from which each account looks at what no link from Today shows."""
    hotline()
    house = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(house)
    organisation("Fictional Post", kind="police", unit=team("police-cases").unit)
    grown, young, group = _woman(), _boy(), _men()
    order = _order(grown)
    _asked_for(grown)
    _line()
    beds = _house()
    call = ask("mavluda", "clinic-cases", ref=grown.ref)
    wait_over(owner, call, minutes=20)
    open_file(call)
    _commission()
    _recruiters(grown)
    runs = _tables()
    paid, booked = _money(grown)
    letter = _letter()
    _newcomer()
    about_status = status.everything()
    with as_user("shirin") as by:
        duties.open("consent.destroy_copies", owner=team("shelter-cases"), by=by, at=NOW)
    with as_user("nigora"):
        ring = Duty.objects.get(kind="emergency.ring")
    with as_user("pulod"):
        protection = Duty.objects.get(kind="protection.reply")
    with as_user("latif"):
        sign = Duty.objects.get(kind="child.sign")
    of_boy = [reverse(f"desk:{name}", args=[young.ref]) for name in ("child", "relatives")]
    of_woman = [
        reverse(f"desk:{name}", args=[grown.ref])
        for name in ("case", "next", "knows", "consent", "refer", "person", "safety", "documents")
    ]
    of_order = [
        reverse(f"desk:{name}", args=[grown.ref, order.pk])
        for name in ("order", "order_sign", "order_export")
    ]
    return defaultdict(
        list,
        {
            "nigora": [
                *of_woman,
                *of_order,
                *of_boy,
                reverse("desk:group", args=[group.ref]),
                reverse("desk:asked_answer"),
                reverse("desk:request", args=[letter.ref]),
                *runs,
                reverse("desk:emergency_ring", args=[ring.pk]),
                reverse("fund:receipt", args=[grown.ref, paid.pk]),
                reverse("files_paper", args=[papers.new_mark()]),
                *about_status.pop("nigora"),
            ],
            "safar": [reverse("cases:leaving_interview", args=[grown.ref])],
            "gulnoz": [*booked],
            "ibrohim": bodies.everything(WORDS),
            "pulod": [reverse("desk:protection", args=[protection.pk])],
            "latif": [reverse("desk:decision", args=[young.ref, sign.subject_id])],
            "shirin": [reverse(f"desk:{name}", args=[beds.pk]) for name in HOUSE],
            "mavluda": [reverse("desk:emergency_show", args=[call.pk])],
            "hadia": [reverse("desk:emergency_show", args=[call.pk])],
            **_numbers(),
            **about_status,
        },
    )


def _numbers() -> dict[str, list[str]]:
    """An estimate in groups to sign, official tables that are published, a release whose data may
    be sent."""
    made, planned = numbers.made(numbers.GROUPS, strata="region"), numbers.forecast()
    out = numbers.published(numbers.release(numbers.OFFICIAL))

    def of(row: Output, *names: str) -> list[str]:
        return [reverse(f"statistics:{name}", args=[row.pk]) for name in names]

    return {
        "rustam": [*of(made, "show"), *of(planned, "show", "ask")],
        "dilovar": [*of(made, "show", "sign", "refuse"), *of(out, "show", "withdraw")],
    }


def _money(about: Dossier) -> tuple[Request, list[str]]:
    """A fund with requests to sign, to pay, and paid on one signature; where its keeper looks."""
    travel = money.line(name="Гранти хаёлии рақами 7 барои роҳ ва бозгашт", source="donor")
    money.line(5_000, name="Буҷети хаёлӣ", source="republican")
    money.asked(about, amount=12_345)
    to_pay = money.sign(money.asked(about), money.FIRST, money.SECOND)
    paid = money.sign(money.asked(about, urgent=True), money.FIRST)
    to_sign = money.sign(money.asked(about), money.FIRST)
    with as_user(money.KEEPER) as by:
        paid = fund.pay(paid, by=by, at=money.NIGHT)
        account = Account.objects.get(line=travel, stage="free")
    asked = [
        *(reverse(f"fund:{name}", args=[to_pay.ref]) for name in ("request", "pay", "refuse")),
        reverse("fund:approve", args=[to_sign.ref]),
        reverse("fund:take_back", args=[paid.ref]),
    ]
    books = reverse("fund:statement", args=[account.pk]) + "?month=2026-03"
    return paid, [*asked, books, reverse("fund:cost") + "?month=2026-03"]


def _woman() -> Dossier:
    """One case with something in every section."""
    shelter, police = team("shelter-cases"), team("police-cases")
    with as_user("nigora") as by:
        opened = case(by, danger_now="danger", children="one", scope="transnational")
        dossier = opened.dossier
        now: dict[str, Any] = {"by": by, "at": NOW}
        people.name(dossier, person=LOLA, **now)
        people.add_contact(
            dossier, kind="phone", value="000 00 00", is_safe=True, hours="", cover="Китоб", **now
        )
        for field, codes in (("means", ["threats"]), ("exploitation_forms", ["forced_labour"])):
            cases.record_facts(dossier, field=field, codes=codes, **now)
        cases.flag(dossier, field="exploitation_forms", code="armed_groups", **now)
        cases.add_note(dossier, category=Category.STORY, text=WORDS, **now)
        decisions.assess(dossier, field="trafficking", code="presumed", reason=WORDS, **now)
        justice.enter_charge(dossier, kind="document", text=WORDS, **now)
        files.add(
            dossier, category=Category.STORY, title="Fictional scan", content=pdf("a scan"), **now
        )
        for kind, code in (
            (SafetyKind.CONTACT, "never_call"),
            (SafetyKind.THREAT, "violence"),
            (SafetyKind.FAMILY, "part_of_danger"),
        ):
            cases.write_safety(dossier, kind=kind, code=code, text=WORDS, **now)
        answer(dossier, police, purpose="police", categories=Category.SAFETY, asked_now=True, by=by)
        cases.ask_protection(
            dossier, to=police, measure="patrol", danger="danger", text=WORDS, **now
        )
        cases.begin_screening(dossier, form_id="opening", **now)
        access.exclude(dossier, kind="unit", unit=team("children-cases").unit, **now)
        answer(dossier, shelter, by=by)
        referrals.send(drafted(dossier, shelter, by=by), **now)
        _together(dossier, shelter, now)
        # A threat stands until somebody has looked: then she may go as she planned.
        cases.review_risk(dossier, code="low", text=WORDS, by=by, at=later(minutes=1))
        left(dossier, by=by)
        wanted = needed(dossier, by=by)
        care.add_step(wanted, text=WORDS, due_on=policy.today(), **now)
        way_back(dossier, by=by, papers="missing")
    return dossier


def _together(dossier: Dossier, house: Team, now: dict[str, Any]) -> None:
    """A joint plan and a conference; the helpers have much to say."""
    about: dict[str, Any] = {"category": Category.SERVICES, "text": WORDS}
    cases.join_plan(dossier, team=house, categories=Category.SERVICES, **now)
    cases.write_plan(dossier, own=False, seen=0, **about, **now)
    cases.write_plan(dossier, own=True, seen=0, **about, **now)
    today = policy.today()
    met = cases.call_conference(dossier, on=today, categories=Category.SERVICES, **now)
    cases.seat(met, team=house, **now)
    cases.decide_task(met, team=house, due_on=today, **about, **now)


HOUSE = ("bed_house", "house_life", "house_settings", "house_address", "house_moved")


def _house() -> House:
    """A house with somebody in it, somebody expected, and something of everything to keep."""
    at = timezone.now() - timedelta(minutes=5)
    made = houses.house(("1", 3, ""), at=at)
    with as_user("hadia") as by:
        living = houses.held(made, by=by, at=at)
        houses.held(made, by=by, at=at)
    with as_user("shirin") as by:
        now: dict[str, Any] = {"by": by, "at": timezone.now()}
        shelters.admit(living, **now)
        today = policy.local_day(now["at"])
        far = today + timedelta(days=90)
        shelters.add_paper(made, kind="permit", issued_on=today, ends_on=far, **now)
        shelters.plan_inspection(made, kind="fire", due_on=today - timedelta(days=1), **now)
        shelters.add_funding(
            made, payer="Fictional payer", kind="donor", since=today, until=far, **now
        )
    return made


def _line() -> None:
    """A roster with a hole, open calls, and a shift that waits to be taken over."""
    with as_user("nigora") as by:
        desk, now = team("ngo-cases"), timezone.now()
        for start, who in ((0, by), (8, None)):
            begin = now + timedelta(hours=start)
            ends = begin + timedelta(hours=8)
            intake.plan_shift(
                team=desk, unit=desk.unit, user=who, starts_at=begin, ends_at=ends, by=by, at=now
            )
        for said in ({"danger_now": "injury", "needs": ["bed", "doctor"], "note": WORDS}, {}):
            given: dict[str, Any] = {"danger_now": "none", "language": "uz", **said}
            intake.log_call(team=desk, by=by, at=NOW, **given)
        intake.log_call(team=desk, danger_now="none", outcome="advised", by=by, at=NOW)
        intake.give_handover(team=desk, note=WORDS, by=by, at=NOW)


def _order(dossier: Dossier) -> Order:
    """A court asks for her data; and a telephone of the team was stolen."""
    with as_user("nigora") as by:
        now: dict[str, Any] = {"by": by, "at": NOW}
        paper = files.add(
            dossier, category=Category.LEGAL, title="Fictional order", content=pdf("a scan"), **now
        )
        made = cases.enter_order(
            dossier,
            issuer="Суди озмоишии ноҳия",
            number="О-17",
            issued_on=policy.local_day(NOW),
            paper=paper,
            scope=WORDS,
            fields=["name", "sex"],
            **now,
        )
    with as_user("admin") as by:
        cases.open_breach(
            kind=BreachKind.DEVICE,
            team=team("ngo-cases"),
            since=NOW - timedelta(hours=1),
            until=NOW,
            by=by,
            at=NOW,
        )
    return made


def _boy() -> Dossier:
    with as_user("nigora") as by:
        dossier = child(by).dossier
        advocate(dossier, by=by)
        aunt = cases.add_guardian(dossier, relation="mother", name="Озмоишмоҳ", by=by, at=NOW)
        proposed(dossier, by=by, reason=WORDS, view=WORDS)
        cases.link(dossier, other=case(by).dossier, relation="child", by=by, at=NOW)
    with as_user("latif") as by:
        cases.check_guardian(aunt, trust=Trust.PRESUMED_SAFE, reason=WORDS, by=by, at=NOW)
    return dossier


def _men() -> Dossier:
    with as_user("nigora") as by:
        group = cases.open_group(
            team=team("ngo-cases"),
            submission=uuid4(),
            kind="site_visit",
            found_on=policy.local_day(NOW),
            district=PLACE,
            channel="outreach",
            language="tg",
            forms=["forced_labour"],
            employer=WORDS,
            by=by,
            at=NOW,
        )
        man = {"sex": "man", "age_band": "age_21_29"}
        found = [Found(uuid4(), **man, chosen="Озмоишбек"), Found(uuid4(), **man, language="ru")]
        cases.add_people(group, found, by=by, at=NOW)
        return group.dossier


def _asked_for(dossier: Dossier) -> None:
    """Somebody asks another service for her, and the night finds her."""
    with as_user("pulod") as by:
        people.seek(
            Facts(names=("Lola Ozmoishzoda",), birth=PartialDate(1990)),
            team=team("police-cases"),
            caller="family",
            channel="telephone",
            said=Asking("Лола Озмоишзода", "000 00 00", WORDS),
            submission=uuid4(),
            by=by,
            at=NOW,
        )
    with as_jobs():
        people.match_seekers(at=NOW)


def _commission() -> None:
    """Somebody who agreed that the commission decides about her status."""
    with as_user("ibrohim") as by:
        unit = by.unit
    assert unit is not None
    with as_user("admin") as by:
        desk = access.add_team(unit=unit, name="commission-desk", is_intake=True, by=by, at=NOW)
    with as_user("nigora") as by:
        dossier = case(by).dossier
        people.name(dossier, person=LOLA, by=by, at=NOW)
        answer(dossier, desk, by=by, purpose="status", asked_now=True)


def _letter() -> Referral:
    """A request to a service that is reached on paper only."""
    clinic = organisation("Fictional Village Clinic", kind="health_service")
    with as_user("nigora") as by:
        dossier = case(by).dossier
        answer(dossier, clinic, by=by)
        return referrals.send(drafted(dossier, clinic, by=by), by=by, at=NOW)


def _newcomer() -> None:
    """Somebody in a team whom nobody let in yet."""
    with as_user("admin") as by:
        new, code = access.invite(
            unit=team("ngo-cases").unit,
            username=NEWCOMER,
            display_name="Navruz (fictional)",
            language="tg",
            by=by,
            at=NOW,
        )
        access.appoint(user=new, role="ngo", by=by, at=NOW)
    access.take_invitation(username=NEWCOMER, code=code, passphrase=PASSPHRASE, at=NOW)
    with as_user("safar") as by:
        access.join(user=new, team=team("ngo-cases"), by=by, at=NOW)


def _recruiters(grown: Dossier) -> None:
    """One name in two files of the police, another in hers, and somebody who compares them."""
    with as_user("admin") as by:
        access.appoint(user=user("rustam"), role="ana", by=by, at=NOW)
    for name in ("Карим Озмоишзода", "Karim Ozmoishzoda"):
        with as_user("pulod") as by:
            dossier = case(by, in_team="police-cases").dossier
            cases.write_recruitment(dossier, texts={RecruitmentKind.RECRUITER: name}, by=by, at=NOW)
    with as_user("nigora") as by:
        texts = {RecruitmentKind.RECRUITER: "Карим", RecruitmentKind.AGENCY: WORDS[:80]}
        cases.write_recruitment(grown, texts=texts, channel="agency", by=by, at=NOW)


def _tables() -> list[str]:
    """A table as it came, and one that was checked and has faults."""
    bad = {"external_id": "A-2", "prs_Birthdate": "2099-01-01", "shoe_size": "38"}
    content = tables.as_csv({"shoe_size": "37"}, bad)
    with as_user("nigora") as by:
        came, checked = (
            exchange.start(content, team=team("ngo-cases"), by=by, at=NOW) for _twice in range(2)
        )
        exchange.check(checked, part=0, by=by, at=NOW)
    return [reverse("exchange:show", args=[run.pk]) for run in (checked, came)]
