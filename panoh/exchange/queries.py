"""What a row is understood with, and what an import holds, opened for its own account."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from babel import Locale
from babel.core import get_global
from django.utils.translation import gettext

from panoh.access.models import Dossier, Membership, Team, User
from panoh.access.queries import live, my_teams
from panoh.cases import queries as cases
from panoh.exchange.models import External, Import, Part
from panoh.exchange.rules import fields
from panoh.exchange.rules.faults import Fault
from panoh.exchange.rules.fields import Field, Goes
from panoh.exchange.rules.rows import Known, Ready, Value, fold, read_row
from panoh.exchange.rules.tables import KEY
from panoh.kernel.rules import Gone
from panoh.policy import queries as policy
from panoh.vault import queries as vault
from panoh.vault.rules import box, tokens, unbox

MEGABYTE = 1024 * 1024
PURPOSE = "import"
# The column that is added to rows that go back; it is no field and so not used when it comes again.
WRONG = "panoh_error"


def most_bytes() -> int:
    """The size of the largest file that is taken, from the pack."""
    return policy.number("import_megabytes") * MEGABYTE


def too_large() -> str:
    """What to tell whoever sends a larger one."""
    return gettext(
        "This file is too large: at most %(count)d megabytes are taken. "
        "Divide the table into several files."
    ) % {"count": policy.number("import_megabytes")}


def teams_of(user: User) -> list[Team]:
    """The account's own teams, by name."""
    mine = Membership.objects.filter(live(), user=user).values("team")
    return list(Team.objects.filter(pk__in=mine).select_related("unit").order_by("name", "pk"))


# -- what a row is understood with -----------------------------------------------------------------


def fields_known() -> dict[str, Field]:
    """The fields of the standard as the pack brings them."""
    return {
        row["field"]: Field(row["field"], row["label_en"], row["type"], row["value_list"])
        for row in policy.crosswalk("htcds_fields")
    }


@lru_cache(maxsize=4)
def known(day: date) -> Known:
    """Lists, places and numbers of the pack on a day."""
    pack = policy.pack()
    return Known(
        fields=fields_known(),
        values=_values(),
        countries=_countries(),
        languages=_languages(day),
        districts=_districts(),
        bands=[
            (
                int(row.extra["from_age"]),
                int(row.extra["to_age"]) if row.extra["to_age"] else None,
                row.code,
            )
            for row in policy.codes("age_bands", day)
            if row.extra.get("from_age")
        ],
        today=day,
        child_until=policy.number("child_until_age"),
        oldest=policy.number("oldest_age"),
        zone=pack.calendar.zone.key,
    )


def _values() -> dict[str, dict[str, Value]]:
    rows = policy.crosswalk("htcds_values")
    meant = Counter((row["field"], row["pack_list"], row["pack_code"]) for row in rows)
    found: dict[str, dict[str, Value]] = {}
    for row in rows:
        place = (row["field"], row["pack_list"], row["pack_code"])
        value = Value(row["value"], row["pack_list"], row["pack_code"], meant[place] == 1)
        for spelling in (row["label_en"], row["code"], row["value"]):
            found.setdefault(row["field"], {})[fold(spelling)] = value
    return found


def _countries() -> dict[str, str]:
    """ISO 3166-1 codes of two and three letters and of figures, and English names."""
    codes = {code for code, _name in cases.countries()}
    names = Locale("en").territories
    found = {fold(str(names[code])): code for code in codes if code in names}
    for other, meant in get_global("territory_aliases").items():
        if len(meant) == 1 and meant[0] in codes:
            found[fold(str(other))] = meant[0]
    return found | {fold(code): code for code in codes}


def _languages(day: date) -> dict[str, str]:
    """ISO 639 codes of two and three letters; a language outside the pack's list is ``other``."""
    offered = {row.code for row in policy.codes("spoken_languages", day)}
    found = {fold(str(code)): "other" for code in Locale("en").languages}
    for other, meant in get_global("language_aliases").items():
        found[fold(str(other))] = str(meant) if meant in offered else "other"
    return found | {fold(code): code for code in offered}


def _districts() -> dict[str, str]:
    """Districts by code and by each of their names, where only one has it."""
    spellings: dict[str, set[str]] = {}
    for place in policy.districts():
        for text in (place.code, *map(place.label, policy.languages())):
            spellings.setdefault(fold(text), set()).add(place.code)
    return {text: codes.pop() for text, codes in spellings.items() if text and len(codes) == 1}


