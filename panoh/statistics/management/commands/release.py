"""`./run manage release PLAN.toml --data FILE.csv --out DIR`: a draft to give away, or why not."""

import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.keys import secret
from panoh.statistics.rules.release import accounting, draft, people, sampler
from panoh.statistics.rules.release import plan as plans
from panoh.statistics.rules.release.forecast import Forecast, forecast
from panoh.statistics.rules.release.ledger import ADJACENCY, BadLedger, Ledger, held
from panoh.statistics.rules.release.products import Told, write

ROUND = 1000  # a size taken from the data is rounded to this


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
        plan = self._plan(path)
        source = sampler.system
        if options["test"] and options["seed"] is not None:
            source = sampler.seeded(options["seed"])
        ledger = here(options["ledger"]) if options["ledger"] else path.with_suffix(".ledger.jsonl")
        try:
            if options["dry_run"]:
                self._dry_run(plan, ledger)
            else:
                self._release(plan, ledger, source, options)
        except BadLedger as error:
            raise CommandError(str(error)) from error

    def _plan(self, path: Path) -> plans.Plan:
        try:
            return plans.read(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path}: cannot be read: {error}") from error
        except plans.BadPlan as error:
            raise CommandError(f"{path.name}: {error}") from error

    def _dry_run(self, plan: plans.Plan, path: Path) -> None:
        if not plan.n_pub:
            raise CommandError("a dry run reads no data: the plan must say n_pub, a public size")
        account = Ledger(path, key()).account(plan.population, plan.cap_rho)
        found = forecast(plan, sampler.system)
        said = found.as_json() | {"rho_left": account.left, "cap_rho": account.cap}
        if plan.rho > account.left * (1 + 1e-9):
            said |= {"release": False, "verdict": "do not release: the budget is spent"}
        self.stdout.write(json.dumps(said, ensure_ascii=False, indent=1))

    def _release(
        self, plan: plans.Plan, path: Path, source: sampler.Bytes, options: dict[str, Any]
    ) -> None:
        if not options["data"] or not options["out"]:
            raise CommandError("--data and --out are needed, or --dry-run")
        out = here(options["out"])
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CommandError(f"{out}: not an empty folder; nothing is written over")
        persons = self._people(here(options["data"]), plan)
        from_data = not plan.n_pub
        if from_data:
            rounded = round(persons.size / ROUND) * ROUND
            plan = replace(plan, n_pub=max(rounded, plans.FIRST_ROWS))
        before = self._forecast(plan)
        test = bool(options["test"])
        if before.refusals and not test:
            raise CommandError(said_of(before.refusals) + "\nNothing was written or spent.")
        with held(path, key()) as ledger:
            mark = ledger.reserve(entry(plan, test=test), plan.cap_rho)
        made = draft.make(persons, plan, source)
        made = replace(made, refusals=[*before.refusals, *made.refusals])
        state = "refused" if made.refusals else "spent"
        with held(path, key()) as ledger:
            ledger.close(mark, plan.population, state, timezone.now().isoformat())
        if made.refusals and not test:
            raise CommandError(
                said_of(made.refusals) + "\nNothing was written. The budget stays spent."
            )
        seed = (options["seed"] if options["seed"] is not None else -1) if test else None
        told = Told(timezone.now().isoformat(), mark, seed, from_data)
        put(made, told, out)
        self.stdout.write(
            f"{out}: draft, {'refused' if made.refusals else 'unsigned, not released'}"
        )
        for one in made.refusals:
            self.stdout.write(f"{one.code}: {one.text}")
        if test:
            self.stdout.write("TEST: the noise of this draft protects nobody.")
        if from_data:
            self.stdout.write(f"n_pub was taken from the data, rounded: {plan.n_pub}")

    def _people(self, path: Path, plan: plans.Plan) -> people.People:
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


def key() -> bytes:
    """What signs this installation's ledgers."""
    return bytes.fromhex(secret(settings.PANOH_KEYS, "ledger"))


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


def put(made: draft.Draft, told: Told, out: Path) -> None:
    """Write into a folder beside, and move it whole: a crash leaves no half of a draft."""
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        write(made, told, aside)
        if out.exists():
            out.rmdir()
        aside.chmod(0o755)
        aside.rename(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
