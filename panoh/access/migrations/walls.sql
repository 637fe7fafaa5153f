-- The third wall. Names carry their schema: definer functions run with an empty search_path.

-- What stands under the wall, and what app may do with everything else. Default: closed.
CREATE TABLE public.access_protected (
    table_name text PRIMARY KEY,
    mask int NOT NULL,
    category_column text NOT NULL,
    by_source boolean NOT NULL,
    also text NOT NULL,
    jobs boolean NOT NULL,
    deletable boolean NOT NULL
);
CREATE TABLE public.access_allowed (
    table_name text PRIMARY KEY,
    app text NOT NULL,
    jobs text NOT NULL,
    owner text NOT NULL
);

-- Who reaches a row now, and until when that answer holds.
CREATE FUNCTION public.access_reach(
    p_dossier bigint, p_mask int, p_source uuid,
    OUT teams int[], OUT fresh_until timestamptz, OUT holder int
) LANGUAGE plpgsql STABLE SET search_path = ''
SET enable_seqscan = off AS $$
BEGIN  -- plpgsql keeps its plan, also one made while the tables were empty: so by index always
    SELECT
        coalesce(array_agg(DISTINCT g.team_id ORDER BY g.team_id) FILTER (
            WHERE g.starts_at <= statement_timestamp()
              AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
              AND (g.categories & p_mask) <> 0
              AND (p_source IS NULL OR g.source_id = p_source)
              AND NOT EXISTS (
                  SELECT FROM public.access_never n
                  JOIN public.access_team t ON t.id = g.team_id
                  JOIN public.access_unit u ON u.id = t.unit_id
                  WHERE n.dossier_id = d.id
                    AND (n.unit_id = u.id OR (n.kind = 'district' AND n.district = u.district))
              )
        ), '{}'),
        coalesce(least(
            min(g.starts_at) FILTER (WHERE g.starts_at > statement_timestamp()),
            min(g.ends_at) FILTER (WHERE g.ends_at > statement_timestamp())
        ), 'infinity'),
        d.holder
    INTO teams, fresh_until, holder
    FROM public.access_dossier d
    LEFT JOIN public.access_grant g ON g.dossier_id = d.id AND g.ended_at IS NULL
    WHERE d.id = p_dossier
    GROUP BY d.id, d.holder;
END $$;

-- A new row: lock the dossier in a statement of its own, then count. In one statement a
-- withdrawal that commits meanwhile would leave its team inside for good.
CREATE FUNCTION public.access_on_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_mask int := TG_ARGV[0]::int;
    v_source uuid;
    v_dossier bigint;
BEGIN
    IF TG_TABLE_NAME = 'access_dossier' THEN
        NEW.teams := '{}'; NEW.fresh_until := 'infinity';
        RETURN NEW;
    END IF;
    v_dossier := NEW.dossier_id;
    IF v_dossier IS NULL THEN
        NEW.teams := '{}'; NEW.fresh_until := 'infinity'; NEW.holder := 0;
        RETURN NEW;
    END IF;
    IF TG_ARGV[1] <> '' THEN
        EXECUTE format('SELECT ($1).%I', TG_ARGV[1]) INTO v_mask USING NEW;
    END IF;
    IF TG_ARGV[2] = 'true' THEN
        v_source := NEW.id;
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = v_dossier FOR SHARE;
    SELECT r.teams, r.fresh_until, r.holder INTO NEW.teams, NEW.fresh_until, NEW.holder
    FROM public.access_reach(v_dossier, v_mask, v_source) r;
    IF NEW.holder IS NULL THEN
        RAISE EXCEPTION 'no such dossier' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.access_keep_place() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'a row never moves to another dossier or category'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Recount every protected row of some dossiers. The caller holds their locks.
