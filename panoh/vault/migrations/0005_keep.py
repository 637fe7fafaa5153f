"""A received wrap may be kept in the cheap form: sealed by the team to itself."""

from django.db import migrations

CREATE = """
-- A team replaces wraps of its own that others sealed to it, once: what it sealed itself stays.
CREATE FUNCTION public.vault_keep(wraps bigint[], replacements bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() THEN
        RAISE EXCEPTION 'refused by the wall' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.vault_datakeywrap w SET wrapped = x.replacement
    FROM unnest(wraps, replacements) AS x (id, replacement)
    WHERE w.id = x.id AND w.team_id = ANY (public.ctx_teams()) AND w.offered IS NULL
      AND get_byte(w.wrapped, 0) <> 2 AND get_byte(x.replacement, 0) = 2;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0004_leavers")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION public.vault_keep(bigint[], bytea[]);")]
