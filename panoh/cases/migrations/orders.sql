-- Breaches: who was affected is found by the log and by the grants, never shown to who registers it.
CREATE FUNCTION public.cases_may_open_breach(p_unit int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.access_can('breach_open') AND (
        public.access_can('installation_manage')
        OR p_unit = (SELECT u.unit_id FROM public.access_user u WHERE u.id = public.ctx_user()))
$$;

CREATE FUNCTION public.cases_open_breach(
    p_id uuid, p_kind text, p_user int, p_team int, p_since timestamptz, p_until timestamptz,
    p_at timestamptz, p_due timestamptz, p_review timestamptz
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
    v_count int;
BEGIN
    SELECT CASE WHEN p_user IS NULL
        THEN (SELECT t.unit_id FROM public.access_team t WHERE t.id = p_team)
        ELSE (SELECT u.unit_id FROM public.access_user u WHERE u.id = p_user) END INTO v_unit;
    IF v_unit IS NULL OR NOT public.cases_may_open_breach(v_unit) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.cases_breach
        (id, kind, user_id, team_id, since, until, opened_at, opened_by_id, due_at)
    VALUES (p_id, p_kind, p_user, p_team, p_since, p_until, p_at, public.ctx_user(), p_due)
    ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
        -- The form was sent twice.
        SELECT count(*) INTO v_count FROM public.cases_affected a WHERE a.breach_id = p_id;
        RETURN v_count;
    END IF;
    INSERT INTO public.cases_affected (id, breach_id, dossier_id, opened_at, due_at, channel)
    SELECT gen_random_uuid(), p_id, c.dossier_id, p_at, p_due, ''
    FROM public.cases_case c
    WHERE c.dossier_id IN (
        SELECT e.dossier_id FROM public.audit_entry e
        WHERE e.user_id = p_user AND e.at BETWEEN p_since AND p_until
        UNION
        SELECT g.dossier_id FROM public.access_grant g
        WHERE g.team_id = p_team AND g.starts_at <= p_until
          AND (g.ended_at IS NULL OR g.ended_at >= p_since)
          AND (g.ends_at IS NULL OR g.ends_at >= p_since));
    GET DIAGNOSTICS v_count = ROW_COUNT;
    -- Both ring: the clock rings the first named person at its next minute.
    INSERT INTO public.duties_duty
        (id, kind, dossier_id, owner_id, subject_id, period, opened_at, due_at, next_step_at,
         is_late, urgency_rank, sensitivity_rank, level, outcome)
    SELECT gen_random_uuid(), k.kind, a.dossier_id, d.holder, a.id, k.period, p_at, k.due, p_at,
           false, c.urgency_rank, c.sensitivity_rank, 0, ''
    FROM public.cases_affected a
    JOIN public.access_dossier d ON d.id = a.dossier_id
    JOIN public.cases_case c ON c.dossier_id = a.dossier_id
    CROSS JOIN (VALUES ('breach.tell', 'breach_tell', p_due),
                       ('safety.review', 'safety_review', p_review)) AS k (kind, period, due)
    WHERE a.breach_id = p_id;
    RETURN v_count;
END $$;

CREATE FUNCTION public.cases_breaches()
RETURNS TABLE (kind varchar, opened_at timestamptz, due_at timestamptz, people bigint, told bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT b.kind, b.opened_at, b.due_at, count(a.id), count(a.told_at)
    FROM public.cases_breach b
    LEFT JOIN public.access_user u ON u.id = b.user_id
    LEFT JOIN public.access_team t ON t.id = b.team_id
    LEFT JOIN public.cases_affected a ON a.breach_id = b.id
    WHERE public.cases_may_open_breach(coalesce(u.unit_id, t.unit_id))
    GROUP BY b.id ORDER BY b.opened_at DESC, b.id LIMIT 100
$$;

-- How many orders there were, for anybody: numbers of the whole installation and nothing else.
CREATE FUNCTION public.cases_order_counts(p_zone text)
RETURNS TABLE (year int, entered bigint, met bigint, refused bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT extract(year FROM o.entered_at AT TIME ZONE p_zone)::int, count(*),
           count(*) FILTER (WHERE o.state = 'met'), count(*) FILTER (WHERE o.state = 'refused')
    FROM public.cases_order o GROUP BY 1 ORDER BY 1 DESC
$$;

REVOKE EXECUTE ON FUNCTION
    public.cases_may_open_breach(int), public.cases_breaches(), public.cases_order_counts(text),
    public.cases_open_breach(uuid, text, int, int, timestamptz, timestamptz, timestamptz,
                             timestamptz, timestamptz)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.cases_breaches(), public.cases_order_counts(text),
    public.cases_open_breach(uuid, text, int, int, timestamptz, timestamptz, timestamptz,
                             timestamptz, timestamptz)
TO app;
