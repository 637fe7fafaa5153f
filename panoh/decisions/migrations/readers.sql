-- Which organisations the person was told of: their members with a voice read the half page, if
-- their own is not the body's. Who comes later reads it once the person was told of that, too.

-- Told by who holds the case, in the own name, of an organisation that would read it.
CREATE FUNCTION public.decisions_on_told() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.decisions_is_owner() AND (
        NEW.by_id IS DISTINCT FROM public.ctx_user() OR NOT EXISTS (
            SELECT FROM public.decisions_application a
            JOIN public.decisions_elsewhere(a.dossier_id, a.body_id) e ON e.unit = NEW.unit_id
            WHERE a.id = NEW.application_id AND a.dossier_id = NEW.dossier_id
              AND a.holder = ANY (public.ctx_teams()))) THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_on_told BEFORE INSERT ON public.decisions_readertold
    FOR EACH ROW EXECUTE FUNCTION public.decisions_on_told();
CREATE TRIGGER decisions_reader_stays BEFORE UPDATE OF dossier_id, application_id, unit_id, at,
    by_id ON public.decisions_readertold
    FOR EACH ROW EXECUTE FUNCTION public.decisions_stays('decisions_told_stays');

-- Members with a voice, and a key, who read nothing yet of what their body may read: the person has
-- not been told of their organisation, or they came after she was. For who holds the case.
CREATE FUNCTION public.decisions_without_copy(p_application uuid)
RETURNS TABLE (account int, unit int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT e.account, e.unit
    FROM public.decisions_application a
    JOIN public.decisions_elsewhere(a.dossier_id, a.body_id) e ON true
    WHERE a.id = p_application AND public.ctx_ok() AND a.holder = ANY (public.ctx_teams())
      AND EXISTS (SELECT FROM public.vault_accountkey k WHERE k.user_id = e.account)
      AND EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.source_id = a.id AND g.source = 'application' AND g.ended_at IS NULL
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp()))
      AND NOT EXISTS (
        SELECT FROM public.decisions_halfcopy c
        JOIN public.decisions_readertold t
          ON t.application_id = c.application_id AND t.unit_id = e.unit
        WHERE c.application_id = a.id AND c.account_id = e.account)
$$;

CREATE OR REPLACE FUNCTION public.decisions_on_copy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.decisions_is_owner() AND NOT EXISTS (
        SELECT FROM public.decisions_application a
        JOIN public.decisions_elsewhere(a.dossier_id, a.body_id) e ON e.account = NEW.account_id
        JOIN public.decisions_readertold t ON t.application_id = a.id AND t.unit_id = e.unit
        WHERE a.id = NEW.application_id AND a.holder = ANY (public.ctx_teams())) THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION public.decisions_read_copy(p_number text)
RETURNS TABLE (application uuid, dossier bigint, content bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT a.id, a.dossier_id, c.content
    FROM public.decisions_application a
    JOIN public.decisions_halfcopy c ON c.application_id = a.id
    JOIN public.decisions_elsewhere(a.dossier_id, a.body_id) e ON e.account = c.account_id
    JOIN public.decisions_readertold t ON t.application_id = a.id AND t.unit_id = e.unit
    WHERE a.number = p_number AND c.account_id = public.ctx_user()
      AND a.id <> ALL (ARRAY(SELECT public.bodies_touching()))
      AND EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.source_id = a.id AND g.source = 'application' AND g.team_id = a.team_id
          AND g.ended_at IS NULL AND g.starts_at <= statement_timestamp()
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp()))
$$;

-- Whether the person wants to be heard may change as long as nothing is decided: the holder says it.
DROP TRIGGER decisions_asked_stays ON public.decisions_application;
CREATE TRIGGER decisions_asked_stays BEFORE UPDATE OF consent_id, agreed_id, by_unit_type, language,
    opinion ON public.decisions_application
    FOR EACH ROW WHEN ((NEW.consent_id, NEW.agreed_id, NEW.by_unit_type, NEW.language, NEW.opinion)
        IS DISTINCT FROM (OLD.consent_id, OLD.agreed_id, OLD.by_unit_type, OLD.language,
                          OLD.opinion))
    EXECUTE FUNCTION public.decisions_stays('decisions_filed_stays');
CREATE FUNCTION public.decisions_on_wish() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NEW.state NOT IN ('filed', 'incomplete', 'complete')
        OR NOT public.decisions_is_owner() AND NEW.holder <> ALL (public.ctx_teams()) THEN
        PERFORM public.decisions_refuse('decisions_filed_stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_on_wish BEFORE UPDATE OF hearing ON public.decisions_application
    FOR EACH ROW WHEN (NEW.hearing <> OLD.hearing) EXECUTE FUNCTION public.decisions_on_wish();

-- What was sealed before it was kept whether the person had been told.
DELETE FROM public.decisions_halfcopy;

REVOKE EXECUTE ON FUNCTION public.decisions_on_told(), public.decisions_on_wish(),
    public.decisions_without_copy(uuid)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.decisions_without_copy(uuid) TO app;
