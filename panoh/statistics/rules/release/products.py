"""The files of a draft: tables, rows, dashboard, record, dictionary, errors, statement."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from panoh.statistics.rules.release import accounting
from panoh.statistics.rules.release.attacks import left_over
from panoh.statistics.rules.release.display import Shown
from panoh.statistics.rules.release.draft import Draft
from panoh.statistics.rules.release.gate import Refusal
from panoh.statistics.rules.release.plan_parts import Column
from panoh.statistics.rules.release.statement import statements

SHOWN, SMALL, IMPOSSIBLE = "shown", "small_or_none", "structural_zero"
VERSION = "0.1.0"
UNSIGNED = "unsigned, not released"
REFUSED = "refused: not to be released"
NOT_STATED = "not stated"
# What a plan or a form says beside the numbers, by its name in the record.
RECORD = {
    "licence": "dct:license",
    "contact": "dcat:contactPoint",
    "place": "dct:spatial",
    "period": "dct:temporal",
    "consent": "dct:provenance",
    "withdrawal": "dct:rights",
}
BLANK = {
    "en": "blank: not reported (in rows also: withheld)",
    "ru": "пусто: не сообщено (в строках также: скрыто)",
    "tg": "холӣ: гуфта нашудааст (дар сатрҳо низ: пинҳон аст)",
}
TITLES = {
    "count": {"en": "count", "ru": "число", "tg": "шумора"},
    "sum": {"en": "sum", "ru": "сумма", "tg": "ҷамъ"},
    "low": {"en": "from", "ru": "от", "tg": "аз"},
    "high": {"en": "to", "ru": "до", "tg": "то"},
    "percent": {"en": "share in percent", "ru": "доля в процентах", "tg": "ҳисса бо фоиз"},
    "state": {
        "en": "shown; small or none; cannot be",
        "ru": "показано; мало или нет; не бывает",
        "tg": "нишон дода шудааст; кам ё нест; буда наметавонад",
    },
}
# What no file of either path can say: in every language of the site.
LIMITS = {
    "en": (
        "identified people, not how many there are",
        "definitions and the work of the sources may have changed over the period",
        "not every source covers every place and every group",
    ),
    "ru": (
        "выявленные люди, а не то, сколько их всего",
        "определения и работа источников за этот период могли измениться",
        "не каждый источник охватывает каждое место и каждую группу",
    ),
    "tg": (
        "одамони ошкоршуда, на он ки ҳамагӣ чанд нафаранд",
        "таърифҳо ва кори манбаъҳо дар ин давра тағйир ёфта метавонистанд",
        "на ҳар манбаъ ҳар ҷой ва ҳар гурӯҳро фаро мегирад",
    ),
}
MODELLED = {
    "en": "a count read from the rows is modelled and has no interval",
    "ru": "число, посчитанное по строкам, получено моделью и не имеет интервала",
    "tg": "рақаме, ки аз сатрҳо шумурда мешавад, тахминист ва фосила надорад",
}
ABOUT = {
    "en": "Protected tables and modelled rows: no row is a person.",
    "ru": "Защищённые таблицы и составленные машиной строки: ни одна строка не человек.",
    "tg": "Ҷадвалҳои ҳифзшуда ва сатрҳое, ки мошин сохтааст: ягон сатр одам нест.",
}
LISTED = 2  # tables of more columns list the cells that are shown, and no others


@dataclass(frozen=True)
class Told:
    """What the files say of the run: time, ledger entry, seed of a test, whose size; ``about`` is
    what the record says beside the plan, by the names of its form."""

    at: str
    ledger: str
    seed: int | None
    size_from_data: bool
    beside_official: bool = False  # the same population also has tables of path A
    is_test: bool = False
    about: Mapping[str, str] = field(default_factory=dict)


def write(draft: Draft, told: Told, folder: Path) -> None:
    """Write every file of the draft into an empty folder, checksums last."""
    names = [one.name for one in draft.plan.columns]
    tables = folder / "tables"
    tables.mkdir(parents=True)
    schemas = []
    for table, one in draft.shown.items():
        path = tables / f"{'-'.join(str(c + 1) for c in table)}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow([*(names[c] for c in table), "count", "low", "high", "state"])
            out.writerows(_lines(one, draft))
        schemas.append(_table_schema(f"tables/{path.name}", [names[c] for c in table], draft))
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        out.writerow(names)
        domains = [np.array(one.domain, dtype=object) for one in draft.plan.columns]
        out.writerows(
            zip(*(d[row] for d, row in zip(domains, draft.rows, strict=True)), strict=True)
        )
    schemas.append(_rows_schema(names, draft))
    put_json(folder / "dashboard.json", dashboard(draft, told))
    put_json(folder / "csvw.json", {"@context": "http://www.w3.org/ns/csvw", "tables": schemas})
    put_json(folder / "errors.json", _errors(draft, told))
    put_json(folder / "attacks.json", _attacks(draft))
    for language, text in statements(
        draft, told.is_test, beside_official=told.beside_official
    ).items():
        (folder / f"statement.{language}.md").write_text(text, encoding="utf-8")
    put_json(folder / "dataset.json", _catalogue(draft, told, folder))
    (folder / "checksums.sha256").write_text(marked(folder), encoding="utf-8")


def state_of(draft: Draft) -> str:
    """What every file says first."""
    return says(draft.refusals)


def says(refusals: Sequence[Refusal]) -> str:
    """The state of a draft that was refused or not."""
    return REFUSED if refusals else UNSIGNED


def marked(folder: Path) -> str:
    """The list of checksums, as ``sha256sum`` reads it."""
    return "".join(f"{mark}  {name}\n" for name, mark in _marks(folder))


def _lines(one: Shown, draft: Draft) -> Iterator[list[object]]:
    """Cells of a protected table; a count below its threshold is never written."""
    domains = [draft.plan.columns[c].domain for c in one.table]
    every = len(one.table) <= LISTED
    for cell in range(len(one.counts)) if every else np.flatnonzero(one.shown).tolist():
        values, rest = [], cell
        for domain in reversed(domains):
            rest, at = divmod(rest, len(domain))
            values.append(domain[at])
        values.reverse()
        if one.impossible[cell]:
            yield [*values, 0, 0, 0, IMPOSSIBLE]
        elif one.shown[cell]:
            count = int(one.counts[cell])
            low, high = max(0.0, count - one.half_width), count + one.half_width
            yield [*values, count, int(np.floor(low)), int(np.ceil(high)), SHOWN]
        else:
            yield [*values, "", "", "", SMALL]


def dashboard(draft: Draft, told: Told) -> dict[str, Any]:
    """Counts for pictures: all from the tables, none from the rows."""
    plan, measured = draft.plan, draft.measured
    width = 1.96 * measured.total_sigma
    found: dict[str, Any] = {
        "name": plan.name,
        "state": state_of(draft),
        "test_mode": told.is_test,
        "total": {
            "count": measured.total,
            "low": max(0, int(measured.total - width)),
            "high": int(np.ceil(measured.total + width)),
        },
        "rows": int(draft.rows.shape[1]),
        "people_per_row": round(measured.total / max(int(draft.rows.shape[1]), 1), 6),
        "tables": [],
    }
    for table, one in draft.shown.items():
        if len(table) <= LISTED:
            cells = [line[:-1] for line in _lines(one, draft) if line[-1] == SHOWN]
            names = [plan.columns[c].name for c in table]
            found["tables"].append({"columns": names, "cells": cells})
    return found


def _errors(draft: Draft, told: Told) -> dict[str, Any]:
    """Public figures: from the noise and from rows against noisy tables, never from true counts."""
    plan, measured = draft.plan, draft.measured
    delta = plan.delta + measured.distance
    return {
        "state": state_of(draft),
        "test_mode": told.is_test,
        "seed": told.seed,
        "path": "B: differential privacy",
        "unit": "one person with all cases and episodes",
        "k": plan.k,
        "rho": plan.rho,
        "epsilon": accounting.epsilon_of(plan.rho, plan.delta),
        "epsilon_simple": accounting.simple_epsilon(plan.rho, plan.delta),
        "epsilon_for_five": accounting.epsilon_of(plan.rho * accounting.GROUP**2, plan.delta),
        "delta": delta,
        "n_pub": plan.n_pub,
        "n_pub_from_data": told.size_from_data,
        "sampler": "discrete Gaussian, inversion of 126-bit thresholds, "
        + ("operating system" if told.seed is None else "SEEDED: TEST"),
        "version": VERSION,
        "ledger": told.ledger,
        "tables": {
            str(order): {
                "sigma": plan.sigma(order),
                "half_width95": 1.96 * plan.sigma(order),
                "thresholds": sorted({one.threshold for one in of_order}),
                "cells": int(sum(len(one.counts) for one in of_order)),
                "shown": int(sum(one.shown.sum() for one in of_order)),
            }
            for order in (1, 2, 3)
            if (of_order := [one for one in draft.shown.values() if len(one.table) == order])
        },
        "rows_against_tables": {
            str(order): asdict(found) for order, found in draft.row_errors.items()
        },
        "refusals": [asdict(one) for one in draft.refusals] if told.is_test else [],
        "limits": {code: [MODELLED[code], *LIMITS[code]] for code in LIMITS},
    }


def _attacks(draft: Draft) -> dict[str, Any]:
    """What the red team tried on this draft; no figure comes from the confidential records."""
    planted = draft.membership
    return {
        "membership_of_a_planted_person": {
            "epsilon_at_least": round(planted.lower_bound, 4),
            "epsilon_claimed": planted.claim,
            "gain_over_chance": round(planted.gain, 4),
            "runs": planted.runs,
            "succeeds": planted.succeeds,
        },
        "phantom_or_forbidden_combinations_in_rows": any(
            one.code == "SR-G7" and "combination" in one.text for one in draft.refusals
        ),
        "in_the_rows": left_over(draft.rows, draft.plan),
        "on_generated_people": "singling out, linkability, inference and nearest record need "
        "people who never were in the data: they run in the tests and the benchmark of the engine",
    }


def _catalogue(draft: Draft, told: Told, folder: Path) -> dict[str, Any]:
    plan = draft.plan
    said = (plan.name, ABOUT, plan.audience, plan.population)
    return record(said, state_of(draft), told, folder)


def record(
    said: tuple[str, Mapping[str, str], str, str], state: str, told: Told, folder: Path
) -> dict[str, Any]:
    """The dataset's record, DCAT 3 as JSON-LD. ``said``: title, description by language, audience,
    subject."""
    title, about, audience, subject = said
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "spdx": "http://spdx.org/rdf/terms#",
        },
        "@type": "dcat:Dataset",
        "dct:title": title,
        "dct:description": in_languages(about),
        "dct:issued": told.at,
        "dct:audience": audience,
        "dct:subject": subject,
        "dct:accessRights": state,
        "dcat:version": VERSION,
        "dcat:inSeries": {"@type": "dcat:DatasetSeries", "dct:title": subject},
        "dct:bibliographicCitation": f"{title}. {told.at[:10]}. {told.ledger}",
        **{term: told.about.get(key) or NOT_STATED for key, term in RECORD.items()},
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": name,
                "dcat:downloadURL": name,
                "dcat:mediaType": "text/csv" if name.endswith(".csv") else "application/json",
                "spdx:checksum": {"spdx:algorithm": "sha256", "spdx:checksumValue": mark},
            }
            for name, mark in _marks(folder)
            if name.endswith((".csv", ".json"))
        ],
    }


def _table_schema(url: str, names: list[str], draft: Draft) -> dict[str, Any]:
    return {
        "url": url,
        "tableSchema": {
            "columns": [
                *(_attribute(name, draft) for name in names),
                *numbers(("count", "low", "high")),
            ]
        },
    }


def numbers(names: Sequence[str]) -> list[dict[str, Any]]:
    """The columns after those of the plan, with the three markers."""
    state = {"datatype": "string", "codes": [SHOWN, SMALL, IMPOSSIBLE]}
    return [
        *({"name": n, "titles": TITLES[n], "datatype": "integer", "null": ""} for n in names),
        {"name": "state", "titles": TITLES["state"], **state},
    ]


def _rows_schema(names: list[str], draft: Draft) -> dict[str, Any]:
    return {"url": "rows.csv", "tableSchema": {"columns": [_attribute(n, draft) for n in names]}}


def _attribute(name: str, draft: Draft) -> dict[str, Any]:
    column = next(one for one in draft.plan.columns if one.name == name)
    return {
        "name": name,
        "datatype": "string",
        "null": "",
        "dc:description": in_languages(BLANK),
        "codes": list(column.values),
        "parents": dict(column.parents),
        **codebook(column),
    }


def in_languages(texts: Mapping[str, str]) -> list[dict[str, str]]:
    """A text as JSON-LD says it in several languages."""
    return [{"@value": text, "@language": code} for code, text in texts.items()]


def codebook(column: Column) -> dict[str, str]:
    """Where the codes of a column come from, if the plan says so."""
    return {"dct:source": column.codebook} if column.codebook else {}


def put_json(path: Path, value: dict[str, Any]) -> None:
    """Write data as JSON that people can read."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=False, default=float)
    path.write_text(text + "\n", encoding="utf-8")


def _marks(folder: Path) -> list[tuple[str, str]]:
    """Name and SHA-256 of every file but the list itself."""
    return [
        (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "checksums.sha256"
    ]
