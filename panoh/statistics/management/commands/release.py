"""`./run manage release PLAN.toml --data FILE.csv --out DIR`: a draft to give away, or why not."""

import json
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.keys import secret
from panoh.statistics.queries import ledger_heads
from panoh.statistics.rules import making
from panoh.statistics.rules.release import (
    draft,
    official,
    official_files,
    official_plan,
    people,
    sampler,
)
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.forecast import Forecast, forecast
from panoh.statistics.rules.release.gate import Refusal
from panoh.statistics.rules.release.ledger import (
    OFFICIAL,
    PAGES,
    BadLedger,
    Ledger,
    Notes,
    held,
    notes,
)
from panoh.statistics.rules.release.official_plan import OfficialPlan
from panoh.statistics.rules.release.plan_parts import BadPlan
from panoh.statistics.rules.release.products import Told, marked, write

LEDGER = "ledger.jsonl"  # beside the plan: plans that stand together share it


class Command(BaseCommand):
    help = "Make protected tables and rows of no real person, by a plan; or forecast them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", type=Path)
        parser.add_argument("--data", type=Path, help="the confidential file, one row a person")
        parser.add_argument("--out", type=Path, help="a folder that does not exist or is empty")
        parser.add_argument("--dry-run", action="store_true", help="forecast; reads no data")
        parser.add_argument(
            "--agree", action="store_true", help="agree that somebody else spends by this plan"
        )
        parser.add_argument("--ledger", type=Path, help="default: beside the plan")
        parser.add_argument("--without", type=Path, help="who withdrew, one a line: left out")
        parser.add_argument("--test", action="store_true", help="a trial that protects nobody")
        parser.add_argument("--seed", type=int, help="of the noise; with --test only")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["seed"] is not None and not options["test"]:
            raise CommandError("--seed needs --test: noise that can be repeated protects nobody")
        if options["seed"] is not None and options["seed"] < 0:
            raise CommandError("--seed is a number from 0")
        path = here(options["plan"])
        text = self._text(path)
        source = sampler.system
        if options["test"] and options["seed"] is not None:
            source = sampler.seeded(options["seed"])
        ledger = here(options["ledger"]) if options["ledger"] else path.with_name(LEDGER)
        try:
            if options["agree"]:
                self._agree(making.plan_of(text), ledger)
            elif official_plan.path_of(text) == "A" and options["dry_run"]:
                told = official_files.outlook(official_plan.read(text))
                self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
            elif official_plan.path_of(text) == "A":
                self._official(official_plan.read(text), path, ledger, options)
            elif options["dry_run"]:
                self._dry_run(plans.read(text), ledger)
            else:
                self._release(plans.read(text), ledger, source, options)
        except BadPlan as error:
            raise CommandError(f"{path.name}: {error}") from error
        except BadLedger as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: cannot be read: {error}") from error

    def _dry_run(self, plan: plans.Plan, path: Path) -> None:
        if not plan.n_pub:
            raise CommandError("a dry run reads no data: the plan must say n_pub, a public size")
        account = Ledger(path, key(), ledger_heads()).account(plan.population, plan.cap_rho)
        found = forecast(plan, sampler.system)
        said = found.as_json() | {"rho_left": account.left, "cap_rho": account.cap}
        if plan.rho > account.left * (1 + 1e-9):
            said |= {"release": False, "verdict": "do not release: the budget is spent"}
        self.stdout.write(json.dumps(said, ensure_ascii=False, indent=1))

    def _release(
        self, plan: plans.Plan, path: Path, source: sampler.Bytes, options: dict[str, Any]
    ) -> None:
        out = self._out(options)
        persons = self._people(options, plan)
        from_data = not plan.n_pub
        if from_data:
            plan = plans.sized(plan, persons.size)
        before = self._forecast(plan)
        test = bool(options["test"])
        if before.refusals and not test:
            raise CommandError(said_of(before.refusals) + "\nNothing was written or spent.")
        with room(out) as aside:  # made before the spend: a folder that cannot be costs nothing
            with (
                notes(ledger_heads(), plan.population) as others,
                held(path, key(), ledger_heads()) as ledger,
            ):
                mark = self._spend(ledger, others, plan, test=test)
            made = draft.make(persons, plan, source)
            made = replace(made, refusals=[*before.refusals, *made.refusals])
            state = "refused" if made.refusals else "spent"
            with held(path, key(), ledger_heads()) as ledger:
                ledger.close(mark, plan.population, state, now())
                beside = bool(ledger.official(plan.population))
            if made.refusals and not test:
                raise CommandError(
                    said_of(made.refusals) + "\nNothing was written. The budget stays spent."
                )
            about = plan.beside.about
            told = Told(now(), mark, options["seed"], from_data, beside, is_test=test, about=about)
            write(made, told, aside)
        self._said(out, made.refusals, test=test)
        if from_data:
            self.stdout.write(f"n_pub was taken from the data, rounded: {plan.n_pub}")

    def _agree(self, plan: plans.Plan | OfficialPlan, path: Path) -> None:
        """A second person's word, in the ledger: costs nothing and reads no data."""
        with held(path, key(), ledger_heads()) as ledger:
            ledger.agree(plan.population, plan.sha256, account(), now())
        self.stdout.write(f"{account()} agrees to this plan; whoever else runs it may spend.")

    def _spend(self, ledger: Ledger, others: Notes, plan: plans.Plan, *, test: bool) -> str:
        """Write the spend; a population has one keeper, and others are named."""
        kept_here(others)
        who = people_of(ledger, plan, test=test)
        mark = ledger.reserve(making.entry(plan, now(), who, test=test), plan.cap_rho)
        first = str(ledger.entries[0]["hash"])
        spent = others.elsewhere(first)
        if not test:
            others.add(first, plan.rho)
        if spent:
            self.stderr.write(
                f"From other ledgers {spent:.6g} rho were spent on a population of this name: "
                "whoever holds all of it learns from all of it. Use one ledger."
            )
        return mark

    def _said(self, out: Path, refusals: list[Refusal], *, test: bool) -> None:
        self.stdout.write(f"{out}: draft, {'refused' if refusals else 'unsigned, not released'}")
        for one in refusals:
            self.stdout.write(f"{one.code}: {one.text}")
        if test:
            self.stdout.write("TEST: the noise of this draft protects nobody.")

    def _out(self, options: dict[str, Any]) -> Path:
        if not options["data"] or not options["out"]:
            raise CommandError("--data and --out are needed, or --dry-run")
        out = here(options["out"])
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CommandError(f"{out}: not an empty folder; nothing is written over")
        return out

    def _official(
        self, plan: OfficialPlan, path: Path, ledger: Path, options: dict[str, Any]
    ) -> None:
        """Path A: nothing is spent, but the ledger knows of it."""
        out, test = self._out(options), bool(options["test"])
        with notes(ledger_heads(), plan.population) as others:
            kept_here(others)
        earlier = [self._earlier(here(path.parent / folder)) for folder in plan.earlier]
        with held(ledger, key(), ledger_heads()) as book:
            named = {*plan.unreleased, *(one.mark for one in earlier)}
            missing = [one for one in book.official(plan.population) if one not in named]
            people_of(book, plan, test=test)
        if missing and not test:
            raise CommandError(
                f"SR-A8: {len(missing)} earlier official tables of this population are not "
                f"compared: name their folders in earlier, or in unreleased the mark of what never "
                f"left the house ({missing[0]}). Nothing was written."
            )
        persons = self._people(options, plan)
        made = official.make(persons, plan, key("cell-keys"), earlier)
        if made.refusals and not test:
            raise CommandError(said_of(made.refusals) + "\nNothing was written.")
        with room(out) as aside:
            with (
                notes(ledger_heads(), plan.population) as others,
                held(ledger, key(), ledger_heads()) as book,
            ):
                kept_here(others)
                who = people_of(book, plan, test=test)
                mark = book.list_official(making.entry(plan, now(), who, test=test))
                if not test:
                    others.add(f"{OFFICIAL} {book.entries[0]['hash']}", 0.0)
            about = plan.beside.about
            told = Told(now(), mark, options["seed"], False, is_test=test, about=about)
            official_files.write(made, told, aside)
        self._said(out, made.refusals, test=test)

    def _earlier(self, folder: Path) -> official.Earlier:
        try:
            if marked(folder) != (folder / "checksums.sha256").read_text():
                raise CommandError(f"{folder}: files of this earlier release were changed")
            return official_files.published(folder)
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"{folder}: no earlier release can be read here") from error

    def _people(self, options: dict[str, Any], plan: people.Sheet) -> people.People:
        path = here(options["data"])
        gone = here(options["without"]) if options["without"] else None
        if gone is not None and not plan.person:
            raise CommandError("--without needs person in the plan: the column that tells who")
        try:
            withdrawn = people.names(gone) if gone is not None else frozenset()
            return people.read(path, plan, withdrawn)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        except people.BadData as error:
            raise CommandError(f"{path.name}: {error}. Nothing was written or spent.") from error

    def _forecast(self, plan: plans.Plan) -> Forecast:
        return forecast(plan, sampler.system)


