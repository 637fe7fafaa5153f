"""Interviews of one case: what is asked now, what was said, and what it adds up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from panoh.access.models import Dossier, User
from panoh.access.queries import may
from panoh.access.rules import WRITES, Permission
from panoh.cases import rules
from panoh.cases.models import Answer, Decision, Screening
from panoh.cases.queries.reading import case_of, codes_of, readable
from panoh.cases.rules import Advice, Sign, SignState
from panoh.kernel.rules import Category, Gone
from panoh.policy import queries as policy
from panoh.policy.rules import Form
from panoh.policy.rules.questions import Place, Question, Type, asked

# The forms that are offered to begin with; the others when an answer asks for them.
FIRST = "opening"


@dataclass(frozen=True, slots=True)
class Interview:
    """One interview with the form of its day, as far as the account reads it.

    ``rows`` are the answers that hold now, ``closed`` the questions of categories that the
    account does not read: for it they do not exist. ``read_only`` are those that it reads and
    may not answer.
    """

    screening: Screening
    form: Form
    rows: dict[Place, Answer]
    closed: frozenset[str]
    read_only: frozenset[str]

    @property
    def values(self) -> dict[Place, str]:
        """The coded answers."""
        return {place: row.value for place, row in self.rows.items()}

    @property
    def asked(self) -> dict[Place, str]:
        """The answers that count now, with the defaults."""
        return {
            place: value
            for place, value in asked(self.form, self.values).items()
            if place[0] not in self.closed
        }

    @property
    def signs(self) -> list[Sign]:
        """Every sign of the form with its state; one whose condition does not hold was not
        asked."""
        counted = asked(self.form, self.values)
        return [
            _sign(question, state_of(counted.get((question.name, 0), "")))
            for question in self.form.questions
            if question.sign and question.name not in self.closed
        ]


def state_of(value: str) -> SignState:
    """The state of a sign from its coded answer; nothing answered is "not asked"."""
    return SignState(value) if value else SignState.NOT_ASKED


def _sign(question: Question, state: SignState) -> Sign:
    return Sign(
        name=question.name,
        state=state,
        dimension=question.within[0].name if question.within else "",
        adult=question.weights[0],
        child=question.weights[1],
        step=question.step,
        ilo_11=question.ilo_11,
        leads_to=question.leads_to,
    )


def may_screen(user: User, dossier: Dossier) -> bool:
    """May the account read interviews of this case? They are part of the story."""
    return Category.STORY in readable(user, dossier)


def screenings_of(dossier: Dossier) -> list[Screening]:
    """The interviews of a case, newest first."""
    rows = Screening.objects.filter(dossier=dossier).select_related("questionnaire", "started_by")
    return list(rows.order_by("-started_at", "-id"))


def screening_of(dossier: Dossier, key: UUID) -> Screening:
    """One interview of this case. Raises ``Gone``."""
    rows = Screening.objects.filter(dossier=dossier, pk=key).select_related("questionnaire")
    found = rows.first()
    if found is None:
        raise Gone
    found.dossier = dossier
    return found


def form_of(screening: Screening) -> Form:
    """The form as it was asked then, whatever the pack says now."""
    return policy.form_of(screening.questionnaire.source)


def interview(screening: Screening, *, user: User) -> Interview:
    """An interview as far as the account reads it; texts stay sealed."""
    form = form_of(screening)
    reach = readable(user, screening.dossier)
    rows = Answer.objects.filter(screening=screening, replaced_at=None)
    return Interview(
        screening,
        form,
        {(row.name, row.turn): row for row in rows if Category(row.category) in reach},
        frozenset(one.name for one in form.questions if category_of(one) not in reach),
        frozenset(one.name for one in form.questions if not may(user, _write_right(one))),
    )


def _write_right(question: Question) -> Permission:
    """What an account needs to answer this question."""
    return WRITES.get(category_of(question), Permission.CASE_WRITE)


def category_of(question: Question) -> Category:
    """The data category of an answer to this question."""
    return Category.of([question.category])


def advice_of(found: Interview) -> Advice:
    """What the answers add up to: computed when it is read, kept nowhere, and read by no rule."""
    dossier = found.screening.dossier
    return rules.advice(
        found.form.method,
        found.signs,
        branch=case_of(dossier).age_branch,
        known_forms=found.form.known_forms,
        forms_of_case=codes_of(dossier, "exploitation_forms"),
    )


def decisions_of(screening: Screening) -> list[Decision]:
    """What persons decided after an interview, newest first; reasons are still sealed."""
    rows = Decision.objects.filter(screening=screening).select_related("decided_by__unit")
    return list(rows.order_by("-decided_at", "-id"))


def forms_to_ask(dossier: Dossier) -> list[str]:
    """Forms that answers of this case ask for and nobody has begun: an opening before others."""
    held = {one.form_id for one in screenings_of(dossier)}
    return [name for name in (FIRST, *_led_to(dossier)) if name not in held]


def _led_to(dossier: Dossier) -> Iterable[str]:
    """What the present signs lead to, each form once."""
    found: dict[str, None] = {}
    for screening in screenings_of(dossier):
        rows = Answer.objects.filter(
            screening=screening, replaced_at=None, value=SignState.PRESENT.value
        )
        for row in rows:
            question = form_of(screening).find(row.name)
            found |= dict.fromkeys(question.leads_to if question else ())
    return found


def practice_named(dossier: Dossier) -> bool:
    """Is a related practice recorded, such as forced marriage? It may hide trafficking, so the
    questions are offered (row A21)."""
    return bool(codes_of(dossier, "related_practices"))


def is_text(question: Question) -> bool:
    """Is the answer a sealed text?"""
    return question.type is Type.TEXT
