"""Where a house stands: a marker that is planted and then looked for everywhere else (row E1)."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from panoh.kernel.rules import Gone
from panoh.shelters import actions as shelters
from panoh.shelters.models import House
from panoh.vault import queries as vault
from panoh.vault.rules import NoKey
from tests.factories.canaries import disguises
from tests.factories.clients import client_of
from tests.factories.houses import ADDRESS, held, house
from tests.factories.staff import as_user

Connect = Callable[[str], psycopg.Connection]
PATHS = ("", "more/", "cases/", "beds/", "beds/agenda/", "beds/region/", "directory/", "policy/")
READERS = ("shirin", "nigora", "hadia", "pulod", "ibrohim", "firuz", "latif", "amina", "admin")


def is_in(heap: bytes) -> bool:
    """Does the marker stand there, in any of the usual disguises?"""
    return any(one in heap for one in disguises("Канарейка 99")) or "Канарейка".encode() in heap


def test_e1_the_address_is_found_nowhere_but_on_its_own_page(
    fresh_db: str, connect: Connect, capfd: pytest.CaptureFixture[str]
) -> None:
    at = timezone.now() - timedelta(minutes=5)
    where = house(at=at)
    with as_user("hadia") as by:
        hold = held(where, by=by, at=at)
        ref = hold.dossier.ref
    keeper = client_of("shirin", "en")
    own = keeper.get(f"/beds/houses/{where.pk}/address/")
    assert ADDRESS in own.content.decode()
    for name in READERS:
        browser = client_of(name, "en")
        for path in (*PATHS, f"cases/{ref}/", f"cases/{ref}/beds/", f"beds/houses/{where.pk}/"):
            assert not is_in(browser.get(f"/{path}").content), (name, path)
        # What was typed comes back in the field; what is looked for is the rest of the address.
        found = browser.post("/search/", {"name": "Канарейка"}).content.decode()
        assert "хаёлии Канарейка" not in found
        if name != "shirin":
            assert browser.get(f"/beds/houses/{where.pk}/address/").status_code in {403, 404}
    # Every reading is recorded; nothing of it is.
    owner = connect("owner")
    rows = owner.execute(
        "SELECT user_id, unit_id FROM audit_entry WHERE event = 'house.address_read'"
    ).fetchall()
    assert len(rows) == 1
    # A plain backup: every table as text, and the log.
    tables = [
        name
        for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname='public'")
    ]
    for table in tables:
        with owner.cursor() as cursor, cursor.copy(f'COPY public."{table}" TO STDOUT') as copy:
            for block in copy:
                assert not is_in(bytes(block)), table
    told = capfd.readouterr()
    assert not is_in((told.out + told.err).encode())


@pytest.mark.django_db
def test_e1_only_the_team_of_the_house_opens_it() -> None:
    where = house()
    with as_user("shirin") as by:
        assert shelters.read_address(where, by=by, at=timezone.now()) == ADDRESS
        raw = House.objects.get().address
        assert raw is not None and not is_in(bytes(raw))
    for name in ("nigora", "hadia"):
        with as_user(name):
            assert not House.objects.exists()
    with as_user("nigora") as by, pytest.raises(Gone):
        shelters.read_address(where, by=by, at=timezone.now())
    with as_user("hadia") as by:
        # The team that held a bed sees the row, and cannot open what is sealed in it.
        held(where, by=by, at=timezone.now())
        seen = House.objects.get()
        with pytest.raises(NoKey):
            vault.open_for_team(seen, "address", seen.team_id)
    with as_user("shirin") as by:
        shelters.write_address(where, address="", by=by, at=timezone.now())
        assert shelters.read_address(where, by=by, at=timezone.now()) == ""
