-- Beds. The promise "no bed is ever given twice" is the constraint of the table; what stands here
-- says who may know, finds free beds without showing houses, and keeps rows true to one another.

-- Police, prosecutors, commissions, the fund and whoever else has no part in beds know of no stay.
CREATE FUNCTION public.shelters_may_know() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT (public.access_can('bed_hold') OR public.access_can('stay_write'))
       AND NOT public.cases_never_apart()
$$;
CREATE POLICY known ON public.shelters_hold AS RESTRICTIVE TO app
    USING ((SELECT public.shelters_may_know()));
CREATE POLICY known ON public.shelters_stay AS RESTRICTIVE TO app
    USING ((SELECT public.shelters_may_know()));
-- What is owed about them says that there is one.
CREATE POLICY beds_read ON public.duties_duty AS RESTRICTIVE FOR SELECT TO app
    USING (kind NOT LIKE 'bed.%' OR (SELECT public.shelters_may_know()));
CREATE POLICY beds_change ON public.duties_duty AS RESTRICTIVE FOR UPDATE TO app
    USING (kind NOT LIKE 'bed.%' OR (SELECT public.shelters_may_know()));

-- Written by the team that holds the case, or by the team of the house.
CREATE POLICY by_whom ON public.shelters_hold AS RESTRICTIVE FOR INSERT TO app WITH CHECK (
    holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    OR team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[]));
CREATE POLICY by_whom ON public.shelters_stay AS RESTRICTIVE FOR INSERT TO app WITH CHECK (
    holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    OR team_id = ANY (string_to_array(current_setting('app.teams', true), ',')::int[]));

-- Which house it is learns who holds the case, from the hold on and for as long as it counts.
CREATE POLICY held_there ON public.shelters_house FOR SELECT TO app USING (
    EXISTS (SELECT FROM public.shelters_hold h
            WHERE h.house_id = shelters_house.id
              AND h.holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
              AND (h.state = 'admitted'
                   OR (h.state = 'held' AND h.until > statement_timestamp())))
    AND (SELECT public.ctx_ok()));

CREATE FUNCTION public.shelters_wrong() RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'a hold, its house and its beds belong together, and stay what they were'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION public.shelters_on_hold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT h.team_id INTO NEW.team_id FROM public.shelters_house h
        WHERE h.id = NEW.house_id AND h.closing_at IS NULL FOR SHARE;
        IF NEW.team_id IS NULL THEN
            RAISE EXCEPTION 'the house takes nobody in' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF (OLD.house_id, OLD.team_id, OLD.code, OLD.placed_at, OLD.until)
          IS DISTINCT FROM (NEW.house_id, NEW.team_id, NEW.code, NEW.placed_at, NEW.until) THEN
        PERFORM public.shelters_wrong();
    END IF;
    RETURN NEW;
END $$;

-- Only the house itself says that somebody came, moved or left; nobody comes into a closed house.
CREATE FUNCTION public.shelters_on_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_hold public.shelters_hold;
BEGIN
    SELECT * INTO v_hold FROM public.shelters_hold h WHERE h.id = NEW.hold_id;
    IF TG_OP = 'INSERT' THEN
        NEW.team_id := v_hold.team_id;
        IF v_hold.dossier_id IS DISTINCT FROM NEW.dossier_id
           OR NOT EXISTS (SELECT FROM public.shelters_bed b
                          WHERE b.id = NEW.bed_id AND b.house_id = v_hold.house_id) THEN
            PERFORM public.shelters_wrong();
        END IF;
    ELSIF (OLD.hold_id, OLD.bed_id, OLD.team_id, OLD.who, OLD.until)
          IS DISTINCT FROM (NEW.hold_id, NEW.bed_id, NEW.team_id, NEW.who, NEW.until)
          OR lower(NEW.during) <> lower(OLD.during) THEN
        PERFORM public.shelters_wrong();
    END IF;
    IF NEW.state IN ('in', 'moved', 'left')
       AND (TG_OP = 'INSERT' OR NEW.state <> OLD.state) THEN
        IF session_user = 'app' AND NOT NEW.team_id = ANY (public.ctx_teams()) THEN
            PERFORM public.access_refuse();
        END IF;
        PERFORM 1 FROM public.shelters_house h
        WHERE h.id = v_hold.house_id AND h.closed_at IS NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the house is closed' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.shelters_after_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.shelters_bed SET free_from = (
        SELECT CASE WHEN bool_or(upper_inf(s.during)) THEN NULL
                    ELSE coalesce(max(upper(s.during)), 'epoch') END
        FROM public.shelters_stay s WHERE s.bed_id = NEW.bed_id)
    WHERE id = NEW.bed_id;
    RETURN NULL;
END $$;

