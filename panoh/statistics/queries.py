"""What was planned, made, signed and spent; the ledger of a population."""

import gzip
import io
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from config.keys import secret
from panoh.access.models import User
from panoh.access.queries import may
from panoh.access.rules import Permission
from panoh.files import rules as files
from panoh.files.rules import MEGABYTE
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.statistics.models import Decision, Leaver, Output, Paper, Signature, Source, Spend
from panoh.statistics.rules.book import Book
from panoh.statistics.rules.making import ERRORS, FORECAST, GATE, MODELS, RESULT, plan_of
from panoh.statistics.rules.outputs import LIFECYCLE, Field, Kind, State, standing, strictest
from panoh.statistics.rules.release.ledger import BadLedger, notes
from panoh.statistics.rules.release.official import Earlier
from panoh.statistics.rules.release.official_files import earlier_of
from panoh.statistics.rules.release.official_plan import OfficialPlan
from panoh.statistics.rules.release.plan import Plan
from panoh.statistics.rules.release.rounding import person_mark

PAGE = 50
SIGNATURES, ERRORS_TOLD = "signatures.json", "errors.json"
SIGNS = {Field.PROTECTION: Permission.NUMBERS_PROTECT, Field.CHECK: Permission.NUMBERS_CHECK}


def fields_of(user: User) -> list[Field]:
    """What the account may sign for."""
    return [field for field, permission in SIGNS.items() if may(user, permission)]


def works(user: User) -> bool:
    """Whether the account prepares or signs; others read what is published."""
    return may(user, Permission.NUMBERS_PREPARE) or bool(fields_of(user))


def newest(kind: Kind | None = None) -> list[Output]:
    """What I may know of, newest first."""
    rows = Output.objects.select_related("prepared_by").order_by("-prepared_at", "pk")
    return list((rows.filter(kind=kind) if kind else rows)[:PAGE])


def under_way() -> list[Output]:
    """What goes no further without somebody: all of it, newest first."""
    rows = Output.objects.select_related("prepared_by").filter(state__in=UNDER_WAY)
    return list(rows.order_by("-prepared_at", "pk"))


def output(key: UUID) -> Output:
    """One of them. Raises ``Gone``."""
    found = Output.objects.select_related("prepared_by").filter(pk=key).first()
    if found is None:
        raise Gone
    return found


