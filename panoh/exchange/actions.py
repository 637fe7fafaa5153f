"""Start an import, confirm its letters, check its rows, bring them in, take back what stays out.

Each verb works on one part of a few hundred rows, so that a page can show how far it is and
somebody who leaves can go on later.
"""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from panoh.access.models import Team, User
from panoh.access.queries import my_teams, require
from panoh.access.rules import Permission
from panoh.audit import actions as audit
from panoh.cases import actions as cases
from panoh.duties import actions as duties
from panoh.exchange import queries, rules
from panoh.exchange.models import External, Import, Part
from panoh.exchange.queries import Row
from panoh.exchange.rules import LIFECYCLE, State
from panoh.exchange.rules.faults import Fault, messages
from panoh.exchange.rules.rows import Ready
from panoh.exchange.rules.tables import (
    FAULTS,
    KEY,
    Decoded,
    Header,
    Unreadable,
    decode,
    header_of,
    is_workbook,
    numbered,
    rows_of_text,
)
from panoh.files.rules.sheets import CSV, XLSX, as_csv, as_xlsx, fits_xlsx
from panoh.kernel.rules import Gone, Invalid, NotPossible
from panoh.people import actions as people
from panoh.policy import queries as policy

DUTY = "exchange.import"
PERIOD = "draft_hours"
SAMPLE = 8

# The child that reads a workbook: little memory, little time, no files, no environment.
_CHILD = """
import json, resource, sys
for what, most in (
    (resource.RLIMIT_AS, 1 << 30), (resource.RLIMIT_CPU, 30),
    (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
):
    resource.setrlimit(what, (most, most))
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from panoh.exchange.rules.tables import Refusal, rows_of_workbook
try:
    others, rows = rows_of_workbook(sys.stdin.buffer.read(), int(sys.argv[2]))
except Refusal as fault:
    print(json.dumps(fault.code))
else:
    print(others)
    for row in rows:
        print(json.dumps(row))
"""
_CHILD_SECONDS = 60


# -- start -----------------------------------------------------------------------------------------


@transaction.atomic
def start(content: bytes, *, team: Team, by: User, at: datetime) -> Import:
    """Read a file and keep its rows, sealed to the account's own key, until they are in.

    Nothing is brought in yet. Raises ``Invalid`` if the file as a whole cannot be taken,
    ``Gone`` if ``team`` is not the account's own.
    """
    require(by, Permission.IMPORT_CASES)
    if team.pk not in my_teams():
        raise Gone
    if len(content) > queries.most_bytes():
        raise Invalid(queries.too_large(), "file")
    most = policy.number("import_rows")
    if is_workbook(content):
        others, cells = _workbook(content, most)
        text = Decoded("")
    else:
        others, text = 0, decode(content)
        cells = rows_of_text(text.text)
    header = header_of(next(cells, []), queries.names_known())
    run = Import(
        account=by,
        team=team,
        started_at=at,
        expires_at=policy.due(PERIOD, at) or at,
        guessed=text.guessed,
        state=State.UNSURE if text.guessed else State.READ,
        head=b"",
        rows=0,
        parts=0,
    )
    run.save(force_insert=True)
    sample = _keep(run, header, numbered(cells, most))
    head = queries.Head(list(header.columns), sample if text.guessed else [], others)
    run.head = queries.sealed(by.pk, asdict(head))
    run.save(update_fields=["head", "rows", "parts"])
    duties.open(DUTY, owner=team, subject_id=run.pk, period=PERIOD, by=by, at=at)
    audit.record("import.started", by=by, at=at, subject=run, reason=f"{run.rows} rows")
    return run


