# ruff: noqa: E501 - one sentence, one line
"""The files of official tables: tables, record, dictionary, method, statement, checksums."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from panoh.statistics.rules.release.cells import TOTAL
from panoh.statistics.rules.release.official import Earlier, Official, Words
from panoh.statistics.rules.release.official_plan import (
    ALL,
    CELL_KEY,
    HEADINGS,
    SUM,
    SUPPRESSION,
    OfficialPlan,
)
from panoh.statistics.rules.release.products import (
    IMPOSSIBLE,
    LIMITS,
    SHOWN,
    SMALL,
    VERSION,
    Told,
    codebook,
    marked,
    numbers,
    put_json,
    record,
    says,
)
from panoh.statistics.rules.release.rounding import MOST_CHANGE
from panoh.statistics.rules.release.statement import STATES, TEST, added

# Drafts: read by no native reader, tried with no survivor yet. A person edits them before release.
TEXTS = {
    "en": """# {name}

{state}

{what}"small or none" is not zero. Blank is "not reported".
- {how}
- These numbers carry no mathematical guarantee for each person. Where other files about the same people carry one, it covers those files only.
- These are people who were identified. Nobody knows from this how many there are.
- Do not rank nationalities, places or organisations. Do not look for anybody.
- If something feels wrong, tell whoever gave you these files: they can be withdrawn.
""",
    "ru": """# {name}

{state}

{what}«мало или нет» не значит ноль. Пустое поле значит «не сообщено».
- {how}
- У этих чисел нет математической гарантии для каждого человека. Если она есть у других файлов о тех же людях, она относится только к тем файлам.
- Это люди, которых выявили. Сколько их всего, отсюда не узнать.
- Не сравнивайте народы, места и организации по местам. Не ищите никого.
- Если что-то кажется неправильным, скажите тому, кто дал вам эти файлы: их можно отозвать.
""",
    "tg": """# {name}

{state}

