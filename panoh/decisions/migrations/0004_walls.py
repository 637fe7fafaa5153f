"""Who reads an application, its half page, its ruling and its steps; what the database keeps."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category

# The table of lifecycles, as in ``rules/application.py``; a test compares the two.
JUMPS = (
    ("complete", "granted"),
    ("complete", "refused"),
    ("complete", "withdrawn"),
    ("filed", "complete"),
    ("filed", "incomplete"),
    ("filed", "withdrawn"),
    ("incomplete", "filed"),
    ("incomplete", "withdrawn"),
    ("refused", "appealed"),
)
LIST = ", ".join(f"('{old}', '{new}')" for old, new in JUMPS)

GUARD = """
CREATE FUNCTION public.decisions_refuse(p_rule text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'refused by rule %', p_rule
        USING ERRCODE = 'check_violation', CONSTRAINT = p_rule;
END $$;

-- No state is jumped over, and none is reached without the ruling that says so.
CREATE FUNCTION public.decisions_on_application() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- What the owner of the tables writes with its own hands (a restore) is not asked.
        IF NEW.state <> 'filed' AND session_user <> current_user THEN
            PERFORM public.decisions_refuse('decisions_jump');
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (JUMPS) THEN
        PERFORM public.decisions_refuse('decisions_jump');
    END IF;
    IF NEW.state IN ('granted', 'refused') AND NEW.state <> OLD.state AND NOT EXISTS (
        SELECT FROM public.decisions_ruling r
        WHERE r.application_id = NEW.id AND r.outcome = NEW.state AND r.effective_at IS NOT NULL
    ) THEN
        PERFORM public.decisions_refuse('decisions_needs_ruling');
    END IF;
    IF (NEW.number, NEW.kind, NEW.former_id, NEW.body_id, NEW.team_id, NEW.filed_at, NEW.filed_by_id)
       IS DISTINCT FROM (OLD.number, OLD.kind, OLD.former_id, OLD.body_id, OLD.team_id, OLD.filed_at,
                         OLD.filed_by_id) THEN
        PERFORM public.decisions_refuse('decisions_filed_stays');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_on_application BEFORE INSERT OR UPDATE ON public.decisions_application
    FOR EACH ROW EXECUTE FUNCTION public.decisions_on_application();

-- A ruling is made in an open sitting of the body that was asked, on a complete application, by who
-- may; then it stays, but for the second signature, which is another person's.
CREATE FUNCTION public.decisions_on_ruling() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.application_id, NEW.body_id, NEW.team_id, NEW.sitting_id, NEW.item_id, NEW.number,
            NEW.kind, NEW.outcome, NEW.grounds, NEW.has_opinion, NEW.decided_on, NEW.entered_on,
            NEW.entered_at, NEW.entered_by_id, NEW.pack_version, NEW.reason
        ) IS DISTINCT FROM (
            OLD.application_id, OLD.body_id, OLD.team_id, OLD.sitting_id, OLD.item_id, OLD.number,
            OLD.kind, OLD.outcome, OLD.grounds, OLD.has_opinion, OLD.decided_on, OLD.entered_on,
            OLD.entered_at, OLD.entered_by_id, OLD.pack_version, OLD.reason
        ) OR OLD.effective_at IS NOT NULL AND (NEW.second_by_id, NEW.second_at, NEW.effective_at)
            IS DISTINCT FROM (OLD.second_by_id, OLD.second_at, OLD.effective_at) THEN
            PERFORM public.decisions_refuse('decisions_ruling_stays');
        END IF;
        IF NEW.second_by_id IS DISTINCT FROM OLD.second_by_id AND (
            NEW.second_by_id IS DISTINCT FROM public.ctx_user()
            OR NOT public.access_can('status_sign')) THEN
            PERFORM public.decisions_refuse('decisions_second_signs');
        END IF;
        RETURN NEW;
    END IF;
    IF session_user = current_user THEN
        RETURN NEW;
    END IF;
    IF NOT (public.ctx_ok() AND public.access_can('status_decide')
            AND NEW.team_id = ANY (public.ctx_teams())
            AND NEW.entered_by_id = public.ctx_user()) THEN
        PERFORM public.access_refuse();
    END IF;
    IF NOT EXISTS (
        SELECT FROM public.decisions_application a
        JOIN public.bodies_item i ON i.subject_id = a.id AND i.id = NEW.item_id
        JOIN public.bodies_sitting s ON s.id = i.sitting_id AND s.id = NEW.sitting_id
        WHERE a.id = NEW.application_id AND a.team_id = NEW.team_id AND a.body_id = NEW.body_id
          AND a.number = NEW.number AND a.dossier_id = NEW.dossier_id AND i.body_id = a.body_id
          AND a.state = 'complete' AND s.state = 'open'
          AND (NEW.second_by_id IS NULL
               OR s.on_paper AND NEW.second_by_id IN (s.signed_by_id, s.typed_by_id))
    ) THEN
        PERFORM public.decisions_refuse('decisions_ruled_in_a_sitting');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_on_ruling BEFORE INSERT OR UPDATE ON public.decisions_ruling
    FOR EACH ROW EXECUTE FUNCTION public.decisions_on_ruling();

