"""``./run bench vault``: what it costs to open names, to grant and to withdraw.

Everything that a request does is inside the figures: reading the wraps under row security,
unwrapping (X25519, HKDF), AES-GCM, definer functions, the audit row.
"""

import argparse
from collections.abc import Callable
from time import perf_counter
from uuid import UUID, uuid4

from bench import installation, median, p95, say, times

NAMES = 50
RUNS = 200


def main() -> None:
    """Fifty names; then offer, acceptance and withdrawal of every category."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=RUNS, help="how often each is repeated")
    runs = arguments.parse_args().size
    with installation(staff=True):
        names(runs)
        grants(max(20, runs // 4))
        passphrase()


def names(runs: int) -> None:
    """Open fifty names of fifty dossiers, as the first page of a request does."""
    from django.utils import timezone

    from panoh.access import actions as access
    from panoh.access.queries import acting
    from panoh.kernel.rules import Category
    from panoh.people.models import Identity
    from panoh.vault import actions as vault
    from panoh.vault import rules
    from panoh.vault.queries import Opened
    from tests.factories.staff import as_user, team, user

    with as_user("nigora") as by:
        own = vault.OPENED.get()
        assert own is not None
        dossiers = access.open_dossier_many(NAMES, team=team("ngo-cases"), by=by, at=timezone.now())
        rows = [Identity(dossier=dossier) for dossier in dossiers]
        started = perf_counter()
        vault.seal_many([(row, "names", '{"given": "Fictional"}') for row in rows])
        first = (perf_counter() - started) * 1000
    pair = own.pair
    to = team("shelter-cases")
    for dossier in dossiers:
        source = uuid4()
        with as_user("nigora") as by:
            access.offer(
                dossier,
                to=to,
                categories=Category.IDENTITY,
                source_id=source,
                by=by,
                at=timezone.now(),
            )
        with as_user("shirin") as by:
            access.release(dossier, source_id=source, by=by, at=timezone.now())
            opened = vault.OPENED.get()
            assert opened is not None
            received = opened.pair

    for label, account, its in (
        ("of the own team", "nigora", pair),
        ("received from another team", "shirin", received),
    ):

        def work(account_id: int = user(account).pk, its: rules.KeyPair = its) -> None:
            with vault.opened(Opened(account_id, its)):
                assert len(vault.open_many(rows, "names")) == NAMES

        with acting(user(account)):
            spent = times(work, runs)
        say("vault", f"{NAMES} names {label} opened, median", median(spent), "ms", "<= 5")
        say("vault", f"{NAMES} names {label} opened, p95", p95(spent), "ms")
    say("vault", f"{NAMES} names sealed with new keys, once", first, "ms")

    key, place = rules.new_key(), rules.Place("t", 1, "f")
    sealed = rules.seal_field(key, 1, "Fictional", place)
    box = rules.box(pair.public, key, "p")
    say(
        "vault",
        f"of it {NAMES} X25519 unwraps",
        median(repeat(lambda: rules.unbox(pair, box, "p"))),
        "ms",
    )
    say(
        "vault",
        f"of it {NAMES} AES-GCM",
        median(repeat(lambda: rules.open_field(key, sealed, place))),
        "ms",
    )


def repeat(work: Callable[[], object]) -> list[float]:
    """Milliseconds of fifty calls, several times."""
    found = []
    for _ in range(20):
        started = perf_counter()
        for _ in range(NAMES):
            work()
        found.append((perf_counter() - started) * 1000)
    return found


def grants(runs: int) -> None:
    """Offer, accept and withdraw all nine categories of one dossier with all its keys."""
    from django.utils import timezone

    from panoh.access import actions as access
    from panoh.kernel.rules import CASE_CATEGORIES, Category
    from panoh.vault.actions import sealing
    from tests.factories.staff import as_user, team

    at = timezone.now()
    to = team("shelter-cases")
    spent: dict[str, list[float]] = {"offer": [], "acceptance": [], "withdrawal": []}

    def timed(name: str, account: str, work: Callable[[object], object]) -> None:
        with as_user(account) as by:
            started = perf_counter()
            work(by)
            spent[name].append((perf_counter() - started) * 1000)

    for turn in range(runs):
        with as_user("nigora") as nigora:
            dossier = access.open_dossier(team=team("ngo-cases"), by=nigora, at=at)
            sealing.keys_to_write({(dossier.pk, int(c)) for c in Category if c & CASE_CATEGORIES})
        source: UUID = uuid4()
        timed(
            "offer",
            "nigora",
            lambda by, source=source, dossier=dossier: access.offer(  # type: ignore[misc]
                dossier, to=to, categories=CASE_CATEGORIES, source_id=source, by=by, at=at
            ),
        )
        timed(
            "acceptance",
            "shirin",
            lambda by, source=source, dossier=dossier: access.release(  # type: ignore[misc]
                dossier, source_id=source, by=by, at=at
            ),
        )
        timed(
            "withdrawal",
            "nigora",
            lambda by, source=source, dossier=dossier: access.end(  # type: ignore[misc]
                dossier, source_id=source, by=by, at=at
            ),
        )
        if turn == 0:
            for values in spent.values():
                values.clear()  # warming up
    for name, values in spent.items():
        say("vault", f"{name}, nine categories, median", median(values), "ms", "<= 20")
        say("vault", f"{name}, nine categories, p95", p95(values), "ms")


def passphrase() -> None:
    """One Argon2id: what a sign-in costs the server, and a guess costs a thief."""
    from panoh.vault import rules

    spent = []
    for _ in range(10):
        started = perf_counter()
        rules.passphrase_key("five fictional words", bytes(16))
        spent.append((perf_counter() - started) * 1000)
    say("vault", "Argon2id of a passphrase, median", median(spent), "ms")


if __name__ == "__main__":
    main()