{what}«кам ё нест» сифр нест. Ҷойи холӣ маънои «гуфта нашудааст»-ро дорад.
- {how}
- Ин рақамҳо барои ҳар як одам кафолати риёзӣ надоранд. Агар файлҳои дигар дар бораи ҳамин одамон онро дошта бошанд, он танҳо ба ҳамон файлҳо дахл дорад.
- Инҳо одамонеанд, ки ошкор шудаанд. Ҳамагӣ чанд нафаранд, аз ин ҷо донистан мумкин нест.
- Миллатҳо, ҷойҳо ва ташкилотҳоро аз рӯйи ҷой муқоиса накунед. Ҳеҷ касро наҷӯед.
- Агар чизе нодуруст намояд, ба касе гӯед, ки ин файлҳоро додааст: онҳоро бозпас гирифтан мумкин аст.
""",
}
COUNTS = {
    "en": "- What is in it: tables of counts about {population}, made once.\n- Counts under {k}, and others from which they could be worked out, are not shown: ",
    "ru": "- Что здесь: таблицы с числами о группе «{population}», составленные один раз.\n- Числа меньше {k} и те, по которым их можно вычислить, не показаны: ",
    "tg": "- Дар ин ҷо чӣ ҳаст: ҷадвалҳо бо рақамҳо дар бораи «{population}», ки як бор сохта шудаанд.\n- Рақамҳои аз {k} кам ва онҳое, ки аз рӯяшон ин рақамҳоро ёфтан мумкин аст, нишон дода намешаванд: ",
}
SUMS = {
    "en": "- What is in it: tables of sums ({amount}) about {population}, made once.\n- Sums of fewer than {k} people, sums that are nearly all of one or two, and others from which they could be worked out, are not shown: ",
    "ru": "- Что здесь: таблицы с суммами ({amount}) о группе «{population}», составленные один раз.\n- Суммы меньше чем {k} человек, суммы, которые почти целиком приходятся на одного или двух, и те, по которым их можно вычислить, не показаны: ",
    "tg": "- Дар ин ҷо чӣ ҳаст: ҷадвалҳо бо маблағи ҷамъшуда ({amount}) дар бораи «{population}», ки як бор сохта шудаанд.\n- Ҷамъҳои камтар аз {k} нафар, ҷамъҳое, ки қариб пурра аз як ё ду нафаранд, ва онҳое, ки аз рӯяшон инҳоро ёфтан мумкин аст, нишон дода намешаванд: ",
}
EXACT = {
    "en": "Numbers that are shown are exact.",
    "ru": "Показанные числа точны.",
    "tg": "Рақамҳои нишондодашуда аниқанд.",
}
ROUNDED = {
    "en": "Numbers are rounded to {base}: each may be off by up to {off}, and totals may not add up.",
    "ru": "Числа округлены до {base}: каждое может отличаться не более чем на {off}, итоги могут не сходиться.",
    "tg": "Рақамҳо то {base} яклухт карда шудаанд: ҳар кадом то {off} фарқ карда метавонад, ҷамъҳо шояд баробар набароянд.",
}
MOVED = {
    "en": "Numbers are moved by up to {most}, always the same way for the same people; totals do not add up.",
    "ru": "Числа сдвинуты не более чем на {most}, для одних и тех же людей всегда одинаково; итоги не сходятся.",
    "tg": "Рақамҳо то {most} ҷойиваз карда шудаанд, барои ҳамон одамон ҳамеша якхел; ҷамъҳо баробар намебароянд.",
}

ABOUT = {
    "en": "Official tables, made once and protected cell by cell.",
    "ru": "Официальные таблицы, составленные один раз; защищена каждая ячейка.",
    "tg": "Ҷадвалҳои расмӣ, ки як бор сохта шудаанд; ҳар хона ҳифз шудааст.",
}
ALONE = {
    "en": (
        "protects this release alone, and against the earlier ones that the plan names",
        "no guarantee of differential privacy covers these tables",
    ),
    "ru": (
        "защищён только этот выпуск, также от сопоставления с прежними, которые назвал план",
        "гарантия дифференциальной приватности на эти таблицы не распространяется",
    ),
    "tg": (
        "танҳо ҳамин нашр ҳифз шудааст, инчунин аз муқоиса бо нашрҳои пешинае, ки нақша номбар кард",
        "кафолати махфияти дифференсиалӣ ин ҷадвалҳоро фаро намегирад",
    ),
}


def write(made: Official, told: Told, folder: Path) -> None:
    """Write every file into an empty folder, checksums last."""
    plan = made.plan
    (folder / "tables").mkdir(parents=True)
    schemas = []
    for table in plan.tables:
        url = f"tables/{'-'.join(str(c + 1) for c in table)}.csv"
        lines = table_of(made, table)
        with (folder / url).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
        columns = [
            {
                "name": plan.columns[c].name,
                "datatype": "string",
                "null": "",
                "codes": [ALL, *plan.columns[c].values],
                "parents": dict(plan.columns[c].parents),
                **codebook(plan.columns[c]),
            }
            for c in table
        ]
        schemas.append(
            {"url": url, "tableSchema": {"columns": [*columns, *numbers(_headings(plan)[:-1])]}}
        )
    put_json(folder / "csvw.json", {"@context": "http://www.w3.org/ns/csvw", "tables": schemas})
    put_json(folder / "errors.json", _method(made, told))
    for language, text in statements(made, told).items():
        (folder / f"statement.{language}.md").write_text(text, encoding="utf-8")
    put_json(
        folder / "dataset.json",
        record(
            (plan.name, ABOUT, plan.audience, plan.population), says(made.refusals), told, folder
        ),
    )
    (folder / "checksums.sha256").write_text(marked(folder), encoding="utf-8")


def table_of(made: Official, table: tuple[int, ...]) -> list[list[object]]:
    """One table as lines: totals and wider groups by their names, the header first."""
    plan = made.plan
    lines: list[list[object]] = [[*(plan.columns[c].name for c in table), *_headings(plan)]]
    fixed = {made.cells.names[at] for at in made.cells.fixed}
    for name, one in made.told.items():
        if any(node != TOTAL for c, node in enumerate(name) if c not in table):
            continue
        labels = [plan.label(c, name[c]) for c in table]
        if name in fixed:
            lines.append([*labels, 0, 0, 0, "", IMPOSSIBLE])
        elif one.number is None:
            lines.append([*labels, "", "", "", "", SMALL])
        else:
            percent = "" if one.percent is None else one.percent
            lines.append([*labels, one.number, one.low, one.high, percent, SHOWN])
    return lines


def _headings(plan: OfficialPlan) -> tuple[str, ...]:
    return (SUM, *HEADINGS[1:]) if plan.amount else HEADINGS


def earlier_of(errors: bytes, tables: Iterable[bytes]) -> Earlier:
    """An earlier release from its files: the counts that each cell it tells may stand for."""
    cells: dict[Words, tuple[int, int]] = {}
    columns = []
    for content in tables:
        lines = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
        names = [one for one in lines.fieldnames or () if one not in {*HEADINGS, SUM}]
        columns.append(tuple(names))
        for line in lines:
            if line["state"] != SMALL:
                cell = frozenset((name, line[name]) for name in names if line[name] != ALL)
                cells[cell] = int(line["low"]), int(line["high"])
    said = json.loads(errors)
    return Earlier(str(said["ledger"]), tuple(columns), cells, said.get("amount") or "")


def published(folder: Path) -> Earlier:
    """The same from a folder."""
    tables = [path.read_bytes() for path in sorted((folder / "tables").glob("*.csv"))]
    return earlier_of((folder / "errors.json").read_bytes(), tables)


def statements(made: Official, told: Told) -> dict[str, str]:
    """The statement in three languages."""
    plan = made.plan
    how = MOVED if plan.protection == CELL_KEY else ROUNDED
    how = EXACT if plan.protection == SUPPRESSION else how
    found = {}
    for place, language in enumerate(("en", "ru", "tg")):
        state = STATES[bool(made.refusals)][place]
        what = (SUMS if plan.amount else COUNTS)[language]
        found[language] = TEXTS[language].format(
            what=what.format(population=plan.population, k=plan.k, amount=plan.amount),
            name=plan.name,
            population=plan.population,
            k=plan.k,
            state=f"{state}\n\n{TEST[place]}" if told.is_test else state,
            how=how[language].format(base=plan.base, off=plan.base - 1, most=MOST_CHANGE),
        ) + added(plan.beside.words, language)
    return found


def outlook(plan: OfficialPlan) -> dict[str, Any]:
    """What such a run would be, before any data is read: it spends nothing and draws nothing."""
    return {
        "dry_run": True,
        "path": "A",
        "release": True,
        "verdict": "whether it may be released shows only with the data; nothing is spent",
        "rho": None,
        "protection": plan.protection,
        "amount": plan.amount or None,
        "k": plan.k,
        "tables": [[plan.columns[c].name for c in table] for table in plan.tables],
        "cells": plan.cells,
    }


def _method(made: Official, told: Told) -> dict[str, Any]:
    """What is public of the method: rules and limits, no key and no count."""
    plan = made.plan
    cells = list(made.told.values())
    return {
        "state": says(made.refusals),
        "test_mode": told.is_test,
        "path": "A: official tables, made once",
        "protection": plan.protection,
        "amount": plan.amount or None,
        "k": plan.k,
        "base": plan.base if plan.protection not in {SUPPRESSION, CELL_KEY} else None,
        "most_change": MOST_CHANGE if plan.protection == CELL_KEY else None,
        "additive": plan.protection not in {CELL_KEY, "random rounding"},
        "cells": len(cells),
        "not_shown": sum(one.number is None for one in cells),
        "proved": made.proved,
        "compared_with": [one.mark for one in made.earlier],
        "not_asked_for": [
            *(["SR-A3: no column of organisations"] if plan.organisation is None else []),
            *(["SR-A4: no sensitive column"] if not plan.sensitive else []),
        ],
        "version": VERSION,
        "ledger": told.ledger,
        "limits": {code: [*LIMITS[code], *ALONE[code]] for code in LIMITS},
    }
