"""Where the pack has not set how much more time there is, the day is the one that was asked for."""

from django.db import migrations

# As before, with the day between the last two brackets.
POLICY = """
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
              AND e.period = duties_turn.period AND e.ground = duties_turn.ground%s)
    ELSE by_id = (SELECT public.ctx_user()) END);
"""
DAY = """
              AND e.until IS NOT DISTINCT FROM
                  CASE WHEN duties_turn.value IS NULL THEN duties_turn.due_after END"""


class Migration(migrations.Migration):
    dependencies = [("duties", "0007_until")]

    operations = [migrations.RunSQL(POLICY % DAY, POLICY % "")]
