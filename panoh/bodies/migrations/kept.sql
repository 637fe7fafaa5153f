-- What a body promised in words only: who signs for what, who may be there, who may close.

-- Written in the own name: the column that the trigger names.
CREATE FUNCTION public.bodies_in_own_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF (to_jsonb(NEW) ->> TG_ARGV[0])::int IS DISTINCT FROM public.ctx_user() THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_in_own_name BEFORE INSERT ON public.bodies_body
    FOR EACH ROW EXECUTE FUNCTION public.bodies_in_own_name('founded_by_id');
CREATE TRIGGER bodies_in_own_name BEFORE INSERT ON public.bodies_seat
    FOR EACH ROW EXECUTE FUNCTION public.bodies_in_own_name('seated_by_id');
CREATE TRIGGER bodies_in_own_name BEFORE INSERT ON public.bodies_addendum
    FOR EACH ROW EXECUTE FUNCTION public.bodies_in_own_name('by_id');
CREATE TRIGGER bodies_in_own_name BEFORE INSERT ON public.bodies_event
    FOR EACH ROW EXECUTE FUNCTION public.bodies_in_own_name('by_id');
CREATE TRIGGER bodies_in_own_name BEFORE INSERT ON public.bodies_postponement
    FOR EACH ROW EXECUTE FUNCTION public.bodies_in_own_name('by_id');
CREATE TRIGGER bodies_in_own_name BEFORE INSERT ON public.bodies_resolution
    FOR EACH ROW EXECUTE FUNCTION public.bodies_in_own_name('by_id');
CREATE TRIGGER bodies_done_in_own_name BEFORE UPDATE OF done_by_id ON public.bodies_resolution
    FOR EACH ROW EXECUTE FUNCTION public.bodies_in_own_name('done_by_id');
CREATE TRIGGER bodies_in_own_name BEFORE UPDATE OF answered_by_id ON public.bodies_proposal
    FOR EACH ROW EXECUTE FUNCTION public.bodies_in_own_name('answered_by_id');

-- Minutes are closed in the own name, and by nobody whom something decided in them touches: of
-- that matter this account sees nothing, and could not end what members read of it.
CREATE FUNCTION public.bodies_on_closing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NEW.closed_by_id IS DISTINCT FROM public.ctx_user() THEN
        PERFORM public.access_refuse();
    END IF;
    IF EXISTS (SELECT FROM public.bodies_item i
               WHERE i.sitting_id = NEW.id AND i.id = ANY (public.bodies_conflicted())) THEN
        PERFORM public.bodies_refuse('bodies_closer_untouched');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_closing BEFORE UPDATE OF state ON public.bodies_sitting
    FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION public.bodies_on_closing();

-- Nobody sits there whose term is over, and no alternate where the seat has none.
CREATE FUNCTION public.bodies_on_arrival() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.bodies_seat s JOIN public.bodies_sitting t ON t.id = NEW.sitting_id
        WHERE s.id = NEW.seat_id AND s.since <= t.starts_at::date
          AND (s.until IS NULL OR s.until >= t.starts_at::date)
          AND (NOT NEW.by_alternate OR s.alternate_id IS NOT NULL)) THEN
        PERFORM public.bodies_refuse('bodies_arrives');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_arrival BEFORE INSERT OR UPDATE ON public.bodies_attendance
    FOR EACH ROW WHEN (NEW.came_at IS NOT NULL AND NEW.left_at IS NULL)
    EXECUTE FUNCTION public.bodies_on_arrival();

-- The minutes name who sat: an alternate who came stays the alternate of that seat.
CREATE FUNCTION public.bodies_on_alternate() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF EXISTS (SELECT FROM public.bodies_attendance a
               WHERE a.seat_id = NEW.id AND a.by_alternate AND a.came_at IS NOT NULL) THEN
        PERFORM public.bodies_refuse('bodies_alternate_sat');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_alternate BEFORE UPDATE OF alternate_id ON public.bodies_seat
    FOR EACH ROW WHEN (NEW.alternate_id IS DISTINCT FROM OLD.alternate_id)
    EXECUTE FUNCTION public.bodies_on_alternate();

-- A resolution is a decision: with quorum, and from paper only after the second signature.
CREATE FUNCTION public.bodies_on_resolution() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_sitting public.bodies_sitting;
BEGIN
    SELECT * INTO v_sitting FROM public.bodies_sitting s WHERE s.id = NEW.sitting_id;
    IF v_sitting.on_paper AND v_sitting.signed_by_id IS NULL THEN
        PERFORM public.bodies_refuse('bodies_second_signs');
    END IF;
    IF public.bodies_present(NEW.sitting_id, NULL) < v_sitting.needed THEN
        PERFORM public.bodies_refuse('bodies_quorum');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_resolution BEFORE INSERT ON public.bodies_resolution
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_resolution();

-- Bodies in which the acting account has a seat today; who only keeps papers has none.
CREATE FUNCTION public.bodies_seated() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT coalesce(array_agg(DISTINCT s.body_id), '{}') FROM public.bodies_seat s
    WHERE (s.user_id = public.ctx_user() OR s.alternate_id = public.ctx_user())
      AND s.since <= current_date + 1 AND (s.until IS NULL OR s.until >= current_date)
      AND public.ctx_ok()
$$;
