"""What a stolen application password could try, statement by statement."""

import psycopg
import pytest
from django.apps import apps

from panoh.vault.models import SealedTextField
from tests.factories.staff import team, user
from tests.rooms.access.test_models import LIBRARIES, act, plant

FORGERIES = (
    "INSERT INTO access_grant (id, dossier_id, team_id, categories, offered, source, starts_at) "
    "VALUES (gen_random_uuid(), {dossier}, {mine}, 511, 0, 'former_holder', now())",
    "UPDATE access_grant SET categories = 511",
    "DELETE FROM access_grant",
    "UPDATE access_dossier SET holder = {mine}",
    "UPDATE access_dossier SET teams = ARRAY[{mine}]",
    "INSERT INTO access_membership (user_id, team_id, since, is_supervisor, is_deputy, "
    "is_duty_officer) VALUES ({me}, {theirs}, now(), true, false, false)",
    "INSERT INTO access_rolegrant (user_id, unit_id, role, since) VALUES ({me}, 1, 'adm', now())",
    "INSERT INTO access_rolepermission (role, permission) VALUES ('pol', 'case_read')",
    "UPDATE access_user SET unit_id = 1",
    "UPDATE access_user SET password = (SELECT password FROM access_user WHERE id = {me})",
    "DELETE FROM access_never",
    "INSERT INTO access_listing (team_id, opened_at, dossier_id) VALUES ({mine}, now(), {dossier})",
    "INSERT INTO vault_datakeywrap (dossier_id, category, version, team_id, team_version, wrapped) "
    "VALUES ({dossier}, 2, 1, {mine}, 1, '')",
    "UPDATE vault_teamkey SET public = ''",
    "UPDATE vault_accountkey SET private_wrapped = ''",
    "UPDATE cases_case SET teams = ARRAY[{mine}]",
    "UPDATE cases_case SET holder = {mine}",
    "UPDATE cases_case SET fresh_until = 'infinity'",
    "UPDATE cases_case SET dossier_id = dossier_id",
    "INSERT INTO cases_event (id, dossier_id, teams) VALUES (gen_random_uuid(), {dossier}, NULL)",
    "DELETE FROM cases_case",
    "TRUNCATE cases_case",
    "UPDATE directory_contact SET value = '000 00 66'",
    "INSERT INTO directory_contact (id, organisation_id, kind, value, since) "
    "SELECT gen_random_uuid(), id, 'telephone', '000 00 66', now() FROM directory_organisation",
    "UPDATE directory_organisation SET archived_at = now()",
    "UPDATE directory_service SET opening = 'always'",
    "UPDATE audit_entry SET event = 'x'",
    "DELETE FROM audit_entry",
    "SELECT * FROM audit_entry",
    "SELECT * FROM audit_context_key",
    "SELECT * FROM people_nationaltoken",
    "SELECT public.access_recount(ARRAY[{dossier}::bigint])",
    "SELECT public.access_protect('cases_case', 0, '', false, '', false, false)",
    "SELECT public.access_apply('cases_case')",
    "SELECT public.access_reach({dossier}, 511, NULL)",
    "SELECT public.access_offer({dossier}, {mine}, 511, gen_random_uuid(), now(), NULL)",
    "SELECT public.access_release({dossier}, gen_random_uuid(), now(), NULL)",
    "SELECT public.access_hand_over({dossier}, {mine}, now(), NULL)",
    "SELECT public.access_name_advocate({dossier}, {mine}, {me}, 321, gen_random_uuid(), now(), "
    "NULL)",
    "SELECT public.access_end_as_advocate({dossier}, 1, now())",
    "SELECT public.access_end_by_clock({dossier}, 1, now())",
    "SELECT public.access_end_shares({dossier}, 1, now())",
    "UPDATE access_grant SET named = {me}",
    "SELECT public.access_put_wraps(ARRAY[{dossier}::bigint], ARRAY[2], ARRAY[1], ARRAY[{mine}], "
    "ARRAY[1], ARRAY[''::bytea], ARRAY[NULL::uuid])",
    "SELECT public.access_put_data_keys(ARRAY[{dossier}::bigint], ARRAY[2], ARRAY[99], "
    "ARRAY[{mine}], ARRAY[1], ARRAY[''::bytea], ARRAY[NULL::uuid])",
    "SELECT public.access_put_team_key({theirs}, 99, '', '')",
    "SELECT public.access_put_team_wrap({theirs}, 1, {me}, '')",
    "SELECT public.access_join({me}, {theirs}, now(), true, true, true)",
    "SELECT public.access_appoint({me}, 'adm', now())",
    "SELECT public.access_put_unit('x', 'x', 'ngo', '', '')",
    "SELECT public.access_set_up('x', 'x', 'ngo', 'x', 'x', 'en', 'x', 'adm', now())",
    "SELECT public.access_open_dossiers(ARRAY['X'], {theirs}, now(), false)",
    "CREATE TABLE mine (x int)",
    "CREATE TEMP TABLE mine (x int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY",
    "DROP POLICY app_reads ON cases_case",
    "SET ROLE owner",
    "SET SESSION AUTHORIZATION owner",
    "SET session_replication_role = replica",
    "SELECT * FROM pg_authid",
    "COPY cases_case TO PROGRAM 'cat'",
    "COPY cases_case FROM STDIN",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
)