-- The duty of the house is not seen by who holds the case, and the other way round.
CREATE FUNCTION public.shelters_after_release() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.duties_duty
    SET settled_at = NEW.ended_at, settled_by_id = NEW.ended_by_id, outcome = NEW.state,
        next_step_at = NULL
    WHERE subject_id = NEW.id AND kind = 'bed.expected' AND settled_at IS NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION public.shelters_on_house() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF OLD.team_id <> NEW.team_id THEN
        PERFORM public.shelters_wrong();
    END IF;
    IF NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL AND EXISTS (
        SELECT FROM public.shelters_bed b JOIN public.shelters_stay s ON s.bed_id = b.id
        WHERE b.house_id = NEW.id AND s.state = 'in') THEN
        RAISE EXCEPTION 'somebody still lives in this house' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.shelters_on_bed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.house_id, OLD.team_id) IS DISTINCT FROM (NEW.house_id, NEW.team_id)
       OR NOT EXISTS (SELECT FROM public.shelters_room r
                      WHERE r.id = NEW.room_id AND r.house_id = NEW.house_id
                        AND r.team_id = NEW.team_id) THEN
        PERFORM public.shelters_wrong();
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.shelters_on_part() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.shelters_house h
                   WHERE h.id = NEW.house_id AND h.team_id = NEW.team_id) THEN
        PERFORM public.shelters_wrong();
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER shelters_true BEFORE INSERT OR UPDATE ON public.shelters_hold
    FOR EACH ROW EXECUTE FUNCTION public.shelters_on_hold();
CREATE TRIGGER shelters_true BEFORE INSERT OR UPDATE ON public.shelters_stay
    FOR EACH ROW EXECUTE FUNCTION public.shelters_on_stay();
CREATE TRIGGER shelters_free AFTER INSERT OR UPDATE OF during ON public.shelters_stay
    FOR EACH ROW EXECUTE FUNCTION public.shelters_after_stay();
CREATE TRIGGER shelters_released AFTER UPDATE OF state ON public.shelters_hold
    FOR EACH ROW WHEN (NEW.state = 'released') EXECUTE FUNCTION public.shelters_after_release();
CREATE TRIGGER shelters_true BEFORE UPDATE ON public.shelters_house
    FOR EACH ROW EXECUTE FUNCTION public.shelters_on_house();
CREATE TRIGGER shelters_true BEFORE INSERT OR UPDATE ON public.shelters_bed
    FOR EACH ROW EXECUTE FUNCTION public.shelters_on_bed();
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['room', 'paper', 'vetting', 'inspection', 'funding', 'takeover'] LOOP
        EXECUTE format('CREATE TRIGGER shelters_true BEFORE INSERT OR UPDATE ON public.shelters_%s '
                       'FOR EACH ROW EXECUTE FUNCTION public.shelters_on_part()', t);
    END LOOP;
END $$;

