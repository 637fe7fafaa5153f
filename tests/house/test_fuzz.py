"""Every address as every role with odd requests: no fault of ours, nothing of somebody else's.

Holders, strangers of the same organisation and of another one, and nobody at all. What is sent
is mixed from a seed: `tests/factories/fuzz.py`. `./run bench fuzz` does the same for longer.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import psycopg
import pytest
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse

from panoh.people import actions as people
from panoh.people.rules.person import Person
from panoh.policy import queries as policy
from tests.factories.cases import contact
from tests.factories.fuzz import Fields, Mixer, Range, Shot, counted, judged, keys_of, mixed, undone
from tests.factories.referrals import NOW
from tests.factories.staff import as_user
from tests.house.matrix_pages import OWN
from tests.house.matrix_world import NAME, NOTE, PHONE, World, furnished
from tests.house.test_matrix import become
from tests.house.test_pages import PARAMETERS, addresses

SECRETS = (NAME, NOTE, PHONE, PHONE.replace(" ", ""))
# Who plays every role: somebody of the holder's own organisation, and of another one.
STRANGERS = ("lola", "mavluda")
KEY = "?key"


def roles() -> list[str]:
    """Roles that an account can have."""
    return sorted(code for code, permissions in policy.roles().items() if permissions)


def own_case() -> dict[str, Any]:
    """A case of the stranger, so that her own reference can carry the keys of others."""
    with as_user("lola") as by:
        dossier = contact(by, NOW, in_team="ngo-other").dossier
        people.name(dossier, person=Person(given="Озмоиш"), by=by, at=NOW)
    return {"ref": dossier.ref}


def paths(random: Random, foreign: dict[str, Any], own: dict[str, Any]) -> Iterator[str]:
    """Every address once, with keys of others, own ones or nonsense in its places."""
    for text, name, _entry in addresses():
        values = {"code": "story", "page_key": 1, "key": KEY} | mixed(random, foreign, own)
        wanted = {key for _kind, key in PARAMETERS.findall(text)}
        try:
            yield reverse(name, kwargs={key: values[key] for key in wanted & values.keys()})
        except NoReverseMatch:
            continue


def parts(who: str) -> list[tuple[str, str]]:
    """Accounts and the roles that they play: ``first`` is nobody and the holder."""
    if who == "first":
        return [("", ""), ("nigora", "ngo")]
    return [(who, role) for role in roles()]


def play(
    owner: psycopg.Connection,
    world: World,
    own: dict[str, Any],
    *,
    who: str,
    seed: str,
    step: int,
    tell: Callable[[Range], object],
) -> None:
    """Let an account in each role fire at every ``step``-th address, another one for each role."""
    keys = world.keys[OWN]
    mine = {"nigora": keys, "lola": own}
    for number, (name, role) in enumerate(parts(who)):
        if name:
            become(owner, name, role)
        mixer = Mixer(f"{seed} {name} {role}", keys_of(keys))
        with undone():
            one = Range(name, mixer, () if name == "nigora" else SECRETS)
            for place, path in enumerate(paths(mixer.random, keys, mine.get(name, {}))):
                if (place + number) % step == 0:
                    one.at(path)
        tell(one)


@pytest.mark.django_db
def test_the_range_notices() -> None:
    """It would be green on anything if the judge were blind."""
    bad = HttpResponse(f"{NAME} <script>alert(7)</script>", status=302)
    bad["Location"] = "https://evil.example/"
    bad.set_cookie("x", "y")
    faults = judged(Shot("GET", "/"), bad, SECRETS, 999)
    assert len(faults) == 5, faults
    assert judged(Shot("GET", f"/?q={NAME}"), HttpResponse(NAME), SECRETS, 1) == []
    assert Fields(
        '<form><input name="a" value="1"><select name="b"><option value="2">'
    ).offered == {
        "a": ["1"],
        "b": ["2"],
    }
    with counted() as count, as_user("nigora"):
        pass
    assert count.queries > 0


@pytest.mark.parametrize(("who", "step"), [("first", 3), *((name, 13) for name in STRANGERS)])
def test_odd_requests_for_every_address_as_every_role(
    fresh_db: str, connect: Callable[[str], psycopg.Connection], who: str, step: int
) -> None:
    ranges: list[Range] = []
    world = furnished()
    play(connect("owner"), world, own_case(), who=who, seed="1", step=step, tell=ranges.append)
    faults = [fault for one in ranges for fault in one.faults]
    assert not faults, "\n".join(faults)
    assert sum(one.shots for one in ranges) > 300
