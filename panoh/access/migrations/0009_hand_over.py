"""A hand-over keeps the keys: the former holder's new grant stands before its old one ends.

The end of a grant destroys the keys of a team that nothing else lets in. Until now nothing did in
that moment, so keys that had not been offered before were lost to both.
"""

from django.db import migrations

HAND_OVER = """
CREATE OR REPLACE FUNCTION public.access_hand_over(
    p_dossier bigint, p_team int, p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_old int;
BEGIN
    IF NOT public.ctx_ok() THEN
        PERFORM public.access_refuse();
    END IF;
    SELECT d.holder INTO v_old FROM public.access_dossier d
    WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams()) FOR NO KEY UPDATE;
    IF v_old IS NULL OR v_old = p_team OR NOT EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.dossier_id = p_dossier AND g.team_id = p_team AND g.source = 'referral'
          AND g.ended_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_grant
        (id, dossier_id, team_id, categories, offered, source, starts_at, ends_at, granted_by)
    VALUES (gen_random_uuid(), p_dossier, v_old, 511, 0, 'former_holder', p_at, p_until,
            public.ctx_user());
    UPDATE public.access_dossier SET holder = p_team WHERE id = p_dossier;
    UPDATE public.access_grant SET ended_at = p_at
    WHERE dossier_id = p_dossier AND source = 'holder' AND ended_at IS NULL;
    INSERT INTO public.access_grant
        (id, dossier_id, team_id, categories, offered, source, starts_at, ends_at, granted_by)
    VALUES (gen_random_uuid(), p_dossier, p_team, 511, 0, 'holder', p_at, NULL, public.ctx_user());
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0008_advocate")]

    operations = [migrations.RunSQL(HAND_OVER, migrations.RunSQL.noop)]
