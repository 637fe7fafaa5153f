"""Orders to hand over data about a grown woman with a name, a story and a safe number."""

from typing import Any

from panoh.access import actions as access
from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases import queries
from panoh.cases.models import Order, OrderSignature
from panoh.cases.rules.orders import OrderNotice, OrderView
from panoh.files import actions as files
from panoh.files.models import Document
from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from tests.factories.papers import pdf
from tests.factories.referrals import NOW, case
from tests.factories.staff import as_user, team, user

GIVEN, STORY, PHONE = "Канарӣ", "=cmd|'/c calc'!A0 қиссаи канарӣ", "000 777 55 66"
ISSUER, NUMBER = "Суди озмоишӣ", "О-17"
VIEW = "Моддаи хаёлии 1"
DAY = policy.local_day(NOW)


def join_lawyer() -> str:
    """The third of the team: a caseworker who is a lawyer too."""
    with as_user("admin") as by:
        access.appoint(user=user("lola"), role="law", by=by, at=NOW)
    with as_user("safar") as by:
        access.join(user=user("lola"), team=team("ngo-cases"), by=by, at=NOW)
        access.let_in(user=user("lola"), team=team("ngo-cases"), by=by, at=NOW)
    return "lola"


def known(**answers: Any) -> Dossier:
    """A grown woman with a name, a story and a safe number."""
    with as_user("nigora") as by:
        dossier = case(by, age_branch="adult", sex="woman", **answers).dossier
        people.name(dossier, person=Person(given=GIVEN), by=by, at=NOW)
        people.add_contact(
            dossier, kind="phone", value=PHONE, is_safe=True, hours="", cover="", by=by, at=NOW
        )
        cases.add_note(dossier, category=Category.STORY, text=STORY, by=by, at=NOW)
    return dossier


def paper(dossier: Dossier, by: Any, category: Category = Category.LEGAL) -> Document:
    return files.add(
        dossier, category=category, title="Order", content=pdf("a scan"), by=by, at=NOW
    )


def enter(dossier: Dossier, by: Any, **other: Any) -> Order:
    given: dict[str, Any] = {
        "issuer": ISSUER,
        "number": NUMBER,
        "issued_on": DAY,
        "paper": None,
        "scope": "Ном ва қисса",
        "fields": ["sex", "name", "story"],
    } | other
    given["paper"] = given["paper"] or paper(dossier, by)
    return cases.enter_order(dossier, **given, by=by, at=NOW)


def sign(order: Order, by: Any) -> OrderSignature:
    """As on the page: what stands now was shown."""
    order = queries.order_of(order.dossier, order.pk)
    return cases.sign_order(order, seen=queries.order_told(order).ground, by=by, at=NOW)


def ready(dossier: Dossier, *, told: bool = True, **other: Any) -> Order:
    """Entered, found lawful, told to the person, or with a ground for delay."""
    with as_user("nigora") as by:
        order = enter(dossier, by, **other)
    with as_user("lola") as by:
        cases.give_view(order, view=OrderView.LAWFUL, text=VIEW, by=by, at=NOW)
    with as_user("nigora") as by:
        notice = OrderNotice.TOLD if told else OrderNotice.DELAYED
        text = "" if told else "Манъи хаёлӣ"
        cases.note_notice(order, notice=notice, text=text, by=by, at=NOW)
    return order


def signed(dossier: Dossier, **other: Any) -> Order:
    order = ready(dossier, **other)
    for name in ("safar", "lola"):
        with as_user(name) as by:
            sign(order, by)
    return order
