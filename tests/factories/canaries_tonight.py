"""Words that occur nowhere else, in what stands behind a referral: desk, beds, leaving, care."""

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from panoh.care.models import Need
from panoh.policy import queries as policy
from panoh.shelters.models import House
from tests.factories.canaries import Canaries, fill, saved
from tests.factories.care import READY
from tests.factories.clients import client_of
from tests.factories.staff import as_user, team


def tonight(browser: Client, case: str, all_of: Canaries) -> None:
    """Every field of those rooms that takes text, filled in through its page."""
    _at_the_desk(all_of)
    _in_a_house(all_of)
    _on_leaving(browser, case, all_of)
    _in_care(browser, all_of)


def _at_the_desk(all_of: Canaries) -> None:
    line, word = client_of("hadia", "en"), all_of.word
    saved(fill(line, "/line/calls/add/", danger_now="danger", note=word("note of a call")))
    saved(fill(line, "/line/hand-over/", note=word("note of a shift")))


def _in_a_house(all_of: Canaries) -> None:
    keeper, word = client_of("shirin", "en"), all_of.word
    where = {"team": str(team("shelter-cases").pk), "district": "tj_3505401", "sexes": "woman"}
    texts = {"name": "Fictional Green House", "address": word("address of a house")}
    saved(fill(keeper, "/beds/houses/new/", **where, **texts))
    with as_user("shirin"):
        base = f"/beds/houses/{House.objects.get(name=texts['name']).pk}/"
    assert word("address of a house") in keeper.get(f"{base}address/").content.decode()
    until = (timezone.now() + timedelta(days=100)).date().isoformat()
    money = {"payer": "Fictional donor", "kind": "donor", "since": "2026-01-01", "until": until}
    saved(fill(keeper, f"{base}add/funding/", **money))
    life = keeper.get(f"{base}life/").content.decode()
    found = re.search(r"/beds/funding/[^/]+/takeover/", life)
    assert found
    plan = {name: word(f"takeover {name}") for name in ("staff", "premises", "residents")}
    saved(fill(keeper, found[0], payer="", kind="", until="", **plan))


def _on_leaving(browser: Client, case: str, all_of: Canaries) -> None:
    word, path = all_of.word, f"{case}leaving/plan/"
    how = {"destination": "own_place", "risk": "high"}
    saved(fill(browser, path, **how, wish=word("wish"), plan=word("plan of leaving")))
    shown = browser.get(f"{case}leaving/").content.decode()
    assert word("wish") in shown
    assert word("plan of leaving") in shown


def _in_care(browser: Client, all_of: Canaries) -> None:
    word, base = all_of.word, f"/care/{all_of.ref}/"
    day = policy.today().isoformat()
    saved(fill(browser, f"{base}need/", service="doctor", goal=word("goal")))
    with as_user("nigora"):
        need = f"{base}need/{Need.objects.get(dossier=all_of.dossier).pk}/"
    saved(fill(browser, f"{need}step/", text=word("step"), provider="", due_on=day))
    given = {"outcome": "helped", "provider": "", "on": day}
    saved(fill(browser, f"{need}given/", **given, text=word("what was given")))
    saved(fill(browser, f"{base}review/", rating="4", words=word("words of a review"), on=day))
    back = {**READY, "asylum": "no_fear"}
    saved(fill(browser, f"{base}return/write/", **back, text=word("text of a return")))
    assert word("goal") in browser.get(base).content.decode()
    assert browser.post(f"/cases/{all_of.ref}/whole/print/", {"language": "tg"}).status_code == 200
