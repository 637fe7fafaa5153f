"""`manage demo`: a fictional country in motion, made through the actions with past dates."""

import json
import random
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation

from panoh.access import actions as access
from panoh.access.models import Team, Unit, User
from panoh.access.queries import acting
from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.consent import actions as consents
from panoh.directory import actions as directory
from panoh.directory.rules import Description
from panoh.kernel.rules import Category, Problem
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from panoh.referrals.rules import DEFAULT_PACKET, State
from panoh.ui.rules import PartialDate
from panoh.vault import queries as keys

ADMIN = "admin"
CASES = 300
# How far back the oldest first contact lies, as a share of the life of a grant.
SPAN = 0.8
SEED = 20

CLOSE_AFTER = 6


class Command(BaseCommand):
    """Refuses any mode but demo, and does nothing where the country stands already."""

    help = "Make the fictional country of the demo and print its sign-ins."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--cases", type=int, default=CASES)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PANOH_MODE != "demo":
            raise CommandError("The fictional country is made in a demo only.")
        if not User.objects.exists():
            Country(self.stdout.write).make(options["cases"])
        elif not _accounts().exists():
            raise CommandError(
                "This database holds accounts, but their sign-ins are not in this folder: "
                "give the demo an empty database."
            )
        self._print_accounts()

    def _print_accounts(self) -> None:
        found = json.loads(_accounts().read_text("utf-8"))
        self.stdout.write("\nSign in as (the sign-in page shows each one's second code):")
        with translation.override("en"):  # like every word of the launcher
            for account in found:
                role = policy.role(account["role"]).label
                self.stdout.write(f"  {account['username']:<12} {role}")
        self.stdout.write(f"  passphrase for all: {found[0]['passphrase']}\n")


def _accounts() -> Path:
    """Where the sign-ins of the fictional people stand."""
    return Path(settings.PANOH_VAR) / "demo.json"


