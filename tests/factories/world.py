"""One real case with everything in it, and the values that its addresses are built from."""

import re
from uuid import UUID, uuid4

from panoh.cases import actions as cases
from panoh.consent.models import Consent
from panoh.directory.models import Organisation
from panoh.duties.models import Duty
from panoh.kernel.rules import Category
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.referrals.models import Referral
from tests.factories.referrals import NOW, accepted, sent
from tests.factories.staff import as_user

# Words that must never be seen by somebody else: a name, a telephone, a story.
CANARIES = ("Қаноатбекзода", "000935550199", "қиссаи махфии канарейка")
CODES = ("story", "zzz", "exploitation_forms", "service", "police", "trafficking", "sexes")
VERBS = ("accept", "zzz", "decline", "withdraw", "send", "complete", "confirm")
WORDS = {"code": CODES, "verb": VERBS, "side_code": ("shared", "own")}


class World:
    """A case of the NGO, known to the shelter after its yes, or only asked about before it."""

    def __init__(self, *, answered: bool) -> None:
        self.referral: Referral = accepted() if answered else sent()
        self.dossier = self.referral.dossier
        name, phone, story = CANARIES
        with as_user("nigora") as by:
            person = Person(given=name)
            people.name(self.dossier, person=person, by=by, at=NOW)
            people.add_contact(self.dossier, kind="phone", value=phone, by=by, at=NOW)
            cases.add_note(self.dossier, category=Category.STORY, text=story, by=by, at=NOW)
            duty = Duty.objects.filter(dossier=self.dossier).first()
            consent = Consent.objects.filter(dossier=self.dossier).first()
        self.ids: dict[str, UUID | None] = {
            "duty_id": duty.pk if duty else None,
            "consent_id": consent.pk if consent else None,
            "organisation_id": Organisation.objects.values_list("pk", flat=True).first(),
        }

    def addresses(self, text: str, *, most: int = 9) -> list[str]:
        """The address with this case's values in its places, once for each code or verb."""
        found = [text]
        for place, name in re.findall(r"(<(?:\w+:)?(\w+)>)", text):
            found = [
                one.replace(place, value, 1)
                for one in found
                for value in self._values(place, name)[:most]
            ]
        return [f"/{one}" for one in found]

    def _values(self, place: str, name: str) -> tuple[str, ...]:
        if name == "ref":
            return (self.dossier.ref,)
        if name == "request_ref":
            return (self.referral.ref,)
        if name in WORDS:
            return WORDS[name]
        if place.startswith("<uuid"):
            return (str(self.ids.get(name) or uuid4()),)
        return ("1",)
