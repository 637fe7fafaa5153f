"""Every page for every role and every relation to a case, as a table written by hand.

``PAGES`` (``matrix_pages``) says for each address which permission it needs and who reaches it; an
address that is not named there fails. The expectation is not read from the declarations that it
checks.
"""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.test import Client

from panoh.access.models import Dossier
from panoh.policy import queries as policy
from tests.factories.clients import client_of
from tests.factories.staff import user
from tests.house.matrix_pages import (
    ALL,
    ASKED,
    ASKING,
    FOREIGN,
    INSIDE,
    KINDS,
    OPEN,
    OWN,
    PAGES,
    SUPERVISED,
    YES,
    P,
    named,
    of_case,
)
from tests.house.matrix_world import NAME, NOTE, PHONE, World, furnished

IDENTITY = {P.IDENTITY_READ, P.IDENTITY_WRITE}


def test_every_address_is_named_in_the_table() -> None:
    assert {name for name, _entry in named()} == PAGES.keys()


def test_declarations_ask_for_what_the_table_says() -> None:
    declared = {name: entry.callback.panoh_page.permission for name, entry in named()}
    wrong = {
        name: (declared[name], row.needs)
        for name, row in PAGES.items()
        if declared[name] != row.needs and name not in INSIDE
    }
    assert wrong == {}


@pytest.fixture
def world(fresh_db: str) -> World:
    return furnished()


def plain(answer: Any, *typed: object) -> str:
    """A page without what differs by itself: the form's token, and what stood in the address."""
    text = re.sub(r"<input[^>]*csrfmiddlewaretoken[^>]*>", "", answer.content.decode())
    for one in typed:
        text = text.replace(str(one), "…")
    return text


def leaks(answer: Any) -> list[str]:
    """What a refusal must not hold."""
    text = answer.content.decode()
    return [word for word in (NAME, NOTE, PHONE, PHONE.replace(" ", "")) if word in text]


def become(owner: psycopg.Connection, name: str, role: str) -> None:
    """Give an account another role and no other."""
    owner.execute("UPDATE access_rolegrant SET role = %s WHERE user_id = %s", [role, user(name).pk])


def refusals(auditor: psycopg.Connection) -> int:
    row = auditor.execute("SELECT count(*) FROM audit_entry WHERE event = 'access.refused'")
    found = row.fetchone()
    assert found is not None
    return int(found[0])


Connect = Callable[[str], psycopg.Connection]


def test_who_lacks_a_permission_is_refused_on_every_page(world: World, connect: Connect) -> None:
    """The account sits in the holder's own team: only the role is wrong."""
    owner, auditor = connect("owner"), connect("auditor")
    browser = client_of("nigora", "en")
    wrong, refused = [], 0
    for number, (role, permissions) in enumerate(policy.roles().items()):
        become(owner, "nigora", role)
        closed = [name for name, row in PAGES.items() if row.needs and row.needs not in permissions]
        # The other roles look at a part each; declarations were compared with the table for all.
        for name in closed if role in KINDS else closed[number % 6 :: 6]:
            path, hidden = world.url(name, OWN), P.CASE_READ not in permissions and of_case(name)
            # What refuses stands before the view and its list of methods, but where the page does.
            for method in (browser.get, browser.post):
                got = method(path)
                if got.status_code == 405 and name in INSIDE:
                    continue
                refused += 1
                if got.status_code != (404 if hidden else 403) or leaks(got):
                    wrong.append((role, method.__name__, path, got.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert refused > 600
    assert refusals(auditor) == refused, "each refusal is recorded"


@pytest.mark.parametrize("roles", ["ics", "rap tcs tcm", "adm", "aud"])
def test_b2_every_address_of_a_case_is_not_found_for_who_reads_none(
    world: World, connect: Connect, roles: str
) -> None:
    """The account sits in the holder's own team; the answer is that of a case that is not. The
    register of organisations has keys too, and nothing of a person in it. Of a commission's
    secretary and member, whom other tests know, the pages of identity are asked."""
    owner, (role, *commission) = connect("owner"), roles.split()
    become(owner, "nigora", role)
    browser = client_of("nigora", "en")
    names = [name for name in PAGES if of_case(name) and not name.startswith("directory:")]
    assert len(names) > 60
    wrong = []
    for name in names:
        for method in (browser.get, browser.post)[PAGES[name].only_post :]:
            got = method(world.url(name, OWN))
            if got.status_code not in {404, 405} or leaks(got):
                wrong.append((method.__name__, name, got.status_code))
    for other in commission:
        become(owner, "nigora", other)
        for name in [one for one in names if PAGES[one].needs in IDENTITY]:
            got = browser.get(world.url(name, OWN))
            if got.status_code not in {404, 405} or leaks(got):
                wrong.append((other, name, got.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", KINDS)
def test_who_has_a_permission_is_let_in(world: World, connect: Connect, role: str) -> None:
    become(connect("owner"), "nigora", role)
    permissions = policy.roles()[role]
    browser = client_of("nigora", "en")
    got = {
        name: browser.get(world.url(name, OWN)).status_code
        for name, row in PAGES.items()
        if row.reach == ALL and (row.needs is None or row.needs in permissions)
    }
    assert {name: status for name, status in got.items() if status not in OPEN} == {}


def test_only_who_reaches_a_case_finds_it(world: World, connect: Connect) -> None:
    """One role with most permissions for all: only the relation differs."""
    owner, auditor = connect("owner"), connect("auditor")
    permissions = policy.roles()["ngo"]
    wrong, hidden = [], 0
    for relation in (FOREIGN, ASKED, YES, OWN):
        become(owner, ASKING[relation], "ngo")
        browser = client_of(ASKING[relation], "en")
        for name, row in PAGES.items():
            if row.reach == ALL or (row.needs is not None and row.needs not in permissions):
                continue
            path = world.url(name, relation)
            for method in (browser.get, browser.post)[row.only_post :]:
                got = method(path)
                hidden += got.status_code in {403, 404}
                if relation not in row.reach and (got.status_code not in {404, 405} or leaks(got)):
                    wrong.append((relation, method.__name__, path, got.status_code))
                refused = got.status_code == 403 and name not in SUPERVISED
                if relation in row.reach and (refused or got.status_code in {404, 500}):
                    wrong.append((relation, method.__name__, path, got.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert refusals(auditor) == hidden, "each refusal is recorded"


def test_a_foreign_reference_answers_like_one_that_does_not_exist(world: World) -> None:
    become_nobody: dict[str, Any] = {
        **dict.fromkeys(("ref", "request_ref"), "2222222222"),
        **{key: uuid4() for key, value in world.keys[OWN].items() if isinstance(value, UUID)},
    }
    browser: Client = client_of("lola", "en")
    browser.get("/")  # the mark of forms is sent once, with whichever page comes first
    different = []
    for name, row in PAGES.items():
        if row.reach == ALL or row.only_post:
            continue
        foreign = world.url(name, OWN)
        nothing = world.url(name, OWN, **become_nobody)
        first, second = browser.get(foreign), browser.get(nothing)
        keys = (*world.keys[OWN].values(), *become_nobody.values())
        same = (first.status_code, plain(first, foreign, *keys)) == (
            second.status_code,
            plain(second, nothing, *keys),
        )
        headers = {**first.headers} == {**second.headers}
        if not same or not headers:
            different.append((name, first.status_code, second.status_code, headers))
    assert different == []
    assert Dossier.objects.count() == 0