def seal_of(row: Output) -> str:
    """The mark of the exact files, plan and ledger entry, reckoned anew from their bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.statistics_seal(%s)", [row.pk])
        return str(cursor.fetchone()[0])


def most_bytes() -> int:
    """The size of the largest table that is taken, from the pack."""
    return policy.number("file_megabytes") * MEGABYTE


@dataclass(frozen=True)
class Signed:
    """A signature, and whether it is of the bytes that stand now."""

    row: Signature
    is_live: bool

    @property
    def field(self) -> Field:
        """What its signer answers for."""
        return Field(self.row.field)

    @cached_property
    def record(self) -> dict[str, Any]:
        """The Five Safes, and a line for each finding."""
        return dict(json.loads(self.row.record))


@dataclass(frozen=True)
class Told:
    """An output with what stands beside it, read once."""

    row: Output
    signatures: Sequence[Signature]
    decisions: Sequence[Decision]

    @cached_property
    def seal(self) -> str:
        """The mark; every file is read for it, so that it is reckoned once it is asked for."""
        return seal_of(self.row)

    @cached_property
    def signed(self) -> list[Signed]:
        """The signatures, and which of them are of the bytes that stand now."""
        return [Signed(one, one.seal == self.seal) for one in self.signatures]

    @cached_property
    def about(self) -> dict[str, str]:
        """Its origin or metadata."""
        return about(self.row)

    @property
    def status(self) -> str:
        """What the estimation said, or an approver, if stricter."""
        return strictest([self.row.status, *(one.status for one in self.signatures)])

    @property
    def allowed(self) -> list[Decision]:
        """Who has agreed to the spend."""
        return [one for one in self.decisions if one.verb == "allow"]

    @cached_property
    def signed_for(self) -> set[Field]:
        """What somebody answers for, of the bytes that stand now."""
        return {one.field for one in self.signed if one.is_live}

    @property
    def is_signed(self) -> bool:
        """Two live signatures, of two fields."""
        return len(self.signatures) == len(Field) and self.signed_for == set(Field)

    @property
    def standing(self) -> str | Promise:
        """Where it stands, and how far it is signed."""
        return standing(State(self.row.state), len(self.signed_for))

    @property
    def is_whole(self) -> bool:
        """Whether what is published is still what was signed."""
        return self.row.state != State.PUBLISHED or self.is_signed


def told(row: Output) -> Told:
    """An output with its mark, signatures and decisions."""
    (found,) = told_each([row])
    return found


def told_each(rows: Sequence[Output]) -> list[Told]:
    """The same of several, read at once."""
    signatures, decisions = defaultdict(list), defaultdict(list)
    for one in Signature.objects.filter(output__in=rows).select_related("by").order_by("at"):
        signatures[one.output_id].append(one)
    made = Decision.objects.filter(output__in=rows).select_related("by").order_by("at", "pk")
    for step in made:
        decisions[step.output_id].append(step)
    return [Told(row, signatures[row.pk], decisions[row.pk]) for row in rows]


def steps_of(found: Told, user: User) -> set[str]:
    """What the account itself may do with it now."""
    row, fields = found.row, fields_of(user)
    mine = row.prepared_by_id == user.pk
    judges = bool(fields) and not mine
    signed = {one.by_id for one in found.signatures}
    left = set(fields) - {one.field for one in found.signatures}
    can = {
        "allow": judges and row.is_passed and not found.allowed,
        "ask": mine and row.is_passed and bool(found.allowed),
        "sign": bool(left) and not mine and row.is_passed and user.pk not in signed,
        "publish": works(user) and found.is_signed,
        "refuse": judges,
        "withdraw": judges,
    }
    return {verb for verb in LIFECYCLE.verbs(row.state) if can[verb]}


# What goes no further without one of these; a refusal is nobody's turn.
UNDER_WAY = (State.FORECAST, State.MADE)
TURNS = {"allow", "ask", "sign", "publish"}


def awaits(found: Told, user: User) -> bool:
    """Whether it goes no further without something that this account may do."""
    return not TURNS.isdisjoint(steps_of(found, user))


def awaiting_count(user: User) -> int:
    """How many wait for this account. Only of what two have signed are the files read: a signature
    of other bytes than stand now publishes nothing."""
    return sum(awaits(one, user) for one in told_each(under_way())) if works(user) else 0


def paper(row: Output, path: str) -> bytes | None:
    """One file, as far as I may read it."""
    found = Paper.objects.filter(output=row, path=path).first()
    return bytes(found.content) if found else None


def json_of(row: Output, path: str) -> Any:
    """The same, read as JSON; None where there is none for me."""
    content = paper(row, path)
    return None if content is None else json.loads(content)


def result_of(row: Output) -> Any:
    """What an estimate found; for who neither prepares nor signs, what its status lets be said of
    it. None where there is nothing for me."""
    found = json_of(row, RESULT)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT public.statistics_told(%s)::text", [row.pk])
            (text,) = cursor.fetchone()
        found = None if text is None else json.loads(text)
        if found and "groups" in found:  # the database orders them by the length of their names
            found["groups"] = dict(sorted(found["groups"].items()))
    return found


def papers_of(row: Output) -> list[str]:
    """The names of the files that I may read."""
    return list(Paper.objects.filter(output=row).order_by("path").values_list("path", flat=True))


def packed(row: Output) -> bytes:
    """Everything that leaves the house, as one ZIP whose bytes are always the same.

    The files call themselves unsigned, for they were written before: once they are published the
    signatures lie beside them.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        inner = {FORECAST, GATE, ERRORS, RESULT}
        for one in Paper.objects.filter(output=row, is_secret=False).order_by("path"):
            if one.path not in inner:
                archive.writestr(zipfile.ZipInfo(one.path), bytes(one.content))
        if row.state == State.PUBLISHED:
            archive.writestr(zipfile.ZipInfo(SIGNATURES), _released(row))
    return out.getvalue()


