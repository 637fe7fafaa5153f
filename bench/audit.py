"""``./run bench audit [--size 1000000]``: writing, sealing and verifying the audit table.

Four writers, each entry in a transaction of its own with a signed context, on a durable server.
Beside it, in the same run, the same entries under a serial hash chain: each must wait for the one
before it. Then the given number of rows is sealed and verified.
"""

import argparse
import multiprocessing
import time
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from bench import installation, note, owner, say
from config.cluster import Cluster

WRITERS = 4
SECONDS = 8.0
CHAIN_LOCK = 77


def main() -> None:
    """Print all figures."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--size", type=int, default=1_000_000)
    size = arguments.parse_args().size
    with installation(staff=True) as cluster:
        with owner(cluster) as connection:
            connection.execute(
                "CREATE TABLE bench_chain (n bigserial PRIMARY KEY, entry bytea, hash bytea)"
            )
            connection.execute("GRANT SELECT, INSERT ON bench_chain TO app")
            connection.execute("GRANT USAGE ON SEQUENCE bench_chain_n_seq TO app")
        rates: dict[str, list[float]] = {}
        for name in ("tree", "chain", "tree", "chain"):
            rates.setdefault(name, []).append(written(name))
        tree, chain = max(rates["tree"]), max(rates["chain"])
        say("audit", f"entries written by {WRITERS} writers", tree, "rows/s", ">= 900")
        say("audit", f"the same under a serial chain, {WRITERS} writers", chain, "rows/s")
        say("audit", "tree against chain", tree / chain, "times")
        verified(cluster, size)


def written(kind: str) -> float:
    """Rows a second of all writers together."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(WRITERS)
    counts: Queue[float] = context.Queue()
    writers = [context.Process(target=write, args=(kind, ready, counts)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    rate = sum(counts.get(timeout=600) for _ in writers)
    for writer in writers:
        writer.join()
    return rate


def write(kind: str, ready: Barrier, rates: "Queue[float]") -> None:
    """One writer: how many entries a second it commits, all writers having begun together."""
    import django

    django.setup()
    from django.db import connection, transaction

    from panoh.audit import actions as audit
    from panoh.kernel.context import ACTING, Acting
    from tests.factories.staff import user

    with transaction.atomic():
        by = user("nigora")
    ACTING.set(Acting(by.pk, (1,)))
    at, number = datetime.now(UTC), 0
    ready.wait()
    begin = time.perf_counter()
    while time.perf_counter() < begin + SECONDS:
        with transaction.atomic():
            if kind == "chain":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
                    cursor.execute("SELECT hash FROM bench_chain ORDER BY n DESC LIMIT 1")
                    row = cursor.fetchone()
                    entry = f"case.read {by.pk} {number}".encode()
                    link = sha256((row[0] if row else b"") + entry).digest()
                    cursor.execute(
                        "INSERT INTO bench_chain (entry, hash) VALUES (%s, %s)", [entry, link]
                    )
            audit.record(
                "case.read", by=by, at=at, subject=("cases.Case", number), dossier_id=number
            )
        number += 1
    rates.put(number / (time.perf_counter() - begin))


def verified(cluster: Cluster, size: int) -> None:
    """Fill up to ``size`` rows, seal them as ``jobs``, verify them as ``owner``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from django.conf import settings
    from django.db import connections

    from config.settings import database
    from panoh.audit import actions as audit
    from panoh.audit import queries

    with owner(cluster) as connection:
        note(f"filling up to {size} rows")
        connection.execute(
            "INSERT INTO audit_entry (id, seq, event, user_id, system, unit_id, subject_type, "
            "subject_id, dossier_id, fields, reason, at, stored_at, vouched) "
            "SELECT gen_random_uuid(), 0, 'people.identity_read', n %% 300, '', n %% 20, "
            "'people.Identity', gen_random_uuid()::text, n %% 100000, '{names,details}', '', "
            "now(), now(), false "
            "FROM generate_series(1, %s - (SELECT count(*) FROM audit_entry)) n",
            [size],
        )
        connection.execute("VACUUM ANALYZE audit_entry")
    default = connections["default"]

    def work_as(role: str) -> None:
        default.close()
        default.settings_dict.update(
            database(cluster.url(role), default.settings_dict["ENGINE"]), AUTOCOMMIT=True
        )

    work_as("jobs")
    started = time.perf_counter()
    head = audit.seal(at=datetime.now(UTC))
    say("audit", "rows sealed", size / (time.perf_counter() - started), "rows/s")
    work_as("owner")
    key = Ed25519PrivateKey.from_private_bytes(settings.PANOH_SEAL_KEY).public_key()
    started = time.perf_counter()
    report = queries.verify(key)
    spent = time.perf_counter() - started
    assert head is not None
    assert report == queries.Report(head.size, 0, None)
    say("audit", f"verify of {report.sealed} rows", spent, "s", "<= 10")
    with owner(cluster) as connection:
        connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        connection.execute("UPDATE audit_entry SET user_id = -1 WHERE seq = %s", [head.last_seq])
    started = time.perf_counter()
    finding = queries.verify(key).finding
    assert finding is not None
    assert finding.first == finding.last == head.last_seq
    say("audit", "the last row altered: named after", time.perf_counter() - started, "s")


if __name__ == "__main__":
    main()
