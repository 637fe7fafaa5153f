"""A child's decision: seen by the holder and the advocate's team, signed by the advocate alone."""

from django.db import migrations

from panoh.access.models.protection import Protect

# What was proposed never changes; nobody proposes in another's name or signs what is not the
# named advocate's. The role of background jobs signs nothing: it may only end.
WALL = """
CREATE FUNCTION public.consent_guards(p_dossier bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT public.ctx_ok() AND EXISTS (
        SELECT FROM public.access_grant g
        WHERE g.dossier_id = p_dossier AND g.source = 'advocate'
          AND g.team_id = ANY (public.ctx_teams())
          AND g.ended_at IS NULL AND g.starts_at <= statement_timestamp()
          AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp())
    )
$$;
CREATE FUNCTION public.consent_two_people() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.signed_by_id IS NOT NULL
           OR (public.ctx_user() IS NOT NULL AND NEW.proposed_by_id <> public.ctx_user()) THEN
            RAISE EXCEPTION 'a decision begins as a proposal of one''s own'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.unit_id, NEW.team_id, NEW.organisation_id, NEW.categories, NEW.until, NEW.ends_at,
        NEW.reason, NEW.view, NEW.proposed_by_id, NEW.proposed_unit)
       IS DISTINCT FROM
       (OLD.unit_id, OLD.team_id, OLD.organisation_id, OLD.categories, OLD.until, OLD.ends_at,
        OLD.reason, OLD.view, OLD.proposed_by_id, OLD.proposed_unit) THEN
        RAISE EXCEPTION 'what was proposed never changes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.signed_by_id, NEW.signed_at, NEW.effective_at)
       IS DISTINCT FROM (OLD.signed_by_id, OLD.signed_at, OLD.effective_at)
       OR (NEW.state IN ('signed', 'proposed') AND NEW.state <> OLD.state) THEN
        IF OLD.state <> 'proposed' OR NEW.state <> 'signed'
           OR NEW.signed_by_id IS DISTINCT FROM public.ctx_user()
           OR NOT public.access_is_advocate(NEW.dossier_id) THEN
            RAISE EXCEPTION 'only the named advocate signs, once'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION public.consent_guards(bigint), public.consent_two_people() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.consent_guards(bigint) TO app;
CREATE TRIGGER consent_two_people BEFORE INSERT OR UPDATE ON public.consent_decision
    FOR EACH ROW EXECUTE FUNCTION public.consent_two_people();
CREATE POLICY advocate_reads ON public.consent_decision FOR SELECT TO app
    USING (public.consent_guards(dossier_id));
CREATE POLICY advocate_answers ON public.consent_decision FOR UPDATE TO app
    USING (public.consent_guards(dossier_id));
"""

OPEN = """
DROP POLICY advocate_answers ON public.consent_decision;
DROP POLICY advocate_reads ON public.consent_decision;
DROP TRIGGER consent_two_people ON public.consent_decision;
DROP FUNCTION public.consent_two_people();
DROP FUNCTION public.consent_guards(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0004_decision"), ("access", "0008_advocate")]

    operations = [
        Protect("Decision", category=None, jobs=True),
        migrations.RunSQL(WALL, OPEN),
    ]
