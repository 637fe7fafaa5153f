"""A result in the words of a page: the interval first, the point second, and never a bare one."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.numberformat import format as grouped
from django.utils.translation import gettext as _

from panoh.statistics.rules import pictures
from panoh.statistics.rules.estimation.diagnostics import FACTORS
from panoh.statistics.rules.estimation.result import ESTIMATE, NO_ESTIMATE
from panoh.statistics.rules.outputs import statuses_of_groups
from panoh.statistics.rules.release.official_plan import ALL, HEADINGS, SUM
from panoh.statistics.rules.words import ABOUT, FINDINGS, METHODS, SEVERITIES, STATUSES, told

Limits = Sequence[float | str]
MOST_BARS = 12  # of one column of a release
MOST_CELLS = 300  # of an official table on a page; the file has all


def many(value: float | str) -> str:
    """A number of people; a text stands for a limit that does not exist."""
    if isinstance(value, str):
        return _("no limit")
    return grouped(round(value), ".", 0, 3, "\u00a0", force_grouping=True)


def _local(text: str) -> str:
    """A number that was written with a point, as the reader writes it."""
    return text.replace(".", str(get_format("DECIMAL_SEPARATOR")))


def between(limits: Limits) -> str:
    """An interval in words."""
    return _("%(low)s to %(high)s") % {"low": many(limits[0]), "high": many(limits[1])}


def about_in_words(
    about: Mapping[str, str], day: Callable[[str], str]
) -> list[tuple[str | Promise, str]]:
    """Origin or metadata, as far as a reader needs it; ``day`` gives a day in words."""
    who = {
        "confirmed": _("people recognised by a decision"),
        "potential": _("people with signs of trafficking"),
    }
    told = dict(about)
    told["definition"] = who.get(told.get("definition", ""), told.get("definition", ""))
    told["period"] = " – ".join(map(day, about.get("period", "").split("/")))
    return [(label, told[name]) for name, label in ABOUT.items() if told.get(name)]


def estimate_in_words(result: Mapping[str, Any], status: str) -> dict[str, Any]:
    """What the page of an estimate shows under a status: bars of each method with their numbers, or
    the one range of all of them, or neither."""
    context: dict[str, Any] = {
        "lists": result["lists"],
        "models_tried": many(result["models_tried"]),
        "findings": _findings(result["diagnostics"]),
        "provenance": result["provenance"],
    }
    groups = statuses_of_groups(result, status)
    if groups:
        context["column"] = result["strata_by"]
        context["groups"] = [
            {"name": name, **_answer(result["groups"][name], each)} for name, each in groups.items()
        ]
    return context | _answer(result, status)


def _answer(result: Mapping[str, Any], status: str) -> dict[str, Any]:
    """The answer itself, of the whole or of one group."""
    found: dict[str, Any] = {"status": status, "status_told": STATUSES[status]}
    found["observed"] = many(result["observed"])
    envelope = result["envelope"]
    if status == NO_ESTIMATE or envelope is None:
        return found
    scale = _scale(result, envelope)
    found["envelope"] = between(envelope)
    found["envelope_picture"] = _bar(envelope, scale, None)
    if status == ESTIMATE:
        standing = [one for one in result["methods"] if one["status"] == ESTIMATE]
        found["methods"] = [_method(one, scale) for one in standing]
        found["factors"] = _factors(result["observed"], standing[0]["estimate"])
        found["passes"] = _passes(result["observed"], standing[0]["estimate"], result)
    return found


def _factors(observed: int, estimate: float) -> list[tuple[str, str]]:
    """D5: N if the unseen were so many times the model's, which no data can test."""
    told = {0.25: "¼", 0.5: "½", 2 / 3: "⅔", 1.0: "1", 1.5: "1½", 2.0: "2", 4.0: "4"}
    dark = estimate - observed
    return [(told[factor], many(observed + factor * dark)) for factor in FACTORS]


def _passes(observed: int, estimate: float, result: Mapping[str, Any]) -> str:
    """At how many times the number passes the value that decides something."""
    decision = result.get("decision")
    if decision is None or estimate <= observed:
        return ""
    factor = _local(f"{(decision - observed) / (estimate - observed):.2f}")
    return _("The number passes %(value)s at %(factor)s times.") % {
        "value": many(decision),
        "factor": factor,
    }