def _released(row: Output) -> str:
    found = told(row)
    (day,) = (policy.local_day(one.at) for one in found.decisions if one.verb == "publish")
    text = _("Released. The other files were written before they were signed, and say so.")
    said = {}
    for language in policy.languages():
        with override(language):
            said[language] = str(text)
    data = {
        "released": day.isoformat(),
        "words": said,
        "seal": found.seal,
        "signed_for": sorted(found.signed_for),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def models_of(row: Output) -> str:
    """Every model that an estimation tried, as CSV."""
    content = paper(row, MODELS)
    if content is None:
        raise Gone
    return gzip.decompress(content).decode()


def alike(row: Output) -> list[Output]:
    """Other estimations of the same place and period, whatever became of them: whoever looks for a
    convenient number is seen."""
    mine = about(row)
    rows = Output.objects.filter(kind=row.kind).exclude(pk=row.pk).order_by("-prepared_at")
    return [
        one
        for one in rows[:PAGE]
        if all(about(one).get(key) == mine.get(key) for key in ("place", "period"))
    ]


def is_allowed(row: Output) -> bool:
    """Whether one of those who sign has agreed to the spend."""
    return Decision.objects.filter(output=row, verb="allow").exists()


def allowed_by(row: Output) -> int | None:
    """Which account that was; for role ``jobs`` alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.statistics_allowed_by(%s)", [row.pk])
        (found,) = cursor.fetchone()
    return None if found is None else int(found)


def official_before(row: Output, population: str) -> list[Earlier]:
    """Official tables of a population that are out, or may still be: what was taken down counts,
    for copies of it remain."""
    states = [State.MADE, State.PUBLISHED, State.WITHDRAWN]
    found = []
    for one in Output.objects.filter(kind=Kind.RELEASE, state__in=states).exclude(pk=row.pk):
        plan = plan_of(one.plan)
        if isinstance(plan, OfficialPlan) and plan.population == population:
            found.append(earlier_of(paper(one, ERRORS_TOLD) or b"{}", tables_of(one).values()))
    return found


def tables_of(row: Output) -> dict[str, bytes]:
    """The tables of a release by the names of their files."""
    rows = Paper.objects.filter(output=row, path__startswith="tables/").order_by("path")
    return {one.path: bytes(one.content) for one in rows}


# -- the ledger


def ledger_lines() -> list[tuple[str, str, str]]:
    """Every line of the ledger of this installation: entry, hash, signature."""
    return list(Spend.objects.order_by("number").values_list("entry", "hash", "signature"))


def ledger_key() -> bytes:
    """What signs this installation's ledgers."""
    return bytes.fromhex(secret(settings.PANOH_KEYS, "ledger"))


def ledger_heads() -> Path:
    """Where the ends of this installation's ledgers are remembered, and who keeps which."""
    return Path(settings.PANOH_VAR) / "ledger-heads"


def has_official(population: str) -> bool:
    """Whether official tables of a population were made here."""
    return bool(Book(ledger_lines(), ledger_key()).official(population))


def cell_key() -> bytes:
    """What gives each person a permanent key in official tables."""
    return bytes.fromhex(secret(settings.PANOH_KEYS, "cell-keys"))


def spends() -> list[tuple[Spend, dict[str, Any]]]:
    """Every line of the ledger, newest first."""
    rows = Spend.objects.select_related("output").order_by("-number")
    entries = [(one, json.loads(one.entry)) for one in rows[:PAGE]]
    return [(one, entry | {"at": datetime.fromisoformat(entry["time"])}) for one, entry in entries]


def budget_left(plan: Plan) -> float:
    """What a plan may still spend on its population, what ledgers of files have spent left out; for
    role ``jobs`` alone. Raises ``BadLedger``."""
    with notes(ledger_heads(), plan.population) as found:
        cap = plan.cap_rho - found.elsewhere()
    return Book(ledger_lines(), ledger_key()).account(plan.population, cap).left


# -- who withdrew


class Leavers:
    """Who withdrew from a population; whoever knows a name can ask, and nobody can list them."""

    def __init__(self, population: str, marks: Iterable[str]) -> None:
        self._population, self._marks = population, frozenset(marks)
        self._key = _leavers_key()

    def __contains__(self, name: object) -> bool:
        return bool(self) and person_mark(self._key, self._population, str(name)) in self._marks

    def __bool__(self) -> bool:
        return bool(self._marks)


def leaver_mark(population: str, name: str) -> str:
    """The keyed mark of somebody in a population: the same each time, and never turned round."""
    return person_mark(_leavers_key(), population, name)


def _leavers_key() -> bytes:
    return bytes.fromhex(secret(settings.PANOH_KEYS, "leavers"))


def leavers(population: str) -> Leavers:
    """Who withdrew; for role ``jobs`` alone."""
    rows = Leaver.objects.filter(population=population)
    return Leavers(population, rows.values_list("mark", flat=True))


def has_leavers(population: str) -> bool:
    """Whether somebody withdrew from it."""
    return Leaver.objects.filter(population=population).exists()


def populations() -> dict[str, int]:
    """Every population of which a release was planned, and how many withdrew from it."""
    planned = Output.objects.filter(kind=Kind.RELEASE)
    names = {about(one).get("population", "") for one in planned.only("about")} - {""}
    gone = Counter(Leaver.objects.values_list("population", flat=True))
    return {name: gone[name] for name in sorted(names | gone.keys())}


# -- what was sent


def _key() -> bytes:
    return bytes.fromhex(secret(settings.PANOH_KEYS, "numbers"))


def sealed(row: Output, content: bytes) -> bytes:
    """What was sent, encrypted until it was used."""
    return files.encrypt(_key(), content, row.pk)


def sent(row: Output) -> bytes:
    """The same, opened; for role ``jobs`` alone. Raises ``Gone``."""
    found = Source.objects.filter(output=row).first()
    if found is None:
        raise Gone
    return files.decrypt(_key(), bytes(found.content), row.pk)


def about(row: Output) -> dict[str, str]:
    """Origin or metadata of an output."""
    return dict(json.loads(row.about))


def ledger_told() -> dict[str, Any]:
    """The ledger as a page shows it: what each population has spent and has left, and every line.
    ``is_whole`` is false where a line was changed."""
    lines = spends()
    try:
        ledger = Book(ledger_lines(), ledger_key())
    except BadLedger:
        return {"lines": lines, "accounts": [], "is_whole": False}
    names = sorted({one["population"] for one in ledger.entries if not one.get("not_dp")})
    accounts = [(name, ledger.account(name, float("inf"))) for name in names]
    return {"lines": lines, "accounts": accounts, "is_whole": True}
