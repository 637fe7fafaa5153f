-- What every room's policies and columns promise, written once for all of them. `prepare` runs this
-- after the migrations at each start, so no room can forget it.

-- A policy names the teams by a bare current_setting, which the planner can see through, and asks
-- ctx_ok() once in a statement. Between two rows of that statement, or two fetches from a cursor,
-- whoever may run SQL could write other teams into the setting. So each policy asks a second time,
-- of what the signature was looked at for: that is worked out once and never read again. The CASE
-- keeps the planner from believing that it leaves fewer rows.
CREATE FUNCTION public.access_bind_policies() RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_teams CONSTANT text :=
        '(string_to_array(current_setting(''app.teams''::text, true), '',''::text))::integer[]';
    v_user CONSTANT text :=
        '(NULLIF(current_setting(''app.user''::text, true), ''''::text))::integer';
    v_bound CONSTANT text := 'END IS NOT NULL';
    v_shown text;
    v_added text;
    p record;
BEGIN
    FOR p IN
        SELECT c.relname, l.polname, x.shown, x.added
        FROM pg_catalog.pg_policy l
        JOIN pg_catalog.pg_class c ON c.oid = l.polrelid
        CROSS JOIN LATERAL (
            SELECT pg_catalog.pg_get_expr(l.polqual, l.polrelid) AS shown,
                   pg_catalog.pg_get_expr(l.polwithcheck, l.polrelid) AS added) x
        WHERE c.relnamespace = 'public'::regnamespace
          AND (strpos(x.shown, 'current_setting') > 0 AND strpos(x.shown, v_bound) = 0
               OR strpos(x.added, 'current_setting') > 0)
    LOOP
        v_shown := p.shown;
        v_added := public.access_bind(p.added);
        IF strpos(p.shown, 'current_setting') > 0 AND strpos(p.shown, v_bound) = 0 THEN
            v_shown := format(
                '(%s) AND CASE WHEN (%s) THEN true END IS NOT NULL',
                replace(p.shown, '( SELECT public.ctx_ok() AS ctx_ok)', 'true'),
                public.access_bind(p.shown));
        END IF;
        IF strpos(v_added, 'current_setting') > 0 OR strpos(
            replace(replace(v_shown, v_teams, ''), v_user, ''), 'current_setting') > 0 THEN
            RAISE EXCEPTION 'policy % of % reads a setting in a way of its own',
                p.polname, p.relname;
        END IF;
        EXECUTE format('ALTER POLICY %I ON public.%I', p.polname, p.relname)
            || coalesce(' USING (' || v_shown || ')', '')
            || coalesce(' WITH CHECK (' || v_added || ')', '');
    END LOOP;
END $$;

-- The rule of a policy, of the teams and the account that the signature was looked at for.
CREATE FUNCTION public.access_bind(p_rule text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = '' AS $$
    SELECT replace(replace(replace(p_rule,
        '(string_to_array(current_setting(''app.teams''::text, true), '',''::text))::integer[]',
        '(( SELECT public.ctx_teams()))::integer[]'),
        '(NULLIF(current_setting(''app.user''::text, true), ''''::text))::integer',
        '( SELECT public.ctx_user())'),
        '( SELECT public.ctx_ok() AS ctx_ok)', 'true')
$$;

-- A moment that has no end, or lies before all calendars, is read by no programme: in a row that a
-- round of the background role reads it stops the round. So no column that `app` may write takes one.
-- Rows of before stay as they are.
CREATE FUNCTION public.access_bound_moments() RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_within CONSTANT text := 'coalesce(%s BETWEEN ''1900-01-01''::%s AND ''2999-01-01''::%2$s, true)';
    t record;
BEGIN
    FOR t IN
        SELECT c.oid, c.relname, string_agg(CASE y.typname
            WHEN 'tstzrange' THEN format(v_within, format('lower(%I)', a.attname), 'timestamptz')
                || ' AND ' || format(v_within, format('upper(%I)', a.attname), 'timestamptz')
            ELSE format(v_within, quote_ident(a.attname), y.typname) END,
            ' AND ' ORDER BY a.attname) AS rule
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND NOT a.attisdropped
          AND y.typname IN ('timestamptz', 'date', 'tstzrange')
          AND has_column_privilege('app', c.oid, a.attnum, 'INSERT, UPDATE')
        GROUP BY c.oid, c.relname
    LOOP
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_constraint k
            WHERE k.conrelid = t.oid AND k.conname = 'moments_of_calendars'
              AND pg_catalog.obj_description(k.oid, 'pg_constraint') = t.rule
        ) THEN
            EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT IF EXISTS moments_of_calendars, '
                           'ADD CONSTRAINT moments_of_calendars CHECK (%s) NOT VALID',
                           t.relname, t.rule);
            EXECUTE format('COMMENT ON CONSTRAINT moments_of_calendars ON public.%I IS %L',
                           t.relname, t.rule);
        END IF;
    END LOOP;
END $$;

ALTER FUNCTION public.access_install_privileges() RENAME TO access_grant_privileges;
CREATE FUNCTION public.access_install_privileges() RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    PERFORM public.access_grant_privileges();
    PERFORM public.access_bind_policies();
    PERFORM public.access_bound_moments();
END $$;

-- What shuts somebody out is unknown where nobody is signed in, and not nothing: a statement that
-- loses its context half-way must not find that nothing is shut.
CREATE OR REPLACE FUNCTION public.access_stopped() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT CASE WHEN me.id IS NOT NULL THEN coalesce((
        SELECT array_agg(n.dossier_id) FROM public.access_never n WHERE n.user_id = me.id
    ), '{}') END
    FROM (SELECT public.ctx_user() AS id OFFSET 0) me
$$;
CREATE OR REPLACE FUNCTION public.access_may_rescue(p_dossier bigint, p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.access_team_may_rescue(p_dossier, p_team)
       AND NOT coalesce(p_dossier = ANY (public.access_stopped()), false)
$$;

-- As before, but whoever was asked reads no longer than was offered, whatever it says itself.
CREATE OR REPLACE FUNCTION public.access_release(
    p_dossier bigint, p_source uuid, p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_team int;
BEGIN
    IF NOT public.ctx_ok() THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    UPDATE public.access_grant g
    SET categories = 512 | g.offered, source = 'referral', ends_at = least(p_until, g.ends_at)
    WHERE g.dossier_id = p_dossier AND g.source_id = p_source AND g.source = 'offer'
      AND g.team_id = ANY (public.ctx_teams()) AND g.ended_at IS NULL
      AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
    RETURNING g.team_id INTO v_team;
    IF v_team IS NULL THEN
        PERFORM public.access_refuse();
    END IF;
    DELETE FROM public.vault_datakeywrap w
    WHERE w.dossier_id = p_dossier AND w.team_id = v_team AND w.offered = p_source
      AND EXISTS (SELECT FROM public.vault_datakeywrap x
                  WHERE x.dossier_id = w.dossier_id AND x.category = w.category
                    AND x.version = w.version AND x.team_id = w.team_id
                    AND x.team_version = w.team_version AND x.offered IS NULL);
    UPDATE public.vault_datakeywrap SET offered = NULL
    WHERE dossier_id = p_dossier AND team_id = v_team AND offered = p_source;
END $$;

REVOKE EXECUTE ON FUNCTION
    public.access_bind_policies(), public.access_bind(text), public.access_bound_moments(),
    public.access_grant_privileges(), public.access_install_privileges()
FROM PUBLIC;
