-- Whom the person excludes beats every grant: by unit, by district, by account.

-- Does the person exclude the unit of this team? Asked by every verb that opens anything.
CREATE FUNCTION public.access_excluded(p_dossier bigint, p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_never n
        JOIN public.access_team t ON t.id = p_team
        JOIN public.access_unit u ON u.id = t.unit_id
        WHERE n.dossier_id = p_dossier
          AND (n.unit_id = u.id OR (n.kind = 'district' AND n.district = u.district)))
$$;

-- The dossiers that the acting account never reaches, whatever its teams reach. Read once in a
-- query: nearly always empty.
CREATE FUNCTION public.access_stopped() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(array_agg(n.dossier_id), '{}') FROM public.access_never n
    WHERE n.user_id = nullif(current_setting('app.user', true), '')::int
$$;

-- A table with a column that names a dossier stays shut to an account that is stopped there.
CREATE FUNCTION public.access_stop_on(p_table text, p_column text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    EXECUTE format(
        'CREATE POLICY stopped ON public.%1$I AS RESTRICTIVE TO app '
        'USING (%2$I IS NULL OR %2$I <> ALL ((SELECT public.access_stopped())::bigint[])) '
        'WITH CHECK (true)', p_table, p_column);
END $$;

ALTER FUNCTION public.access_protect(text, int, text, boolean, text, boolean, boolean)
    RENAME TO access_protect_rows;
CREATE FUNCTION public.access_protect(
    p_table text, p_mask int, p_column text, p_by_source boolean, p_also text,
    p_jobs boolean, p_deletable boolean
) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    PERFORM public.access_protect_rows(
        p_table, p_mask, p_column, p_by_source, p_also, p_jobs, p_deletable);
    PERFORM public.access_stop_on(p_table, 'dossier_id');
END $$;
SELECT public.access_stop_on(
    table_name, CASE WHEN table_name = 'access_dossier' THEN 'id' ELSE 'dossier_id' END)
FROM public.access_protected;
SELECT public.access_stop_on('access_grant', 'dossier_id');
SELECT public.access_stop_on('access_listing', 'dossier_id');

-- The list itself: the holder reads it.
ALTER TABLE public.access_never ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.access_never FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON public.access_never TO CURRENT_USER USING (true);
CREATE POLICY app_reads ON public.access_never FOR SELECT TO app USING (
    EXISTS (SELECT FROM public.access_dossier d WHERE d.id = dossier_id
            AND d.holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[]))
    AND (SELECT public.ctx_ok()));

