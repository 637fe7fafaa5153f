"""Who may read which key, in SQL. Writes to all tables but drafts go through functions of access.

Public keys are no secret, but which account has one is nobody else's business: they are asked
one by one, by somebody with a signed context.
"""

from django.db import migrations

TEAMS = "string_to_array(current_setting('app.teams', true), ',')::int[]"
USER = "nullif(current_setting('app.user', true), '')::int"
SIGNED = "(SELECT public.ctx_ok())"

# Table, privileges of the role app, and whose rows it shows.
WALLS = (
    ("vault_accountkey", "SELECT", f"user_id = {USER}"),
    ("vault_teamkey", "SELECT", f"team_id = ANY({TEAMS})"),
    ("vault_teamkeywrap", "SELECT", f"(team_id = ANY({TEAMS}) OR user_id = {USER})"),
    ("vault_datakeywrap", "SELECT", f"team_id = ANY({TEAMS})"),
    (
        "vault_datakey",
        "SELECT",
        # The wraps are under their own policy: a key is visible to the teams that hold it.
        "EXISTS (SELECT FROM public.vault_datakeywrap w WHERE w.dossier_id = "
        "vault_datakey.dossier_id AND w.category = vault_datakey.category "
        "AND w.version = vault_datakey.version)",
    ),
    ("vault_unittokenkey", "SELECT", f"team_id = ANY({TEAMS})"),
    ("vault_draft", "SELECT, INSERT, UPDATE, DELETE", f"user_id = {USER}"),
)

FUNCTIONS = """
CREATE FUNCTION public.vault_account_public(account int) RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN (SELECT k.public FROM public.vault_accountkey k
            WHERE k.user_id = account AND public.ctx_ok());
END $$;

CREATE FUNCTION public.vault_team_public(team int, OUT version int, OUT public bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    SELECT k.version, k.public INTO version, public FROM public.vault_teamkey k
    WHERE k.team_id = team AND public.ctx_ok() ORDER BY k.version DESC LIMIT 1;
END $$;

-- Removes what has expired and tells nothing: whoever calls it learns no draft.
CREATE FUNCTION public.vault_sweep_drafts() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
    DELETE FROM public.vault_draft WHERE expires_at < statement_timestamp();
$$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION public.vault_sweep_drafts();
DROP FUNCTION public.vault_team_public(int);
DROP FUNCTION public.vault_account_public(int);
"""


def wall(table: str, privileges: str, shown: str) -> str:
    """The SQL that closes ``table`` and opens it to those whom ``shown`` names."""
    return f"""
        REVOKE ALL ON public.{table} FROM PUBLIC, app, jobs, auditor;
        GRANT {privileges} ON public.{table} TO app;
        ALTER TABLE public.{table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY wall ON public.{table} TO app
            USING ({shown} AND {SIGNED}) WITH CHECK ({shown} AND {SIGNED});
    """


def unwall(table: str) -> str:
    """The reverse of ``wall``; privileges stay as they are, since the table goes next."""
    return f"""
        DROP POLICY wall ON public.{table};
        ALTER TABLE public.{table} DISABLE ROW LEVEL SECURITY;
    """


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial"), ("audit", "0001_context")]

    operations = [
        *(migrations.RunSQL(wall(*row), unwall(row[0])) for row in WALLS),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
    ]
