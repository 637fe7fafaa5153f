"""The third wall in plain SQL, as role ``app``: what a stolen application password could try.

``TABLES`` says for every table of the database what it is; a new table fails until it is named
here. The expectation is written by hand and not read from the registry that it checks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg

from config.database.base import WRITE, signed
from panoh.kernel.context import Acting
from panoh.kernel.rules import CASE_CATEGORIES, Category
from tests.factories.staff import team, user

Connect = Callable[[str], psycopg.Connection]


# Case-scoped tables: the category that opens a row; "row" = the row's own column; None = holder
# only; "source" = the request's own row; "also" = the team named in the row, beside the holder.
PROTECTED: dict[str, Category | str | None] = {
    "access_dossier": CASE_CATEGORIES,
    "duties_duty": "also",
    "people_identity": Category.IDENTITY,
    "people_contactpoint": Category.CONTACT,
    "people_nametoken": Category.IDENTITY,
    "people_emergencyring": None,
    "people_sought": None,
    "consent_consent": None,
    "cases_case": Category.CORE,
    "cases_fact": "row",
    "cases_apartfact": None,
    "cases_note": "row",
    "cases_event": Category.CORE,
    "cases_screening": Category.STORY,
    "cases_answer": "row",
    "cases_decision": Category.STORY,
    "consent_decision": None,
    "cases_advocate": Category.SAFETY,
    "cases_guardian": Category.SAFETY,
    "cases_guardianentry": Category.SAFETY,
    "cases_kin": Category.CORE,
    "cases_safetyentry": Category.SAFETY,
    "cases_recruitmententry": Category.LEGAL,
    # By its own key, which no grant of this matrix has.
    "cases_protectionrequest": None,
    "cases_rightentry": Category.SERVICES,
    # For those who take part in them: by keys which no grant of this matrix has.
    "cases_plan": None,
    "cases_planpart": None,
    "cases_plantext": None,
    "cases_plantask": None,
    "cases_conference": None,
    "cases_seat": None,
    "cases_guest": None,
    "cases_adulthood": Category.IDENTITY,
    "cases_group": None,
    "cases_groupmember": None,
    "cases_queued": None,
    "cases_leaving": Category.SERVICES,
    "cases_safecontact": Category.SERVICES,
    "cases_contactentry": Category.SERVICES,
    # And only by the team that asked.
    "cases_exitinterview": None,
    "decisions_application": None,
    # Under a key of its own, which no grant of this matrix has.
    "decisions_halfpage": None,
    # Also by the team of the body, or that printed, which is the holder in this matrix.
    "decisions_ruling": Category.LEGAL,
    "decisions_moved": Category.LEGAL,
    "decisions_readertold": None,
    "decisions_reflection": Category.CORE,
    "decisions_used": Category.SERVICES,
    "decisions_interview": Category.CORE,
    "justice_charge": None,
    "files_printed": Category.SERVICES,
    "care_need": Category.SERVICES,
    "care_carestep": Category.SERVICES,
    "care_served": Category.SERVICES,
    "care_review": Category.SERVICES,
    "care_return": Category.SERVICES,
    "care_permit": Category.LEGAL,
    "care_letter": Category.SERVICES,
    "cases_order": None,
    "cases_ordersignature": None,
    "cases_affected": None,
    "files_document": "row",
    "referrals_referral": "source",
    "shelters_hold": "also",
    "shelters_stay": "also",
    # Also by the fund that was asked, which is no team of this matrix.
    "fund_request": Category.MONEY,
    "exchange_external": "also",
}


# Tables of authority: app reads (some rows), writes nothing.
AUTHORITY = {
    "access_unit",
    "access_team",
    "access_user",
    "access_membership",
    "access_rolegrant",
    "access_rolepermission",
    "access_unitrole",
    "access_territory",
    "access_grant",
    "access_never",
    "access_listing",
    "access_emergency",
    "people_emergencycall",
    "vault_accountkey",
    "vault_teamkey",
    "vault_teamkeywrap",
    "vault_datakey",
    "vault_datakeywrap",
    "vault_unittokenkey",
}


# Nothing at all for app.
CLOSED = {
    "access_protected",
    "access_allowed",
    "audit_context_key",
    "audit_head",
    "cases_breach",
    "people_nationaltoken",
    "people_patterntoken",
    "people_seekertoken",
    "people_seekerwrap",
}


# No case in them.
ELSEWHERE = {
    "audit_entry",
    # What happened to clocks: seen through their duties, tests/rooms/duties/test_clock_walls.py.
    "duties_turn",
    "duties_extension",
    "cases_questionnaire",
    "vault_draft",
    "vault_sent",
    "people_search",
    "people_seeker",
    "directory_organisation",
    "directory_contact",
    "directory_service",
    "directory_unmetneed",
    "shelters_house",
    "shelters_room",
    "shelters_bed",
    "shelters_refusal",
    "shelters_paper",
    "shelters_vetting",
    "shelters_inspection",
    "shelters_funding",
    "shelters_takeover",
    "exchange_import",
    "exchange_part",
    "decisions_batch",
    "decisions_batchpart",
    # A half page for a member elsewhere: read by nobody but through its function.
    "decisions_halfcopy",
    "intake_shift",
    "intake_call",
    "intake_handover",
    # The books of a fund: of its own team alone.
    "fund_book",
    "fund_line",
    "fund_account",
    "fund_entry",
    "fund_posting",
    "fund_daytotal",
    "fund_approval",
    # Of bodies: for whoever keeps one or sits in it.
    "bodies_body",
    "bodies_seat",
    "bodies_coordination",
    "bodies_reading",
    "bodies_sitting",
    "bodies_attendance",
    "bodies_item",
    "bodies_postponement",
    "bodies_conflict",
    "bodies_vote",
    "bodies_resolution",
    "bodies_addendum",
    "bodies_event",
    "bodies_proposal",
    "bodies_draft",
    "bodies_happening",
    # Numbers: for who prepares and signs them, and what is published.
    "statistics_output",
    "statistics_source",
    "statistics_paper",
    "statistics_signature",
    "statistics_decision",
    "statistics_spend",
    "statistics_leaver",
}


LIBRARIES = ("django_", "account_", "mfa_", "plain_cache", "procrastinate_", "auth_")


PLAIN = {
    "character varying": "",
    "text": "",
    "integer": 1,
    "smallint": 1,
    "bigint": 1,
    "boolean": False,
    "timestamp with time zone": "2026-01-01",
    "date": "2026-01-01",
    "bytea": b"sealed",
    "ARRAY": [],
    "jsonb": "{}",
    "tstzrange": "[2026-01-01,2026-01-02)",
}


def act(connection: psycopg.Connection, user_id: int, *teams: int) -> None:
    """Write a valid context into the open transaction of a plain connection."""
    until = int(time.time()) + 60
    values = signed(Acting(user_id, teams), connection.info.backend_pid, until)
    connection.execute(WRITE.encode(), values)


def tables(owner: psycopg.Connection) -> set[str]:
    """Every table of the schema."""
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p', 'v', 'm')"
    )
    return {name for (name,) in rows}


def first(connection: psycopg.Connection, statement: str, values: list[object]) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return row


@dataclass
class Planted:
    """One dossier and its rows, made by the owner: table -> ids by category number."""

    dossier: int
    rows: dict[str, dict[int, object]] = field(default_factory=dict)


def plant(owner: psycopg.Connection, holder: int, by: int) -> Planted:
    """A dossier of team ``holder`` with a row in each protected table, and one per category."""
    (dossier,) = first(
        owner,
        "INSERT INTO access_dossier (ref, holder, sealed, opened_at) "
        "VALUES (%s, %s, false, now()) RETURNING id",
        [uuid4().hex[:10].upper(), holder],
    )
    owner.execute(
        "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, starts_at)"
        " VALUES (gen_random_uuid(), %s, %s, 511, 0, 'holder', now())",
        [dossier, holder],
    )
    planted = Planted(dossier)
    for table, kind in PROTECTED.items():
        if table == "access_dossier":
            continue
        masks = [int(c) for c in CASE_CATEGORIES] if kind == "row" else [0]
        planted.rows[table] = {
            mask: new_row(owner, table, dossier, mask, team_id=holder, by=by) for mask in masks
        }
    return planted


SPECIAL: dict[str, dict[str, object]] = {
    "cases_case": {"state": "open", "scope": "not_yet_known"},
    "cases_apartfact": {},
    "consent_decision": {"state": "proposed"},
    "consent_consent": {},
    "referrals_referral": {},
    "cases_safetyentry": {"kind": "threat"},
    "decisions_interview": {"is_her_wish": True},
    "cases_protectionrequest": {"state": "sent"},
    "cases_rightentry": {"state": "explained"},
    "cases_plantask": {"state": "open"},
}


def new_row(
    owner: psycopg.Connection, table: str, dossier: int, mask: int, *, team_id: int, by: int
) -> object:
    columns = owner.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = "
        "'public' AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL",
        [table],
    ).fetchall()
    values: dict[str, object] = {}
    for name, kind in columns:
        if name == "guardian_id":
            values[name] = _newest_guardian(owner, dossier)
        elif kind == "uuid":
            values[name] = uuid4()
        elif name == "other_id":
            values[name] = dossier
        elif name == "token":
            values[name] = uuid4().bytes[:8]
        elif name in {"code", "ref", "mark"}:
            values[name] = uuid4().hex[:10].upper()
        elif name.endswith("_by_id") or name == "user_id":
            values[name] = by
        elif name in {"group_id", "number"}:
            values[name] = dossier
        elif name == "to_team_id":
            values[name] = team("police-cases").pk
        elif name.endswith(("team_id", "owner_id")):
            values[name] = team_id
        else:
            values[name] = PLAIN[kind]
    values |= {"dossier_id": dossier} | SPECIAL.get(table, {})
    if mask:
        values["category"] = mask
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(["%s"] * len(values))
    key = "dossier_id" if "id" not in values else "id"
    # Only the wall is looked at here: the rooms' own checks, and keys to rows that are not
    # planted, have tests of their own.
    for (check,) in owner.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND (contype IN "
        "('c', 'x') OR contype = 'f' AND confrelid::regclass::text NOT LIKE 'access%%')",
        [table],
    ).fetchall():
        owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{check}"'.encode())
    if table.startswith("shelters_"):
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER shelters_true".encode())
    owner.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})".encode(), list(values.values()))
    return values[key]


def _newest_guardian(owner: psycopg.Connection, dossier: int) -> object:
    rows = owner.execute("SELECT id FROM cases_guardian WHERE dossier_id = %s", [dossier])
    (found,) = rows.fetchall()[0]
    return found


def seen(app: psycopg.Connection, table: str, planted: Planted) -> set[object]:
    """The keys of the planted rows of a table that this connection can read."""
    column = "dossier_id" if table in {"cases_case", "cases_adulthood", "cases_group"} else "id"
    rows = app.execute(
        f"SELECT {column} FROM {table} WHERE dossier_id = %s".encode(), [planted.dossier]
    )
    return {key for (key,) in rows}


def grant(owner: psycopg.Connection, dossier: int, to: int, mask: int, source: UUID) -> None:
    """A live grant, as acceptance makes it."""
    owner.execute(
        "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, "
        "source_id, starts_at, ends_at) VALUES (gen_random_uuid(), %s, %s, %s, 0, 'referral', "
        "%s, now(), now() + interval '1 day')",
        [dossier, to, mask, source],
    )


def test_every_table_is_known(sides: tuple[psycopg.Connection, ...]) -> None:
    owner, *_rest = sides
    known = PROTECTED.keys() | AUTHORITY | CLOSED | ELSEWHERE
    found = {name for name in tables(owner) if not name.startswith(LIBRARIES)}
    assert found == known


def test_matrix_of_category_and_table(sides: tuple[psycopg.Connection, ...]) -> None:
    """For each category alone: exactly its rows open, in every table, and no other."""
    owner, app, _other = sides
    nigora, holder = user("nigora"), team("ngo-cases")
    guest = team("shelter-cases")
    for category in [*CASE_CATEGORIES, Category.ASK]:
        planted = plant(owner, holder.pk, nigora.pk)
        request = planted.rows["referrals_referral"][0]
        assert isinstance(request, UUID)
        source = request if category is Category.ASK else uuid4()
        grant(owner, planted.dossier, guest.pk, int(category), source)
        for team_id, mask in ((holder.pk, None), (guest.pk, category), (guest.pk + 999, 0)):
            with app.transaction():
                act(app, nigora.pk, team_id)
                for table, kind in PROTECTED.items():
                    if table == "access_dossier":
                        continue
                    everything = planted.rows[table]
                    if mask is None:
                        expected = set(everything.values())
                    elif kind == "row":
                        expected = {key for bit, key in everything.items() if bit & mask}
                    elif kind == "source":
                        expected = set(everything.values()) if mask & Category.ASK else set()
                    elif isinstance(kind, Category):
                        expected = set(everything.values()) if kind & mask else set()
                    else:
                        expected = set()
                    assert seen(app, table, planted) == expected, (table, category, team_id)


def test_the_request_of_one_team_is_not_seen_by_another(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    owner, app, _other = sides
    nigora = user("nigora")
    planted = plant(owner, team("ngo-cases").pk, nigora.pk)
    everything = int(CASE_CATEGORIES | Category.ASK)
    grant(owner, planted.dossier, team("shelter-cases").pk, everything, uuid4())
    with app.transaction():
        act(app, nigora.pk, team("shelter-cases").pk)
        assert seen(app, "referrals_referral", planted) == set()
        assert seen(app, "cases_case", planted) == {planted.dossier}


def test_no_context_no_rows(sides: tuple[psycopg.Connection, ...]) -> None:
    owner, app, other = sides
    nigora, holder = user("nigora"), team("ngo-cases")
    planted = plant(owner, holder.pk, nigora.pk)
    with app.transaction():
        assert seen(app, "cases_case", planted) == set()
        # Teams without a signature.
        app.execute("SELECT set_config('app.teams', %s, true)", [str(holder.pk)])
        assert seen(app, "cases_case", planted) == set()
    with app.transaction():
        act(app, nigora.pk, holder.pk)
        assert seen(app, "cases_case", planted)
        replayed = [
            first(app, "SELECT current_setting(%s)", [f"app.{name}"])[0]
            for name in ("teams", "user", "pid", "until", "sig")
        ]
        # Another team under the same signature.
        app.execute("SELECT set_config('app.teams', '2,3,4,5,6,7,8', true)")
        assert seen(app, "cases_case", planted) == set()
    with other.transaction():
        other.execute(WRITE.encode(), replayed)
        assert seen(other, "cases_case", planted) == set()
    with app.transaction():
        late = signed(Acting(nigora.pk, (holder.pk,)), app.info.backend_pid, int(time.time()) - 1)
        app.execute(WRITE.encode(), late)
        assert seen(app, "cases_case", planted) == set()
    with app.transaction():
        act(app, nigora.pk, holder.pk)
    with app.transaction():
        assert seen(app, "cases_case", planted) == set(), "the context outlived its transaction"
