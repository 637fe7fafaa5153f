"""What a stolen application password could try, statement by statement."""

import psycopg
import pytest

from tests.factories.staff import team, user
from tests.rooms.access.test_models import act, plant

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
