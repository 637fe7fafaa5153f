"""Emergency access ("break-glass"): asked, rung, opened and reviewed by functions only.

The one who asks sees the same rows, in the same time, whether there is a file or not. What was
found stands in the ring, which only the holder sees. The clock of the gate is the database's.
"""

from django.db import migrations

from panoh.access.models.protection import Allow, Protect

CREATE = """
ALTER TABLE public.people_emergencycall ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.people_emergencycall FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON public.people_emergencycall TO CURRENT_USER USING (true);
CREATE POLICY app_reads ON public.people_emergencycall FOR SELECT TO app USING (
    (team_id = ANY (public.ctx_teams())
     OR (SELECT e.team_id FROM public.access_emergency e) = ANY (public.ctx_teams()))
    AND (SELECT public.ctx_ok()));

-- Every answer takes this long, found or not.
CREATE FUNCTION public.people_even_out(p_start timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    PERFORM pg_sleep(greatest(0, 0.3 - extract(epoch FROM clock_timestamp() - p_start)));
END $$;

-- Ask. Returns nothing. The reference or the tokens of a name point to one file or to none: more
-- than one match is no match. Tokens exist of people who agreed to be found or rung only.
CREATE FUNCTION public.people_ask_in_emergency(
    p_id uuid, p_team int, p_danger text, p_reason bytea, p_reason_aside bytea,
    p_ref text, p_purposes text[], p_kinds int[], p_tokens bytea[], p_wait interval
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_start timestamptz := clock_timestamp();
    e public.access_emergency;
    v_found bigint[];
    v_holder int;
    v_ring uuid := gen_random_uuid();
    v_duty uuid := gen_random_uuid();
BEGIN
    IF NOT public.access_can('break_glass') OR NOT p_team = ANY (public.ctx_teams())
       OR coalesce(p_danger, '') = '' OR coalesce(octet_length(p_reason), 0) = 0
       OR cardinality(p_tokens) > 16000
    THEN
        PERFORM public.access_refuse();
    END IF;
    -- One account asks one thing at a time, so that two requests are not both the last one.
    PERFORM pg_advisory_xact_lock(911, public.ctx_user());
    SELECT * INTO e FROM public.access_emergency;
    IF e.id IS NULL OR (
        SELECT count(*) FROM public.people_emergencycall c WHERE c.user_id = public.ctx_user()
          AND c.asked_at > clock_timestamp() - interval '1 month') >= e.per_month
    THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.people_emergencycall
        (id, user_id, team_id, danger, reason, reason_aside, asked_at, opens_at, review)
    VALUES (p_id, public.ctx_user(), p_team, p_danger, p_reason, p_reason_aside,
            clock_timestamp(), clock_timestamp() + make_interval(mins => e.wait_minutes), '');
    SELECT array_agg(f.id) INTO v_found FROM (
        SELECT d.id FROM public.access_dossier d WHERE d.ref = p_ref
        UNION SELECT s.dossier_id FROM public.people_strong(p_purposes, p_kinds, p_tokens) s
    ) f WHERE public.access_may_rescue(f.id, p_team);
    IF cardinality(v_found) = 1 THEN
        SELECT d.holder INTO v_holder FROM public.access_dossier d
        WHERE d.id = v_found[1] AND NOT d.holder = ANY (public.ctx_teams()) FOR SHARE;
    END IF;
    IF v_holder IS NOT NULL THEN
        INSERT INTO public.people_emergencyring
            (id, dossier_id, call_id, team_id, danger, rung_at, opens_at, answer)
        SELECT v_ring, v_found[1], c.id, c.team_id, c.danger, c.asked_at, c.opens_at, ''
        FROM public.people_emergencycall c WHERE c.id = p_id;
        INSERT INTO public.duties_duty
            (id, kind, dossier_id, owner_id, subject_id, period, opened_at, due_at, is_late,
             urgency_rank, sensitivity_rank, level, assigned_to_id, next_step_at, outcome)
        SELECT v_duty, 'emergency.ring', v_found[1], v_holder, v_ring, 'break_glass_wait',
               c.asked_at, c.opens_at, false, 1, 9, 1, (
                   SELECT m.user_id FROM public.access_membership m
                   JOIN public.access_user u ON u.id = m.user_id AND u.is_active
                   WHERE m.team_id = v_holder AND m.since <= statement_timestamp()
                     AND (m.until IS NULL OR m.until > statement_timestamp())
                   ORDER BY m.is_duty_officer DESC, m.is_deputy DESC, m.is_supervisor DESC, m.id
                   LIMIT 1),
               least(c.opens_at, c.asked_at + p_wait), ''
        FROM public.people_emergencycall c WHERE c.id = p_id;
        -- For the holder only: without a unit the asker's own overseers do not see it.
        INSERT INTO public.audit_entry
            (id, event, user_id, system, subject_type, subject_id, dossier_id, fields, reason, at)
        VALUES (gen_random_uuid(), 'emergency.rung', public.ctx_user(), '',
                'people.EmergencyRing', v_ring::text, v_found[1], '{}', p_danger,
                clock_timestamp());
    END IF;
    -- References are checked here and not at the end, where nothing evens out their time.
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    PERFORM public.people_even_out(v_start);
END $$;

-- Open after the wait, for the one who asked, by a member of the duty hotline: only its team holds
-- the emergency wraps. The dossier, or nothing: none, answered, sealed, excluded are one answer.
CREATE FUNCTION public.people_open_in_emergency(p_call uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_start timestamptz := clock_timestamp();
    e public.access_emergency;
    c public.people_emergencycall;
    v_dossier bigint;
    v_until timestamptz;
BEGIN
    SELECT * INTO e FROM public.access_emergency;
    SELECT * INTO c FROM public.people_emergencycall WHERE id = p_call FOR NO KEY UPDATE;
    IF NOT public.access_can('break_glass') OR c.id IS NULL
       OR NOT coalesce(e.team_id = ANY (public.ctx_teams()), false)
       OR c.opened_at IS NOT NULL OR clock_timestamp() < c.opens_at
       OR clock_timestamp() > c.opens_at + make_interval(mins => e.open_minutes)
    THEN
        PERFORM public.access_refuse();
    END IF;
    SELECT r.dossier_id INTO v_dossier FROM public.people_emergencyring r WHERE r.call_id = p_call;
    PERFORM 1 FROM public.access_dossier d WHERE d.id = v_dossier FOR NO KEY UPDATE;
    -- In a statement after the lock: the holder may have answered while we waited for it.
    UPDATE public.people_emergencyring r SET opened_at = clock_timestamp()
    FROM public.access_dossier d
    WHERE r.call_id = p_call AND r.answered_at IS NULL AND r.opened_at IS NULL
      AND d.id = r.dossier_id AND d.holder <> c.team_id
      AND public.access_may_rescue(d.id, c.team_id) AND public.access_may_rescue(d.id, e.team_id);
    IF NOT FOUND THEN
        PERFORM public.people_even_out(v_start);
        RETURN NULL;
    END IF;
    v_until := clock_timestamp() + make_interval(mins => e.open_minutes);
    UPDATE public.people_emergencycall SET opened_at = clock_timestamp(), ends_at = v_until
    WHERE id = p_call;
    INSERT INTO public.access_grant (id, dossier_id, team_id, categories, offered, source,
                                     source_id, starts_at, ends_at, granted_by)
    SELECT gen_random_uuid(), v_dossier, x.team, 260, 0, 'break_glass', p_call,
           statement_timestamp(), v_until, public.ctx_user()
    FROM (SELECT c.team_id AS team UNION SELECT e.team_id) x;
    INSERT INTO public.vault_datakeywrap
        (dossier_id, category, version, team_id, team_version, wrapped, offered)
    SELECT w.dossier_id, w.category, w.version, w.team_id, w.team_version, w.wrapped, NULL
    FROM public.vault_datakeywrap w
    WHERE w.dossier_id = v_dossier AND w.team_id = e.team_id AND w.category IN (4, 256)
      AND w.offered = public.access_emergency_offer()
    ON CONFLICT DO NOTHING;
    UPDATE public.duties_duty SET settled_at = clock_timestamp(), outcome = 'opened',
        next_step_at = NULL
    WHERE kind = 'emergency.ring' AND dossier_id = v_dossier AND settled_at IS NULL
      AND subject_id = (SELECT r.id FROM public.people_emergencyring r WHERE r.call_id = p_call);
    PERFORM public.people_even_out(v_start);
    RETURN v_dossier;
END $$;

-- Somebody else looks at it: who leads the asker's team, or the duty hotline.
CREATE FUNCTION public.people_review_emergency(p_call uuid, p_review text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.people_emergencycall c
    SET review = p_review, reviewed_at = clock_timestamp(), reviewed_by_id = public.ctx_user()
    WHERE c.id = p_call AND c.reviewed_at IS NULL AND c.user_id <> public.ctx_user()
      AND p_review IN ('right', 'mistake', 'misuse')
      AND (public.access_supervises(c.team_id) OR public.access_supervises(
          (SELECT e.team_id FROM public.access_emergency e)));
    IF NOT FOUND THEN
        PERFORM public.access_refuse();
    END IF;
END $$;

REVOKE EXECUTE ON FUNCTION
    public.people_even_out(timestamptz),
    public.people_ask_in_emergency(uuid, int, text, bytea, bytea, text, text[], int[], bytea[],
                                   interval),
    public.people_open_in_emergency(uuid), public.people_review_emergency(uuid, text)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.people_ask_in_emergency(uuid, int, text, bytea, bytea, text, text[], int[], bytea[],
                                   interval),
    public.people_open_in_emergency(uuid), public.people_review_emergency(uuid, text)
TO app;
"""

DROP = """
DROP FUNCTION public.people_review_emergency(uuid, text);
DROP FUNCTION public.people_open_in_emergency(uuid);
DROP FUNCTION public.people_ask_in_emergency(uuid, int, text, bytea, bytea, text, text[], int[],
                                             bytea[], interval);
DROP FUNCTION public.people_even_out(timestamptz);
DROP POLICY app_reads ON public.people_emergencycall;
DROP POLICY owner_all ON public.people_emergencycall;
ALTER TABLE public.people_emergencycall DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0003_emergency"), ("access", "0007_emergency_walls")]

    operations = [
        Allow("EmergencyCall"),
        Protect("EmergencyRing", category=None),
        migrations.RunSQL(CREATE, DROP),
    ]
