-- Estimates and releases: what no program can break, also not one with the application's password.
-- The signed context says who acts (audit/0001); the pack's roles say what each may.

CREATE FUNCTION public.statistics_refuse(p_rule text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'the numbers refuse: %', p_rule
        USING ERRCODE = 'check_violation', CONSTRAINT = p_rule;
END $$;

-- Whoever prepares or signs works on all of them; others read what is published.
CREATE FUNCTION public.statistics_approves() RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT public.access_can('numbers_protect') OR public.access_can('numbers_check')
$$;
CREATE FUNCTION public.statistics_works() RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
    SELECT public.access_can('numbers_prepare') OR public.statistics_approves()
$$;

ALTER TABLE public.statistics_output ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.statistics_source ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.statistics_paper ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.statistics_signature ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.statistics_decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.statistics_spend ENABLE ROW LEVEL SECURITY;
CREATE POLICY jobs_all ON public.statistics_output TO jobs USING (true);
CREATE POLICY jobs_all ON public.statistics_source TO jobs USING (true);
CREATE POLICY jobs_all ON public.statistics_paper TO jobs USING (true);
CREATE POLICY jobs_all ON public.statistics_spend TO jobs USING (true);

CREATE POLICY reads ON public.statistics_output FOR SELECT TO app
    USING ((SELECT public.statistics_works())
        OR state IN ('published', 'withdrawn') AND (SELECT public.access_can('counts_read')));
-- Who plans is who is signed in, and nothing is computed yet.
CREATE POLICY plans ON public.statistics_output FOR INSERT TO app
    WITH CHECK (prepared_by_id = (SELECT public.ctx_user())
        AND (SELECT public.access_can('numbers_prepare'))
        AND (state, status, is_passed, fault, tries) = ('planned', '', false, '', 0)
        AND made_at IS NULL);
-- What was sent goes in, by its preparer, before the run; it never comes out this way.
CREATE POLICY sends ON public.statistics_source FOR INSERT TO app
    WITH CHECK (EXISTS (
        SELECT FROM public.statistics_output o
        WHERE o.id = output_id AND o.prepared_by_id = (SELECT public.ctx_user())
          AND (o.kind, o.state) IN (('estimate', 'planned'), ('release', 'forecast'))));
CREATE POLICY reads ON public.statistics_paper FOR SELECT TO app
    USING (CASE WHEN is_secret THEN (SELECT public.statistics_approves())
        ELSE (SELECT public.statistics_works()) OR EXISTS (
            SELECT FROM public.statistics_output o
            WHERE o.id = output_id AND o.state = 'published') END);
CREATE POLICY reads ON public.statistics_signature FOR SELECT TO app
    USING ((SELECT public.statistics_works()) OR EXISTS (
        SELECT FROM public.statistics_output o WHERE o.id = output_id AND o.state = 'published'));
CREATE POLICY signs ON public.statistics_signature FOR INSERT TO app WITH CHECK (true);
CREATE POLICY reads ON public.statistics_decision FOR SELECT TO app
    USING (EXISTS (SELECT FROM public.statistics_output o WHERE o.id = output_id));
CREATE POLICY decides ON public.statistics_decision FOR INSERT TO app WITH CHECK (true);
CREATE POLICY reads ON public.statistics_spend FOR SELECT TO app
    USING ((SELECT public.statistics_works()));

CREATE FUNCTION public.statistics_for_ever() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'what was made, signed, decided or spent is never changed'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER statistics_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON public.statistics_paper
    FOR EACH STATEMENT EXECUTE FUNCTION public.statistics_for_ever();
CREATE TRIGGER statistics_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON public.statistics_signature
    FOR EACH STATEMENT EXECUTE FUNCTION public.statistics_for_ever();
CREATE TRIGGER statistics_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON public.statistics_decision
    FOR EACH STATEMENT EXECUTE FUNCTION public.statistics_for_ever();
CREATE TRIGGER statistics_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON public.statistics_spend
    FOR EACH STATEMENT EXECUTE FUNCTION public.statistics_for_ever();
CREATE TRIGGER statistics_for_ever BEFORE DELETE OR TRUNCATE ON public.statistics_output
    FOR EACH STATEMENT EXECUTE FUNCTION public.statistics_for_ever();

-- What was planned stays; the worker moves only what waits for it; a decision moves the rest.
CREATE FUNCTION public.statistics_keep_output() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.name, NEW.plan, NEW.about, NEW.prepared_by_id, NEW.prepared_at)
       IS DISTINCT FROM
       (OLD.id, OLD.kind, OLD.name, OLD.plan, OLD.about, OLD.prepared_by_id, OLD.prepared_at) THEN
        PERFORM public.statistics_refuse('statistics_plan_stays');
    END IF;
    IF current_user = 'jobs' THEN
        IF OLD.state NOT IN ('planned', 'asked')
           OR NEW.state NOT IN (OLD.state, 'forecast', 'made', 'refused', 'failed')
           OR NEW.state = 'forecast' AND NOT (OLD.kind = 'release' AND OLD.state = 'planned')
           OR NEW.state = 'made' AND OLD.kind = 'release' AND OLD.state = 'planned' THEN
            PERFORM public.statistics_refuse('statistics_result_stays');
        END IF;
    ELSIF (NEW.status, NEW.is_passed, NEW.fault, NEW.made_at)
          IS DISTINCT FROM (OLD.status, OLD.is_passed, OLD.fault, OLD.made_at) THEN
        PERFORM public.statistics_refuse('statistics_result_stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statistics_keep_output BEFORE UPDATE ON public.statistics_output
    FOR EACH ROW EXECUTE FUNCTION public.statistics_keep_output();

-- A file comes while its output waits for the worker, and never later.
CREATE FUNCTION public.statistics_on_paper() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.statistics_output o
                   WHERE o.id = NEW.output_id AND o.state IN ('planned', 'asked')) THEN
        PERFORM public.statistics_refuse('statistics_result_stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statistics_on_paper BEFORE INSERT ON public.statistics_paper
    FOR EACH ROW EXECUTE FUNCTION public.statistics_on_paper();

-- The mark of the exact files, plan and ledger entry, reckoned from their bytes each time: whatever
-- changes, the mark is another and every signature under the old one is void.
CREATE FUNCTION public.statistics_seal(p_output uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT encode(sha256(convert_to(concat_ws(E'\n',
        o.id, o.kind, o.status, o.is_passed,
        encode(sha256(convert_to(o.name, 'UTF8')), 'hex'),
        encode(sha256(convert_to(o.plan, 'UTF8')), 'hex'),
        encode(sha256(convert_to(o.about, 'UTF8')), 'hex'),
        (SELECT string_agg(s.hash || ' ' || encode(sha256(convert_to(s.entry, 'UTF8')), 'hex'),
            E'\n' ORDER BY s.number) FROM public.statistics_spend s WHERE s.output_id = o.id),
        (SELECT string_agg(encode(sha256(p.content), 'hex') || ' ' || p.path,
            E'\n' ORDER BY p.path COLLATE "C")
         FROM public.statistics_paper p WHERE p.output_id = o.id)), 'UTF8')), 'hex')
    FROM public.statistics_output o WHERE o.id = p_output
$$;

-- A signature: of whoever is signed in and answers for the field, never the preparer, under the
-- mark of what stands now, with a line on each of the Five Safes; it never makes a status milder.
CREATE FUNCTION public.statistics_on_signature() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    o public.statistics_output;
    v_record jsonb := NEW.record::jsonb;
    v_ranks text[] := ARRAY['estimate', 'range_only', 'no_estimate'];
BEGIN
    SELECT * INTO o FROM public.statistics_output x WHERE x.id = NEW.output_id FOR UPDATE;
    IF NOT FOUND OR NEW.by_id IS DISTINCT FROM public.ctx_user() OR NOT public.access_can(
        CASE NEW.field WHEN 'protection' THEN 'numbers_protect' ELSE 'numbers_check' END) THEN
        PERFORM public.access_refuse();
    END IF;
    IF o.state <> 'made' OR NOT o.is_passed THEN
        PERFORM public.statistics_refuse('statistics_not_to_be_signed');
    END IF;
    IF NEW.seal IS DISTINCT FROM public.statistics_seal(NEW.output_id) THEN
        PERFORM public.statistics_refuse('statistics_other_bytes');
    END IF;
    IF EXISTS (SELECT FROM unnest(ARRAY['projects', 'people', 'settings', 'data', 'outputs']) k
               WHERE coalesce(trim(v_record ->> k), '') = '') THEN
        PERFORM public.statistics_refuse('statistics_five_safes');
    END IF;
    IF NEW.status <> '' AND (o.kind <> 'estimate' OR coalesce(
        array_position(v_ranks, NEW.status::text) < array_position(v_ranks, o.status::text), true))
    THEN
        PERFORM public.statistics_refuse('statistics_only_stricter');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statistics_on_signature BEFORE INSERT ON public.statistics_signature
    FOR EACH ROW EXECUTE FUNCTION public.statistics_on_signature();
ALTER TABLE public.statistics_signature ADD CONSTRAINT statistics_signature_of_output
    FOREIGN KEY (output_id, prepared_by_id)
    REFERENCES public.statistics_output (id, prepared_by_id);

-- Two people, two fields, one mark, that of now.
CREATE FUNCTION public.statistics_is_signed(p_output uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT count(DISTINCT s.by_id) = 2 AND count(DISTINCT s.field) = 2
    FROM public.statistics_signature s
    JOIN public.statistics_output o ON o.id = s.output_id
    WHERE s.output_id = p_output AND s.by_id <> o.prepared_by_id
      AND s.seal = public.statistics_seal(p_output)
$$;

-- A decision moves its output, or is not made.
CREATE FUNCTION public.statistics_on_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    o public.statistics_output;
    v_to text;
BEGIN
    SELECT * INTO o FROM public.statistics_output x WHERE x.id = NEW.output_id FOR UPDATE;
    IF NOT FOUND OR NEW.by_id IS DISTINCT FROM public.ctx_user()
       OR NOT (CASE NEW.verb
            WHEN 'ask' THEN NEW.by_id = o.prepared_by_id AND public.access_can('numbers_prepare')
            WHEN 'publish' THEN public.statistics_works()
            ELSE public.statistics_approves() AND NEW.by_id <> o.prepared_by_id END) THEN
        PERFORM public.access_refuse();
    END IF;
    v_to := CASE
        WHEN NEW.verb = 'ask' AND o.state = 'forecast' AND o.is_passed AND EXISTS (
            SELECT FROM public.statistics_source s WHERE s.output_id = o.id) THEN 'asked'
        WHEN NEW.verb = 'publish' AND o.state = 'made' AND o.is_passed THEN 'published'
        WHEN NEW.verb = 'refuse' AND o.state IN ('forecast', 'made') THEN 'refused'
        WHEN NEW.verb = 'withdraw' AND o.state = 'published' THEN 'withdrawn' END;
    IF v_to IS NULL THEN
        PERFORM public.statistics_refuse('statistics_not_now');
    END IF;
    IF v_to = 'published' AND NOT public.statistics_is_signed(o.id) THEN
        PERFORM public.statistics_refuse('statistics_two_live_signatures');
    END IF;
    UPDATE public.statistics_output SET state = v_to WHERE id = o.id;
    RETURN NEW;
END $$;
CREATE TRIGGER statistics_on_decision BEFORE INSERT ON public.statistics_decision
    FOR EACH ROW EXECUTE FUNCTION public.statistics_on_decision();

-- The ledger: each line is chained to the last one, its columns are what its text says, and no
-- population passes the lowest cap that was ever set for it.
CREATE FUNCTION public.statistics_on_spend() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    e jsonb := NEW.entry::jsonb;
    v_last public.statistics_spend;
    v_cap double precision;
    v_spent double precision;
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
    IF NEW.state NOT IN ('reserved', 'spent', 'refused', 'withdrawn')
       OR (NEW.state = 'reserved') <> (NEW.rho > 0)
       OR NEW.state = 'reserved' AND NOT EXISTS (
            SELECT FROM public.statistics_output o WHERE o.id = NEW.output_id
              AND (o.kind, o.state) = ('release', 'asked')) THEN
        PERFORM public.statistics_refuse('statistics_ledger_entry');
    END IF;
    SELECT least(NEW.cap_rho, min(s.cap_rho)), sum(s.rho) INTO v_cap, v_spent
    FROM public.statistics_spend s WHERE s.population = NEW.population;
    IF NEW.cap_rho > v_cap OR coalesce(v_spent, 0) + NEW.rho > v_cap * (1 + 1e-9) THEN
        PERFORM public.statistics_refuse('statistics_ledger_cap');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER statistics_on_spend BEFORE INSERT ON public.statistics_spend
    FOR EACH ROW EXECUTE FUNCTION public.statistics_on_spend();

REVOKE EXECUTE ON FUNCTION
    public.statistics_refuse(text), public.statistics_approves(), public.statistics_works(),
    public.statistics_for_ever(), public.statistics_keep_output(), public.statistics_on_paper(),
    public.statistics_seal(uuid), public.statistics_on_signature(),
    public.statistics_is_signed(uuid), public.statistics_on_decision(),
    public.statistics_on_spend()
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.statistics_approves(), public.statistics_works(),
    public.statistics_seal(uuid), public.statistics_is_signed(uuid) TO app;
-- Called by a trigger that runs as whoever changes an output.
GRANT EXECUTE ON FUNCTION public.statistics_refuse(text) TO jobs, app;