def test_forgeries_fail(sides: tuple[psycopg.Connection, ...]) -> None:
    """A police account with a valid context of its own, a foreign dossier, and free SQL."""
    owner, app, _other = sides
    theirs, mine = team("ngo-cases"), team("police-cases")
    me = user("pulod")
    planted = plant(owner, theirs.pk, user("nigora").pk)
    before = fingerprint(owner)
    for statement in FORGERIES:
        text = statement.format(dossier=planted.dossier, mine=mine.pk, theirs=theirs.pk, me=me.pk)
        with pytest.raises(psycopg.Error) as caught, app.transaction():
            act(app, me.pk, mine.pk)
            app.execute(text.encode())
        assert caught.value.sqlstate in {"42501", "0A000"}, (statement, caught.value)
    assert fingerprint(owner) == before


def test_nobody_writes_into_what_all_may_read(sides: tuple[psycopg.Connection, ...]) -> None:
    """Without a context: the application's password alone makes no entry and no form."""
    _owner, app, _other = sides
    for statement in (
        "INSERT INTO directory_unmetneed (id, service, sex, age_band, district, reason, counted_on)"
        " VALUES (gen_random_uuid(), 'bed', '', '', '', 'x', now())",
        "INSERT INTO cases_questionnaire (digest, form_id, source, first_used_at) "
        "VALUES (encode(sha256('x'), 'hex'), 'opening', 'x', now())",
        "UPDATE directory_contact SET value = '000 00 66'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="refused by the wall"):
            app.execute(statement.encode())


# Written without a context, as whoever is not signed in must: the sign-in, and the audit of it.
BEFORE_SIGN_IN = {"audit_entry"}
OPEN_TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND (has_any_column_privilege('app', c.oid, 'INSERT, UPDATE')
       OR has_table_privilege('app', c.oid, 'DELETE, TRUNCATE'))
  AND NOT c.relrowsecurity
  -- Nor a trigger, on what is added (4) where something may be, that refuses by who acts.
  AND NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
      WHERE t.tgrelid = c.oid AND p.prosrc ~ 'access_can|ctx_|fund_demand'
        AND p.prosrc ~ 'refuse|RAISE|fund_demand'
        AND (t.tgtype & 4 = 4 OR NOT has_any_column_privilege('app', c.oid, 'INSERT')))
"""


def test_every_table_that_app_writes_asks_who_writes(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    found = {name for (name,) in sides[0].execute(OPEN_TABLES).fetchall()}
    ours = {name for name in found if not name.startswith(LIBRARIES)}
    assert ours == BEFORE_SIGN_IN


READABLE = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege(%s, c.oid, a.attname, 'SELECT')
"""


def test_the_background_reads_no_text_and_the_auditor_the_audit_alone(
    sides: tuple[psycopg.Connection, ...],
) -> None:
    owner = sides[0]
    jobs = {(table, column) for table, column in owner.execute(READABLE, ["jobs"]).fetchall()}
    sealed = {
        (model._meta.db_table, field.column)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, SealedTextField)
    }
    assert ("duties_duty", "kind") in jobs and len(sealed) > 40
    assert jobs & sealed == set()
    assert {table for table, _column in jobs if table.startswith(("vault_", "people_"))} == set()
    auditor = owner.execute(READABLE, ["auditor"]).fetchall()
    assert {table for table, _column in auditor} == {"audit_entry", "audit_head"}


def test_what_the_table_holds_takes_no_invitation(sides: tuple[psycopg.Connection, ...]) -> None:
    owner, app, _other = sides
    owner.execute(
        "UPDATE access_user SET invited_until = now() + interval '1 day', "
        "invitation = encode(sha256('the code'), 'hex') WHERE username = 'safar'"
    )
    take = "SELECT access_take_invitation(id, {}, 'x', now()) FROM access_user WHERE id = %s"
    for given, is_taken in (("invitation", False), ("''", False), ("'the code'", True)):
        row = app.execute(take.format(given).encode(), [user("safar").pk]).fetchone()
        assert row == (is_taken,), given


# Asked by the programme and told to anybody who may: nothing of a case, or only gone by its time.
ASKED_BY_ALL = {
    "access_take_invitation",  # the code is the credential
    "access_set_up",  # once, while there is no account
    "vault_sweep_drafts",
    "exchange_sweep",
    "statistics_seal",  # a mark, of what its own rows show
    "statistics_is_signed",
    "statistics_allowed_by",
    "cases_order_counts",  # numbers of the installation, for anybody
    "access_emergency_offer",
    "decisions_is_owner",  # who the connection is
    # A number and a yes, for who knows the random keys of a sitting and its seats.
    "bodies_present",
    "bodies_touched",
}
CONTEXT = (
    r"ctx_|access_(can|lock_dossier|is_advocate|supervises|runs_unit|stopped|put_wraps)|"
    r"current_setting|bodies_conflicted|cases_may_open_breach"
)
DEFINERS = (
    "SELECT p.proname, coalesce(p.proconfig::text, '') ~ 'search_path=', p.prosrc ~ %s "
    "FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef "
    "AND has_function_privilege('app', p.oid, 'execute') AND p.prorettype <> 'trigger'::regtype"
)


def test_whatever_runs_as_the_owner_asks_who_acts(sides: tuple[psycopg.Connection, ...]) -> None:
    found = sides[0].execute(DEFINERS, [CONTEXT]).fetchall()
    assert len(found) > len(ASKED_BY_ALL)
    assert not [name for name, fixed, _asks in found if not fixed], "an open search_path"
    assert {name for name, _fixed, asks in found if not asks} - ASKED_BY_ALL == set()


def fingerprint(owner: psycopg.Connection) -> list[object]:
    """What the forgeries try to change, as one comparable value."""
    names = (
        "access_grant",
        "access_dossier",
        "access_membership",
        "access_rolegrant",
        "access_user",
        "cases_case",
        "vault_datakeywrap",
    )
    digest = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t"
    return [owner.execute(digest.format(name).encode()).fetchone() for name in names]
