-- A joint plan and a conference: let in by the holder for what they are about, nothing to accept.

-- Only the holder lets another unit's team in, until a day, and nobody whom the person excludes
-- (the trigger access_excluded asks again). Asked anew it takes the place of what stood before.
CREATE FUNCTION public.access_share(
    p_dossier bigint, p_team int, p_categories int, p_source uuid, p_kind text,
    p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_id uuid := gen_random_uuid();
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.access_lock_dossier(p_dossier) d
        JOIN public.access_team h ON h.id = d.holder
        JOIN public.access_team t ON t.id = p_team AND t.unit_id <> h.unit_id
        WHERE d.holder = ANY (public.ctx_teams())
    ) OR (p_categories & ~511) <> 0 OR p_kind NOT IN ('plan', 'conference')
      OR p_source IS NULL OR p_until IS NULL OR public.access_excluded(p_dossier, p_team) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_grant (id, dossier_id, team_id, categories, offered, source,
                                     source_id, starts_at, ends_at, granted_by)
    VALUES (v_id, p_dossier, p_team, p_categories, 0, p_kind, p_source, p_at, p_until,
            public.ctx_user());
    UPDATE public.access_grant SET ended_at = p_at
    WHERE dossier_id = p_dossier AND team_id = p_team AND source_id = p_source
      AND source = p_kind AND ended_at IS NULL AND id <> v_id;
END $$;

-- The plans and conferences that my teams take part in now. Read once in a query.
CREATE FUNCTION public.access_sources() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(array_agg(g.source_id), '{}') FROM public.access_grant g
    WHERE g.team_id = ANY (public.ctx_teams()) AND g.source IN ('plan', 'conference')
      AND g.ended_at IS NULL AND g.starts_at <= statement_timestamp()
      AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
$$;

-- Narrow a protected table further: to the holder and those who take part; and where a row names
-- the team whose own it is, to that team alone: the holder does not read it either.
CREATE FUNCTION public.access_within(p_table text, p_sources text[], p_owner text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_mine text := 'string_to_array(current_setting(''app.teams'', true), '','')::int[]';
    v_rule text;
BEGIN
    SELECT format('(holder = ANY (%s)', v_mine) || string_agg(
        format(' OR %I = ANY ((SELECT public.access_sources())::uuid[])', s), '') || ')'
    INTO v_rule FROM unnest(p_sources) s;
    IF p_owner <> '' THEN
        v_rule := format('%s AND (%I IS NULL OR %2$I = ANY (%s))', v_rule, p_owner, v_mine);
    END IF;
    EXECUTE format('CREATE POLICY within ON public.%I AS RESTRICTIVE TO app USING (%s)',
                   p_table, v_rule);
END $$;

-- What a unit reads of a person ends with the word it stood on, however it was let in.
CREATE OR REPLACE FUNCTION public.access_end_shares(p_dossier bigint, p_unit int, p_at timestamptz)
RETURNS int LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_count int;
BEGIN
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    UPDATE public.access_grant g SET ended_at = p_at
    WHERE g.dossier_id = p_dossier AND g.ended_at IS NULL
      AND g.source IN ('offer', 'referral', 'plan', 'conference')
      AND g.team_id IN (SELECT t.id FROM public.access_team t WHERE t.unit_id = p_unit);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

REVOKE EXECUTE ON FUNCTION
    public.access_share(bigint, int, int, uuid, text, timestamptz, timestamptz),
    public.access_sources(), public.access_within(text, text[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.access_share(bigint, int, int, uuid, text, timestamptz, timestamptz),
    public.access_sources() TO app;
