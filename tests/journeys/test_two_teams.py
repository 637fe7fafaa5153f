"""Two teams at work, at random: what one may not know stands in no byte that the other receives.

The oracle keeps its own account of what is open to whom, by category, and reads every answer.
"""

import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from panoh.access.models import Dossier
from panoh.cases import actions as cases
from panoh.cases.models import Case
from panoh.consent.models import Consent
from panoh.files import actions as files
from panoh.kernel.rules import CASE_CATEGORIES, Category, Problem
from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.referrals import actions as referrals
from panoh.referrals.models import Referral
from panoh.shelters import actions as shelters
from panoh.shelters.models import Hold, House
from tests.factories import fund as books
from tests.factories.canaries import LETTERS
from tests.factories.care import needed
from tests.factories.clients import client_of
from tests.factories.directory import organisation, service
from tests.factories.houses import ADDRESS, WOMAN
from tests.factories.houses import house as shelter_of
from tests.factories.leavings import planned
from tests.factories.papers import pdf
from tests.factories.referrals import NOW, answer, case, drafted
from tests.factories.staff import as_user, team
from tests.house.test_letters import words_of

# The unit that is asked, another team of the sender's own unit, the police, and the accountant.
READERS = ("shirin", "lola", "pulod", "davron")
NOTED = [
    one
    for one in CASE_CATEGORIES
    if one not in {Category.IDENTITY, Category.CONTACT, Category.LEGAL, Category.CORE}
]
SEEN_BY_ALL: tuple[str, ...] = (
    "",
    "more/",
    "cases/",
    "inbox/",
    "outbox/",
    "search/",
    "first-contact/",
    "directory/",
    "beds/",
    "beds/region/",
    "fund/",
    "fund/balance/",
)
OF_A_CASE = (
    "", "next/", "answers/", "person/", "person/name/", "person/way/", "documents/", "knows/",
    "consent/", "consent/service/", "refer/", "close/", "apart/", "assess/trafficking/",
    "facts/exploitation_forms/", "whole/", "whole/print/", "leaving/", "beds/", "plan/", "safety/",
    "relatives/", "orders/", "rights/",
    *(f"notes/{code}/" for code in CASE_CATEGORIES.codes),
)  # fmt: skip
OF_A_REQUEST: tuple[str, ...] = (
    *("", "letter/", "letter/tg/", "accept/", "decline/", "ask_info/", "complete/", "withdraw/"),
)


def new_word() -> str:
    return "Канар" + "".join(secrets.choice(LETTERS) for _ in range(12))


NOTHING = Category(0)


@dataclass
class Told:
    """One case of team A: its canaries by category, and what is open to the shelter now."""

    dossier: Dossier
    words: dict[Category, list[str]] = field(default_factory=dict)
    request: Referral | None = None
    consent: Consent | None = None
    agreed: Category = NOTHING
    is_sent: bool = False
    is_open: bool = False
    paths: list[str] = field(default_factory=list)
    # Of a hold or a stay, and of a request for money: keys that stand in links of pages.
    bed: str = ""
    money: str = ""

    def add(self, category: Category) -> str:
        word = new_word()
        self.words.setdefault(category, []).append(word)
        return word

    def secret_from(self, reader: str) -> list[str]:
        """What this reader may not receive now."""
        reads = self.agreed if reader == "shirin" and self.is_open else NOTHING
        hidden = [
            word for category, words in self.words.items() if not category & reads for word in words
        ]
        hidden += [self.dossier.ref] if not reads else []
        if self.request and not (reader == "shirin" and (self.is_sent or self.is_open)):
            hidden.append(self.request.ref)
        # Who lives where is known to the holder and to the house alone; money to the fund, and to
        # those who were let into that part of the case.
        hidden += [self.bed] if self.bed and reader != "shirin" else []
        if self.money and reader != "davron" and not Category.MONEY & reads:
            hidden.append(self.money)
        return hidden


