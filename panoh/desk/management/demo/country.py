"""What the makers of the fictional country share."""

import random
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from panoh.access.models import Team, User
from panoh.access.queries import acting
from panoh.policy import queries as policy
from panoh.vault import queries as keys

SEED = 20


class Country:
    """Who works where, the dice, and what was made so far."""

    def __init__(self, say: Callable[[str], Any], *, cases: int) -> None:
        self.say, self.cases = say, cases
        with (Path(settings.PANOH_PACK) / "demo.toml").open("rb") as file:
            self.plan: dict[str, Any] = tomllib.load(file)
        self.dice = random.Random(SEED)  # noqa: S311 - a fictional country, the same each time
        self.now = timezone.now()
        # The sign-ins, as they are written down.
        self.accounts: list[dict[str, Any]] = []
        # Names of units by language, for the sign-in page.
        self.names: dict[int | None, dict[str, str]] = {}
        # By code of the unit: its team, who does the work there, the services it has.
        self.teams: dict[str, Team] = {}
        self.workers: dict[str, User] = {}
        self.services: dict[str, list[str]] = {}
        # Steps that the rules refused, and whether a joint plan stands.
        self.refused = 0
        self.planned = False
        self._opened: dict[int, keys.Opened] = {}

    @contextmanager
    def acting(self, user: User) -> Iterator[User]:
        """One transaction of one account with its vault open."""
        with transaction.atomic(), acting(user):
            if user.pk not in self._opened:
                vault = keys.unlock(user.pk, self.plan["passphrase"])
                assert vault is not None  # noqa: S101 - each account made its key
                self._opened[user.pk] = vault
            with keys.opened(self._opened[user.pk]):
                yield user

    def reopen(self, user: User) -> None:
        """Forget an opened vault: the account was given another key since."""
        self._opened.pop(user.pk, None)

    def one(self, name: str) -> str:
        """A code of a list of the pack."""
        return self.dice.choice(policy.codes(name)).code

    def some(self, name: str, most: int = 3) -> list[str]:
        """A few codes of a list, none of which is a matter of law."""
        rows = [row.code for row in policy.codes(name) if row.extra.get("category") != "legal"]
        return self.dice.sample(rows, self.dice.randint(1, most))