def _workbook(content: bytes, most_rows: int) -> tuple[int, Iterator[list[str]]]:
    """Read a workbook in a child process: readers of archives are where crafted files do harm."""
    try:
        done = subprocess.run(  # noqa: S603 - our own text, the file goes in by its input
            [sys.executable, "-I", "-c", _CHILD, str(settings.BASE_DIR), str(most_rows)],
            input=content,
            capture_output=True,
            timeout=_CHILD_SECONDS,
            env={},
            cwd="/",
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unreadable("too_much" if _ran_out(error) else "broken") from error
    lines = io.BytesIO(done.stdout)
    first = json.loads(lines.readline())
    if first in FAULTS:
        raise Unreadable(str(first))
    return int(first), (json.loads(line) for line in lines)


def _ran_out(error: subprocess.CalledProcessError | subprocess.TimeoutExpired) -> bool:
    """Did the child end for want of memory or time? Then the file is a bomb, or far too large."""
    if isinstance(error, subprocess.TimeoutExpired):
        return True
    said = error.stderr or b""
    return error.returncode < 0 or b"MemoryError" in said or b"memory allocation" in said


def _keep(run: Import, header: Header, found: Iterator[tuple[int, list[str]]]) -> list[str]:
    """Seal the rows part by part; returns a few texts with letters that were guessed."""
    place = header.columns.index(KEY)
    seen: dict[str, int] = {}
    sample: list[str] = []
    for part in rules.in_parts(found):
        ids = [
            (number, cells[place].strip() if place < len(cells) else "") for number, cells in part
        ]
        doubles = rules.doubles(ids, seen)
        seen |= {text: number for number, text in ids if text and number not in doubles}
        rows = [Row(number, cells, doubles.get(number)) for number, cells in part]
        Part.objects.bulk_create(
            [
                Part(
                    run=run,
                    account_id=run.account_id,
                    number=run.parts,
                    rows=queries.sealed(run.account_id, queries.written(rows)),
                )
            ]
        )
        sample += [
            cell
            for row in rows[: SAMPLE - len(sample)]
            for cell in [next((one for one in row.cells if not one.isascii()), "")]
            if cell
        ]
        run.rows += len(part)
        run.parts += 1
    return sample[:SAMPLE]


def _locked(run: Import, verb: str, by: User) -> Import:
    require(by, Permission.IMPORT_CASES)
    found = Import.objects.select_for_update().filter(pk=run.pk, account=by).first()
    if found is None:
        raise Gone
    found.state = LIFECYCLE.after(verb, found.state)
    found.team = Team.objects.select_related("unit").get(pk=found.team_id)
    return found


@transaction.atomic
def confirm(run: Import, *, by: User, at: datetime) -> Import:
    """Say that the guessed letters can be read. Raises ``NotPossible`` if nothing was guessed."""
    found = _locked(run, "confirm", by)
    found.save(update_fields=["state"])
    audit.record("import.confirmed", by=by, at=at, subject=found, fields=["guessed"])
    return found


# -- check -----------------------------------------------------------------------------------------


@transaction.atomic
def check(run: Import, *, part: int, by: User, at: datetime) -> Import:
    """Look through some parts and keep what is wrong with each row; brings nothing in.

    ``part`` is the number that the page showed: the same step twice counts once.
    """
    found = _locked(run, "check", by)
    if part != found.next_part:
        return run
    lists = queries.known(policy.local_day(at))
    columns = queries.head_of(found).columns
    parts = Part.objects.filter(run=found, number__gte=part).order_by("number")
    for one in parts[: rules.PARTS_CHECKED_AT_ONCE].iterator(chunk_size=1):
        bad = [
            Row(row.number, row.cells, row.same_as, tuple(read))
            for row in queries.rows_in(one.rows)
            if not isinstance(read := queries.understand(row, columns, lists), Ready)
        ]
        one.back = queries.sealed(by.pk, queries.written(bad)) if bad else None
        one.save(update_fields=["back"])
        found.faulty += len(bad)
        found.next_part += 1
    ended = found.next_part >= found.parts
    found.state = LIFECYCLE.after("check", State.READ) if ended else State.READ
    found.next_part = 0 if ended else found.next_part
    found.save(update_fields=["faulty", "next_part", "state"])
    audit.record("import.checked", by=by, at=at, subject=found, reason=f"{found.faulty} rows back")
    return found


# -- run -------------------------------------------------------------------------------------------


@transaction.atomic
def run_part(run: Import, *, part: int, by: User, at: datetime) -> Import:
    """Bring in the good rows of one part; the others stay sealed, to be taken back.

    A row whose own number came in before is counted, or handed back if it says something else
    now: nothing is overwritten. ``part`` is the number that the page showed: the same step twice
    counts once.
    """
    found = _locked(run, "run", by)
    if part != found.next_part:
        return run
    one = Part.objects.get(run=found, number=part)
    lists = queries.known(policy.local_day(at))
    columns = queries.head_of(found).columns
    good: list[tuple[Row, Ready]] = []
    back: list[Row] = []
    for row in queries.rows_in(one.rows):
        read = queries.understand(row, columns, lists)
        if isinstance(read, Ready):
            good.append((row, read))
        else:
            back.append(Row(row.number, row.cells, row.same_as, tuple(read)))
    found.refused += len(back)
    back += _bring_in(found, good, by, at)
    one.rows = None
    one.back = queries.sealed(by.pk, queries.written(back)) if back else None
    one.save(update_fields=["rows", "back"])
    found.next_part += 1
    if found.next_part >= found.parts:
        _finish(found, by, at)
    found.save(
        update_fields=["state", "next_part", "added", "already", "changed", "refused", "expires_at"]
    )
    audit.record("import.part_done", by=by, at=at, subject=found, reason=f"{found.done} rows")
    return found


def _bring_in(run: Import, good: list[tuple[Row, Ready]], by: User, at: datetime) -> list[Row]:
    """Open a case for each row that is new; returns the rows that changed since they came in."""
    numbers = queries.external_tokens(run.team, [one.external_id for _row, one in good], "number")
    contents = queries.external_tokens(run.team, [one.content for _row, one in good], "content")
    before = queries.here_already(run.team, numbers)
    new: list[tuple[Ready, bytes, bytes]] = []
    changed: list[Row] = []
    for (row, ready), number, content in zip(good, numbers, contents, strict=True):
        if number not in before:
            new.append((ready, number, content))
        elif before[number].content == content:
            run.already += 1
        else:
            fault = Fault(KEY, "changed" if before[number].is_held else "moved")
            changed.append(Row(row.number, row.cells, row.same_as, (fault,)))
    run.changed += len(changed)
    run.added += len(new)
    if not new:
        return changed
    made = cases.open_contact_many(
        [ready.arrival for ready, *_tokens in new], team=run.team, by=by, at=at
    )
    dossiers = [case.dossier for case in made]
    people.name_many(
        [(dossier, ready.person) for dossier, (ready, *_t) in zip(dossiers, new, strict=True)],
        by=by,
        at=at,
    )
    people.add_contact_many(
        [
            (dossier, kind, value)
            for dossier, (ready, *_t) in zip(dossiers, new, strict=True)
            for kind, value in ready.contacts
        ],
        by=by,
        at=at,
    )
    External.objects.bulk_create(
        External(
            dossier=dossier,
            team=run.team,
            token=number,
            content=content,
            agreed_elsewhere=ready.agreed,
            added_at=at,
        )
        for dossier, (ready, number, content) in zip(dossiers, new, strict=True)
    )
    return changed


def _finish(run: Import, by: User, at: datetime) -> None:
    """All rows were looked at; what goes back is kept for the period of a draft."""
    run.state = LIFECYCLE.after("finish", run.state)
    run.expires_at = policy.due(PERIOD, at) or at
    Part.objects.filter(run=run, back=None).delete()
    duties.settle(kind=DUTY, subject_id=run.pk, outcome="done", by=by, at=at)


# -- take back, forget -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Back:
    """A file for whoever brought the rows: a neutral name, its type, its content."""

    name: str
    mime: str
    content: bytes


@transaction.atomic
def take_back(run: Import, *, workbook: bool, by: User, at: datetime) -> Back:
    """The rows that stay out, with what is wrong with each, as a file that can be mended and
    brought again. Raises ``NotPossible`` if there is none."""
    require(by, Permission.IMPORT_CASES)
    found = queries.import_of(by, run.pk)
    columns = queries.head_of(found).columns
    wrong = columns.index(queries.WRONG) if queries.WRONG in columns else len(columns)
    head = [*columns[:wrong], queries.WRONG, *columns[wrong + 1 :]]
    rows = [
        [*cells[:wrong], f"{row.number}: {messages(row.faults)}", *cells[wrong + 1 :]]
        for row in queries.back_of(found)
        for cells in [[*row.cells, *[""] * (len(columns) - len(row.cells))]]
    ]
    if not rows:
        raise NotPossible
    as_book = workbook and fits_xlsx(rows)
    audit.record("import.taken_back", by=by, at=at, subject=found, reason=f"{len(rows)} rows")
    if as_book:
        return Back("rows-back.xlsx", XLSX, as_xlsx(head, rows))
    return Back("rows-back.csv", CSV, as_csv(head, rows))


@transaction.atomic
def forget(run: Import, *, by: User, at: datetime) -> None:
    """Destroy what is kept of an import; cases that came in stay."""
    require(by, Permission.IMPORT_CASES)
    found = queries.import_of(by, run.pk)
    if found.state != State.DONE:
        duties.settle(kind=DUTY, subject_id=found.pk, outcome="given_up", by=by, at=at)
    audit.record("import.forgotten", by=by, at=at, subject=found)
    Part.objects.filter(run=found).delete()
    Import.objects.filter(pk=found.pk).delete()


@transaction.atomic
def sweep(*, at: datetime, by: str = "exchange") -> int:
    """Destroy imports whose time is over; returns how many. Runs as the role of background jobs,
    which can read none of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT exchange_sweep(%s)", [at])
        count = int(cursor.fetchone()[0])
    if count:
        audit.record("import.expired", by=by, at=at, reason=f"{count} imports")
    return count
