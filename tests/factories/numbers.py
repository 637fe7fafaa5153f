"""Fictional estimates and releases in every state. The capture tables hold invented counts."""

import io
from datetime import UTC, datetime
from typing import Any

import numpy as np

from panoh.statistics import actions as numbers
from panoh.statistics import queries, tasks
from panoh.statistics.models import Output
from panoh.statistics.rules.outputs import SAFES, Field
from tests.factories import ctdc
from tests.factories.referrals import as_jobs
from tests.factories.staff import as_user

# Prepares; signs for data protection; signs for statistics.
PREPARES, PROTECTS, CHECKS = "rustam", "dilovar", "sorbon"
SIGNERS = ((PROTECTS, Field.PROTECTION), (CHECKS, Field.CHECK))
NOON = datetime(2026, 3, 6, 7, 0, tzinfo=UTC)

GOOD = b"A,B,C,count\n1,0,0,400\n0,1,0,300\n0,0,1,200\n1,1,0,90\n1,0,1,60\n0,1,1,45\n1,1,1,14\n"
# The same twice, the name of a group before the count.
GROUPS = b"A,B,C,region,count\n" + b"".join(
    b",%b,".join(line.rsplit(b",", 1)) % group + b"\n"
    for group in (b"North", b"South")
    for line in GOOD.split()[1:]
)
# One list overlaps no other: no single number.
APART = b"A,B,C,count\n1,0,0,400\n0,1,0,300\n0,0,1,200\n1,1,0,90\n"
# No list overlaps another: nothing can be said.
NOTHING = b"A,B,C,count\n1,0,0,400\n0,1,0,300\n0,0,1,200\n"
ABOUT = {
    "definition": "potential",
    "place": "Fictional place",
    "period": "2024-01-01/2024-12-31",
    "owners": "masked",
    "linkage": "by an invented key",
    "linkage_version": "1",
}
META = {
    "purpose": "fictional research",
    "consent": "fictional consent",
    "contact": "fictional desk",
    "licence": "fictional licence",
    "withdrawal": "fictional way out",
    "place": "Fictional place",
    "period": "2024-01-01/2024-12-31",
}
OFFICIAL = """path = "A"
name = "Fictional official tables"
population = "fictional people"
audience = "everybody"
k = 10
sensitive = ["sex"]
[[columns]]
name = "sex"
values = ["woman", "man"]
[[columns]]
name = "place"
values = ["north", "south", "0"]
[[tables]]
columns = ["sex", "place"]
"""
LISTS = {"sex": ["woman", "man"], "place": ["north", "south", "0"]}


def planned(content: bytes = GOOD, name: str = "Fictional estimate", **more: Any) -> Output:
    """An estimate that waits for the worker."""
    levels: dict[str, Any] = {"order": 2, "replicates": 100, "seed": 7, "decision": None} | more
    with as_user(PREPARES) as by:
        return numbers.plan_estimate(content, name=name, about=ABOUT, by=by, at=NOON, **levels)


def work() -> None:
    """Let the worker take up everything that waits; its transactions are its own."""
    with as_jobs():
        tasks.work(0)


def now(row: Output) -> Output:
    """As it stands now."""
    with as_user(PREPARES):
        return queries.output(row.pk)


def made(content: bytes = GOOD, **more: Any) -> Output:
    """An estimate that was computed."""
    row = planned(content, **more)
    work()
    return now(row)


def record() -> dict[str, object]:
    """A line on each of the Five Safes."""
    return {**dict.fromkeys(SAFES, "fictional line"), "findings": {}}


def sign(row: Output, *signers: tuple[str, Field], status: str = "") -> Output:
    """Signed by these under what stands now."""
    for name, field in signers or SIGNERS:
        with as_user(name) as by:
            numbers.sign(
                row,
                field=field,
                seal=queries.seal_of(row),
                record=record(),
                status=status,
                by=by,
                at=NOON,
            )
    return now(row)


def published(row: Output) -> Output:
    """Signed by two, and open to readers of counts."""
    sign(row)
    with as_user(PREPARES) as by:
        return numbers.publish(row, by=by, at=NOON)


def plan_text(**more: Any) -> str:
    """A small plan in TOML that the gate lets through."""
    given: dict[str, Any] = {"epsilon": 8, "n_pub": 3000} | more
    text = ctdc.plan_text(LISTS, **given)
    return 'audience = "everybody"\npopulation = "fictional people"\n' + "\n".join(
        line for line in text.splitlines() if not line.startswith(("audience", "population"))
    )


def table(rows: int = 3000) -> bytes:
    """A confidential file of nobody."""
    dice = np.random.default_rng(4)
    out = io.StringIO("")
    out.write("sex,place\n")
    for sex, place in zip(
        dice.choice(["", *LISTS["sex"]], rows, p=[0.05, 0.7, 0.25]),
        dice.choice(["", *LISTS["place"]], rows, p=[0.1, 0.4, 0.3, 0.2]),
        strict=True,
    ):
        out.write(f"{sex},{place}\n")
    return out.getvalue().encode()


def forecast(plan: str = "", **more: Any) -> Output:
    """A release whose forecast stands."""
    with as_user(PREPARES) as by:
        row = numbers.plan_release(plan or plan_text(**more), about=META, by=by, at=NOON)
    work()
    return now(row)


def asked(row: Output, content: bytes | None = None) -> Output:
    """One who signs has agreed and its data were sent; it waits for the worker."""
    with as_user(PROTECTS) as other:
        if not queries.is_allowed(row):
            numbers.allow(row, by=other, at=NOON)
    with as_user(PREPARES) as by:
        return numbers.ask(row, table() if content is None else content, by=by, at=NOON)


def release(plan: str = "", **more: Any) -> Output:
    """A release that was made, unsigned."""
    asked(row := forecast(plan, **more))
    work()
    return now(row)
