-- What the programme alone promised of an application: whose verb it is, that what was handed in,
-- ruled, told and noted stays, that a ruling follows its votes, that reading ends with the minutes.

-- The owner of the tables writes with its own hands (a restore): that is not asked.
CREATE FUNCTION public.decisions_is_owner() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT session_user = current_user
$$;

-- Each side moves an application by its own verbs: the body, or who holds the case.
CREATE FUNCTION public.decisions_whose_verb() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.decisions_is_owner() AND NOT (CASE
        WHEN NEW.state IN ('incomplete', 'complete', 'granted', 'refused')
        THEN NEW.team_id = ANY (public.ctx_teams())
        ELSE NEW.holder = ANY (public.ctx_teams()) END) THEN
        PERFORM public.decisions_refuse('decisions_whose_verb');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_whose_verb BEFORE UPDATE OF state ON public.decisions_application
    FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION public.decisions_whose_verb();

-- What stays as it was written; the trigger says when.
CREATE FUNCTION public.decisions_stays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.decisions_refuse(TG_ARGV[0]);
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_asked_stays BEFORE UPDATE OF consent_id, agreed_id, by_unit_type, hearing,
    language, opinion ON public.decisions_application
    FOR EACH ROW WHEN ((NEW.consent_id, NEW.agreed_id, NEW.by_unit_type, NEW.hearing, NEW.language,
                        NEW.opinion)
        IS DISTINCT FROM (OLD.consent_id, OLD.agreed_id, OLD.by_unit_type, OLD.hearing,
                          OLD.language, OLD.opinion))
    EXECUTE FUNCTION public.decisions_stays('decisions_filed_stays');
CREATE TRIGGER decisions_told_stays BEFORE UPDATE OF told_at, told_by_id, told_way
    ON public.decisions_application FOR EACH ROW WHEN (OLD.told_at IS NOT NULL)
    EXECUTE FUNCTION public.decisions_stays('decisions_told_stays');
CREATE TRIGGER decisions_half_stays BEFORE UPDATE OF sex, age_band, forms, acts, means, text,
    opinion_text, written_at, written_by_id ON public.decisions_halfpage
    FOR EACH ROW EXECUTE FUNCTION public.decisions_stays('decisions_filed_stays');
CREATE TRIGGER decisions_step_stays BEFORE UPDATE OF application_id, number, body_id, team_id, kind,
    verb, ground, role, "on", at, by_id ON public.decisions_moved
    FOR EACH ROW EXECUTE FUNCTION public.decisions_stays('decisions_step_stays');
CREATE TRIGGER decisions_minutes_stay BEFORE UPDATE OF minutes ON public.decisions_ruling
    FOR EACH ROW WHEN (NEW.minutes <> OLD.minutes)
    EXECUTE FUNCTION public.decisions_stays('decisions_ruling_stays');
CREATE TRIGGER decisions_begun_stays BEFORE UPDATE OF started_at, started_by_id, started_on, ends_at,
    last_on, half_at, pack_version ON public.decisions_reflection
    FOR EACH ROW EXECUTE FUNCTION public.decisions_stays('decisions_reflection_stays');
CREATE TRIGGER decisions_ended_stays BEFORE UPDATE OF ended_at, ended_on, ended_by_id, ended_words
    ON public.decisions_reflection FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL)
    EXECUTE FUNCTION public.decisions_stays('decisions_reflection_stays');
CREATE TRIGGER decisions_used_stays BEFORE UPDATE OF reflection_id, code, "on", at, by_id
    ON public.decisions_used
    FOR EACH ROW EXECUTE FUNCTION public.decisions_stays('decisions_reflection_stays');

-- A step is noted in the own name, by one of the two sides.
CREATE FUNCTION public.decisions_on_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.decisions_is_owner() AND (
        NEW.by_id IS DISTINCT FROM public.ctx_user() OR NOT EXISTS (
            SELECT FROM public.decisions_application a
            WHERE a.id = NEW.application_id AND a.dossier_id = NEW.dossier_id
              AND (a.body_id, a.team_id, a.number, a.kind)
                  = (NEW.body_id, NEW.team_id, NEW.number, NEW.kind)
              AND (a.holder = ANY (public.ctx_teams()) OR a.team_id = ANY (public.ctx_teams()))
        )) THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_on_step BEFORE INSERT ON public.decisions_moved
    FOR EACH ROW EXECUTE FUNCTION public.decisions_on_step();

-- A ruling says what the sitting settled, with its quorum and votes, not before it did.
CREATE FUNCTION public.decisions_on_votes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.decisions_is_owner() AND NOT EXISTS (
        SELECT FROM public.bodies_item i
        WHERE i.id = NEW.item_id AND i.carried = (NEW.outcome = 'granted')
          AND i.outcome = CASE NEW.outcome
              WHEN 'granted' THEN CASE NEW.kind WHEN 'first' THEN 'granted' ELSE 'reversed' END
              ELSE CASE NEW.kind WHEN 'first' THEN 'refused' ELSE 'upheld' END END
    ) THEN
        PERFORM public.decisions_refuse('decisions_ruled_by_votes');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_on_votes BEFORE INSERT ON public.decisions_ruling
    FOR EACH ROW EXECUTE FUNCTION public.decisions_on_votes();

-- Minutes are not closed over a ruling that waits for its second signature, and with them ends what
-- the body reads of everything decided there: asked at the end of the transaction.
CREATE FUNCTION public.decisions_on_minutes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF EXISTS (
        SELECT FROM public.decisions_ruling r
        JOIN public.decisions_application a ON a.id = r.application_id
        WHERE r.sitting_id = NEW.id AND r.effective_at IS NULL AND a.state = 'complete'
    ) THEN
        PERFORM public.decisions_refuse('decisions_unsigned');
    END IF;
    IF EXISTS (
        SELECT FROM public.decisions_ruling r
        JOIN public.access_grant g ON g.source_id = r.application_id
        WHERE r.sitting_id = NEW.id AND g.source = 'application' AND g.ended_at IS NULL
    ) THEN
        PERFORM public.decisions_refuse('decisions_reading_ends');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER decisions_on_minutes AFTER UPDATE OF state ON public.bodies_sitting
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION public.decisions_on_minutes();

-- Rows of interviews are counted again whenever a grant changes: that asks nothing anew. Without
-- this, one that was planned before the time to recover began stopped every grant of its case.
DROP TRIGGER decisions_no_interview ON public.decisions_interview;
CREATE TRIGGER decisions_no_interview BEFORE INSERT OR UPDATE OF "on", is_her_wish
    ON public.decisions_interview
    FOR EACH ROW EXECUTE FUNCTION public.decisions_no_interview();

-- Members read while they have a seat: a term that is over ends it.
DROP POLICY members ON public.decisions_halfpage;
CREATE POLICY members ON public.decisions_halfpage AS RESTRICTIVE TO app
    USING (holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
           OR (SELECT public.access_can('application_read'))
           AND id IN (SELECT a.id FROM public.decisions_application a
                      WHERE a.body_id = ANY ((SELECT public.bodies_seated())::uuid[])));

REVOKE EXECUTE ON FUNCTION public.decisions_whose_verb(), public.decisions_stays(),
    public.decisions_on_step(), public.decisions_on_votes(), public.decisions_on_minutes()
    FROM PUBLIC;
