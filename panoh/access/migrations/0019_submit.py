"""An application to a body: its team reads the application's own row and half page, no file."""

from django.db import migrations, models

SUBMIT = """
-- Only the holder lets another unit's team read one application, and nobody whom the person
-- excludes (the trigger access_excluded asks again). 512 | 1024: the row, and its half page.
CREATE FUNCTION public.access_submit(
    p_dossier bigint, p_team int, p_source uuid, p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.access_lock_dossier(p_dossier) d
        JOIN public.access_team h ON h.id = d.holder
        JOIN public.access_team t ON t.id = p_team AND t.unit_id <> h.unit_id
        WHERE d.holder = ANY (public.ctx_teams())
    ) OR p_source IS NULL OR public.access_excluded(p_dossier, p_team) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_grant (id, dossier_id, team_id, categories, offered, source,
                                     source_id, starts_at, ends_at, granted_by)
    VALUES (gen_random_uuid(), p_dossier, p_team, 512 | 1024, 0, 'application', p_source, p_at,
            p_until, public.ctx_user());
END $$;
REVOKE EXECUTE ON FUNCTION
    public.access_submit(bigint, int, uuid, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.access_submit(bigint, int, uuid, timestamptz, timestamptz) TO app;

CREATE OR REPLACE FUNCTION public.access_end_shares(p_dossier bigint, p_unit int, p_at timestamptz)
RETURNS int LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_count int;
BEGIN
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    UPDATE public.access_grant g SET ended_at = p_at
    WHERE g.dossier_id = p_dossier AND g.ended_at IS NULL
      AND g.source IN ('offer', 'referral', 'plan', 'conference'%s)
      AND g.team_id IN (SELECT t.id FROM public.access_team t WHERE t.unit_id = p_unit);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;
"""
ENDS = SUBMIT.split("CREATE OR REPLACE")[1]
SOURCES = ("holder", "offer", "referral", "former_holder", "break_glass", "advocate", "plan")


class Migration(migrations.Migration):
    dependencies = [("access", "0018_verify")]

    operations = [
        migrations.AlterField(
            "grant",
            "source",
            models.CharField(
                choices=[
                    (one, one.replace("_", " ").title())
                    for one in (*SOURCES, "conference", "application")
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(
            SUBMIT % ", 'application'",
            "DROP FUNCTION public.access_submit(bigint, int, uuid, timestamptz, timestamptz);"
            f"CREATE OR REPLACE{ENDS % ''}",
        ),
    ]
