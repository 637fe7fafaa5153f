-- Police, prosecutors, commission and rapporteur never learn how somebody leaves, where to, or who
-- asks after her: not even where such an account is in the team that holds the case.
CREATE POLICY apart ON public.cases_leaving AS RESTRICTIVE TO app
    USING (NOT (SELECT public.cases_never_apart()));
CREATE POLICY apart ON public.cases_safecontact AS RESTRICTIVE TO app
    USING (NOT (SELECT public.cases_never_apart()));
CREATE POLICY apart ON public.cases_contactentry AS RESTRICTIVE TO app
    USING (NOT (SELECT public.cases_never_apart()));
CREATE POLICY leaving_reads ON public.duties_duty AS RESTRICTIVE FOR SELECT TO app
    USING (kind NOT LIKE 'leaving.%' OR NOT (SELECT public.cases_never_apart()));
CREATE POLICY leaving_changes ON public.duties_duty AS RESTRICTIVE FOR UPDATE TO app
    USING (kind NOT LIKE 'leaving.%' OR NOT (SELECT public.cases_never_apart()));

-- Who left speaks freely: the team that asked reads the row, the holder of the case does not.
CREATE POLICY own ON public.cases_exitinterview AS RESTRICTIVE TO app
    USING (team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
           AND NOT (SELECT public.cases_never_apart()));

-- Is the last look at the risk grave, or a threat not looked at yet? One bit, for who reaches the
-- case: a shelter that was not given the safety plan must not let go unknowing.
CREATE FUNCTION public.cases_is_grave(p_dossier bigint, p_grave text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_reach(p_dossier, 1, NULL) r
        WHERE r.teams || r.holder && public.ctx_teams())
    AND NOT public.cases_never_apart()
    AND (
        EXISTS (
            SELECT FROM public.cases_safetyentry t
            WHERE t.dossier_id = p_dossier AND t.kind = 'threat' AND NOT EXISTS (
                SELECT FROM public.cases_safetyentry v
                WHERE v.dossier_id = p_dossier AND v.kind = 'review' AND v.at > t.at))
        OR (SELECT v.code = ANY (p_grave) FROM public.cases_safetyentry v
            WHERE v.dossier_id = p_dossier AND v.kind = 'review'
            ORDER BY v.at DESC, v.id DESC LIMIT 1) IS TRUE)
$$;

-- Only whole groups of five, the oldest first: who looks before and after one interview learns
-- nothing.
CREATE FUNCTION public.cases_exit_counts()
RETURNS TABLE (question text, answer text, people bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_unit int;
BEGIN
    IF NOT public.access_can('counts_read') THEN
        PERFORM public.access_refuse();
    END IF;
    SELECT u.unit_id INTO v_unit FROM public.access_user u WHERE u.id = public.ctx_user();
    RETURN QUERY
    WITH held AS (
        SELECT i.answers, row_number() OVER (ORDER BY i.at, i.id) AS place,
               count(*) OVER () / 5 * 5 AS counted
        FROM public.cases_exitinterview i WHERE i.about_id = v_unit
    )
    SELECT a.key, a.value, count(*) FROM held h, jsonb_each_text(h.answers) a
    WHERE h.place <= h.counted GROUP BY 1, 2 ORDER BY 1, 2;
END $$;

REVOKE EXECUTE ON FUNCTION public.cases_is_grave(bigint, text[]), public.cases_exit_counts()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.cases_is_grave(bigint, text[]), public.cases_exit_counts() TO app;
