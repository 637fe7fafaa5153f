-- Nobody but the advocate who was named for the child signs how she or he leaves, and no child
-- goes by plan without that.
CREATE FUNCTION public.cases_leaving_agreed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NEW.agreed_by_id IS NOT NULL
       AND (TG_OP = 'INSERT'
            OR (NEW.agreed_by_id, NEW.agreed_at) IS DISTINCT FROM (OLD.agreed_by_id, OLD.agreed_at)
               AND (OLD.agreed_by_id IS NOT NULL
                    OR NEW.agreed_by_id IS DISTINCT FROM public.ctx_user()
                    OR NOT public.access_is_advocate(NEW.dossier_id))) THEN
        RAISE EXCEPTION 'only the named advocate signs, once'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.agreed_by_id IS NOT NULL AND NEW.agreed_by_id IS NULL THEN
        RAISE EXCEPTION 'what was signed stays signed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.left_at IS NOT NULL AND NOT NEW.is_unplanned AND NEW.agreed_by_id IS NULL
       AND (TG_OP = 'INSERT' OR OLD.left_at IS NULL)
       AND EXISTS (SELECT FROM public.cases_case c
                   WHERE c.dossier_id = NEW.dossier_id AND c.age_branch = 'child') THEN
        RAISE EXCEPTION 'a child leaves with the signature of the advocate'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_leaving_agreed BEFORE INSERT OR UPDATE ON public.cases_leaving
    FOR EACH ROW EXECUTE FUNCTION public.cases_leaving_agreed();

-- What `cases_is_grave` tells whoever reaches the case, for functions that ask for themselves.
CREATE FUNCTION public.cases_danger_stands(p_dossier bigint, p_grave text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
            SELECT FROM public.cases_safetyentry t
            WHERE t.dossier_id = p_dossier AND t.kind = 'threat' AND NOT EXISTS (
                SELECT FROM public.cases_safetyentry v
                WHERE v.dossier_id = p_dossier AND v.kind = 'review' AND v.at > t.at))
        OR (SELECT v.code = ANY (p_grave) FROM public.cases_safetyentry v
            WHERE v.dossier_id = p_dossier AND v.kind = 'review'
            ORDER BY v.at DESC, v.id DESC LIMIT 1) IS TRUE
$$;
CREATE OR REPLACE FUNCTION public.cases_is_grave(p_dossier bigint, p_grave text[]) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT EXISTS (
        SELECT FROM public.access_reach(p_dossier, 1, NULL) r
        WHERE r.teams || r.holder && public.ctx_teams())
    AND NOT public.cases_never_apart()
    AND public.cases_danger_stands(p_dossier, p_grave)
$$;

-- A house that was not let into the case obeys the plan of leaving all the same: its departure is
-- written into the plan that stands ready (as `rules.lacking` says), or as one without a plan, with
-- the contacts that are owed after it. No row: nothing stands ready, and nothing was written. For
-- functions of rooms above, which know whose person it is; nobody else may call it.
CREATE FUNCTION public.cases_see_off(
    p_dossier bigint, p_planned boolean, p_caller int, p_grave text[], p_dues timestamptz[],
    p_at timestamptz
) RETURNS TABLE (leaving uuid, contact uuid, caller int, urgency int, sensitivity int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
DECLARE
    v_case public.cases_case;
    v_row public.cases_leaving;
BEGIN
    SELECT * INTO v_case FROM public.cases_case c WHERE c.dossier_id = p_dossier;
    IF p_planned THEN
        SELECT l.* INTO v_row FROM public.cases_leaving l WHERE l.dossier_id = p_dossier
        ORDER BY l.planned_at DESC, l.id DESC LIMIT 1;
        IF v_row.id IS NULL OR v_row.left_at IS NOT NULL OR v_row.wish IS NULL
           OR v_row.risk = 'not_asked'
           OR (v_row.risk = 'high' OR public.cases_danger_stands(p_dossier, p_grave))
              AND NOT (v_row.is_informed AND v_row.signed_by_id IS NOT NULL)
           OR v_case.age_branch = 'child' AND v_row.agreed_by_id IS NULL THEN
            RETURN;
        END IF;
        UPDATE public.cases_leaving SET left_at = p_at, left_by_id = public.ctx_user()
        WHERE id = v_row.id;
    ELSE
        v_row.id := gen_random_uuid();
        v_row.team_id := p_caller;
        INSERT INTO public.cases_leaving
            (id, dossier_id, team_id, destination, risk, is_informed, is_unplanned, planned_at,
             planned_by_id, left_at, left_by_id)
        VALUES (v_row.id, p_dossier, p_caller, '', 'not_asked', false, true, p_at,
                public.ctx_user(), p_at, public.ctx_user());
    END IF;
    RETURN QUERY
    INSERT INTO public.cases_safecontact (id, dossier_id, leaving_id, number, due_at)
    SELECT gen_random_uuid(), p_dossier, v_row.id, d.number, d.due
    FROM unnest(p_dues) WITH ORDINALITY AS d (due, number)
    RETURNING v_row.id, id, coalesce(p_caller, v_row.team_id), v_case.urgency_rank::int,
              v_case.sensitivity_rank::int;
END $$;

REVOKE EXECUTE ON FUNCTION public.cases_leaving_agreed(),
    public.cases_danger_stands(bigint, text[]),
    public.cases_see_off(bigint, boolean, int, text[], timestamptz[], timestamptz) FROM PUBLIC;
