"""A result in the words of a page: the interval first, the point second, and never a bare one."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.numberformat import format as grouped
from django.utils.translation import gettext as _

from panoh.statistics.rules import pictures
from panoh.statistics.rules.estimation.result import ESTIMATE, NO_ESTIMATE
from panoh.statistics.rules.words import ABOUT, FINDINGS, METHODS, SEVERITIES, STATUSES, told

Limits = Sequence[float | str]
MOST_BARS = 12  # of one column of a release


def many(value: float | str) -> str:
    """A number of people; a text stands for a limit that does not exist."""
    if isinstance(value, str):
        return _("no limit")
    return grouped(round(value), ".", 0, 3, "\u00a0", force_grouping=True)


def between(limits: Limits) -> str:
    """An interval in words."""
    return _("%(low)s to %(high)s") % {"low": many(limits[0]), "high": many(limits[1])}


def about_in_words(about: Mapping[str, str]) -> list[tuple[str | Promise, str]]:
    """Origin or metadata, as far as a reader needs it."""
    who = {
        "confirmed": _("people recognised by a decision"),
        "potential": _("people with signs of trafficking"),
    }
    return [
        (label, who.get(about[name], about[name]) if name == "definition" else about[name])
        for name, label in ABOUT.items()
        if about.get(name)
    ]


def estimate_in_words(result: Mapping[str, Any], status: str) -> dict[str, Any]:
    """What the page of an estimate shows under a status: bars of each method with their numbers, or
    the one range of all of them, or neither."""
    context: dict[str, Any] = {
        "status": status,
        "status_told": STATUSES[status],
        "observed": many(result["observed"]),
        "lists": result["lists"],
        "models_tried": many(result["models_tried"]),
        "findings": _findings(result["diagnostics"]),
        "provenance": result["provenance"],
    }
    envelope = result["envelope"]
    if status == NO_ESTIMATE or envelope is None:
        return context
    scale = _scale(result, envelope)
    context["envelope"] = between(envelope)
    context["envelope_picture"] = _bar(envelope, scale, None)
    if status == ESTIMATE:
        context["methods"] = [
            _method(one, scale) for one in result["methods"] if one["status"] == ESTIMATE
        ]
    return context


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
    dashboard: Mapping[str, Any] | None,
    statement: bytes | None,
    checksums: bytes | None,
) -> dict[str, Any]:
    """What the page of a release shows, each part as far as the reader may have it."""
    context: dict[str, Any] = {
        "statement": _plain_words(statement),
        "checksums": checksums.decode() if checksums else "",
    }
    if forecast is not None:
        context["forecast"] = {**forecast, "delta": f"{forecast['delta']:.1e}"}
        context["forecast_rows"] = _error_rows(forecast["tables"])
        context["cures"] = [told(one) for one in forecast["cures"]]
    if gate is not None:
        context["gate"] = [f"{one['code']}: {told(one['text'])}" for one in gate["refusals"]]
        context["findings"] = []
    if errors is not None:
        context["error_rows"] = _error_rows(errors)
    if dashboard is not None:
        total = dashboard["total"]
        context["total"] = between([total["low"], total["high"]])
        context["charts"] = [_chart(one) for one in dashboard["tables"] if len(one["columns"]) == 1]
    return context


def _plain_words(statement: bytes | None) -> str:
    """The sentences of a statement; its state stands on the page and may have changed since."""
    lines = (statement or b"").decode().splitlines()
    return "\n\n".join(line.removeprefix("- ") for line in lines if line.startswith("- "))


def _error_rows(tables: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "order": order,
            "half": f"{one['half_width95']:.1f}" if "half_width95" in one else "",
            "mae": f"{one['mae']:.1f}",
            "werr": f"{one['werr']:.1%}",
            "suppressed": f"{one['suppressed']:.1%}",
            "fabricated": f"{one['fabricated']:.2%}",
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