class TwoTeams(RuleBasedStateMachine):
    """Team A writes, asks, takes back; others answer and look around."""

    clients: dict[str, Client]
    # What happened in all runs together: a walk that never opened anything proves little.
    count: Counter[str]
    house: House
    told = Bundle("told")

    def __init__(self) -> None:
        super().__init__()
        self.stack = transaction.atomic()
        self.stack.__enter__()
        self.all: list[Told] = []

    def teardown(self) -> None:
        """At the end of each run another reader opens everything; then nothing of it was."""
        try:
            reader = READERS[self.count["runs"] % len(READERS)]
            for one in self.all[:1]:
                self.look_at(reader, one, SEEN_BY_ALL, OF_A_CASE, OF_A_REQUEST)
        finally:
            transaction.set_rollback(True)
            self.stack.__exit__(None, None, None)

    # -- team A -----------------------------------------------------------------------------------

    @initialize(target=told)
    def first(self) -> Told:
        """Every second run begins with an open case, every fourth with one that was taken back."""
        self.count["runs"] += 1
        made = self.new_case()
        self.write(made, Category.SERVICES)
        self.ask(made, Category.STORY)
        self.bed_for(made)
        self.money_for(made)
        if self.count["runs"] % 2:
            self.answer(made, "accept")
            self.what_is_open_is_read()
        if self.count["runs"] % 4 == 1:
            self.take_back(made, by_consent=True)
        return made

    @rule(target=told)
    def open_case(self) -> Told:
        return self.new_case()

    def new_case(self) -> Told:
        with as_user("nigora") as by:
            made = Told(case(by).dossier)
            given, family = made.add(Category.IDENTITY), made.add(Category.IDENTITY)
            person = Person(given=given, family=family)
            people.name(made.dossier, person=person, by=by, at=NOW)
            value = f"000 {made.add(Category.CONTACT)}"
            people.add_contact(made.dossier, kind="person", value=value, by=by, at=NOW)
        self.all.append(made)
        return made

    @rule(one=told, category=st.sampled_from([*NOTED, Category.LEGAL]))
    def note(self, one: Told, category: Category) -> None:
        self.write(one, category)

    def write(self, one: Told, category: Category) -> None:
        with as_user("nigora") as by, allowed():
            text = f"Гуфт {one.add(category)}"
            cases.add_note(one.dossier, category=category, text=text, by=by, at=NOW)

    @rule(one=told)
    def document(self, one: Told) -> None:
        with as_user("nigora") as by, allowed():
            made = files.add(
                one.dossier,
                category=Category.STORY,
                title=one.add(Category.STORY),
                content=pdf(one.add(Category.STORY)),
                by=by,
                at=NOW,
            )
            one.paths.append(f"/files/{one.dossier.ref}/{made.pk}/")

    @rule(one=told)
    def helps(self, one: Told) -> None:
        """What she needs, and how she will leave."""
        with as_user("nigora") as by, allowed():
            needed(one.dossier, by=by, goal=one.add(Category.SERVICES))
            planned(one.dossier, by=by, wish=one.add(Category.SERVICES))

    @rule(one=told)
    def finds_a_bed(self, one: Told) -> None:
        self.bed_for(one)

    def bed_for(self, one: Told) -> None:
        at = timezone.now()
        with as_user("nigora") as by, allowed():
            held = shelters.hold(self.house.pk, dossier=one.dossier, people=(WOMAN,), by=by, at=at)
            one.bed = str(held.pk)
        with as_user("shirin") as by, allowed():
            if one.bed:
                shelters.admit(Hold.objects.get(pk=one.bed), by=by, at=at)
                self.count["beds"] += 1

    @rule(one=told)
    def asks_for_money(self, one: Told) -> None:
        self.money_for(one)

    def money_for(self, one: Told) -> None:
        if not one.money:
            with allowed():
                one.money = books.asked(one.dossier).ref
                self.count["money"] += 1

    @precondition(lambda self: any(one.request is None for one in self.all))
    @rule(one=told, extra=st.sampled_from(NOTED))
    def ask_shelter(self, one: Told, extra: Category) -> None:
        if one.request is None:
            self.ask(one, extra)

    def ask(self, one: Told, extra: Category) -> None:
        one.agreed = Category.CORE | Category.SERVICES | Category.SAFETY | Category.CONTACT | extra
        with as_user("nigora") as by:
            shelter = team("shelter-cases")
            one.consent = answer(one.dossier, shelter, by=by, categories=one.agreed)
            request = drafted(one.dossier, shelter, by=by, categories=one.agreed)
            one.request = referrals.send(request, by=by, at=NOW)
        one.is_sent = True

    @rule(one=told, by_consent=st.booleans())
    def changes_her_mind(self, one: Told, by_consent: bool) -> None:
        self.take_back(one, by_consent=by_consent)

    def take_back(self, one: Told, *, by_consent: bool) -> None:
        if not one.is_sent or one.request is None or one.consent is None:
            return
        with as_user("nigora") as by:
            if by_consent:
                referrals.withdraw_for_consent(
                    Consent.objects.get(pk=one.consent.pk), by=by, at=NOW
                )
            else:
                referrals.withdraw(Referral.objects.get(pk=one.request.pk), by=by, at=NOW)
        self.count["taken back"] += one.is_open
        one.is_sent = one.is_open = False

    @rule(one=told)
    def close_or_open(self, one: Told) -> None:
        with as_user("safar") as by, allowed():
            if Case.objects.get(pk=one.dossier.pk).state == "open":
                cases.close(one.dossier, reason="contact_lost", by=by, at=NOW)
            else:
                cases.reopen(one.dossier, by=by, at=NOW)
        with as_user("nigora"):
            if one.request is not None:
                state = Referral.objects.get(pk=one.request.pk).state
                one.is_sent = state in {"sent", "info_asked", "accepted"}
                one.is_open = one.is_open and state == "accepted"

    # -- the others -------------------------------------------------------------------------------

    @rule(one=told, verb=st.sampled_from(["accept", "accept", "decline", "ask_info"]))
    def shelter_answers(self, one: Told, verb: str) -> None:
        self.answer(one, verb)

    def answer(self, one: Told, verb: str) -> None:
        if one.request is None:
            return
        typed = {"decline": {"reason": "no_place"}, "ask_info": {"asked": "call_me"}}.get(verb, {})
        got = self.clients["shirin"].post(f"/requests/{one.request.ref}/{verb}/", typed)
        with as_user("nigora"):
            state = Referral.objects.get(pk=one.request.pk).state
        one.is_open = one.is_open or (one.is_sent and state == "accepted")
        self.count["yes"] += one.is_open
        one.is_sent = one.is_sent and state in {"sent", "info_asked", "accepted"}
        self.look("shirin", f"/requests/{one.request.ref}/{verb}/", got)

    @rule(one=told, reader=st.sampled_from(READERS))
    def somebody_searches(self, one: Told, reader: str) -> None:
        # In capitals: what was typed stands on the page again.
        typed = {"name": " ".join(one.words[Category.IDENTITY][:2]).upper()}
        self.look(reader, "/search/", self.clients[reader].post("/search/", typed))

    @rule(
        one=told,
        reader=st.sampled_from(READERS),
        own=st.sampled_from(SEEN_BY_ALL),
        of_case=st.sampled_from(OF_A_CASE),
        of_request=st.sampled_from(OF_A_REQUEST),
    )
    def somebody_looks(
        self, one: Told, reader: str, own: str, of_case: str, of_request: str
    ) -> None:
        self.look_at(reader, one, (own,), (of_case,), (of_request,))

    def look_at(
        self,
        reader: str,
        one: Told,
        own: tuple[str, ...],
        of_case: tuple[str, ...],
        of_request: tuple[str, ...],
    ) -> None:
        paths = [f"/{part}" for part in own] + one.paths[:1]
        paths += [f"/cases/{one.dossier.ref}/{part}" for part in of_case]
        paths += [f"/care/{one.dossier.ref}/", f"/fund/for/{one.dossier.ref}/"]
        paths += [f"/fund/asked/{one.money}/"] if one.money else []
        if one.request is not None:
            paths += [f"/requests/{one.request.ref}/{part}" for part in of_request]
        for path in paths:
            self.look(reader, path, self.clients[reader].get(path))

    def look(self, reader: str, path: str, got: Any) -> None:
        """The oracle: not one of these words in body, headers or cookies."""
        assert got.status_code < 500, (path, got.status_code)
        heap = got.content + repr(got.headers).encode() + got.cookies.output().encode()
        if got.content.startswith(b"%PDF"):  # its text is packed
            heap += words_of(got.content).encode()
            self.count["papers"] += 1
        self.count["answers"] += 1
        self.count[f"{reader} {got.status_code}"] += 1
        for one in self.all:
            for word in one.secret_from(reader) + self.of_houses(reader):
                known = word in path  # the reader typed it: it may stand in a link of the page
                assert known or word.encode() not in heap, (reader, path, word)

    def of_houses(self, reader: str) -> list[str]:
        """Which house it is, and where it stands: nobody's of these readers but its own team's."""
        return [] if reader == "shirin" else [self.house.name, ADDRESS]

    @invariant()
    def what_is_open_is_read(self) -> None:
        """The oracle would notice: what is open can be read, so the words are looked for well."""
        for one in self.all[:1]:
            if one.is_open and one.words.get(Category.SERVICES):
                page = self.clients["shirin"].get(f"/cases/{one.dossier.ref}/notes/services/")
                assert one.words[Category.SERVICES][0] in page.content.decode()
                self.count["read what is open"] += 1


@contextmanager
def allowed() -> Iterator[None]:
    """A verb that the state of the case does not allow changes nothing."""
    with suppress(Problem), transaction.atomic():
        yield


@pytest.mark.django_db
def test_nobody_receives_a_byte_that_is_not_theirs() -> None:
    house = organisation("Fictional House", kind="shelter", unit=team("shelter-cases").unit)
    service(house)

    class Machine(TwoTeams):
        count = Counter[str]()
        clients = {name: client_of(name, "en") for name in READERS}
        house = shelter_of(("1", 60, ""), name=new_word())

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=6,
            stateful_step_count=20,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
    wanted = ("yes", "taken back", "read what is open", "beds", "money")
    assert min(Machine.count[what] for what in wanted) > 0, Machine.count
    for reader in READERS:
        assert min(Machine.count[f"{reader} {status}"] for status in (200, 404)) > 5, Machine.count