-- The day of the sitting: for who holds the case, and for the body that was asked.
CREATE FUNCTION public.decisions_sits_at(p_application uuid) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT s.starts_at FROM public.decisions_application a
    JOIN public.bodies_item i ON i.subject_id = a.id AND i.body_id = a.body_id
    JOIN public.bodies_sitting s ON s.id = i.sitting_id AND s.state <> 'cancelled'
    WHERE a.id = p_application AND public.ctx_ok()
      AND (a.holder = ANY (public.ctx_teams()) OR a.team_id = ANY (public.ctx_teams()))
    ORDER BY s.starts_at DESC LIMIT 1
$$;
REVOKE EXECUTE ON FUNCTION public.decisions_refuse(text), public.decisions_on_application(),
    public.decisions_on_ruling(), public.decisions_sits_at(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.decisions_sits_at(uuid) TO app;

-- A member whom the matter touches reads nothing of it.
CREATE POLICY touched ON public.decisions_application AS RESTRICTIVE TO app
    USING (id <> ALL (ARRAY(SELECT public.bodies_touching())));
CREATE POLICY touched ON public.decisions_halfpage AS RESTRICTIVE TO app
    USING (id <> ALL (ARRAY(SELECT public.bodies_touching())));
CREATE POLICY touched ON public.decisions_ruling AS RESTRICTIVE TO app
    USING (application_id <> ALL (ARRAY(SELECT public.bodies_touching())));
CREATE POLICY touched ON public.decisions_moved AS RESTRICTIVE TO app
    USING (application_id <> ALL (ARRAY(SELECT public.bodies_touching())));
-- A secretary has number and code; members read the half page.
CREATE POLICY members ON public.decisions_halfpage AS RESTRICTIVE TO app
    USING (holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
           OR (SELECT public.access_can('application_read')));
"""
DROP = """
DROP POLICY members ON public.decisions_halfpage;
DROP POLICY touched ON public.decisions_moved;
DROP POLICY touched ON public.decisions_ruling;
DROP POLICY touched ON public.decisions_halfpage;
DROP POLICY touched ON public.decisions_application;
DROP FUNCTION public.decisions_sits_at(uuid);
DROP TRIGGER decisions_on_ruling ON public.decisions_ruling;
DROP FUNCTION public.decisions_on_ruling();
DROP TRIGGER decisions_on_application ON public.decisions_application;
DROP FUNCTION public.decisions_on_application();
DROP FUNCTION public.decisions_refuse(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0003_application"),
        ("bodies", "0002_walls"),
        ("access", "0019_submit"),
    ]

    operations = [
        Protect("Application", category=Category.ASK, by_source=True, jobs=True),
        Protect("HalfPage", category=Category.APPLICATION, by_source=True),
        Protect("Ruling", category=Category.LEGAL, also="team_id", jobs=True),
        Protect("Moved", category=Category.LEGAL, also="team_id", jobs=True),
        migrations.RunSQL(GUARD.replace("JUMPS", LIST), DROP),
    ]
