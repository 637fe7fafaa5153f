-- The emergency wrap: contact and safety are also wrapped, when written, to the duty hotline that
-- set-up names. Such a wrap stays under the server's outer key, like an offer, until the gate of
-- the database opens it.

-- What stands in `offered` of an emergency wrap; no row has this id.
CREATE FUNCTION public.access_emergency_offer() RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT '00000000-0000-0000-0000-0000000e911a'::uuid
$$;

-- May a team help in an emergency with this dossier? Not if it is sealed, nor if the person
-- excluded the team's unit or district.
CREATE FUNCTION public.access_may_rescue(p_dossier bigint, p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_dossier d
        WHERE d.id = p_dossier AND NOT d.sealed AND d.holder <> p_team AND NOT EXISTS (
            SELECT FROM public.access_never n
            JOIN public.access_team t ON t.id = p_team
            JOIN public.access_unit u ON u.id = t.unit_id
            WHERE n.dossier_id = d.id
              AND (n.unit_id = u.id OR (n.kind = 'district' AND n.district = u.district))))
$$;

-- Are data keys of this category (4 contact, 256 safety) wrapped to the duty hotline?
CREATE FUNCTION public.access_in_emergency(p_dossier bigint, p_category int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT p_category IN (4, 256) AND EXISTS (
        SELECT FROM public.access_emergency e
        WHERE e.team_id IS NOT NULL AND public.access_may_rescue(p_dossier, e.team_id))
$$;

CREATE OR REPLACE FUNCTION public.access_teams_for(p_dossier bigint, p_category int)
RETURNS TABLE (team_id int, team_version int, public bytea, offered uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    v_mine int[] := public.ctx_teams();
BEGIN
    RETURN QUERY WITH reach AS (
        SELECT r.teams || r.holder AS teams
        FROM public.access_reach(p_dossier, p_category, NULL) r
    ), wanted AS (
        SELECT unnest(reach.teams) AS team_id, NULL::uuid AS offered FROM reach
        UNION
        SELECT g.team_id, g.source_id FROM public.access_grant g, reach
        WHERE g.dossier_id = p_dossier AND g.source = 'offer' AND g.ended_at IS NULL
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
          AND (g.offered & p_category) <> 0 AND NOT g.team_id = ANY (reach.teams)
        UNION
        SELECT e.team_id, public.access_emergency_offer() FROM public.access_emergency e, reach
        WHERE public.access_in_emergency(p_dossier, p_category)
          AND NOT e.team_id = ANY (reach.teams)
    )
    SELECT k.team_id, k.version, k.public, w.offered
    FROM wanted w
    JOIN LATERAL (
        SELECT x.team_id, x.version, x.public FROM public.vault_teamkey x
        WHERE x.team_id = w.team_id ORDER BY x.version DESC LIMIT 1
    ) k ON true
    WHERE EXISTS (SELECT FROM reach WHERE reach.teams && v_mine);
END $$;

CREATE OR REPLACE FUNCTION public.access_put_wraps(
    p_dossiers bigint[], p_categories int[], p_versions int[], p_teams int[],
    p_team_versions int[], p_wraps bytea[], p_offered uuid[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_mine int[] := public.ctx_teams();
BEGIN
    IF NOT public.ctx_ok() THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = ANY (p_dossiers) ORDER BY id FOR SHARE;
    IF EXISTS (
        WITH asked AS MATERIALIZED (
            SELECT * FROM unnest(p_dossiers, p_categories, p_teams, p_offered)
                AS x (dossier, category, team, offered)
        ), reach AS MATERIALIZED (
            SELECT k.dossier, k.category, r.teams || r.holder AS teams
            FROM (SELECT DISTINCT dossier, category FROM asked) k,
                LATERAL public.access_reach(k.dossier, k.category, NULL) r
        )
        SELECT FROM asked x LEFT JOIN reach r USING (dossier, category)
        WHERE NOT coalesce(r.teams && v_mine, false) OR NOT coalesce(
            CASE WHEN x.offered IS NULL THEN x.team = ANY (r.teams)
            WHEN x.offered = public.access_emergency_offer() THEN
                public.access_in_emergency(x.dossier, x.category) AND EXISTS (
                    SELECT FROM public.access_emergency e WHERE e.team_id = x.team)
            ELSE EXISTS (
                SELECT FROM public.access_grant g
                WHERE g.dossier_id = x.dossier AND g.team_id = x.team
                  AND g.source_id = x.offered AND g.source = 'offer' AND g.ended_at IS NULL
                  AND (g.offered & x.category) <> 0
            ) END, false)
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.vault_datakeywrap
        (dossier_id, category, version, team_id, team_version, wrapped, offered)
    SELECT * FROM unnest(p_dossiers, p_categories, p_versions, p_teams, p_team_versions, p_wraps,
                         p_offered)
    ON CONFLICT DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION public.access_prune_wraps(p_dossiers bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    WITH gone AS (
        DELETE FROM public.vault_datakeywrap w
        USING public.access_dossier d
        WHERE w.dossier_id = ANY (p_dossiers) AND d.id = w.dossier_id
          AND w.team_id <> d.holder
          AND NOT (w.offered IS NOT DISTINCT FROM public.access_emergency_offer()
                   AND public.access_in_emergency(w.dossier_id, w.category))
          AND NOT EXISTS (
              SELECT FROM public.access_grant g
              WHERE g.dossier_id = w.dossier_id AND g.team_id = w.team_id
                AND g.ended_at IS NULL
                AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
                AND ((w.offered IS NULL AND (g.categories & w.category) <> 0)
                     OR (w.offered = g.source_id AND (g.offered & w.category) <> 0))
          )
        RETURNING w.dossier_id, w.category
    )
    UPDATE public.vault_datakey k SET stale = true
    FROM (SELECT DISTINCT dossier_id, category FROM gone) x
    WHERE k.dossier_id = x.dossier_id AND k.category = x.category
$$;

-- Set-up names the team: one that holds a key, with a member who may ask for emergency access.
-- The former team's emergency wraps go, and the next writing makes new ones.
CREATE FUNCTION public.access_name_hotline(p_team int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('installation_manage') OR (p_team IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.vault_teamkey k
        JOIN public.access_membership m ON m.team_id = k.team_id AND m.until IS NULL
        JOIN public.access_rolegrant r ON r.user_id = m.user_id AND r.until IS NULL
        JOIN public.access_rolepermission p ON p.role = r.role AND p.permission = 'break_glass'
        WHERE k.team_id = p_team))
    THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_emergency SET team_id = p_team;
    DELETE FROM public.vault_datakeywrap WHERE offered = public.access_emergency_offer();
    UPDATE public.vault_datakey SET stale = true WHERE category IN (4, 256);
END $$;

-- A file that is sealed, or whose person excludes the hotline, loses its emergency wraps at once.
CREATE FUNCTION public.access_drop_emergency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_dossier bigint := CASE WHEN TG_TABLE_NAME = 'access_dossier'
                             THEN (to_jsonb(NEW) ->> 'id')::bigint
                             ELSE (to_jsonb(NEW) ->> 'dossier_id')::bigint END;
BEGIN
    DELETE FROM public.vault_datakeywrap w
    WHERE w.dossier_id = v_dossier AND w.offered = public.access_emergency_offer()
      AND NOT public.access_in_emergency(w.dossier_id, w.category);
    UPDATE public.access_grant g SET ended_at = statement_timestamp()
    WHERE g.dossier_id = v_dossier AND g.source = 'break_glass' AND g.ended_at IS NULL
      AND NOT public.access_may_rescue(g.dossier_id, g.team_id);
    RETURN NULL;
END $$;
CREATE TRIGGER access_sealed AFTER UPDATE OF sealed ON public.access_dossier
    FOR EACH ROW WHEN (NEW.sealed AND NOT OLD.sealed)
    EXECUTE FUNCTION public.access_drop_emergency();
CREATE TRIGGER access_excluded AFTER INSERT ON public.access_never
    FOR EACH ROW EXECUTE FUNCTION public.access_drop_emergency();

-- Whoever works for the hotline must not learn from the wraps which files exist.
DROP POLICY wall ON public.vault_datakeywrap;
CREATE POLICY wall ON public.vault_datakeywrap TO app
    USING (team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
           AND offered IS DISTINCT FROM public.access_emergency_offer()
           AND (SELECT public.ctx_ok()))
    WITH CHECK (false);

REVOKE EXECUTE ON FUNCTION
    public.access_may_rescue(bigint, int), public.access_in_emergency(bigint, int),
    public.access_emergency_offer(), public.access_name_hotline(int), public.access_drop_emergency()
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.access_name_hotline(int), public.access_emergency_offer() TO app;
