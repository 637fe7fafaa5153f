"""`./run manage release PLAN.toml --data FILE.csv --out DIR`: a draft to give away, or why not."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.keys import secret
from panoh.statistics.rules.release import (
    accounting,
    draft,
    official,
    official_files,
    official_plan,
    people,
    sampler,
)
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.forecast import Forecast, forecast
from panoh.statistics.rules.release.ledger import ADJACENCY, BadLedger, Ledger, held
from panoh.statistics.rules.release.official_plan import OfficialPlan
from panoh.statistics.rules.release.products import Told, marked, write


class Command(BaseCommand):
    help = "Make protected tables and rows of no real person, by a plan; or forecast them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", type=Path)
        parser.add_argument("--data", type=Path, help="the confidential file, one row a person")
        parser.add_argument("--out", type=Path, help="a folder that does not exist or is empty")
        parser.add_argument("--dry-run", action="store_true", help="forecast; reads no data")
        parser.add_argument("--ledger", type=Path, help="default: beside the plan")
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
        ledger = here(options["ledger"]) if options["ledger"] else path.with_suffix(".ledger.jsonl")
        try:
            if official_plan.path_of(text) == "A":
                self._official(official_plan.read(text), path, ledger, options)
            elif options["dry_run"]:
                self._dry_run(plans.read(text), ledger)
            else:
                self._release(plans.read(text), ledger, source, options)
        except plans.BadPlan as error:
            raise CommandError(f"{path.name}: {error}") from error
        except BadLedger as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: cannot be read: {error}") from error

    def _dry_run(self, plan: plans.Plan, path: Path) -> None:
        if not plan.n_pub:
            raise CommandError("a dry run reads no data: the plan must say n_pub, a public size")
        account = Ledger(path, key(), heads()).account(plan.population, plan.cap_rho)
        found = forecast(plan, sampler.system)
        said = found.as_json() | {"rho_left": account.left, "cap_rho": account.cap}
        if plan.rho > account.left * (1 + 1e-9):
            said |= {"release": False, "verdict": "do not release: the budget is spent"}
        self.stdout.write(json.dumps(said, ensure_ascii=False, indent=1))

    def _release(
        self, plan: plans.Plan, path: Path, source: sampler.Bytes, options: dict[str, Any]
    ) -> None:
        out = self._out(options)
        persons = self._people(here(options["data"]), plan)
        from_data = not plan.n_pub
        if from_data:
            plan = plans.sized(plan, persons.size)
        before = self._forecast(plan)
        test = bool(options["test"])
        if before.refusals and not test:
            raise CommandError(said_of(before.refusals) + "\nNothing was written or spent.")
        with held(path, key(), heads()) as ledger:
            mark = ledger.reserve(entry(plan, test=test), plan.cap_rho)
        made = draft.make(persons, plan, source)
        made = replace(made, refusals=[*before.refusals, *made.refusals])
        state = "refused" if made.refusals else "spent"
        with held(path, key(), heads()) as ledger:
            ledger.close(mark, plan.population, state, timezone.now().isoformat())
            beside = ledger.has_official(plan.population)
        if made.refusals and not test:
            raise CommandError(
                said_of(made.refusals) + "\nNothing was written. The budget stays spent."
            )
        seed = (options["seed"] if options["seed"] is not None else -1) if test else None
        told = Told(timezone.now().isoformat(), mark, seed, from_data, beside)
        put(partial(write, made, told), out)
        self.stdout.write(
            f"{out}: draft, {'refused' if made.refusals else 'unsigned, not released'}"
        )
        for one in made.refusals:
            self.stdout.write(f"{one.code}: {one.text}")
        if test:
            self.stdout.write("TEST: the noise of this draft protects nobody.")
        if from_data:
            self.stdout.write(f"n_pub was taken from the data, rounded: {plan.n_pub}")

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
        if options["dry_run"]:
            raise CommandError("path A has no dry run: nothing is spent and nothing is drawn")
        out, test = self._out(options), bool(options["test"])
        earlier = [self._earlier(here(path.parent / folder)) for folder in plan.earlier]
        persons = self._people(here(options["data"]), plan)
        made = official.make(persons, plan, key("cell-keys"), earlier)
        if made.refusals and not test:
            raise CommandError(said_of(made.refusals) + "\nNothing was written.")
        with held(ledger, key(), heads()) as book:
            mark = book.list_official(official_entry(plan, test=test))
        told = Told(timezone.now().isoformat(), mark, -1 if test else None, size_from_data=False)
        put(partial(official_files.write, made, told), out)
        self.stdout.write(
            f"{out}: draft, {'refused' if made.refusals else 'unsigned, not released'}"
        )
        for one in made.refusals:
            self.stdout.write(f"{one.code}: {one.text}")

    def _earlier(self, folder: Path) -> dict[str, int]:
        try:
            if marked(folder) != (folder / "checksums.sha256").read_text():
                raise CommandError(f"{folder}: files of this earlier release were changed")
            return official_files.published(folder)
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"{folder}: no earlier release can be read here") from error

    def _people(self, path: Path, plan: people.Sheet) -> people.People:
        try:
            return people.read(path, plan)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        except people.BadData as error:
            raise CommandError(f"{path.name}: {error}. Nothing was written or spent.") from error

    def _forecast(self, plan: plans.Plan) -> Forecast:
        return forecast(plan, sampler.system)


def here(path: Path) -> Path:
    """A file name as it was meant where the person stood."""
    return Path(os.environ.get("PANOH_FROM", ""), path)


def key(name: str = "ledger") -> bytes:
    """What signs this installation's ledgers, or gives each person a permanent key."""
    return bytes.fromhex(secret(settings.PANOH_KEYS, name))


def heads() -> Path:
    """Where the ends of this installation's ledgers are remembered."""
    return Path(settings.PANOH_VAR) / "ledger-heads"


def official_entry(plan: OfficialPlan, *, test: bool) -> dict[str, Any]:
    """What the ledger keeps of official tables: no spend, and that no budget covers them."""
    return {
        "population": plan.population,
        "time": timezone.now().isoformat(),
        "plan": plan.sha256,
        "adjacency": ADJACENCY,
        "tables": len(plan.tables),
        "products": ["official tables"],
        "people": [],
        "test": test,
    }


def entry(plan: plans.Plan, *, test: bool) -> dict[str, Any]:
    """What the ledger keeps of a spend."""
    return {
        "population": plan.population,
        "time": timezone.now().isoformat(),
        "plan": plan.sha256,
        "adjacency": ADJACENCY,
        "rho": plan.rho,
        "epsilon": accounting.epsilon_of(plan.rho, plan.delta),
        "epsilon_simple": accounting.simple_epsilon(plan.rho, plan.delta),
        "delta": plan.delta,
        "tables": len(plan.tables) + plan.wanted_triples,
        "products": ["tables", "rows", "dashboard"],
        "people": [],
        "test": test,
    }


def said_of(refusals: list[Any]) -> str:
    """Refusals as lines."""
    return "refused\n" + "\n".join(f"{one.code}: {one.text}" for one in refusals)


def put(writing: Callable[[Path], None], out: Path) -> None:
    """Write into a folder beside, and move it whole: a crash leaves no half of a draft."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        writing(aside)
        if out.exists():
            out.rmdir()
        aside.chmod(0o755)
        aside.rename(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