CREATE OR REPLACE FUNCTION public.access_lock_dossier(p_dossier bigint)
RETURNS TABLE (id bigint, ref varchar, holder int, sealed boolean, opened_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.ctx_ok() THEN
        RETURN;
    END IF;
    PERFORM 1 FROM public.access_dossier d WHERE d.id = p_dossier FOR NO KEY UPDATE;
    IF p_dossier = ANY (public.access_stopped()) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT d.id, d.ref, d.holder, d.sealed, d.opened_at FROM public.access_dossier d
    WHERE d.id = p_dossier AND (
        d.holder = ANY (public.ctx_teams())
        OR EXISTS (
            SELECT FROM public.access_grant g
            WHERE g.dossier_id = d.id AND g.team_id = ANY (public.ctx_teams())
              AND g.ended_at IS NULL AND g.starts_at <= statement_timestamp()
              AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
              AND NOT public.access_excluded(d.id, g.team_id)
        )
    );
END $$;

CREATE OR REPLACE FUNCTION public.access_offer(
    p_dossier bigint, p_team int, p_categories int, p_source uuid,
    p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    -- First the lock, then the question: an exclusion that commits meanwhile is seen.
    PERFORM 1 FROM public.access_dossier WHERE id = p_dossier FOR NO KEY UPDATE;
    IF NOT (public.ctx_ok() AND EXISTS (
        SELECT FROM public.access_dossier d
        WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams()) AND d.holder <> p_team
    )) OR (p_categories & ~511) <> 0 OR public.access_excluded(p_dossier, p_team)
       OR p_dossier = ANY (public.access_stopped()) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_grant (id, dossier_id, team_id, categories, offered, source,
                                     source_id, starts_at, ends_at, granted_by)
    VALUES (gen_random_uuid(), p_dossier, p_team, 512, p_categories, 'offer',
            p_source, p_at, p_until, public.ctx_user());
END $$;

-- Say whom she excludes. Only the holder does, but anybody may stop the own account. What stands
-- already for the excluded ends here, with its keys; returns how many grants and offers that were.
CREATE FUNCTION public.access_exclude(
    p_id uuid, p_dossier bigint, p_kind text, p_unit int, p_district text, p_user int,
    p_words bytea, p_at timestamptz
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_count int;
    v_holder int;
    v_me int := public.ctx_user();
    v_own boolean := p_kind = 'account' AND p_user = public.ctx_user();
BEGIN
    SELECT d.holder INTO v_holder FROM public.access_lock_dossier(p_dossier) d;
    IF v_holder IS NULL OR NOT (v_own OR v_holder = ANY (public.ctx_teams())) THEN
        PERFORM public.access_refuse();
    END IF;
    INSERT INTO public.access_never
        (id, dossier_id, kind, unit_id, district, user_id, words, by_kin, added_at, added_by)
    VALUES (p_id, p_dossier, p_kind, p_unit, p_district, p_user, p_words, v_own, p_at, v_me)
    ON CONFLICT DO NOTHING;
    -- Who holds the file cannot be shut out of it by a line: it is handed over first.
    IF public.access_excluded(p_dossier, v_holder) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_grant g SET ended_at = p_at
    WHERE g.dossier_id = p_dossier AND g.ended_at IS NULL AND g.source <> 'holder'
      AND (public.access_excluded(p_dossier, g.team_id) OR g.named = p_user);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$;

-- Take a line back. It opens nothing by itself: whoever is to know is asked for again.
CREATE FUNCTION public.access_include(p_id uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_dossier bigint;
BEGIN
    SELECT n.dossier_id INTO v_dossier FROM public.access_never n WHERE n.id = p_id;
    IF NOT EXISTS (SELECT FROM public.access_lock_dossier(v_dossier) d
                   WHERE d.holder = ANY (public.ctx_teams())) THEN
        PERFORM public.access_refuse();
    END IF;
    DELETE FROM public.access_never WHERE id = p_id;
    RETURN v_dossier;
END $$;

-- Another holder. The former team's grant comes first: in a moment without any grant its keys
-- would be pruned before they are laid for the new one.
CREATE FUNCTION public.access_turn_over(
    p_dossier bigint, p_old int, p_new int, p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    INSERT INTO public.access_grant
        (id, dossier_id, team_id, categories, offered, source, starts_at, ends_at, granted_by)
    VALUES (gen_random_uuid(), p_dossier, p_old, 511, 0, 'former_holder', p_at, p_until,
            public.ctx_user());
    UPDATE public.access_dossier SET holder = p_new WHERE id = p_dossier;
    UPDATE public.access_grant SET ended_at = p_at
    WHERE dossier_id = p_dossier AND source = 'holder' AND ended_at IS NULL;
    INSERT INTO public.access_grant
        (id, dossier_id, team_id, categories, offered, source, starts_at, granted_by)
    VALUES (gen_random_uuid(), p_dossier, p_new, 511, 0, 'holder', p_at, public.ctx_user());
END $$;

CREATE OR REPLACE FUNCTION public.access_hand_over(
    p_dossier bigint, p_team int, p_at timestamptz, p_until timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_old int;
BEGIN
    SELECT d.holder INTO v_old FROM public.access_lock_dossier(p_dossier) d
    WHERE d.holder = ANY (public.ctx_teams());
    IF v_old IS NULL OR v_old = p_team OR public.access_excluded(p_dossier, p_team) OR NOT EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.dossier_id = p_dossier AND g.team_id = p_team AND g.source = 'referral'
          AND g.ended_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM public.access_turn_over(p_dossier, v_old, p_team, p_at, p_until);
END $$;

-- A closed circle: the dossier goes to a team of the same unit that takes no requests. As in a
-- hand-over the former team keeps its reach until the keys are laid (access_close_circle).
CREATE FUNCTION public.access_seal(p_dossier bigint, p_team int, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_old int;
BEGIN
    SELECT d.holder INTO v_old FROM public.access_lock_dossier(p_dossier) d
    WHERE d.holder = ANY (public.ctx_teams());
    IF v_old IS NULL OR v_old = p_team OR NOT p_team = ANY (public.ctx_teams()) OR NOT EXISTS (
        SELECT FROM public.access_team o JOIN public.access_team n ON n.unit_id = o.unit_id
        WHERE o.id = v_old AND n.id = p_team AND NOT n.is_intake
    ) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_dossier SET sealed = true WHERE id = p_dossier;
    PERFORM public.access_turn_over(p_dossier, v_old, p_team, p_at, NULL);
END $$;

CREATE FUNCTION public.access_close_circle(p_dossier bigint, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.access_lock_dossier(p_dossier) d
                   WHERE d.sealed AND d.holder = ANY (public.ctx_teams())) THEN
        PERFORM public.access_refuse();
    END IF;
    UPDATE public.access_grant SET ended_at = p_at
    WHERE dossier_id = p_dossier AND source = 'former_holder' AND ended_at IS NULL;
END $$;

-- Who is kin does not read who saw the file either.
CREATE OR REPLACE FUNCTION public.audit_may_read_dossier(dossier bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.access_dossier d
                   WHERE d.id = dossier AND d.holder = ANY (public.ctx_teams()))
        AND NOT dossier = ANY (public.access_stopped());
END $$;

-- Whatever opens a file, a verb of a later room too: nothing opens for whom she excludes, nor by
-- the hand of an account that is stopped, nor to it by name.
CREATE FUNCTION public.access_refuse_excluded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF public.access_excluded(NEW.dossier_id, NEW.team_id) OR EXISTS (
        SELECT FROM public.access_never n
        WHERE n.dossier_id = NEW.dossier_id AND n.user_id IN (NEW.named, NEW.granted_by))
    THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER access_excluded BEFORE INSERT ON public.access_grant
    FOR EACH ROW WHEN (NEW.source <> 'holder') EXECUTE FUNCTION public.access_refuse_excluded();

-- Emergency access. Which files a team could help with is the same question for keys and for
-- callers; a caller who is stopped gets the answer of an unknown name.
CREATE FUNCTION public.access_team_may_rescue(p_dossier bigint, p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_dossier d
        WHERE d.id = p_dossier AND NOT d.sealed AND d.holder <> p_team
          AND NOT public.access_excluded(d.id, p_team))
$$;
CREATE OR REPLACE FUNCTION public.access_may_rescue(p_dossier bigint, p_team int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.access_team_may_rescue(p_dossier, p_team)
       AND NOT p_dossier = ANY (public.access_stopped())
$$;
CREATE OR REPLACE FUNCTION public.access_in_emergency(p_dossier bigint, p_category int)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT p_category IN (4, 256) AND EXISTS (
        SELECT FROM public.access_emergency e
        WHERE e.team_id IS NOT NULL AND public.access_team_may_rescue(p_dossier, e.team_id))
$$;
-- An account that stops itself takes nothing from a team.
DROP TRIGGER access_excluded ON public.access_never;
CREATE TRIGGER access_excluded AFTER INSERT ON public.access_never
    FOR EACH ROW WHEN (NEW.kind <> 'account') EXECUTE FUNCTION public.access_drop_emergency();

-- An advocate who is stopped signs nothing.
CREATE OR REPLACE FUNCTION public.access_is_advocate(p_dossier bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.ctx_ok() AND NOT p_dossier = ANY (public.access_stopped()) AND EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.dossier_id = p_dossier AND g.source = 'advocate'
          AND g.named = public.ctx_user() AND g.team_id = ANY (public.ctx_teams())
          AND g.ended_at IS NULL AND g.starts_at <= statement_timestamp()
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
    )
$$;

REVOKE EXECUTE ON FUNCTION
    public.access_refuse_excluded(), public.access_team_may_rescue(bigint, int),
    public.access_excluded(bigint, int), public.access_stopped(),
    public.access_stop_on(text, text),
    public.access_turn_over(bigint, int, int, timestamptz, timestamptz),
    public.access_protect(text, int, text, boolean, text, boolean, boolean),
    public.access_exclude(uuid, bigint, text, int, text, int, bytea, timestamptz),
    public.access_include(uuid), public.access_seal(bigint, int, timestamptz),
    public.access_close_circle(bigint, timestamptz)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.access_stopped(),
    public.access_exclude(uuid, bigint, text, int, text, int, bytea, timestamptz),
    public.access_include(uuid), public.access_seal(bigint, int, timestamptz),
    public.access_close_circle(bigint, timestamptz)
TO app;
