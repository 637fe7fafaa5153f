-- An advocate's grant: the one that nobody has to accept. It names a person, and that person alone
-- signs for a child.

CREATE FUNCTION public.access_is_advocate(p_dossier bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.ctx_ok() AND EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.dossier_id = p_dossier AND g.source = 'advocate'
          AND g.named = public.ctx_user() AND g.team_id = ANY (public.ctx_teams())
          AND g.ended_at IS NULL AND g.starts_at <= statement_timestamp()
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
    )
$$;

-- Only the holder names one: somebody else, who may sign, of another unit that knows nothing of
-- the case yet; core, services and safety (321) and nothing more. The former one ends with it.
CREATE FUNCTION public.access_name_advocate(
    p_dossier bigint, p_team int, p_user int, p_categories int, p_source uuid,
    p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    IF (p_categories & ~321) <> 0 OR p_user = public.ctx_user() OR NOT EXISTS (
        SELECT FROM public.access_dossier d
        JOIN public.access_team h ON h.id = d.holder
        JOIN public.access_team t ON t.id = p_team
        JOIN public.access_membership m ON m.team_id = t.id AND m.user_id = p_user
        JOIN public.access_user u ON u.id = p_user AND u.is_active
        WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams())
          AND t.unit_id <> h.unit_id AND u.unit_id = t.unit_id
          AND m.since <= statement_timestamp()
          AND (m.until IS NULL OR m.until > statement_timestamp())
    ) OR NOT EXISTS (
        SELECT FROM public.access_rolegrant r
        JOIN public.access_rolepermission p ON p.role = r.role
        WHERE r.user_id = p_user AND p.permission = 'decision_sign'
          AND r.since <= statement_timestamp()
          AND (r.until IS NULL OR r.until > statement_timestamp())
    ) OR EXISTS (
        SELECT FROM public.access_grant g
        JOIN public.access_team o ON o.id = g.team_id
        JOIN public.access_team t ON t.id = p_team AND t.unit_id = o.unit_id
        WHERE g.dossier_id = p_dossier AND g.source <> 'advocate' AND g.ended_at IS NULL
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_grant SET ended_at = p_at
    WHERE dossier_id = p_dossier AND source = 'advocate' AND ended_at IS NULL;
    INSERT INTO public.access_grant (id, dossier_id, team_id, categories, offered, source,
                                     source_id, starts_at, ends_at, granted_by, named)
    VALUES (gen_random_uuid(), p_dossier, p_team, p_categories, 0, 'advocate', p_source, p_at,
            p_until, public.ctx_user(), p_user);
END $$;

CREATE FUNCTION public.access_end_shares(p_dossier bigint, p_unit int, p_at timestamptz)
RETURNS int LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_count int;
BEGIN
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    UPDATE public.access_grant g SET ended_at = p_at
    WHERE g.dossier_id = p_dossier AND g.ended_at IS NULL AND g.source IN ('offer', 'referral')
      AND g.team_id IN (SELECT t.id FROM public.access_team t WHERE t.unit_id = p_unit);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- An advocate who takes the signature back ends what it opened.
CREATE FUNCTION public.access_end_as_advocate(p_dossier bigint, p_unit int, p_at timestamptz)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_is_advocate(p_dossier) THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN public.access_end_shares(p_dossier, p_unit, p_at);
END $$;

-- The clock (role jobs) only ever ends, on the day somebody comes of age: what one unit reads, or
-- without a unit what the advocate reads.
CREATE FUNCTION public.access_end_by_clock(p_dossier bigint, p_unit int, p_at timestamptz)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_count int;
BEGIN
    IF p_unit IS NOT NULL THEN
        RETURN public.access_end_shares(p_dossier, p_unit, p_at);
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    UPDATE public.access_grant SET ended_at = p_at
    WHERE dossier_id = p_dossier AND source = 'advocate' AND ended_at IS NULL;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

REVOKE EXECUTE ON FUNCTION
    public.access_is_advocate(bigint),
    public.access_name_advocate(bigint, int, int, int, uuid, timestamptz, timestamptz),
    public.access_end_shares(bigint, int, timestamptz),
    public.access_end_as_advocate(bigint, int, timestamptz),
    public.access_end_by_clock(bigint, int, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.access_is_advocate(bigint),
    public.access_name_advocate(bigint, int, int, int, uuid, timestamptz, timestamptz),
    public.access_end_as_advocate(bigint, int, timestamptz) TO app;
GRANT EXECUTE ON FUNCTION
    public.access_end_by_clock(bigint, int, timestamptz) TO jobs;
