"""What needs no grant to decide: a team moves its own wraps; does a unit have its token key?"""

from django.db import migrations

CREATE = """
-- A team may replace a wrap of its own by one of the same key under a newer version of its key.
CREATE FUNCTION public.vault_rewrap(wrap bigint, newer int, replacement bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() THEN
        RAISE EXCEPTION 'refused by the wall' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- Somebody wrapped it for the newer version meanwhile: the old one only goes.
    DELETE FROM public.vault_datakeywrap w
    WHERE w.id = wrap AND w.team_id = ANY (public.ctx_teams()) AND w.team_version < newer
      AND EXISTS (
          SELECT FROM public.vault_datakeywrap x
          WHERE x.dossier_id = w.dossier_id AND x.category = w.category AND x.version = w.version
            AND x.team_id = w.team_id AND x.team_version = newer AND x.offered IS NULL);
    UPDATE public.vault_datakeywrap w SET wrapped = replacement, team_version = newer
    WHERE w.id = wrap AND w.team_id = ANY (public.ctx_teams()) AND w.team_version < newer
      AND w.offered IS NULL
      AND EXISTS (
          SELECT FROM public.vault_teamkey k WHERE k.team_id = w.team_id AND k.version = newer);
END $$;

CREATE FUNCTION public.vault_unit_has_tokens(unit int) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    RETURN public.ctx_ok() AND EXISTS (
        SELECT FROM public.vault_unittokenkey k WHERE k.unit_id = unit);
END $$;

ALTER POLICY wall ON public.vault_datakeywrap USING (
    team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    AND offered IS NULL AND (SELECT public.ctx_ok()));
"""

DROP = """
ALTER POLICY wall ON public.vault_datakeywrap USING (
    team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    AND (SELECT public.ctx_ok()));
DROP FUNCTION public.vault_unit_has_tokens(int);
DROP FUNCTION public.vault_rewrap(bigint, int, bytea);
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_walls")]

    operations = [migrations.RunSQL(CREATE, DROP)]
