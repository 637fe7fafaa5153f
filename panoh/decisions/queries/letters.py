"""What letters about an application hold: plain texts, in the language that is active."""

from typing import Any

from panoh.cases import queries as cases
from panoh.decisions.models import Application, Ruling
from panoh.decisions.queries.application import labels, periods_in_words
from panoh.decisions.queries.half import half_page
from panoh.decisions.rules.application import Outcome
from panoh.policy import queries as policy
from panoh.ui.templatetags.panoh import day as said


def of_application(row: Application, *, name: str) -> dict[str, Any]:
    """What is handed in; the half page as members read it."""
    page = half_page(row)
    return {
        "number": row.number,
        "body": str(row.body),
        "name": name,
        "unit": row.filed_by.unit.name if row.filed_by.unit else "",
        "day": said(policy.local_day(row.filed_at)),
        "hearing": policy.label("hearing_wishes", row.hearing),
        "documents": labels("status_documents", row.documents),
        "opinion": policy.label("status_opinions", row.opinion) if row.opinion else "",
        "forms": labels("exploitation_forms", cases.codes_of(row.dossier, "exploitation_forms")),
        "text": page.text,
    }


def of_receipt(row: Application) -> dict[str, Any]:
    """Number, day, papers, and how long a decision may take."""
    day = policy.local_day(row.filed_at)
    return {
        "number": row.number,
        "body": str(row.body),
        "day": said(day),
        "documents": labels("status_documents", row.documents),
        "missing": labels("status_documents", row.missing),
        "period": "; ".join(periods_in_words(day, ["status_decision_days"])),
    }


def of_ruling(row: Ruling, *, name: str = "") -> dict[str, Any]:
    """Outcome, grounds, how to appeal and until when; each period says how far it is known."""
    keys = ["appeal_days"] if row.outcome == Outcome.REFUSED else ["notice_days"]
    return {
        "number": row.number,
        "body": str(row.body),
        "sitting": row.minutes,
        "day": said(row.decided_on),
        "outcome": str(Outcome(row.outcome).label),
        "refused": row.outcome == Outcome.REFUSED,
        "grounds": labels("status_grounds", row.grounds),
        "opinion": row.has_opinion,
        "version": row.pack_version,
        "periods": periods_in_words(row.decided_on, keys),
        "name": name,
    }