class Country:
    """Units, accounts, a directory and cases in every state."""

    def __init__(self, say: Any) -> None:
        self.say = say
        with (Path(settings.PANOH_PACK) / "demo.toml").open("rb") as file:
            self.plan = tomllib.load(file)
        self.dice = random.Random(SEED)  # noqa: S311 - a fictional country, the same each time
        self.now = timezone.now()
        self.accounts: list[dict[str, Any]] = []
        # Names of units by language, for the sign-in page.
        self.names: dict[int | None, dict[str, str]] = {}
        self.opened: dict[int, keys.Opened] = {}
        self.teams: dict[str, Team] = {}
        self.workers: dict[str, User] = {}
        self.services: dict[str, list[str]] = {}
        self.refused = 0
        self.planned = False

    def make(self, number: int) -> None:
        """Everything, with progress."""
        admin = self._administrator()
        for row in self.plan["unit"]:
            self._unit(row, admin)
        self._name_hotline(admin)
        self.say(f"made {len(self.plan['unit'])} fictional organisations")
        self._keep_accounts()
        self._directory()
        holders = [code for code in self.teams if code != "post"]
        for done in range(number):
            self._case(holders[done % len(holders)] if done % 3 else "ravshan")
            if done % (number // 5 or 1) == 0:
                self.say(f"made {done} of {number} fictional cases")
        self.say(f"{number} fictional cases stand; the rules refused a step in {self.refused}")

    @contextmanager
    def _as(self, user: User) -> Iterator[User]:
        with transaction.atomic(), acting(user):
            if user.pk not in self.opened:
                vault = keys.unlock(user.pk, self.plan["passphrase"])
                assert vault is not None  # noqa: S101 - each account made its key
                self.opened[user.pk] = vault
            with keys.opened(self.opened[user.pk]):
                yield user

    # -- people who work there

    def _administrator(self) -> User:
        role = str(policy.setting("administrator_role"))
        kind = next(code for code, unit in policy.unit_types().items() if unit.roles == (role,))
        admin = access.set_up(
            unit_name="Demo",
            unit_type=kind,
            username=ADMIN,
            display_name="Admin",
            language="",
            passphrase=self.plan["passphrase"],
            at=self.now,
        )
        self._second_factor(admin, role)
        return admin

    def _second_factor(self, user: User, role: str) -> None:
        secret = generate_totp_secret()
        with transaction.atomic():
            TOTP.activate(user, secret)
        self.accounts.append(
            {
                "username": user.username,
                "passphrase": self.plan["passphrase"],
                "role": role,
                "unit": self.names.get(user.unit_id, {}),
                "totp_secret": secret,
            }
        )

    def _unit(self, row: dict[str, Any], admin: User) -> None:
        with self._as(admin):
            unit = access.add_unit(
                code=row["code"],
                name=row["name_tg"],
                kind=row["type"],
                district=row["district"],
                duty_phone=self.plan["telephone"],
                by=admin,
                at=self.now,
            )
        self.names[unit.pk] = {code: row[f"name_{code}"] for code in policy.pack().languages}
        users = [self._account(unit, name, role, admin) for name, role in row["accounts"]]
        self.services[row["code"]] = row["services"]
        if not row["team"]:
            return
        with self._as(admin):
            team = access.add_team(
                unit=unit, name=row["team"], is_intake=True, by=admin, at=self.now
            )
        self.teams[row["code"]], self.workers[row["code"]] = team, users[0]
        self._seat(team, users, admin)

    def _seat(self, team: Team, users: Sequence[User], admin: User) -> None:
        """The last account named supervises and makes the team's key, then lets the others in."""
        head = users[-1]
        with self._as(admin):
            access.join(
                user=head,
                team=team,
                is_supervisor=True,
                is_duty_officer=True,
                by=admin,
                at=self.now,
            )
        with self._as(head):
            access.make_key(team=team, by=head, at=self.now)
        self.opened.pop(head.pk)
        for user in users[:-1]:
            with self._as(head):
                access.join(user=user, team=team, by=head, at=self.now)
                access.let_in(user=user, team=team, by=head, at=self.now)
            self.opened.pop(user.pk, None)

    def _name_hotline(self, admin: User) -> None:
        """The first team of a hotline may open a file in an emergency, as set-up would name it."""
        row = next(row for row in self.plan["unit"] if row["type"] == "hotline")
        with self._as(admin):
            access.name_hotline(team=self.teams[row["code"]], by=admin, at=self.now)

    def _account(self, unit: Unit, name: str, role: str, admin: User) -> User:
        with self._as(admin):
            user, code = access.invite(
                unit=unit,
                username=name,
                display_name=name.title(),
                language="",
                by=admin,
                at=self.now,
            )
            access.appoint(user=user, role=role, by=admin, at=self.now)
        user = access.take_invitation(
            username=name, code=code, passphrase=self.plan["passphrase"], at=timezone.now()
        )
        self._second_factor(user, role)
        return user

    def _keep_accounts(self) -> None:
        place = _accounts()
        place.write_text(json.dumps(self.accounts, ensure_ascii=False, indent=1), "utf-8")
        place.chmod(0o600)

    # -- who can help

    def _directory(self) -> None:
        today = policy.local_day(self.now)
        with self._as(self.workers["ravshan"]) as by:
            for row in self.plan["unit"]:
                if not row["services"]:
                    continue
                unit = Unit.objects.get(code=row["code"])
                names = {lang: row[f"name_{lang}"] for lang in policy.pack().languages}
                described = Description(
                    names=names,
                    type=row.get("kind", row["type"]),
                    level="republic" if row["type"] == "hotline" else "region",
                    district=row["district"],
                    area=[row["district"]],
                    whole_country=True,
                    languages=[*policy.pack().languages],
                )
                made = directory.add(described, checked_on=today, unit=unit, by=by, at=self.now)
                directory.set_contacts(
                    made, [("telephone", self.plan["telephone"])], by=by, at=self.now
                )
                for service in row["services"]:
                    directory.put_service(
                        made,
                        code=service,
                        sexes=row.get("sexes", ["woman", "man"]),
                        opening="always",
                        admits_children=row["type"] != "police",
                        by=by,
                        at=self.now,
                    )

    # -- cases

    def _case(self, holder: str) -> None:
        by, team = self.workers[holder], self.teams[holder]
        lived = policy.due("grant_days", self.now)
        span = (lived - self.now) * SPAN if lived else timedelta()
        at = self.now - span * self.dice.random()
        try:
            with self._as(by):
                case = self._contact(team, by, at)
                referral = self._ask(case, holder, by, at)
            if referral is not None:
                self._answer(referral, at)
                if self._together(referral, by):
                    return
            if self.dice.randrange(CLOSE_AFTER) == 0 and at < self.now - span / 2:
                with self._as(by):
                    cases.close(case.dossier, reason=self._one("close_reasons"), by=by, at=self.now)
        except Problem:
            self.refused += 1  # a combination that the rules refuse: such is life

    def _together(self, referral: Referral, by: User) -> bool:
        """One joint plan and one conference, about the first case that somebody else took on."""
        with self._as(by):
            accepted = Referral.objects.filter(pk=referral.pk, state=State.ACCEPTED).exists()
            if self.planned or not accepted or referral.to_team is None:
                return False
            given: dict[str, Any] = {"team": referral.to_team, "by": by, "at": self.now}
            dossier, today = referral.dossier, policy.local_day(self.now)
            cases.join_plan(dossier, categories=Category.SERVICES, **given)
            text = "A fictional plan: a bed, clothes, papers, then work."
            about: dict[str, Any] = {"category": Category.SERVICES, "text": text}
            cases.write_plan(dossier, own=False, seen=0, by=by, at=self.now, **about)
            met = cases.call_conference(
                dossier, on=today, categories=Category.SERVICES, by=by, at=self.now
            )
            cases.seat(met, **given)
            tomorrow = today + timedelta(days=1)
            task = about | {"text": "A fictional task: go along to the doctor."}
            cases.decide_task(met, due_on=tomorrow, **task, **given)
        self.planned = True
        return True

    def _one(self, name: str) -> str:
        return self.dice.choice(policy.codes(name)).code

    def _some(self, name: str, most: int = 3) -> list[str]:
        rows = [row.code for row in policy.codes(name) if row.extra.get("category") != "legal"]
        return self.dice.sample(rows, self.dice.randint(1, most))

    def _contact(self, team: Team, by: User, at: datetime) -> Case:
        woman = self.dice.random() < 0.5
        adult = self.dice.random() < 0.85
        band = self.dice.choice(["age_21_29", "age_30_47"]) if adult else "age_14_17"
        danger = self.dice.choices(["none", "not_yet_known", "danger", "injury"], [8, 2, 1, 1])[0]
        district = self.dice.choice([place.code for place in policy.places(2)])
        case = cases.open_contact(
            team=team,
            safe_to_talk=self._one("yes_no"),
            danger_now=danger,
            answers={
                "sex": "woman" if woman else "man",
                "age_branch": "adult" if adult else "child",
                "age_band": band,
                "district": district,
                "language": self.dice.choice(["tg", "tg", "ru", "uz"]),
                "scope": self._one("internal_transnational"),
                "children": self._one("children_counts"),
                "channel": self._one("contact_channels"),
            },
            by=by,
            at=at,
        )
        dossier = case.dossier
        cases.record_facts(
            dossier,
            field="exploitation_forms",
            codes=self._some("exploitation_forms", 2),
            by=by,
            at=at,
        )
        cases.record_facts(dossier, field="means", codes=self._some("means"), by=by, at=at)
        if self.dice.random() < 0.7:
            people.name(dossier, person=self._person(woman=woman), by=by, at=at)
            people.add_contact(
                dossier, kind="phone", value=self.plan["telephone"], is_safe=True, by=by, at=at
            )
        if self.dice.random() < 0.3:
            cases.add_note(
                dossier,
                category=Category.STORY,
                text="A fictional note: nothing here happened to anybody.",
                by=by,
                at=at,
            )
        return case

    def _person(self, *, woman: bool) -> Person:
        names = self.plan["names"]
        year = self.now.year - self.dice.randint(19, 45)
        return Person(
            given=self.dice.choice(names["women" if woman else "men"]),
            family=self.dice.choice(names["families_women" if woman else "families_men"]),
            birth=PartialDate(year, self.dice.randint(1, 12), self.dice.randint(1, 28)),
        )

    def _ask(self, case: Case, holder: str, by: User, at: datetime) -> Referral | None:
        """Consent for one receiver and a request, for two adults of three."""
        if case.age_branch != "adult" or self.dice.random() < 0.3:
            return None
        others = [
            code
            for code, team in self.teams.items()
            if code != holder
            and self.services[code]
            and not policy.unit_types()[team.unit.type].is_authority
        ]
        to = self.dice.choice(others)
        answer = self.dice.choices(["yes", "no", "later"], [7, 2, 1])[0]
        consents.record(
            case.dossier,
            purpose="service",
            answer=answer,
            branch="adult",
            language="tg",
            present=["nobody"],
            told_limits=True,
            recipient=self.teams[to],
            categories=DEFAULT_PACKET,
            until=policy.local_day(policy.due("grant_days", self.now) or self.now),
            by=by,
            at=at,
        )
        if answer != "yes":
            return None
        written = referrals.draft(
            case.dossier,
            to=self.teams[to],
            services=[self.dice.choice(self.services[to])],
            by=by,
            at=at,
        )
        if self.dice.random() < 0.1:
            return None
        sent = referrals.send(written, by=by, at=at)
        sent.dossier = case.dossier
        return sent

    def _answer(self, referral: Referral, at: datetime) -> None:
        """What the receiver does with it."""
        at += timedelta(minutes=self.dice.randint(5, 600))
        if at > self.now or referral.to_team is None:
            return
        by = next(
            self.workers[code] for code, team in self.teams.items() if team == referral.to_team
        )
        fate = self.dice.choices(
            ["silence", "accept", "done", "decline", "ask", "withdraw"], [3, 5, 2, 2, 1, 1]
        )[0]
        if fate == "withdraw":
            with self._as(referral.sent_by or by) as sender:
                referrals.withdraw(referral, by=sender, at=at)
            return
        with self._as(by):
            if fate in {"accept", "done"}:
                referral = referrals.accept(referral, by=by, at=at)
            if fate == "done":
                referrals.complete(referral, outcome=self._one("referral_outcomes"), by=by, at=at)
            if fate == "decline":
                referrals.decline(referral, reason=self._one("decline_reasons"), by=by, at=at)
            if fate == "ask":
                referrals.ask_info(referral, self._some("info_needed", 2), by=by, at=at)
