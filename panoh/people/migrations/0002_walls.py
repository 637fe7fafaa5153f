"""Who reads identities and tokens; what is found among people who agreed to it.

Tokens under a national key are written and asked by the functions below and by nothing else.
What they answer: the unit to ask (`be_found`), or nothing at all (`ring`).
"""

from django.db import migrations

from panoh.access.models.protection import Allow, Protect
from panoh.kernel.rules import Category

CREATE = """
ALTER TABLE public.people_nationaltoken ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.people_nationaltoken FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON public.people_nationaltoken TO CURRENT_USER USING (true);
REVOKE ALL ON public.people_nationaltoken FROM PUBLIC, app, jobs, auditor;

-- The dossiers that agree strongly with a question, none of a team of mine, none sealed, none
-- whose person excluded my unit. A document (kind 7) or a telephone (6) is enough; names need
-- three words (three pairs, kind 1), or two words and a part of the birth (2, 3, 5). More than
-- twenty people are no evidence of anybody.
CREATE FUNCTION public.people_strong(p_purposes text[], p_kinds int[], p_tokens bytea[])
RETURNS TABLE (dossier_id bigint, holder int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    WITH hits AS (
        SELECT t.dossier_id, t.kind, count(DISTINCT t.token) AS agreeing
        FROM unnest(p_purposes, p_kinds, p_tokens) AS q (purpose, kind, token)
        JOIN public.people_nationaltoken t
          ON t.token = q.token AND t.kind = q.kind AND t.purpose = q.purpose
         AND (t.until IS NULL OR t.until > statement_timestamp())
        GROUP BY t.dossier_id, t.kind
    ), strong AS (
        SELECT h.dossier_id FROM hits h GROUP BY h.dossier_id
        HAVING bool_or(h.kind IN (6, 7))
            OR coalesce(max(h.agreeing) FILTER (WHERE h.kind = 1), 0) >= 3
            OR (bool_or(h.kind = 1) AND bool_or(h.kind IN (2, 3, 5)))
    )
    SELECT d.id, d.holder FROM strong s
    JOIN public.access_dossier d ON d.id = s.dossier_id
    WHERE (SELECT count(*) FROM strong) <= 20
      AND NOT d.sealed AND NOT d.holder = ANY (public.ctx_teams())
      AND NOT EXISTS (
          SELECT FROM public.access_never n
          JOIN public.access_team t ON t.id = ANY (public.ctx_teams())
          JOIN public.access_unit u ON u.id = t.unit_id
          WHERE n.dossier_id = d.id
            AND (n.unit_id = u.id OR (n.kind = 'district' AND n.district = u.district)))
$$;

CREATE FUNCTION public.people_mark(
    p_dossier bigint, p_purpose text, p_until timestamptz, p_kinds int[], p_tokens bytea[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM 1 FROM public.access_dossier d
    WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams()) FOR NO KEY UPDATE;
    IF NOT FOUND OR p_purpose NOT IN ('be_found', 'ring') OR cardinality(p_tokens) > 4000 THEN
        PERFORM public.access_refuse();
    END IF;
    DELETE FROM public.people_nationaltoken
    WHERE dossier_id = p_dossier AND purpose = p_purpose;
    -- A row that is no key keeps the mark of a person of whom nothing is known yet.
    INSERT INTO public.people_nationaltoken (id, dossier_id, purpose, until, kind, token)
    VALUES (gen_random_uuid(), p_dossier, p_purpose, p_until, 0, '');
    INSERT INTO public.people_nationaltoken (id, dossier_id, purpose, until, kind, token)
    SELECT DISTINCT ON (q.kind, q.token)
        gen_random_uuid(), p_dossier, p_purpose, p_until, q.kind, q.token
    FROM unnest(p_kinds, p_tokens) AS q (kind, token);
END $$;

-- Less is always allowed to whoever works with her: a withdrawal waits for nobody.
CREATE FUNCTION public.people_unmark(p_dossier bigint, p_purpose text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.access_lock_dossier(p_dossier)) THEN
        PERFORM public.access_refuse();
    END IF;
    DELETE FROM public.people_nationaltoken
    WHERE dossier_id = p_dossier AND purpose = p_purpose;
END $$;

-- For what a dossier of mine is marked now.
CREATE FUNCTION public.people_marks(p_dossier bigint)
RETURNS TABLE (purpose text, until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT t.purpose::text, max(t.until) FROM public.people_nationaltoken t
    JOIN public.access_dossier d ON d.id = t.dossier_id
    WHERE t.dossier_id = p_dossier AND d.holder = ANY (public.ctx_teams())
      AND (t.until IS NULL OR t.until > statement_timestamp())
    GROUP BY t.purpose
$$;

CREATE FUNCTION public.people_known(p_kinds int[], p_tokens bytea[]) RETURNS SETOF int
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('search_people') OR cardinality(p_tokens) > 4000 THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT DISTINCT t.unit_id
    FROM public.people_strong(
        array_fill('be_found'::text, ARRAY[cardinality(p_tokens)]), p_kinds, p_tokens) s
    JOIN public.access_team t ON t.id = s.holder;
END $$;

-- Rings the earlier holder; the caller learns nothing, not even how many.
CREATE FUNCTION public.people_ring(
    p_dossier bigint, p_purposes text[], p_kinds int[], p_tokens bytea[],
    p_at timestamptz, p_due timestamptz, p_period text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_found record;
    v_duty uuid;
BEGIN
    PERFORM 1 FROM public.access_dossier d
    WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams());
    IF NOT FOUND OR cardinality(p_tokens) > 16000 THEN
        PERFORM public.access_refuse();
    END IF;
    FOR v_found IN SELECT s.dossier_id, s.holder
                   FROM public.people_strong(p_purposes, p_kinds, p_tokens) s
                   WHERE s.dossier_id <> p_dossier AND NOT EXISTS (
                       SELECT FROM public.duties_duty u
                       WHERE u.kind = 'people.ring' AND u.dossier_id = s.dossier_id
                         AND u.settled_at IS NULL)
    LOOP
        v_duty := gen_random_uuid();
        INSERT INTO public.duties_duty
            (id, kind, dossier_id, owner_id, period, opened_at, due_at, is_late, urgency_rank,
             sensitivity_rank, level, next_step_at, outcome)
        VALUES (v_duty, 'people.ring', v_found.dossier_id, v_found.holder, p_period, p_at, p_due,
                false, 9, 9, 0, p_due, '');
        INSERT INTO public.audit_entry
            (id, event, system, subject_type, subject_id, dossier_id, fields, reason, at)
        VALUES (gen_random_uuid(), 'duty.opened', 'people', 'duties.Duty', v_duty::text,
                v_found.dossier_id, '{}', 'people.ring', p_at);
    END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION
    public.people_strong(text[], int[], bytea[]),
    public.people_mark(bigint, text, timestamptz, int[], bytea[]),
    public.people_unmark(bigint, text),
    public.people_marks(bigint),
    public.people_known(int[], bytea[]),
    public.people_ring(bigint, text[], int[], bytea[], timestamptz, timestamptz, text)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.people_mark(bigint, text, timestamptz, int[], bytea[]),
    public.people_unmark(bigint, text),
    public.people_marks(bigint),
    public.people_known(int[], bytea[]),
    public.people_ring(bigint, text[], int[], bytea[], timestamptz, timestamptz, text)
TO app;
"""

DROP = """
DROP FUNCTION public.people_ring(bigint, text[], int[], bytea[], timestamptz, timestamptz, text);
DROP FUNCTION public.people_known(int[], bytea[]);
DROP FUNCTION public.people_marks(bigint);
DROP FUNCTION public.people_unmark(bigint, text);
DROP FUNCTION public.people_mark(bigint, text, timestamptz, int[], bytea[]);
DROP FUNCTION public.people_strong(text[], int[], bytea[]);
DROP POLICY owner_all ON public.people_nationaltoken;
ALTER TABLE public.people_nationaltoken DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_initial"),
        ("access", "0002_walls"),
        ("audit", "0003_walls"),
        ("duties", "0002_walls"),
    ]

    operations = [
        Protect("Identity", category=Category.IDENTITY),
        Protect("ContactPoint", category=Category.CONTACT),
        Protect("NameToken", category=Category.IDENTITY),
        Allow("Search", app="select, insert, update (followed_at)", owner="user:user_id"),
        migrations.RunSQL(CREATE, DROP),
    ]