-- Lock the dossier of somebody who is held or lives in a house of mine. No row: gone.
CREATE FUNCTION public.shelters_lock(p_hold uuid)
RETURNS TABLE (id bigint, ref varchar, holder int, sealed boolean, opened_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_dossier bigint;
BEGIN
    IF NOT (public.ctx_ok() AND public.shelters_may_know()) THEN
        RETURN;
    END IF;
    SELECT h.dossier_id INTO v_dossier FROM public.shelters_hold h
    WHERE h.id = p_hold AND h.team_id = ANY (public.ctx_teams());
    PERFORM 1 FROM public.access_dossier d WHERE d.id = v_dossier FOR NO KEY UPDATE;
    IF v_dossier = ANY (public.access_stopped()) THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT d.id, d.ref, d.holder, d.sealed, d.opened_at
    FROM public.access_dossier d WHERE d.id = v_dossier;
END $$;

-- Houses that take people in, with what they admit and how many beds are free in rooms that are
-- anybody's or of this sex. Neither name nor town. Whom the person excludes is not among them.
CREATE FUNCTION public.shelters_places(
    p_dossier bigint, p_region text, p_sex text, p_at timestamptz
) RETURNS TABLE (house uuid, region varchar, sexes varchar[], min_age smallint, max_age smallint,
                 boys_until smallint, families boolean, situations varchar[], care varchar[],
                 languages varchar[], free bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
#variable_conflict use_column
BEGIN
    IF NOT public.access_can('bed_hold') OR public.cases_never_apart() THEN
        PERFORM public.access_refuse();
    END IF;
    IF NOT EXISTS (SELECT FROM public.access_never n WHERE n.dossier_id = p_dossier) THEN
        p_dossier := NULL;
    END IF;
    RETURN QUERY
    SELECT h.id, h.region, h.sexes, h.min_age, h.max_age, h.boys_until, h.families, h.situations,
           h.care, h.languages, coalesce(f.free, 0)
    FROM public.shelters_house h
    LEFT JOIN (
        SELECT b.house_id, count(*) AS free
        FROM public.shelters_bed b JOIN public.shelters_room r ON r.id = b.room_id
        WHERE b.closed_at IS NULL AND b.free_from <= p_at AND r.sex IN ('', p_sex)
        GROUP BY b.house_id
    ) f ON f.house_id = h.id
    WHERE h.closing_at IS NULL AND (p_region = '' OR h.region = p_region)
      AND (p_dossier IS NULL OR NOT public.access_excluded(p_dossier, h.team_id));
END $$;

-- Free beds of one house for a hold that follows at once: one room for all where there is one.
-- The house is locked, so that those who ask at the same moment come one after the other.
CREATE FUNCTION public.shelters_pick(
    p_house uuid, p_dossier bigint, p_sex text, p_count int, p_at timestamptz
) RETURNS SETOF int LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_team int;
BEGIN
    SELECT h.team_id INTO v_team FROM public.shelters_house h
    WHERE h.id = p_house AND h.closing_at IS NULL FOR NO KEY UPDATE;
    IF NOT (public.access_can('bed_hold')
            OR (public.access_can('stay_write') AND v_team = ANY (public.ctx_teams())))
       OR public.cases_never_apart() THEN
        PERFORM public.access_refuse();
    END IF;
    IF v_team IS NULL OR public.access_excluded(p_dossier, v_team) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT b.id FROM public.shelters_bed b
    JOIN public.shelters_room r ON r.id = b.room_id
    JOIN LATERAL (SELECT count(*) AS n FROM public.shelters_bed c
                  WHERE c.room_id = r.id AND c.closed_at IS NULL AND c.free_from <= p_at) f ON true
    WHERE b.house_id = p_house AND b.closed_at IS NULL AND b.free_from <= p_at
      AND r.sex IN ('', p_sex)
    -- The smallest room that takes all; an own room before anybody's, for one person.
    ORDER BY f.n < p_count, CASE WHEN f.n < p_count THEN -f.n ELSE f.n END,
             (r.sex = '') = (p_count = 1), r.id, b.number
    LIMIT p_count;
END $$;

-- For those who have no part in beds: is there a place in the region, yes or no.
CREATE FUNCTION public.shelters_any(p_region text, p_sex text, p_youngest int, p_oldest int)
RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT (public.access_can('bed_ask') OR public.access_can('bed_hold')) THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN EXISTS (
        SELECT FROM public.shelters_house h
        JOIN public.shelters_bed b ON b.house_id = h.id
        JOIN public.shelters_room r ON r.id = b.room_id
        WHERE h.region = p_region AND h.closing_at IS NULL AND p_sex = ANY (h.sexes)
          AND (h.min_age IS NULL OR p_youngest IS NULL OR p_youngest >= h.min_age)
          AND (h.max_age IS NULL OR p_oldest IS NULL OR p_oldest <= h.max_age)
          AND b.closed_at IS NULL AND b.free_from <= statement_timestamp()
          AND r.sex IN ('', p_sex));
END $$;

-- Whose money ends: for the agenda of a commission. A region and a month, no house.
CREATE FUNCTION public.shelters_endings(p_from date, p_until date)
RETURNS TABLE (region varchar, ends_on date, beds bigint, has_payer boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('counts_read') THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN QUERY
    SELECT h.region, date_trunc('month', f.until)::date,
           (SELECT count(*) FROM public.shelters_bed b
            WHERE b.house_id = h.id AND b.closed_at IS NULL),
           coalesce(t.payer, '') <> ''
    FROM public.shelters_house h
    JOIN LATERAL (SELECT g.id, g.until FROM public.shelters_funding g
                  WHERE g.house_id = h.id ORDER BY g.until DESC LIMIT 1) f ON true
    LEFT JOIN public.shelters_takeover t ON t.funding_id = f.id
    WHERE h.closed_at IS NULL AND f.until BETWEEN p_from AND p_until
    ORDER BY f.until, h.region, h.id;
END $$;

REVOKE EXECUTE ON FUNCTION
    public.shelters_may_know(), public.shelters_wrong(), public.shelters_on_hold(),
    public.shelters_on_stay(), public.shelters_after_stay(), public.shelters_after_release(), public.shelters_on_house(),
    public.shelters_on_bed(), public.shelters_on_part(), public.shelters_lock(uuid),
    public.shelters_places(bigint, text, text, timestamptz),
    public.shelters_pick(uuid, bigint, text, int, timestamptz),
    public.shelters_any(text, text, int, int), public.shelters_endings(date, date)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.shelters_may_know(), public.shelters_lock(uuid),
    public.shelters_places(bigint, text, text, timestamptz),
    public.shelters_pick(uuid, bigint, text, int, timestamptz),
    public.shelters_any(text, text, int, int), public.shelters_endings(date, date)
TO app;
