"""A bed keeps the case open; a house without the case obeys its plan of leaving."""

from django.db import migrations

SQL = """
-- Whoever may know of it does not close a case while a bed is held or somebody lives there; for
-- police and the like it closes, so that nothing is told, and the stay goes on.
CREATE FUNCTION public.shelters_on_close() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF public.shelters_may_know() AND EXISTS (
        SELECT FROM public.shelters_hold h
        WHERE h.dossier_id = NEW.dossier_id AND h.state IN ('held', 'admitted')) THEN
        RAISE EXCEPTION 'a bed is held for this person' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER shelters_keeps BEFORE UPDATE OF state ON public.cases_case
    FOR EACH ROW WHEN (NEW.state = 'closed' AND OLD.state <> 'closed')
    EXECUTE FUNCTION public.shelters_on_close();

-- The duty that keeps the case open is the holder's; whoever ends the stay may be the house.
CREATE FUNCTION public.shelters_after_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.duties_duty
    SET settled_at = NEW.ended_at, settled_by_id = NEW.ended_by_id, outcome = NEW.state,
        next_step_at = NULL
    WHERE subject_id = NEW.id AND kind = 'bed.stays' AND settled_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER shelters_ended AFTER UPDATE OF state ON public.shelters_hold
    FOR EACH ROW WHEN (NEW.state NOT IN ('held', 'admitted'))
    EXECUTE FUNCTION public.shelters_after_end();

-- Somebody leaves a house of mine whose case was not opened to it: see `cases_see_off`.
CREATE FUNCTION public.shelters_see_off(
    p_hold uuid, p_planned boolean, p_caller int, p_grave text[], p_dues timestamptz[],
    p_at timestamptz
) RETURNS TABLE (leaving uuid, contact uuid, caller int, urgency int, sensitivity int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_dossier bigint;
BEGIN
    SELECT h.dossier_id INTO v_dossier FROM public.shelters_hold h
    WHERE h.id = p_hold AND h.state = 'admitted' AND h.team_id = ANY (public.ctx_teams());
    IF v_dossier IS NULL OR NOT public.access_can('stay_write') OR public.cases_never_apart() THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN QUERY SELECT * FROM public.cases_see_off(
        v_dossier, p_planned, p_caller, p_grave, p_dues, p_at);
END $$;

REVOKE EXECUTE ON FUNCTION public.shelters_on_close(), public.shelters_after_end(),
    public.shelters_see_off(uuid, boolean, int, text[], timestamptz[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    public.shelters_see_off(uuid, boolean, int, text[], timestamptz[], timestamptz) TO app;
"""
DROP = """
DROP FUNCTION public.shelters_see_off(uuid, boolean, int, text[], timestamptz[], timestamptz);
DROP TRIGGER shelters_ended ON public.shelters_hold;
DROP FUNCTION public.shelters_after_end();
DROP TRIGGER shelters_keeps ON public.cases_case;
DROP FUNCTION public.shelters_on_close();
"""


class Migration(migrations.Migration):
    dependencies = [("shelters", "0002_walls"), ("cases", "0026_leaving_agreed_walls")]

    operations = [migrations.RunSQL(SQL, DROP)]
