"""`./run manage new_pack CODE`: the skeleton of a country that loads, with everything unset."""

import csv
import io
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from panoh.policy import queries as policy
from panoh.policy.rules import PackFault

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNKNOWN = "Unicode CLDR"
GAPS = (
    {
        "ru": "Всё: ни закон, ни орган, ни место, ни праздник этой страны здесь ещё не известны.",
        "en": "Everything: no law, no body, no place and no holiday of this country is known here "
        "yet.",
    },
    {
        "ru": "Часовой пояс, выходные и валюта взяты из Unicode CLDR; пояса страны: {zones}. "
        "Проверьте их.",
        "en": "Zone, weekend and currency are those of Unicode CLDR; zones of the country: "
        "{zones}. Check them.",
    },
    {
        "ru": "Тексты взяты из пакета другой страны и для этой не проверены.",
        "en": "Texts come from another country's pack and were not reviewed for this one.",
    },
)
EMPTY = {
    "periods.toml": "Clocks of this country's law: none is known yet. Service targets come from "
    "the pack that this one extends; a clock of the law that is not here is not set.",
    "roles.toml": "Roles that differ from those of the pack that this one extends.",
    "bodies.toml": "Kinds of units that differ, and who co-ordinates from which day on.",
    "acts/acts.toml": "Acts that are known to exist, each with its source.",
    "acts/articles.toml": "Articles and their versions; words of the law only from a source.",
    "agreements.toml": "Agreements with other states.",
    "treaties.toml": "What treaties ask of this state, and since when.",
}


class Command(BaseCommand):
    """A country is data: nothing of the programme changes."""

    help = "Write the skeleton of a country pack: CODE is the ISO 3166 code in small letters."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code")
        parser.add_argument("--beside", type=Path, default=Path(settings.PANOH_PACK).parent)
        parser.add_argument("--extends", default="", help="the pack to take lists and texts from")

    def handle(self, *args: Any, code: str, beside: Path, **options: Any) -> None:
        territory = code.upper()
        if not code.islower() or territory not in Locale("en").territories:
            raise CommandError(f'"{code}" is no ISO 3166 code of two small letters')
        folder = Path(beside) / code
        if folder.exists():
            raise CommandError(f"{folder} is there already: nothing was written")
        base = options["extends"] or Path(settings.PANOH_PACK).name
        pack = policy.read(Path(beside) / base)
        # Of the other country's languages only those that are no country's own.
        languages = [x for x in pack.languages if x in {"ru", "en"}]
        files = {name: f"# {words}\n" for name, words in EMPTY.items()}
        files["pack.toml"] = _head(code, territory, base, languages)
        files["holidays.csv"] = (
            ",".join(["day", *(f"label_{x}" for x in languages), "source"]) + "\n"
        )
        names = [f"name_{x}" for x in languages]
        files["places.csv"] = (
            ",".join(["code,pcode,level,parent,iso,type", *names, "sure,source,note"]) + "\n"
        )
        files["codes/currencies.csv"] = _currency(territory, languages)
        labels = [f"label_{x}" for x in languages if x != "en"]
        files["sources.csv"] = "".join(
            ",".join(row) + "\n"
            for row in (["text", "language", *labels], [UNKNOWN, "en", *("" for _ in labels)])
        )
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        try:
            policy.read(folder)
        except PackFault as fault:
            raise CommandError(f"the skeleton does not load: {fault}") from fault
        self.stdout.write(
            f"{folder} is written and loads. Fill it as docs/howto/add-a-country.md says, "
            f"then: ./run manage pack check {folder}"
        )


def _head(code: str, territory: str, base: str, languages: list[str]) -> str:
    """The file `pack.toml`; texts are quoted as JSON, which TOML reads."""
    names = {x: Locale(x).territories[territory] for x in languages}
    zones = sorted(
        zone for zone, where in get_global("zone_territories").items() if where == territory
    )
    locale = Locale.parse(f"und_{territory}")
    weekend = [DAYS[day] for day in range(locale.weekend_start, locale.weekend_end + 1)]
    lines = [
        "# A skeleton: fill it as docs/howto/add-a-country.md says. What is not known stays unset.",
        "",
        "[pack]",
        f"code = {json.dumps(code)}",
        f"extends = {json.dumps(base)}",
        'version = "0"',
        *(f"name_{x} = {json.dumps(name, ensure_ascii=False)}" for x, name in names.items()),
        f"timezone = {json.dumps(zones[-1])}",
        f"weekend = {json.dumps(weekend)}",
        f"languages = {json.dumps(languages)}",
        "spoken = []",
        "reviewed = false",
        "",
        "[[setting]]",
        'key = "currency"',
        f"value = {json.dumps(_money(territory).lower())}",
        'note = "A code of currencies.csv. Sums are whole numbers of its smallest unit."',
        f"source = {json.dumps(UNKNOWN)}",
    ]
    for gap in GAPS:
        said = {x: gap[x].format(zones=", ".join(zones)) for x in languages}
        lines += ["", "[[gap]]"]
        lines += [f"text_{x} = {json.dumps(t, ensure_ascii=False)}" for x, t in said.items()]
    return "\n".join(lines) + "\n"


def _money(territory: str) -> str:
    return str(get_territory_currencies(territory)[0])


def _currency(territory: str, languages: list[str]) -> str:
    """The list of currencies with the one of the country."""
    money = _money(territory)
    labels = {f"label_{x}": Locale(x).currencies[money] for x in languages}
    row = {
        "code": money.lower(),
        **labels,
        **dict.fromkeys(("maps_to", "valid_from", "valid_to"), ""),
        "sure": "unverified",
        "source": UNKNOWN,
        "note": "",
        "digits": str(get_currency_precision(money)),
    }
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue()
