"""Who asks for a person writes; the background compares; the holder alone learns it."""

from django.db import migrations

from panoh.access.models.protection import Allow, Protect

CREATE = """
CREATE POLICY by_clock_alone ON public.people_sought AS RESTRICTIVE FOR INSERT TO app
    WITH CHECK (false);
ALTER TABLE public.people_seekerwrap ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.people_seekerwrap FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON public.people_seekerwrap TO CURRENT_USER USING (true);
ALTER TABLE public.people_seekertoken ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.people_seekertoken FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON public.people_seekertoken TO CURRENT_USER USING (true);

-- One entry of the register. It looks at no file: the same rows whether she is known or not.
CREATE FUNCTION public.people_seek(
    p_id uuid, p_team int, p_caller text, p_channel text, p_sealed bytea, p_at timestamptz,
    p_teams int[], p_versions int[], p_wraps bytea[],
    p_units int[], p_purposes text[], p_kinds int[], p_tokens bytea[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('contact_create') OR NOT p_team = ANY (public.ctx_teams())
       OR cardinality(p_tokens) > 8000 OR EXISTS (
           SELECT FROM unnest(p_units) AS q (unit) WHERE q.unit IS NOT NULL AND NOT EXISTS (
               SELECT FROM public.access_team t
               WHERE t.id = ANY (public.ctx_teams()) AND t.unit_id = q.unit)
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.people_seeker
        (id, team_id, caller, channel, sealed, asked_at, asked_by_id)
    VALUES (p_id, p_team, p_caller, p_channel, p_sealed, p_at, public.ctx_user())
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO public.people_seekerwrap (seeker_id, team_id, version, wrapped)
    SELECT p_id, q.team, q.version, q.wrapped
    FROM unnest(p_teams, p_versions, p_wraps) AS q (team, version, wrapped);
    INSERT INTO public.people_seekertoken (seeker_id, unit_id, purpose, kind, token)
    SELECT p_id, q.unit, q.purpose, q.kind, q.token
    FROM unnest(p_units, p_purposes, p_kinds, p_tokens) AS q (unit, purpose, kind, token);
END $$;

-- Compare the register with the files: those of the unit that was asked, and people who agreed
-- to be found or that their service be rung. As strong as for a ring (people_strong). Each match
-- is an alert of the holder, once; nobody else learns anything.
CREATE FUNCTION public.people_match_seekers(p_at timestamptz, p_due timestamptz, p_period text)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_found record;
    v_sought uuid;
    v_duty uuid;
    v_count int := 0;
BEGIN
    FOR v_found IN
        WITH hits AS (
            SELECT k.seeker_id, n.dossier_id, n.kind, count(DISTINCT n.token) AS agreeing
            FROM public.people_seekertoken k
            JOIN public.people_nametoken n ON n.token = k.token AND n.kind = k.kind
             AND n.unit_id = k.unit_id
            GROUP BY 1, 2, 3
            UNION ALL
            SELECT k.seeker_id, n.dossier_id, n.kind, count(DISTINCT n.token)
            FROM public.people_seekertoken k
            JOIN public.people_nationaltoken n ON n.token = k.token AND n.kind = k.kind
             AND n.purpose = k.purpose
             AND (n.until IS NULL OR n.until > statement_timestamp())
            WHERE k.unit_id IS NULL
            GROUP BY 1, 2, 3
        ), strong AS (
            SELECT h.seeker_id, h.dossier_id FROM hits h GROUP BY 1, 2
            HAVING bool_or(h.kind IN (6, 7))
                OR coalesce(max(h.agreeing) FILTER (WHERE h.kind = 1), 0) >= 3
                OR (bool_or(h.kind = 1) AND bool_or(h.kind IN (2, 3, 5)))
        ), few AS (
            SELECT s.seeker_id FROM strong s GROUP BY 1 HAVING count(*) <= 20
        )
        SELECT s.seeker_id, d.id AS dossier_id, d.holder
        FROM strong s JOIN few USING (seeker_id)
        JOIN public.access_dossier d ON d.id = s.dossier_id
        WHERE NOT EXISTS (SELECT FROM public.people_sought x
                          WHERE x.dossier_id = d.id AND x.seeker_id = s.seeker_id)
        ORDER BY d.id FOR NO KEY UPDATE OF d SKIP LOCKED
    LOOP
        v_sought := gen_random_uuid();
        v_duty := gen_random_uuid();
        INSERT INTO public.people_sought (id, dossier_id, seeker_id, found_at, answer)
        VALUES (v_sought, v_found.dossier_id, v_found.seeker_id, p_at, '');
        INSERT INTO public.duties_duty
            (id, kind, dossier_id, owner_id, subject_id, period, opened_at, due_at, is_late,
             urgency_rank, sensitivity_rank, level, next_step_at, outcome)
        VALUES (v_duty, 'people.sought', v_found.dossier_id, v_found.holder, v_sought, p_period,
                p_at, p_due, false, 1, 1, 0, p_at, '');
        INSERT INTO public.audit_entry
            (id, event, system, subject_type, subject_id, dossier_id, fields, reason, at)
        VALUES (gen_random_uuid(), 'duty.opened', 'people', 'duties.Duty', v_duty::text,
                v_found.dossier_id, '{}', 'people.sought', p_at);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END $$;

-- What was said, for the holder of a file that it is about, with the wraps of my teams.
CREATE FUNCTION public.people_sought_text(p_sought uuid)
RETURNS TABLE (seeker uuid, caller text, channel text, asked_at timestamptz, sealed bytea,
               team int, version int, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT s.id, s.caller::text, s.channel::text, s.asked_at, s.sealed,
           w.team_id, w.version, w.wrapped
    FROM public.people_sought x
    JOIN public.access_dossier d ON d.id = x.dossier_id
    JOIN public.people_seeker s ON s.id = x.seeker_id
    LEFT JOIN public.people_seekerwrap w
      ON w.seeker_id = s.id AND w.team_id = ANY (public.ctx_teams())
    WHERE x.id = p_sought AND d.holder = ANY (public.ctx_teams())
      AND NOT d.id = ANY (public.access_stopped())
$$;

REVOKE EXECUTE ON FUNCTION
    public.people_seek(uuid, int, text, text, bytea, timestamptz, int[], int[], bytea[],
                       int[], text[], int[], bytea[]),
    public.people_match_seekers(timestamptz, timestamptz, text),
    public.people_sought_text(uuid)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.people_seek(uuid, int, text, text, bytea, timestamptz, int[], int[], bytea[],
                       int[], text[], int[], bytea[]),
    public.people_sought_text(uuid)
TO app;
GRANT EXECUTE ON FUNCTION public.people_match_seekers(timestamptz, timestamptz, text) TO jobs;
"""

DROP = """
DROP FUNCTION public.people_sought_text(uuid);
DROP FUNCTION public.people_match_seekers(timestamptz, timestamptz, text);
DROP FUNCTION public.people_seek(uuid, int, text, text, bytea, timestamptz, int[], int[], bytea[],
                                 int[], text[], int[], bytea[]);
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0005_seekers"), ("access", "0011_never_walls")]

    operations = [
        Allow("Seeker", owner="team:team_id"),
        Protect("Sought", category=None),
        migrations.RunSQL(CREATE, DROP),
    ]
