-- Two people spend: an approver agrees before data are sent. The ledger knows official tables.

CREATE FUNCTION public.statistics_allowed_by(p_output uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT d.by_id FROM public.statistics_decision d
    JOIN public.statistics_output o ON o.id = d.output_id
    WHERE d.output_id = p_output AND d.verb = 'allow' AND d.by_id <> o.prepared_by_id
$$;
REVOKE EXECUTE ON FUNCTION public.statistics_allowed_by(uuid) FROM PUBLIC;
-- The worker names both in the ledger.
GRANT EXECUTE ON FUNCTION public.statistics_allowed_by(uuid) TO app, jobs;

CREATE OR REPLACE FUNCTION public.statistics_on_decision() RETURNS trigger
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
        WHEN NEW.verb = 'allow' AND o.state = 'forecast' AND o.is_passed
            AND public.statistics_allowed_by(o.id) IS NULL THEN 'forecast'
        WHEN NEW.verb = 'ask' AND o.state = 'forecast' AND o.is_passed
            AND public.statistics_allowed_by(o.id) IS NOT NULL AND EXISTS (
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

CREATE OR REPLACE FUNCTION public.statistics_on_spend() RETURNS trigger
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
    -- Official tables cost nothing and no budget covers them.
    IF (e ->> 'not_dp')::boolean THEN
        IF NEW.rho IS NOT NULL OR NEW.cap_rho IS NOT NULL OR NEW.state <> 'spent'
           OR NOT EXISTS (
                SELECT FROM public.statistics_output o WHERE o.id = NEW.output_id
                  AND (o.kind, o.state) = ('release', 'asked'))
           OR public.statistics_allowed_by(NEW.output_id) IS NULL THEN
            PERFORM public.statistics_refuse('statistics_ledger_entry');
        END IF;
        NEW.rho := 0;
        NEW.cap_rho := 'Infinity';
        RETURN NEW;
    END IF;
    IF NEW.state NOT IN ('reserved', 'spent', 'refused', 'withdrawn')
       OR (NEW.state = 'reserved') <> (NEW.rho > 0)
       OR NEW.state = 'reserved' AND NOT EXISTS (
            SELECT FROM public.statistics_output o WHERE o.id = NEW.output_id
              AND (o.kind, o.state) = ('release', 'asked')
              AND public.statistics_allowed_by(o.id) IS NOT NULL) THEN
        PERFORM public.statistics_refuse('statistics_ledger_entry');
    END IF;
    SELECT least(NEW.cap_rho, min(s.cap_rho)), sum(s.rho) INTO v_cap, v_spent
    FROM public.statistics_spend s WHERE s.population = NEW.population;
    IF NEW.cap_rho > v_cap OR coalesce(v_spent, 0) + NEW.rho > v_cap * (1 + 1e-9) THEN
        PERFORM public.statistics_refuse('statistics_ledger_cap');
    END IF;
    RETURN NEW;
END $$;
