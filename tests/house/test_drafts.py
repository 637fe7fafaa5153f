"""A session that ends in the middle of a form loses no text, nor does one that is too long."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.clients import client_of, too_late
from tests.factories.forms import typed
from tests.house.matrix_pages import ASKED, OWN, named
from tests.house.matrix_world import World, furnished
from tests.house.test_bad_input import LONG, areas

TYPED = "Навиштаи озмоишӣ"
# Who opens what: the holder, who was asked, who keeps accounts and units, and the register.
READERS = (("nigora", OWN), ("shirin", ASKED), ("admin", OWN))

# Forms whose text is not given back, each with its reason.
NOT_GIVEN_BACK = {
    "access:recover": "the code from the safe is kept nowhere",
    "access:invitation": "the same, of an invitation",
}


@pytest.fixture
def world(fresh_db: str) -> World:
    return furnished()


def forms_of(page: Any, path: str) -> Iterator[tuple[str, set[str]]]:
    """Where each form of the page goes that posts, and its fields that take text."""
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    for head, form in re.findall(r"<form([^>]*)>(.*?)</form>", main, re.DOTALL):
        texts = set(areas(form))
        if 'method="post"' in head and texts:
            to = re.search(r'action="([^"]+)"', head)
            yield to[1] if to else path, texts


def lost(world: World, reader: str, relation: str) -> tuple[int, list[str]]:
    """How many forms were tried, and the texts that did not come back."""
    seen: set[str] = set()
    found: list[str] = []
    browser = client_of(reader, "en")
    for name, _entry in named():
        if name in NOT_GIVEN_BACK:
            continue
        path = world.url(name, relation)
        page = browser.get(path)
        if page.status_code != 200 or not page.headers["Content-Type"].startswith("text/html"):
            continue
        for to, texts in forms_of(page, path):
            if to in seen:
                continue
            seen.add(to)
            got = browser.post(to, typed(page) | dict.fromkeys(texts, LONG))
            kept = areas(got.content.decode())
            found += [f"{name}: {one}, long" for one in texts if not same(kept.get(one), LONG)]
            given = typed(page) | dict.fromkeys(texts, TYPED)
            late = too_late(client_of(reader, "en"))
            assert late.post(to, given).status_code == 302, to
            shown = areas(browser.get(to, follow=True).content.decode())
            found += [f"{name}: {one}" for one in sorted(texts) if shown.get(one) != TYPED]
    return len(seen), found


def same(shown: str | None, text: str) -> bool:
    return (shown or "").split() == text.split()


@pytest.mark.parametrize(("reader", "relation"), READERS)
def test_every_text_comes_back_when_it_is_too_long_and_after_a_lost_session(
    world: World, reader: str, relation: str
) -> None:
    count, found = lost(world, reader, relation)
    assert count >= 3
    assert not found, "\n".join(found)
