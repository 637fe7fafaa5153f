"""The holder marks; nobody reads the tokens: one function of the case room counts them."""

from django.db import migrations

CREATE = """
ALTER TABLE public.people_patterntoken ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.people_patterntoken FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON public.people_patterntoken TO CURRENT_USER USING (true);
REVOKE ALL ON public.people_patterntoken FROM PUBLIC, app, jobs, auditor;

CREATE FUNCTION public.people_mark_pattern(
    p_dossier bigint, p_authority boolean, p_until timestamptz, p_tokens bytea[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
BEGIN
    SELECT t.unit_id INTO v_unit FROM public.access_dossier d
    JOIN public.access_team t ON t.id = d.holder
    WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams()) FOR NO KEY UPDATE OF d;
    IF v_unit IS NULL OR cardinality(p_tokens) > 1000 THEN
        PERFORM public.access_refuse();
    END IF;
    DELETE FROM public.people_patterntoken WHERE dossier_id = p_dossier;
    INSERT INTO public.people_patterntoken
        (id, dossier_id, unit_id, is_authority, until, token)
    SELECT DISTINCT ON (q.token)
        gen_random_uuid(), p_dossier, v_unit, p_authority, p_until, q.token
    FROM unnest(p_tokens) AS q (token);
END $$;

CREATE FUNCTION public.people_unmark_pattern(p_dossier bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.access_lock_dossier(p_dossier)) THEN
        PERFORM public.access_refuse();
    END IF;
    DELETE FROM public.people_patterntoken WHERE dossier_id = p_dossier;
END $$;

REVOKE EXECUTE ON FUNCTION
    public.people_mark_pattern(bigint, boolean, timestamptz, bytea[]),
    public.people_unmark_pattern(bigint)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.people_mark_pattern(bigint, boolean, timestamptz, bytea[]),
    public.people_unmark_pattern(bigint)
TO app;
"""

DROP = """
DROP FUNCTION public.people_unmark_pattern(bigint);
DROP FUNCTION public.people_mark_pattern(bigint, boolean, timestamptz, bytea[]);
DROP POLICY owner_all ON public.people_patterntoken;
ALTER TABLE public.people_patterntoken DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0007_patterns"), ("access", "0011_never_walls")]

    operations = [migrations.RunSQL(CREATE, DROP)]