def now() -> str:
    """The moment, as files say it."""
    return timezone.now().isoformat()


def here(path: Path) -> Path:
    """A file name as it was meant where the person stood."""
    return Path(os.environ.get("PANOH_FROM", ""), path)


def key(name: str = "ledger") -> bytes:
    """What signs this installation's ledgers, or gives each person a permanent key."""
    return bytes.fromhex(secret(settings.PANOH_KEYS, name))


def kept_here(others: Notes) -> None:
    """Raise BadLedger where the population is kept in the pages of Panoh: nothing is spent by two
    ways."""
    if PAGES in others.spent:
        raise BadLedger(
            "SR-G2: the ledger of this population is kept in Panoh: release it there; nothing was "
            "spent"
        )


def account() -> str:
    """Whose hands are at the keys, by the system's own word."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def people_of(ledger: Ledger, plan: plans.Plan | OfficialPlan, *, test: bool) -> list[str]:
    """Who runs it, and who agreed to this very plan. Raises BadLedger where the plan names
    approvers and none of them but perhaps the one at the keys has agreed."""
    me = account()
    others = [one for one in ledger.agreed(plan.population, plan.sha256) if one != me]
    asked = [one for one in plan.beside.approvers if one != me]
    if plan.beside.approvers and not test and not set(asked) & set(others):
        raise BadLedger(
            "SR-G9: two people spend. One of those whom the plan calls approvers, another than "
            f"{me}, says so first with --agree under an own account; nothing was spent"
        )
    return [me, *others]


def said_of(refusals: list[Any]) -> str:
    """Refusals as lines."""
    return "refused\n" + "\n".join(f"{one.code}: {one.text}" for one in refusals)


@contextmanager
def room(out: Path) -> Iterator[Path]:
    """A folder beside to write into, moved whole at the end: a fault leaves no half of a draft."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        text = f"{out}: cannot be made: {error.strerror}. Nothing was written or spent."
        raise CommandError(text) from error
    try:
        yield aside
        if out.exists():
            out.rmdir()
        aside.chmod(0o755)
        aside.rename(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
