"""After a yes the receiver's own search finds whom it was told the name of, and not before."""

from django.utils import timezone

from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.people.rules.keys import Facts
from panoh.people.rules.person import Person
from panoh.referrals import actions as referrals
from tests.factories.clients import client_of
from tests.factories.referrals import NOW, answer, case, drafted
from tests.factories.staff import as_user, team

NAMES = ("Афсона", "Озмоишдухт", "Намунаева")


def test_the_receiver_finds_her_after_yes(db: None) -> None:
    given, patronymic, family = NAMES
    categories = Category.CORE | Category.SERVICES | Category.IDENTITY
    with as_user("nigora") as by:
        dossier = case(by).dossier
        person = Person(given=given, patronymic=patronymic, family=family)
        people.name(dossier, person=person, by=by, at=NOW)
        answer(dossier, team("shelter-cases"), by=by, categories=categories)
        sent = referrals.send(
            drafted(dossier, by=by, categories=categories), by=by, at=timezone.now()
        )
    assert _found() == []
    client = client_of("shirin")
    assert client.post(f"/requests/{sent.ref}/accept/").status_code == 302
    assert _found() == [dossier.pk]


def _found() -> list[int]:
    with as_user("shirin") as by:
        results = people.search(Facts(names=NAMES), by=by, at=timezone.now())
        return [one.dossier.pk for one in results.found]
