-- Who withdrew stands here as a keyed mark, for ever; how many, who prepares or signs may know.
ALTER TABLE public.statistics_leaver ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs_all ON public.statistics_leaver TO jobs USING (true);
CREATE POLICY reads ON public.statistics_leaver FOR SELECT TO app
    USING ((SELECT public.statistics_works()));
CREATE POLICY enters ON public.statistics_leaver FOR INSERT TO app
    WITH CHECK (by_id = (SELECT public.ctx_user())
        AND (SELECT public.access_can('numbers_prepare')));
CREATE TRIGGER statistics_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON public.statistics_leaver
    FOR EACH STATEMENT EXECUTE FUNCTION public.statistics_for_ever();

-- Data come in only after somebody else has agreed to the spend.
ALTER POLICY sends ON public.statistics_source WITH CHECK (EXISTS (
    SELECT FROM public.statistics_output o
    WHERE o.id = output_id AND o.prepared_by_id = (SELECT public.ctx_user())
      AND ((o.kind, o.state) = ('estimate', 'planned')
        OR (o.kind, o.state) = ('release', 'forecast') AND EXISTS (
            SELECT FROM public.statistics_decision d
            WHERE d.output_id = o.id AND d.verb = 'allow' AND d.by_id <> o.prepared_by_id))));

-- They answer the triggers and the worker; the pages read decisions and signatures themselves.
REVOKE EXECUTE ON FUNCTION
    public.statistics_allowed_by(uuid), public.statistics_is_signed(uuid) FROM app;

-- The mark, for whoever may read what is marked. A line that says what was taken down comes later
-- than every signature and is no part of it.
CREATE OR REPLACE FUNCTION public.statistics_seal(p_output uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT encode(sha256(convert_to(concat_ws(E'\n',
        o.id, o.kind, o.status, o.is_passed,
        encode(sha256(convert_to(o.name, 'UTF8')), 'hex'),
        encode(sha256(convert_to(o.plan, 'UTF8')), 'hex'),
        encode(sha256(convert_to(o.about, 'UTF8')), 'hex'),
        (SELECT string_agg(s.hash || ' ' || encode(sha256(convert_to(s.entry, 'UTF8')), 'hex'),
            E'\n' ORDER BY s.number) FROM public.statistics_spend s
         WHERE s.output_id = o.id AND s.state <> 'withdrawn'),
        (SELECT string_agg(encode(sha256(p.content), 'hex') || ' ' || p.path,
            E'\n' ORDER BY p.path COLLATE "C")
         FROM public.statistics_paper p WHERE p.output_id = o.id)), 'UTF8')), 'hex')
    FROM public.statistics_output o
    WHERE o.id = p_output AND (public.statistics_works()
        OR o.state IN ('published', 'withdrawn') AND public.access_can('counts_read'))
$$;

-- The ledger: each line is chained to the last one, its columns are what its text says, both people
-- of a spend stand in it, and no population passes the lowest cap that was ever set for it.
CREATE OR REPLACE FUNCTION public.statistics_on_spend() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    e jsonb := NEW.entry::jsonb;
    o public.statistics_output;
    v_last public.statistics_spend;
    v_cap double precision;
    v_spent double precision;
    v_is_official boolean := coalesce((e ->> 'not_dp')::boolean, false);
    v_first text := CASE WHEN v_is_official THEN 'spent' ELSE 'reserved' END;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('public.statistics_spend'));
    SELECT * INTO v_last FROM public.statistics_spend s ORDER BY s.number DESC LIMIT 1;
    IF NEW.hash IS DISTINCT FROM encode(sha256(convert_to(NEW.entry, 'UTF8')), 'hex')
       OR e ->> 'previous' IS DISTINCT FROM coalesce(v_last.hash, repeat('0', 64))
       OR (e ->> 'id')::int IS DISTINCT FROM coalesce(v_last.number, 0) + 1 THEN
        PERFORM public.statistics_refuse('statistics_ledger_chain');
    END IF;
    NEW.number := (e ->> 'id')::int;
    NEW.population := e ->> 'population';
    NEW.state := e ->> 'state';
    NEW.rho := (e ->> 'rho')::double precision;
    NEW.cap_rho := (e ->> 'cap_rho')::double precision;
    SELECT * INTO o FROM public.statistics_output x WHERE x.id = NEW.output_id;
    IF e -> 'of' IS NULL THEN
        -- Something is spent, or official tables are listed: asked for by one, agreed to by another.
        IF (o.kind, o.state) IS DISTINCT FROM ('release', 'asked')
           OR NEW.state IS DISTINCT FROM v_first
           OR public.statistics_allowed_by(o.id) IS NULL
           OR e -> 'people' IS DISTINCT FROM jsonb_build_array(
               o.prepared_by_id::text, public.statistics_allowed_by(o.id)::text) THEN
            PERFORM public.statistics_refuse('statistics_ledger_entry');
        END IF;
    ELSIF NEW.state IS NULL OR NEW.state NOT IN ('spent', 'refused', 'withdrawn')
       OR NEW.state = 'withdrawn' AND o.state IS DISTINCT FROM 'withdrawn'
       OR NOT EXISTS (
            SELECT FROM public.statistics_spend s
            WHERE s.output_id = NEW.output_id AND s.hash = e ->> 'of'
              AND s.population = NEW.population) THEN
        -- What became of it.
        PERFORM public.statistics_refuse('statistics_ledger_entry');
    END IF;
    -- Official tables cost nothing and no budget covers them.
    IF v_is_official THEN
        IF NEW.rho IS NOT NULL OR NEW.cap_rho IS NOT NULL THEN
            PERFORM public.statistics_refuse('statistics_ledger_entry');
        END IF;
        NEW.rho := 0;
        NEW.cap_rho := 'Infinity';
        RETURN NEW;
    END IF;
    IF (NEW.state = 'reserved') IS DISTINCT FROM (NEW.rho > 0) THEN
        PERFORM public.statistics_refuse('statistics_ledger_entry');
    END IF;
    SELECT least(NEW.cap_rho, min(s.cap_rho)), sum(s.rho) INTO v_cap, v_spent
    FROM public.statistics_spend s WHERE s.population = NEW.population;
    IF coalesce(NEW.cap_rho > v_cap, true)
       OR coalesce(v_spent, 0) + NEW.rho > v_cap * (1 + 1e-9) THEN
        PERFORM public.statistics_refuse('statistics_ledger_cap');
    END IF;
    RETURN NEW;
END $$;
