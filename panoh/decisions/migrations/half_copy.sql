-- The half page for members of the body whose organisation is elsewhere.

-- Who they are: with a voice, in their term, of another unit than the body's; nobody whom the person
-- excludes, by account, unit or district, and nobody with a role that is kept apart from services
-- (police, prosecutors; see cases_never_apart). Told to who holds the case; to a member of itself.
CREATE FUNCTION public.decisions_elsewhere(p_dossier bigint, p_body uuid)
RETURNS TABLE (account int, unit int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT DISTINCT u.id, o.id
    FROM public.bodies_body b
    JOIN public.access_team t ON t.id = b.team_id
    JOIN public.bodies_seat s ON s.body_id = b.id AND s.votes
      AND s.since <= current_date + 1 AND (s.until IS NULL OR s.until >= current_date)
    JOIN public.access_user u ON u.id IN (s.user_id, s.alternate_id) AND u.is_active
    JOIN public.access_unit o ON o.id = u.unit_id AND o.id <> t.unit_id
    WHERE b.id = p_body AND public.ctx_ok()
      AND (u.id = public.ctx_user() OR EXISTS (
        SELECT FROM public.access_dossier d
        WHERE d.id = p_dossier AND d.holder = ANY (public.ctx_teams())))
      AND NOT EXISTS (
        SELECT FROM public.access_never n
        WHERE n.dossier_id = p_dossier
          AND (n.user_id = u.id OR n.unit_id = o.id
               OR n.kind = 'district' AND n.district = o.district))
      AND EXISTS (
        SELECT FROM public.access_rolegrant r
        JOIN public.access_rolepermission p ON p.role = r.role AND p.permission = 'body_read'
        WHERE r.user_id = u.id AND r.since <= statement_timestamp()
          AND (r.until IS NULL OR r.until > statement_timestamp()))
      AND NOT EXISTS (
        SELECT FROM public.access_rolegrant r
        WHERE r.user_id = u.id AND r.since <= statement_timestamp()
          AND (r.until IS NULL OR r.until > statement_timestamp())
          AND NOT EXISTS (SELECT FROM public.access_rolepermission p
                          WHERE p.role = r.role AND p.permission = 'apart_read'))
$$;

-- Who holds the case adds a copy for one of them, and nobody changes it.
CREATE FUNCTION public.decisions_on_copy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.decisions_is_owner() AND NOT EXISTS (
        SELECT FROM public.decisions_application a
        JOIN public.decisions_elsewhere(a.dossier_id, a.body_id) e ON e.account = NEW.account_id
        WHERE a.id = NEW.application_id AND a.holder = ANY (public.ctx_teams())) THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_on_copy BEFORE INSERT ON public.decisions_halfcopy
    FOR EACH ROW EXECUTE FUNCTION public.decisions_on_copy();

-- The own copy, while the body itself may read, and the matter does not touch the reader.
CREATE FUNCTION public.decisions_read_copy(p_number text)
RETURNS TABLE (application uuid, dossier bigint, content bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT a.id, a.dossier_id, c.content
    FROM public.decisions_application a
    JOIN public.decisions_halfcopy c ON c.application_id = a.id
    JOIN public.decisions_elsewhere(a.dossier_id, a.body_id) e ON e.account = c.account_id
    WHERE a.number = p_number AND c.account_id = public.ctx_user()
      AND a.id <> ALL (ARRAY(SELECT public.bodies_touching()))
      AND EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.source_id = a.id AND g.source = 'application' AND g.team_id = a.team_id
          AND g.ended_at IS NULL AND g.starts_at <= statement_timestamp()
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp()))
$$;

-- With the reading of the body end the copies: minutes closed, taken back, excluded.
CREATE FUNCTION public.decisions_copies_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    DELETE FROM public.decisions_halfcopy c WHERE c.application_id = NEW.source_id;
    RETURN NULL;
END $$;
CREATE TRIGGER decisions_copies_end AFTER UPDATE OF ended_at ON public.access_grant
    FOR EACH ROW WHEN (NEW.source = 'application' AND NEW.ended_at IS NOT NULL)
    EXECUTE FUNCTION public.decisions_copies_end();

-- And with what ends by itself: the time of a consent, a seat, a role; for the worker.
CREATE FUNCTION public.decisions_sweep_copies() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
    WITH gone AS (DELETE FROM public.decisions_halfcopy c
    WHERE NOT EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.source_id = c.application_id AND g.source = 'application' AND g.ended_at IS NULL
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp()))
      OR NOT EXISTS (
        SELECT FROM public.decisions_application a
        JOIN public.bodies_seat s ON s.body_id = a.body_id
          AND c.account_id IN (s.user_id, s.alternate_id)
          AND (s.until IS NULL OR s.until >= current_date)
        WHERE a.id = c.application_id)
      OR EXISTS (
        SELECT FROM public.access_never n
        JOIN public.decisions_application a ON a.dossier_id = n.dossier_id
        JOIN public.access_user u ON u.id = c.account_id
        WHERE a.id = c.application_id AND (n.user_id = u.id OR n.unit_id = u.unit_id))
      RETURNING c.id)
    SELECT count(*) FROM gone
$$;

REVOKE EXECUTE ON FUNCTION public.decisions_elsewhere(bigint, uuid), public.decisions_on_copy(),
    public.decisions_read_copy(text), public.decisions_copies_end(),
    public.decisions_sweep_copies() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.decisions_sweep_copies() TO jobs;
GRANT EXECUTE ON FUNCTION
    public.decisions_elsewhere(bigint, uuid), public.decisions_read_copy(text) TO app;
