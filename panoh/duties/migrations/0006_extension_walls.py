"""More time is asked for by one account and allowed by another, each signed in itself."""

from django.db import migrations

from panoh.access.models.protection import Allow

FORMER = """
CREATE POLICY app_adds ON public.duties_turn FOR INSERT TO app WITH CHECK (
    by_id = (SELECT public.ctx_user())
    AND EXISTS (SELECT FROM public.duties_duty d WHERE d.id = duty_id));
"""
CREATE = """
ALTER TABLE public.duties_extension ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.duties_extension FORCE ROW LEVEL SECURITY;
-- The inner query stands behind the walls of the duty itself.
CREATE POLICY app_reads ON public.duties_extension FOR SELECT TO app USING (
    EXISTS (SELECT FROM public.duties_duty d WHERE d.id = duty_id));
CREATE POLICY app_adds ON public.duties_extension FOR INSERT TO app WITH CHECK (
    asked_by_id = (SELECT public.ctx_user()) AND answered_at IS NULL
    AND EXISTS (SELECT FROM public.duties_duty d WHERE d.id = duty_id));
CREATE POLICY app_answers ON public.duties_extension FOR UPDATE TO app
    USING (answered_at IS NULL
           AND EXISTS (SELECT FROM public.duties_duty d WHERE d.id = duty_id))
    WITH CHECK (answered_by_id = (SELECT public.ctx_user()));
CREATE POLICY owner_all ON public.duties_extension TO CURRENT_USER USING (true);

-- Who writes that a clock got more time is who allowed it, and what was asked for stands there.
DROP POLICY app_adds ON public.duties_turn;
CREATE POLICY app_adds ON public.duties_turn FOR INSERT TO app WITH CHECK (
    EXISTS (SELECT FROM public.duties_duty d WHERE d.id = duties_turn.duty_id)
    AND CASE WHEN verb = 'extend' THEN
        approved_by_id = (SELECT public.ctx_user())
        AND EXISTS (
            SELECT FROM public.duties_extension e
            WHERE e.duty_id = duties_turn.duty_id AND e.is_allowed
              AND e.asked_by_id = duties_turn.by_id
              AND e.answered_by_id = duties_turn.approved_by_id
              AND e.answered_at = duties_turn.at
              AND e.period = duties_turn.period AND e.ground = duties_turn.ground)
    ELSE by_id = (SELECT public.ctx_user()) END);
"""
DROP = f"""
DROP POLICY app_adds ON public.duties_turn;
{FORMER}
DROP POLICY owner_all ON public.duties_extension;
DROP POLICY app_answers ON public.duties_extension;
DROP POLICY app_adds ON public.duties_extension;
DROP POLICY app_reads ON public.duties_extension;
ALTER TABLE public.duties_extension NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.duties_extension DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("duties", "0005_extension")]

    operations = [
        Allow(
            "Extension",
            app="select, insert, update (answered_at, answered_by_id, is_allowed)",
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
