-- The only writers of the tables of authority. Each checks the signed context.

CREATE FUNCTION public.access_can(p_permission text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.ctx_ok() AND EXISTS (
        SELECT FROM public.access_rolegrant r
        JOIN public.access_rolepermission p ON p.role = r.role
        WHERE r.user_id = public.ctx_user() AND p.permission = p_permission
          AND r.since <= statement_timestamp()
          AND (r.until IS NULL OR r.until > statement_timestamp())
    )
$$;

CREATE FUNCTION public.access_refuse() RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'refused by the wall' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Lock a dossier that my teams hold, reach or were asked about. No row: gone.
CREATE FUNCTION public.access_lock_dossier(p_dossier bigint)
RETURNS TABLE (id bigint, ref varchar, holder int, sealed boolean, opened_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() THEN
        RETURN;
    END IF;
    PERFORM 1 FROM public.access_dossier d WHERE d.id = p_dossier FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT d.id, d.ref, d.holder, d.sealed, d.opened_at FROM public.access_dossier d
    WHERE d.id = p_dossier AND (
        d.holder = ANY (public.ctx_teams())
        OR EXISTS (
            SELECT FROM public.access_grant g
            WHERE g.dossier_id = d.id AND g.team_id = ANY (public.ctx_teams())
              AND g.ended_at IS NULL AND g.starts_at <= statement_timestamp()
              AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
        )
    );
END $$;

CREATE FUNCTION public.access_open_dossiers(
    p_refs text[], p_team int, p_at timestamptz, p_sealed boolean
) RETURNS TABLE (id bigint, ref varchar)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
    IF NOT (public.ctx_ok() AND p_team = ANY (public.ctx_teams())) THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN QUERY
    WITH made AS (
        INSERT INTO public.access_dossier (ref, holder, sealed, opened_at)
        SELECT r, p_team, p_sealed, p_at FROM unnest(p_refs) WITH ORDINALITY AS x (r, n) ORDER BY n
        RETURNING access_dossier.id, access_dossier.ref
    ), granted AS (
        INSERT INTO public.access_grant
            (id, dossier_id, team_id, categories, offered, source, starts_at, granted_by)
        SELECT gen_random_uuid(), m.id, p_team, 511, 0, 'holder', p_at, public.ctx_user()
        FROM made m
    )
    SELECT m.id, m.ref FROM made m;
END $$;

-- Ask another team. It sees the request's own row until it accepts.
CREATE FUNCTION public.access_offer(
    p_dossier bigint, p_team int, p_categories int, p_source uuid,
    p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT (public.ctx_ok() AND EXISTS (
        SELECT FROM public.access_dossier d
        WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams()) AND d.holder <> p_team
    )) OR (p_categories & ~511) <> 0 THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    INSERT INTO public.access_grant (id, dossier_id, team_id, categories, offered, source,
                                     source_id, starts_at, ends_at, granted_by)
    VALUES (gen_random_uuid(), p_dossier, p_team, 512, p_categories, 'offer',
            p_source, p_at, p_until, public.ctx_user());
END $$;

-- Acceptance by the team that was asked: what was offered opens, and nothing else.
CREATE FUNCTION public.access_release(
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
    SET categories = 512 | g.offered, source = 'referral', ends_at = p_until
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

-- End grants: the holder may end any but its own, a receiver only its own.
CREATE FUNCTION public.access_end(
    p_dossier bigint, p_source uuid, p_unit int, p_at timestamptz
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_count int;
    v_holds boolean;
BEGIN
    IF NOT public.ctx_ok() OR (p_source IS NULL AND p_unit IS NULL) THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    SELECT d.holder = ANY (public.ctx_teams()) INTO v_holds
    FROM public.access_dossier d WHERE d.id = p_dossier;
    UPDATE public.access_grant g SET ended_at = p_at
    WHERE g.dossier_id = p_dossier AND g.ended_at IS NULL AND g.source <> 'holder'
      AND (p_source IS NULL OR g.source_id = p_source)
      AND (p_unit IS NULL OR g.team_id IN (
          SELECT t.id FROM public.access_team t WHERE t.unit_id = p_unit))
      AND (v_holds OR g.team_id = ANY (public.ctx_teams()));
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- The team that accepted becomes the holder. The former one keeps its reach for as long as it
-- takes to lay the keys for the new one, then narrows it itself (access_narrow).
CREATE FUNCTION public.access_hand_over(
    p_dossier bigint, p_team int, p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_old int;
BEGIN
    IF NOT public.ctx_ok() THEN
        PERFORM public.access_refuse();
    END IF;
    SELECT d.holder INTO v_old FROM public.access_dossier d
    WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams()) FOR NO KEY UPDATE;
    IF v_old IS NULL OR v_old = p_team OR NOT EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.dossier_id = p_dossier AND g.team_id = p_team AND g.source = 'referral'
          AND g.ended_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_dossier SET holder = p_team WHERE id = p_dossier;
    UPDATE public.access_grant SET ended_at = p_at
    WHERE dossier_id = p_dossier AND source = 'holder' AND ended_at IS NULL;
    INSERT INTO public.access_grant
        (id, dossier_id, team_id, categories, offered, source, starts_at, ends_at, granted_by)
    VALUES
        (gen_random_uuid(), p_dossier, p_team, 511, 0, 'holder', p_at, NULL, public.ctx_user()),
        (gen_random_uuid(), p_dossier, v_old, 511, 0, 'former_holder', p_at, p_until,
         public.ctx_user());
END $$;

-- A team gives up reach of its own; nobody gains by it.
CREATE FUNCTION public.access_narrow(p_dossier bigint, p_keep int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    UPDATE public.access_grant SET categories = categories & p_keep
    WHERE dossier_id = p_dossier AND source = 'former_holder' AND ended_at IS NULL
      AND team_id = ANY (public.ctx_teams());
END $$;

-- Each minute and at start: rows whose moment has passed.
CREATE FUNCTION public.access_sweep() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_due bigint[];
BEGIN
    SELECT array_agg(id) INTO v_due FROM (
        SELECT id FROM public.access_dossier
        WHERE fresh_until <= statement_timestamp() ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    ) due;
    IF v_due IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM public.access_recount(v_due);
    PERFORM public.access_prune_wraps(v_due);
    RETURN cardinality(v_due);
END $$;

-- Rows whose arrays differ from the grants, per table. For the owner and the tests.
CREATE FUNCTION public.access_verify() RETURNS TABLE (table_name text, wrong bigint)
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT * FROM public.access_protected LOOP
        table_name := p.table_name;
        EXECUTE format(
            'SELECT count(*) FROM public.%1$I s, LATERAL public.access_reach(s.%4$I, %2$s, %3$s) y '
            'WHERE (s.teams, s.holder) IS DISTINCT FROM (y.teams, y.holder)',
            p.table_name,
            CASE WHEN p.category_column <> '' THEN format('s.%I', p.category_column)
                 ELSE p.mask::text END,
            CASE WHEN p.by_source THEN 's.id' ELSE 'NULL' END,
            CASE WHEN p.table_name = 'access_dossier' THEN 'id' ELSE 'dossier_id' END
        ) INTO wrong;
        RETURN NEXT;
    END LOOP;
END $$;

-- Keys. A wrap is laid only for a team that reaches the category, or was offered it;
-- an offered wrap stays shut until release.
CREATE FUNCTION public.access_teams_for(p_dossier bigint, p_category int)
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
    )
    SELECT k.team_id, k.version, k.public, w.offered
    FROM wanted w
    JOIN LATERAL (
        SELECT x.team_id, x.version, x.public FROM public.vault_teamkey x
        WHERE x.team_id = w.team_id ORDER BY x.version DESC LIMIT 1
    ) k ON true
    WHERE EXISTS (SELECT FROM reach WHERE reach.teams && v_mine);
END $$;

-- For many dossiers and categories at once: arrays of equal length, one place for each wrap.
CREATE FUNCTION public.access_put_wraps(
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
            CASE WHEN x.offered IS NULL THEN x.team = ANY (r.teams) ELSE EXISTS (
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

CREATE FUNCTION public.access_put_data_keys(
    p_dossiers bigint[], p_categories int[], p_versions int[], p_teams int[],
    p_team_versions int[], p_wraps bytea[], p_offered uuid[]
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    -- First the wraps: they check who asks, for which dossiers and teams. Then the version: the
    -- next one and no other.
    PERFORM public.access_put_wraps(p_dossiers, p_categories, p_versions, p_teams,
                                    p_team_versions, p_wraps, p_offered);
    IF EXISTS (
        SELECT FROM unnest(p_dossiers, p_categories, p_versions) AS x (dossier, category, version)
        WHERE x.version IS DISTINCT FROM 1 + coalesce((
            SELECT max(k.version) FROM public.vault_datakey k
            WHERE k.dossier_id = x.dossier AND k.category = x.category), 0)
    ) THEN
        RAISE EXCEPTION 'another version stands' USING ERRCODE = 'unique_violation';
    END IF;
    INSERT INTO public.vault_datakey (dossier_id, category, version, stale)
    SELECT DISTINCT dossier, category, version, false
    FROM unnest(p_dossiers, p_categories, p_versions) AS x (dossier, category, version);
END $$;

-- Accounts' and teams' keys.
CREATE FUNCTION public.access_put_account_key(
    p_public bytea, p_private_wrapped bytea, p_salt bytea, p_params text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.vault_accountkey (user_id, public, private_wrapped, salt, params)
    VALUES (public.ctx_user(), p_public, p_private_wrapped, p_salt, p_params)
    ON CONFLICT (user_id) DO UPDATE
    SET public = excluded.public, private_wrapped = excluded.private_wrapped,
        salt = excluded.salt, params = excluded.params;
END $$;

CREATE FUNCTION public.access_supervises(p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.ctx_ok() AND EXISTS (
        SELECT FROM public.access_membership m
        WHERE m.user_id = public.ctx_user() AND m.team_id = p_team
          AND (m.is_supervisor OR m.is_deputy) AND m.since <= statement_timestamp()
          AND (m.until IS NULL OR m.until > statement_timestamp())
    )
$$;

-- A team's first key is made by its first member, a later one by a supervisor.
CREATE FUNCTION public.access_put_team_key(
    p_team int, p_version int, p_public bytea, p_recovery_wrapped bytea
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() OR NOT p_team = ANY (public.ctx_teams()) OR NOT (
        public.access_supervises(p_team)
        OR NOT EXISTS (SELECT FROM public.vault_teamkey WHERE team_id = p_team)
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.vault_teamkey (team_id, version, public, recovery_wrapped)
    VALUES (p_team, p_version, p_public, p_recovery_wrapped);
END $$;

CREATE FUNCTION public.access_put_team_wrap(
    p_team int, p_version int, p_user int, p_wrapped bytea
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() OR NOT p_team = ANY (public.ctx_teams())
       OR NOT (p_user = public.ctx_user() OR public.access_supervises(p_team))
       OR NOT EXISTS (
           SELECT FROM public.access_membership m
           WHERE m.user_id = p_user AND m.team_id = p_team
             AND (m.until IS NULL OR m.until > statement_timestamp()))
    THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.vault_teamkeywrap (team_id, version, user_id, wrapped)
    VALUES (p_team, p_version, p_user, p_wrapped)
    ON CONFLICT (team_id, version, user_id) DO UPDATE SET wrapped = excluded.wrapped;
END $$;

CREATE FUNCTION public.access_put_unit_token_wrap(p_unit int, p_team int, p_wrapped bytea)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() OR NOT EXISTS (
        SELECT FROM public.access_team t
        WHERE t.id = p_team AND t.unit_id = p_unit AND EXISTS (
            SELECT FROM public.access_team mine
            WHERE mine.unit_id = p_unit AND mine.id = ANY (public.ctx_teams()))
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.vault_unittokenkey (unit_id, team_id, wrapped)
    VALUES (p_unit, p_team, p_wrapped)
    ON CONFLICT (unit_id, team_id) DO NOTHING;
END $$;

-- Units, teams, accounts, roles.
CREATE FUNCTION public.access_put_unit(
    p_code text, p_name text, p_type text, p_district text, p_duty_phone text
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_id int;
BEGIN
    IF NOT public.access_can('installation_manage') THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_unit (code, name, type, district, duty_phone)
    VALUES (p_code, p_name, p_type, p_district, p_duty_phone) RETURNING id INTO v_id;
    RETURN v_id;
END $$;

CREATE FUNCTION public.access_runs_unit(p_unit int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.access_can('installation_manage') OR (
        public.access_can('unit_manage') AND EXISTS (
            SELECT FROM public.access_user u
            WHERE u.id = public.ctx_user() AND u.unit_id = p_unit))
$$;

CREATE FUNCTION public.access_put_team(p_unit int, p_name text, p_intake boolean)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_id int;
BEGIN
    IF NOT public.access_runs_unit(p_unit) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_team (unit_id, name, is_intake)
    VALUES (p_unit, p_name, p_intake) RETURNING id INTO v_id;
    RETURN v_id;
END $$;

CREATE FUNCTION public.access_put_user(
    p_unit int, p_username text, p_display_name text, p_language text,
    p_invitation text, p_invited_until timestamptz
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_id int;
BEGIN
    IF NOT public.access_runs_unit(p_unit) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_user (username, display_name, language, unit_id, is_active,
                                    invitation, invited_until, password)
    VALUES (p_username, p_display_name, p_language, p_unit, true,
            p_invitation, p_invited_until, '!') RETURNING id INTO v_id;
    RETURN v_id;
END $$;

-- One use; the account then has its own passphrase.
CREATE FUNCTION public.access_take_invitation(
    p_user int, p_invitation text, p_password text, p_at timestamptz
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.access_user SET password = p_password, invitation = '', invited_until = NULL
    WHERE id = p_user AND is_active AND invitation <> '' AND invitation = p_invitation
      AND invited_until > p_at;
    RETURN FOUND;
END $$;

CREATE FUNCTION public.access_close_user(p_user int, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
BEGIN
    SELECT unit_id INTO v_unit FROM public.access_user WHERE id = p_user;
    IF NOT public.access_runs_unit(v_unit) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_user SET is_active = false, password = '!' WHERE id = p_user;
    UPDATE public.access_membership SET until = p_at WHERE user_id = p_user AND until IS NULL;
    UPDATE public.access_rolegrant SET until = p_at WHERE user_id = p_user AND until IS NULL;
    DELETE FROM public.vault_teamkeywrap WHERE user_id = p_user;
END $$;

CREATE FUNCTION public.access_join(
    p_user int, p_team int, p_at timestamptz, p_supervisor boolean, p_deputy boolean,
    p_duty_officer boolean
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
BEGIN
    SELECT t.unit_id INTO v_unit FROM public.access_team t WHERE t.id = p_team;
    -- The administrator only seats the first member; later ones are let in by the team itself.
    IF NOT public.ctx_ok() OR NOT (
        public.access_supervises(p_team)
        OR (public.access_runs_unit(v_unit) AND NOT EXISTS (
            SELECT FROM public.vault_teamkey WHERE team_id = p_team))
    ) OR NOT EXISTS (
        SELECT FROM public.access_user u
        WHERE u.id = p_user AND u.unit_id = v_unit AND u.is_active
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_membership
        (user_id, team_id, since, is_supervisor, is_deputy, is_duty_officer)
    VALUES (p_user, p_team, p_at, p_supervisor, p_deputy, p_duty_officer)
    ON CONFLICT (user_id, team_id) WHERE until IS NULL DO UPDATE
    SET is_supervisor = p_supervisor, is_deputy = p_deputy, is_duty_officer = p_duty_officer;
END $$;

CREATE FUNCTION public.access_leave(p_user int, p_team int, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
BEGIN
    SELECT t.unit_id INTO v_unit FROM public.access_team t WHERE t.id = p_team;
    IF NOT (public.access_supervises(p_team) OR public.access_runs_unit(v_unit)) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_membership SET until = p_at
    WHERE user_id = p_user AND team_id = p_team AND until IS NULL;
    DELETE FROM public.vault_teamkeywrap WHERE user_id = p_user AND team_id = p_team;
END $$;

-- Nobody gives a role to themselves.
CREATE FUNCTION public.access_appoint(p_user int, p_role text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
BEGIN
    SELECT unit_id INTO v_unit FROM public.access_user WHERE id = p_user;
    IF NOT public.access_runs_unit(v_unit) OR p_user = public.ctx_user()
       OR NOT EXISTS (SELECT FROM public.access_rolepermission WHERE role = p_role)
       OR (NOT public.access_can('installation_manage') AND EXISTS (
           SELECT FROM public.access_rolepermission
           WHERE role = p_role AND permission = 'installation_manage'))
    THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_rolegrant (user_id, unit_id, role, since)
    VALUES (p_user, v_unit, p_role, p_at)
    ON CONFLICT (user_id, unit_id, role) WHERE until IS NULL DO NOTHING;
END $$;

CREATE FUNCTION public.access_dismiss(p_user int, p_role text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
BEGIN
    SELECT unit_id INTO v_unit FROM public.access_user WHERE id = p_user;
    IF NOT public.access_runs_unit(v_unit) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_rolegrant SET until = p_at
    WHERE user_id = p_user AND role = p_role AND until IS NULL;
END $$;

-- Once, while there is no account at all: the first administrator.
CREATE FUNCTION public.access_set_up(
    p_unit_code text, p_unit_name text, p_unit_type text, p_username text,
    p_display_name text, p_language text, p_password text, p_role text, p_at timestamptz
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
    v_user int;
BEGIN
    LOCK TABLE public.access_user IN EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM public.access_user) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_unit (code, name, type, district, duty_phone)
    VALUES (p_unit_code, p_unit_name, p_unit_type, '', '') RETURNING id INTO v_unit;
    INSERT INTO public.access_user (username, display_name, language, unit_id, is_active,
                                    invitation, password)
    VALUES (p_username, p_display_name, p_language, v_unit, true, '', p_password)
    RETURNING id INTO v_user;
    INSERT INTO public.access_rolegrant (user_id, unit_id, role, since)
    VALUES (v_user, v_unit, p_role, p_at);
    RETURN v_user;
END $$;