def understand(row: "Row", columns: Sequence[str], lists: Known) -> Ready | list[Fault]:
    """One row of an import: ready to come in, or everything that is wrong with it."""
    found = read_row(row.cells, columns, lists, same_as=row.same_as)
    if isinstance(found, Ready) and (problem := cases.fault_of(found.arrival, lists.today)):
        return [Fault("", "case", str(problem.message))]
    return found


# -- what an import holds --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was sealed: its number in the sheet, its cells, the earlier row with the same
    own number if there is one, and what is wrong with it as far as that was looked for."""

    number: int
    cells: list[str]
    same_as: int | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """The names of the columns; ``sample`` are a few texts to look at where letters were
    guessed; ``other_sheets`` counts sheets that were not read."""

    columns: list[str]
    sample: list[str]
    other_sheets: int = 0


def sealed(account_id: int, what: Any) -> bytes:
    """Anything, as JSON that only this account can read."""
    public = vault.account_public(account_id)
    if public is None:
        vault.current()
        raise Gone
    return box(public, json.dumps(what, ensure_ascii=False).encode(), PURPOSE)


def opened(content: bytes | memoryview) -> Any:
    """Reverse of ``sealed``, for the account whose vault is open. Raises ``Locked``."""
    return json.loads(unbox(vault.current().pair, bytes(content), PURPOSE))


def written(rows: Sequence[Row]) -> list[Any]:
    """Rows in the form in which they are sealed."""
    return [
        [row.number, row.cells, row.same_as, [[f.column, f.code, f.more] for f in row.faults]]
        for row in rows
    ]


def rows_in(content: bytes | memoryview | None) -> list[Row]:
    """The rows of a part, opened."""
    if content is None:
        return []
    return [
        Row(number, cells, same_as, tuple(Fault(*fault) for fault in faults))
        for number, cells, same_as, faults in opened(content)
    ]


def imports_of(user: User) -> list[Import]:
    """The imports of an account, the newest first."""
    return list(Import.objects.filter(account=user).select_related("team").order_by("-started_at"))


def import_of(user: User, run_id: UUID) -> Import:
    """One import of the account. Raises ``Gone``."""
    found = Import.objects.filter(account=user, pk=run_id).select_related("team__unit").first()
    if found is None:
        raise Gone
    return found


def head_of(run: Import) -> Head:
    """What the import says of its columns."""
    return Head(**opened(run.head))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its English label in the standard, where its values go, and which
    values its list knows, if it has one."""

    name: str
    label: str
    goes: Goes
    values: list[str]


def mapping(columns: Sequence[str]) -> list[Column]:
    """Where each named column goes, those that are not used too."""
    known_fields, lists = fields_known(), _values()
    found = []
    for name in filter(None, columns):
        meant = known_fields.get(name)
        listed = lists.get(meant.value_list, {}).values() if meant else ()
        values = list(dict.fromkeys(one.value for one in listed))
        label = meant.label if meant else ""
        found.append(Column(name, label, fields.goes(name, known_fields), values))
    return found


def names_known() -> frozenset[str]:
    """The names of columns that mean something."""
    return frozenset({KEY, *fields_known()})


def back_of(run: Import, *, most: int | None = None) -> Iterator[Row]:
    """Rows with faults, in the order of the sheet, one part open at a time: those that did not
    come in, or after a check those that would not."""
    parts = Part.objects.filter(run=run).exclude(back=None).order_by("number")
    left = most
    for content in parts.values_list("back", flat=True).iterator(chunk_size=1):
        for row in rows_in(content):
            if left is not None:
                if left == 0:
                    return
                left -= 1
            yield row


def external_tokens(team: Team, texts: Sequence[str], what: str) -> list[bytes]:
    """Blind tokens of own numbers (``number``) or of contents (``content``) of a team's rows."""
    key = vault.unit_token_key(team.unit_id)
    return tokens(key, f"external {what} {team.pk}", list(texts))


def here_already(team: Team, found: Sequence[bytes]) -> dict[bytes, "Before"]:
    """Which own numbers of a team came in before."""
    rows = External.objects.filter(team=team, token__in=found)
    known = list(rows.values_list("token", "content", "dossier_id"))
    held = set(
        Dossier.objects.filter(
            pk__in=[dossier for *_tokens, dossier in known], holder_id__in=my_teams()
        ).values_list("pk", flat=True)
    )
    return {
        bytes(token): Before(bytes(content), dossier in held) for token, content, dossier in known
    }


@dataclass(frozen=True, slots=True)
class Before:
    """A row that came in before: the token of what it held, and whether a team of mine still
    holds its case."""

    content: bytes
    is_held: bool
