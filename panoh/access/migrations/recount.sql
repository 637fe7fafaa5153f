-- Who reaches a dossier is asked once for each data category, not once for each row, and the
-- statements for the tables stand in a function of their own, so that their plans are kept: a wall
-- that knows fifty tables costs what it touches.

CREATE TYPE public.access_reached AS (
    dossier bigint, mask int, teams int[], fresh_until timestamptz, holder int
);

-- Write that function anew from what stands under the wall.
CREATE FUNCTION public.access_write_recount() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_changed text := ' AND (t.teams, t.fresh_until, t.holder) '
                      'IS DISTINCT FROM (r.teams, r.fresh_until, r.holder);';
    v_set text := ' t SET teams = r.teams, fresh_until = r.fresh_until, holder = r.holder FROM ';
    v_text text;
    p record;
BEGIN
    SELECT format(
        'SELECT array_agg((x.id, m.mask, y.teams, y.fresh_until, y.holder)::public.access_reached) '
        'INTO v_reach FROM unnest(p_dossiers) x (id), unnest(%L::int[]) m (mask), '
        'LATERAL public.access_reach(x.id, m.mask, NULL) y;',
        array_agg(DISTINCT mask))
    INTO v_text FROM (
        SELECT mask FROM public.access_protected WHERE category_column = '' AND NOT by_source
        UNION SELECT 511
    ) one;
    v_text := v_text || ' UPDATE public.access_dossier t SET teams = r.teams, '
        'fresh_until = r.fresh_until FROM unnest(v_reach) r WHERE t.id = r.dossier AND r.mask = 511 '
        'AND (t.teams, t.fresh_until) IS DISTINCT FROM (r.teams, r.fresh_until);';
    FOR p IN SELECT * FROM public.access_protected
             WHERE table_name <> 'access_dossier' ORDER BY table_name LOOP
        v_text := v_text || format(' UPDATE public.%I', p.table_name) || v_set || CASE
            WHEN p.by_source THEN format(
                '(SELECT s.id, y.* FROM public.%I s, LATERAL public.access_reach('
                's.dossier_id, %s, s.id) y WHERE s.dossier_id = ANY (p_dossiers)) r '
                'WHERE t.id = r.id', p.table_name,
                CASE WHEN p.category_column = '' THEN p.mask::text
                     ELSE format('s.%I', p.category_column) END)
            WHEN p.category_column <> '' THEN format(
                '(SELECT k.*, y.* FROM (SELECT DISTINCT s.dossier_id AS dossier, s.%2$I AS mask '
                'FROM public.%1$I s WHERE s.dossier_id = ANY (p_dossiers)) k, '
                'LATERAL public.access_reach(k.dossier, k.mask, NULL) y) r '
                'WHERE t.dossier_id = r.dossier AND t.%2$I = r.mask', p.table_name,
                p.category_column)
            ELSE format('unnest(v_reach) r WHERE t.dossier_id = r.dossier AND r.mask = %s', p.mask)
            END || v_changed;
    END LOOP;
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION public.access_recount_some(p_dossiers bigint[]) RETURNS void '
        'LANGUAGE plpgsql SECURITY DEFINER SET search_path = '''' SET enable_seqscan = off '
        'SET plan_cache_mode = force_generic_plan AS %L',
        'DECLARE v_reach public.access_reached[]; BEGIN ' || v_text || ' END');
    REVOKE EXECUTE ON FUNCTION public.access_recount_some(bigint[]) FROM PUBLIC;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION public.access_write_recount() FROM PUBLIC;
CREATE TRIGGER access_written AFTER INSERT OR UPDATE OR DELETE ON public.access_protected
    FOR EACH STATEMENT EXECUTE FUNCTION public.access_write_recount();
UPDATE public.access_protected SET mask = mask;

-- The caller holds the locks of the dossiers.
CREATE OR REPLACE FUNCTION public.access_recount(p_dossiers bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_slice CONSTANT int := 1000;
BEGIN
    FOR i IN 0 .. (cardinality(p_dossiers) - 1) / v_slice LOOP
        PERFORM public.access_recount_some(p_dossiers[i * v_slice + 1 : (i + 1) * v_slice]);
    END LOOP;

    DELETE FROM public.access_listing l
    USING public.access_dossier d
    WHERE l.dossier_id = ANY (p_dossiers) AND d.id = l.dossier_id
      AND NOT (l.team_id = d.holder OR l.team_id = ANY (d.teams));
    INSERT INTO public.access_listing (team_id, opened_at, dossier_id)
    SELECT t.id, d.opened_at, d.id
    FROM public.access_dossier d
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(d.teams || d.holder)) AS t (id)
    WHERE d.id = ANY (p_dossiers)
    ON CONFLICT (team_id, dossier_id) DO NOTHING;
END $$;