def _findings(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each finding once, the gravest first; its text gives no number."""
    order = list(SEVERITIES)
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for one in sorted(found, key=lambda one: -order.index(one["severity"])):
        key = (one["code"], one["severity"])
        seen.setdefault(
            key,
            {
                "code": one["code"],
                "severity": one["severity"],
                "grave": one["severity"] in {"block", "refuse", "refuse publication"},
                "label": SEVERITIES[one["severity"]],
                "text": FINDINGS.get(one["code"], one["code"]),
            },
        )
    return list(seen.values())


def _scale(result: Mapping[str, Any], envelope: Limits) -> tuple[float, float]:
    highs = [high for high in (_number(envelope[1]), result["observed"]) if high is not None]
    return 0.0, max(*highs, 1.0) * 1.05 if len(highs) > 1 else max(highs[0], 1.0) * 4


def _number(value: float | str) -> float | None:
    return None if isinstance(value, str) else float(value)


def _bar(limits: Limits, scale: tuple[float, float], point: float | None) -> str:
    return pictures.interval(float(limits[0]), _number(limits[1]), scale, point)


def _method(one: Mapping[str, Any], scale: tuple[float, float]) -> dict[str, Any]:
    first = one["bca95"] or one["percentile95"] or one["ci95"]
    if any(each["code"] == "MSE-D3-EDGE" for each in one["diagnostics"]) and one["percentile95"]:
        first = one["percentile95"]
    return {
        "name": METHODS[one["method"]],
        "interval": between(first),
        "point": many(one["estimate"]),
        "picture": _bar(first, scale, one["estimate"]),
        "effects": ", ".join(":".join(names) for names in (*one["effects"], *one["effects_inf"])),
    }


def release_in_words(
    *,
    forecast: Mapping[str, Any] | None,
    gate: Mapping[str, Any] | None,
    errors: Mapping[str, Any] | None,
    attacks: Mapping[str, Any] | None,
    broken: Sequence[Mapping[str, Any]] | None,
    dashboard: Mapping[str, Any] | None,
    statement: bytes | None,
    checksums: bytes | None,
    tables: Mapping[str, bytes],
) -> dict[str, Any]:
    """What the page of a release shows, each part as far as the reader may have it."""
    context: dict[str, Any] = {
        "attacks": attacks if attacks and "in_the_rows" in attacks else None,
        "broken": [{**one, "text": told(one["text"])} for one in broken or ()],
        "statement": _plain_words(statement),
        "checksums": checksums.decode() if checksums else "",
    }
    if forecast is not None and forecast.get("path") == "A":
        context["outlook"] = [" × ".join(one) for one in forecast["tables"]]
        context["is_official"] = True
    elif forecast is not None:
        context["forecast"] = {**forecast, "delta": _local(f"{forecast['delta']:.1e}")}
        context["forecast_rows"] = _error_rows(forecast["tables"])
        context["cures"] = [told(one) for one in forecast["cures"]]
    if gate is not None:
        context["gate"] = [f"{one['code']}: {told(one['text'])}" for one in gate["refusals"]]
        context["findings"] = []
    if errors is not None:
        context["error_rows"] = _error_rows(errors)
    if dashboard is None:
        context["official"] = [_official(content) for content in tables.values()]
    else:
        total = dashboard["total"]
        context["total"] = between([total["low"], total["high"]])
        context["charts"] = [_chart(one) for one in dashboard["tables"] if len(one["columns"]) == 1]
    return context


def _official(content: bytes) -> dict[str, Any]:
    """A table made once: every cell with its number, or that none is shown."""
    lines = list(csv.reader(io.StringIO(content.decode(), newline="")))
    names = [one for one in lines[0] if one not in {*HEADINGS, SUM}]
    number = SUM if SUM in lines[0] else "count"
    each = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    return {
        "columns": names,
        "number": _("Sum") if number == SUM else _("Count"),
        "has_percent": any(one["percent"] for one in each),
        "more": max(0, len(each) - MOST_CELLS),
        "cells": [
            {
                "values": [
                    (name, _("all") if one[name] == ALL else one[name] or _("not reported"))
                    for name in names
                ],
                "count": many(int(one[number])) if one[number] else _("small or none"),
                "percent": _local(f"{one['percent']} %") if one["percent"] else "",
            }
            for one in each[:MOST_CELLS]
        ],
    }


def _plain_words(statement: bytes | None) -> str:
    """The sentences of a statement; its state stands on the page and may have changed since."""
    lines = (statement or b"").decode().splitlines()
    return "\n\n".join(line.removeprefix("- ") for line in lines if line.startswith("- "))


def _error_rows(tables: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "order": order,
            "half": _local(f"{one['half_width95']:.1f}") if "half_width95" in one else "",
            "mae": _local(f"{one['mae']:.1f}"),
            "werr": _local(f"{one['werr']:.1%}"),
            "suppressed": _local(f"{one['suppressed']:.1%}"),
            "fabricated": _local(f"{one['fabricated']:.2%}"),
        }
        for order, one in sorted(tables.items())
    ]


def _chart(table: Mapping[str, Any]) -> dict[str, Any]:
    cells = sorted(table["cells"], key=lambda cell: -int(cell[-3]))[:MOST_BARS]
    largest = max((int(cell[-3]) for cell in cells), default=0)
    return {
        "column": table["columns"][0],
        "bars": [
            {
                "value": cell[0] or _("not reported"),
                "interval": between([int(cell[-2]), int(cell[-1])]),
                "count": many(int(cell[-3])),
                "picture": pictures.share(int(cell[-3]), largest),
            }
            for cell in cells
        ],
    }
