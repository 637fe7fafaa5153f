"""The audit table as the roles of the database see it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import connections

from config.settings import database
from panoh.audit import actions as audit
from tests.harness import Databases

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
Role = Callable[[str], AbstractContextManager[None]]
seal = partial(audit.seal, at=AT)


@pytest.fixture
def role(databases: Databases, fresh_db: str) -> Role:
    """Let Django work as another role of the database: jobs seals, owner verifies."""

    @contextmanager
    def work_as(name: str) -> Iterator[None]:
        connection = connections["default"]
        before = connection.settings_dict.copy()
        connection.close()
        connection.settings_dict.update(database(databases.server.url(name, fresh_db), ""))
        connection.settings_dict["ENGINE"] = before["ENGINE"]
        connection.settings_dict["AUTOCOMMIT"] = True
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(before)

    return work_as


@pytest.fixture
def key() -> Ed25519PublicKey:
    """The public key of this installation's sealer."""
    return Ed25519PrivateKey.from_private_bytes(settings.PANOH_SEAL_KEY).public_key()


@pytest.fixture
def owner(connect: Callable[[str], psycopg.Connection], fresh_db: str) -> psycopg.Connection:
    """Somebody with the owner's password, who lifts the triggers."""
    connection = connect("owner")
    connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    connection.execute("ALTER TABLE audit_head DISABLE TRIGGER USER")
    return connection


def write(number: int, *, dossier: int = 7) -> None:
    """Record ``number`` looks at a dossier."""
    for place in range(number):
        audit.record(
            "case.read",
            by="sweeper",
            at=AT,
            subject=("cases.Case", place),
            dossier_id=dossier,
            fields=["story"],
        )