CREATE FUNCTION public.access_recount(p_dossiers bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    p record;
BEGIN
    UPDATE public.access_dossier d
    SET teams = r.teams, fresh_until = r.fresh_until
    FROM (
        SELECT x.id, y.teams, y.fresh_until
        FROM unnest(p_dossiers) AS x (id), LATERAL public.access_reach(x.id, 511, NULL) y
    ) r
    WHERE d.id = r.id
      AND (d.teams, d.fresh_until) IS DISTINCT FROM (r.teams, r.fresh_until);

    FOR p IN SELECT * FROM public.access_protected WHERE table_name <> 'access_dossier' LOOP
        EXECUTE format(
            'UPDATE public.%1$I t SET teams = r.teams, fresh_until = r.fresh_until, holder = r.holder '
            'FROM (SELECT s.ctid AS at, y.* FROM public.%1$I s, '
            '      LATERAL public.access_reach(s.dossier_id, %2$s, %3$s) y '
            '      WHERE s.dossier_id = ANY ($1)) r '
            'WHERE t.ctid = r.at AND (t.teams, t.fresh_until, t.holder) '
            '      IS DISTINCT FROM (r.teams, r.fresh_until, r.holder)',
            p.table_name,
            CASE WHEN p.category_column <> '' THEN format('s.%I', p.category_column)
                 ELSE p.mask::text END,
            CASE WHEN p.by_source THEN 's.id' ELSE 'NULL' END
        ) USING p_dossiers;
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

-- Drop the key wraps of teams that no longer reach a category; the next write takes a new key.
CREATE FUNCTION public.access_prune_wraps(p_dossiers bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    WITH gone AS (
        DELETE FROM public.vault_datakeywrap w
        USING public.access_dossier d
        WHERE w.dossier_id = ANY (p_dossiers) AND d.id = w.dossier_id
          AND w.team_id <> d.holder
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

CREATE FUNCTION public.access_on_grants() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_dossiers bigint[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT dossier_id) INTO v_dossiers FROM old_rows;
    ELSE
        SELECT array_agg(DISTINCT dossier_id) INTO v_dossiers FROM new_rows;
    END IF;
    IF v_dossiers IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = ANY (v_dossiers) ORDER BY id
        FOR NO KEY UPDATE;
    PERFORM public.access_recount(v_dossiers);
    IF TG_OP <> 'INSERT' THEN
        PERFORM public.access_prune_wraps(v_dossiers);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER access_grants_inserted AFTER INSERT ON public.access_grant
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.access_on_grants();
CREATE TRIGGER access_grants_updated AFTER UPDATE ON public.access_grant
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.access_on_grants();
CREATE TRIGGER access_grants_deleted AFTER DELETE ON public.access_grant
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.access_on_grants();
CREATE TRIGGER access_never_inserted AFTER INSERT ON public.access_never
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.access_on_grants();
CREATE TRIGGER access_never_deleted AFTER DELETE ON public.access_never
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.access_on_grants();

-- Privileges of app and jobs on one table, after its columns are what they are.
CREATE FUNCTION public.access_apply(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    p public.access_protected;
    a public.access_allowed;
    v_insert text;
    v_update text;
BEGIN
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, app, jobs', p_table);
    SELECT * INTO p FROM public.access_protected WHERE table_name = p_table;
    IF FOUND AND p_table <> 'access_dossier' THEN
        SELECT string_agg(quote_ident(attname), ', '),
               string_agg(quote_ident(attname), ', ') FILTER (
                   WHERE attname NOT IN ('id', 'dossier_id', p.category_column))
        INTO v_insert, v_update
        FROM pg_catalog.pg_attribute
        WHERE attrelid = format('public.%I', p_table)::regclass AND attnum > 0
          AND NOT attisdropped AND attname NOT IN ('teams', 'fresh_until', 'holder');
        EXECUTE format('GRANT SELECT, INSERT (%s) ON public.%I TO app', v_insert, p_table);
        IF v_update IS NOT NULL THEN
            EXECUTE format('GRANT UPDATE (%s) ON public.%I TO app', v_update, p_table);
        END IF;
        IF p.deletable THEN
            EXECUTE format('GRANT DELETE ON public.%I TO app', p_table);
        END IF;
        IF p.jobs THEN
            EXECUTE format('GRANT SELECT, INSERT (%s) ON public.%I TO jobs', v_insert, p_table);
            IF v_update IS NOT NULL THEN
                EXECUTE format('GRANT UPDATE (%s) ON public.%I TO jobs', v_update, p_table);
            END IF;
        END IF;
        RETURN;
    END IF;
    SELECT * INTO a FROM public.access_allowed WHERE table_name = p_table;
    IF FOUND THEN
        IF a.app <> '' THEN
            EXECUTE format('GRANT %s ON public.%I TO app', a.app, p_table);
        END IF;
        IF a.jobs <> '' THEN
            EXECUTE format('GRANT %s ON public.%I TO jobs', a.jobs, p_table);
        END IF;
    END IF;
END $$;

-- Every table gets exactly what is registered; libraries' own tables are named here by prefix.
CREATE FUNCTION public.access_install_privileges() RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    t record;
BEGIN
    REVOKE CREATE ON SCHEMA public FROM PUBLIC, app, jobs, auditor;
    GRANT USAGE ON SCHEMA public TO app, jobs, auditor;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO app, jobs, auditor', current_database());
    FOR t IN SELECT c.relname FROM pg_catalog.pg_class c
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' LOOP
        IF t.relname ~ '^(django_session|plain_cache|account_|mfa_)' THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO app', t.relname);
            IF t.relname = 'django_session' THEN
                EXECUTE format('GRANT SELECT, DELETE ON public.%I TO jobs', t.relname);
            END IF;
        ELSIF t.relname ~ '^procrastinate_' THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO app, jobs', t.relname);
        ELSIF t.relname ~ '^django_(content_type|migrations)' THEN
            EXECUTE format('GRANT SELECT ON public.%I TO app, jobs', t.relname);
        ELSIF t.relname !~ '^(audit|vault)_' THEN
            PERFORM public.access_apply(t.relname);
        END IF;
    END LOOP;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app, jobs;
END $$;

CREATE FUNCTION public.access_protect(
    p_table text, p_mask int, p_column text, p_by_source boolean, p_also text,
    p_jobs boolean, p_deletable boolean
) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    -- Bare current_setting: wrapped in a sub-select it would hide the value from the planner.
    v_mine text := 'string_to_array(current_setting(''app.teams'', true), '','')::int[]';
    v_rule text;
BEGIN
    INSERT INTO public.access_protected
    VALUES (p_table, p_mask, p_column, p_by_source, p_also, p_jobs, p_deletable);
    EXECUTE format(
        'ALTER TABLE public.%I ADD COLUMN teams int[] NOT NULL DEFAULT ''{}'', '
        'ADD COLUMN fresh_until timestamptz NOT NULL DEFAULT ''infinity''', p_table);
    IF p_table <> 'access_dossier' THEN
        EXECUTE format('ALTER TABLE public.%I ADD COLUMN holder int NOT NULL DEFAULT 0', p_table);
        EXECUTE format(
            'CREATE TRIGGER access_row BEFORE INSERT ON public.%I FOR EACH ROW '
            'EXECUTE FUNCTION public.access_on_row(%L, %L, %L)',
            p_table, p_mask::text, p_column, p_by_source::text);
        EXECUTE format(
            'CREATE TRIGGER access_place BEFORE UPDATE OF dossier_id%s ON public.%I '
            'FOR EACH ROW EXECUTE FUNCTION public.access_keep_place()',
            CASE WHEN p_column = '' THEN '' ELSE format(', %I', p_column) END, p_table);
    END IF;
    EXECUTE format('CREATE INDEX %I ON public.%I USING gin (teams)', p_table || '_teams', p_table);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', p_table);
    v_rule := format(
        '((teams && %1$s AND fresh_until > statement_timestamp()) OR holder = ANY (%1$s)%2$s) '
        'AND (SELECT public.ctx_ok())', v_mine,
        CASE WHEN p_also = '' THEN '' ELSE format(' OR %I = ANY (%s)', p_also, v_mine) END);
    EXECUTE format('CREATE POLICY app_reads ON public.%I FOR SELECT TO app USING (%s)', p_table, v_rule);
    EXECUTE format('CREATE POLICY app_changes ON public.%I FOR UPDATE TO app USING (%s)', p_table, v_rule);
    EXECUTE format('CREATE POLICY app_removes ON public.%I FOR DELETE TO app USING (%s)', p_table, v_rule);
    EXECUTE format('CREATE POLICY app_adds ON public.%I FOR INSERT TO app WITH CHECK (%s)', p_table,
        CASE WHEN p_also = '' THEN v_rule ELSE '(SELECT public.ctx_ok())' END);
    EXECUTE format('CREATE POLICY owner_all ON public.%I TO CURRENT_USER USING (true)', p_table);
    IF p_jobs THEN
        EXECUTE format('CREATE POLICY jobs_all ON public.%I TO jobs USING (true)', p_table);
    END IF;
    PERFORM public.access_apply(p_table);
END $$;

CREATE FUNCTION public.access_unprotect(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_policy name;
BEGIN
    FOR v_policy IN SELECT policyname FROM pg_catalog.pg_policies
                    WHERE schemaname = 'public' AND tablename = p_table LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', v_policy, p_table);
    END LOOP;
    EXECUTE format('ALTER TABLE public.%I DISABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('DROP TRIGGER IF EXISTS access_row ON public.%I', p_table);
    EXECUTE format('DROP TRIGGER IF EXISTS access_place ON public.%I', p_table);
    EXECUTE format('ALTER TABLE public.%I DROP COLUMN teams, DROP COLUMN fresh_until', p_table);
    IF p_table <> 'access_dossier' THEN
        EXECUTE format('ALTER TABLE public.%I DROP COLUMN holder', p_table);
    END IF;
    DELETE FROM public.access_protected WHERE table_name = p_table;
    EXECUTE format('REVOKE ALL ON public.%I FROM app, jobs', p_table);
END $$;

CREATE FUNCTION public.access_allow(p_table text, p_app text, p_jobs text, p_owner text)
RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_rule text;
BEGIN
    INSERT INTO public.access_allowed VALUES (p_table, p_app, p_jobs, p_owner);
    IF p_owner <> '' THEN
        v_rule := CASE split_part(p_owner, ':', 1)
            WHEN 'team' THEN format(
                '%I = ANY (string_to_array(current_setting(''app.teams'', true), '','')::int[])',
                split_part(p_owner, ':', 2))
            WHEN 'user' THEN format(
                '%I = nullif(current_setting(''app.user'', true), '''')::int',
                split_part(p_owner, ':', 2))
        END || ' AND (SELECT public.ctx_ok())';
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', p_table);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', p_table);
        EXECUTE format('CREATE POLICY app_own ON public.%I TO app USING (%s)', p_table, v_rule);
        EXECUTE format('CREATE POLICY owner_all ON public.%I TO CURRENT_USER USING (true)', p_table);
        IF p_jobs <> '' THEN
            EXECUTE format('CREATE POLICY jobs_all ON public.%I TO jobs USING (true)', p_table);
        END IF;
    END IF;
    PERFORM public.access_apply(p_table);
END $$;

CREATE FUNCTION public.access_disallow(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    v_policy name;
BEGIN
    FOR v_policy IN SELECT policyname FROM pg_catalog.pg_policies
                    WHERE schemaname = 'public' AND tablename = p_table LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', v_policy, p_table);
    END LOOP;
    EXECUTE format('ALTER TABLE public.%I DISABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('REVOKE ALL ON public.%I FROM app, jobs', p_table);
    DELETE FROM public.access_allowed WHERE table_name = p_table;
END $$;
