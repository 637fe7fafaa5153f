"""A clock that runs is never rewritten; what happened to it is seen by whoever sees the duty."""

from django.db import migrations

from panoh.access.models.protection import Allow

DEFAULTS = ("unit", "act", "article", "standing", "pack_version", "zone")
# For the functions of other rooms that open a duty in the database. No default of Django's: it
# would ask the row back, and a duty of another team cannot be read back.
FILL = "ALTER TABLE public.duties_duty " + ", ".join(
    f"ALTER COLUMN {name} SET DEFAULT ''" for name in DEFAULTS
)
EMPTY = FILL.replace("SET DEFAULT ''", "DROP DEFAULT")

CREATE = """
ALTER TABLE public.duties_turn ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.duties_turn FORCE ROW LEVEL SECURITY;
-- The inner query stands behind the walls of the duty itself.
CREATE POLICY app_reads ON public.duties_turn FOR SELECT TO app USING (
    EXISTS (SELECT FROM public.duties_duty d WHERE d.id = duty_id));
CREATE POLICY app_adds ON public.duties_turn FOR INSERT TO app WITH CHECK (
    by_id = (SELECT public.ctx_user())
    AND EXISTS (SELECT FROM public.duties_duty d WHERE d.id = duty_id));
CREATE POLICY owner_all ON public.duties_turn TO CURRENT_USER USING (true);

-- By which version something is counted is written once. A last moment moves only to where the
-- newest turn of its clock says.
CREATE FUNCTION public.duties_keep_clock() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF (OLD.period, OLD.value, OLD.unit, OLD.act, OLD.article, OLD.standing, OLD.pack_version,
        OLD.started_at, OLD.opened_at, OLD.zone)
        IS DISTINCT FROM
       (NEW.period, NEW.value, NEW.unit, NEW.act, NEW.article, NEW.standing, NEW.pack_version,
        NEW.started_at, NEW.opened_at, NEW.zone)
        OR (NEW.due_at IS DISTINCT FROM OLD.due_at AND NOT EXISTS (
            SELECT FROM public.duties_turn t WHERE t.duty_id = NEW.id
              AND t.due_after IS NOT DISTINCT FROM NEW.due_at
              AND t.number = (SELECT max(u.number) FROM public.duties_turn u
                              WHERE u.duty_id = NEW.id)))
    THEN
        RAISE EXCEPTION 'a clock that runs is not rewritten' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER duties_keep_clock BEFORE UPDATE OF period, value, unit, act, article, standing,
    pack_version, started_at, opened_at, zone, due_at ON public.duties_duty
    FOR EACH ROW EXECUTE FUNCTION public.duties_keep_clock();

-- What bodies owe under the law and is late: which body, which clock, since when; no case. The
-- code of the national secretariat's role is that of the pack, as in cases_never_apart().
CREATE FUNCTION public.duties_overdue(p_at timestamptz, p_limit int)
RETURNS TABLE (unit int, period varchar, act varchar, article varchar, due timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT public.access_can('queue_read') THEN
        PERFORM public.access_refuse();
    END IF;
    RETURN QUERY
    SELECT o.id, d.period, d.act, d.article, d.due_at
    FROM public.duties_duty d
    JOIN public.access_team t ON t.id = d.owner_id
    JOIN public.access_unit o ON o.id = t.unit_id
    WHERE d.settled_at IS NULL AND d.due_at < p_at
      AND d.standing IN ('verified', 'unverified')
      AND EXISTS (
        SELECT FROM public.access_rolegrant r
        JOIN public.access_rolepermission p ON p.role = r.role AND p.permission = 'queue_read'
        WHERE r.unit_id = o.id)
      AND (
        o.id = (SELECT u.unit_id FROM public.access_user u WHERE u.id = public.ctx_user())
        OR o.district IN (
            SELECT y.place FROM public.access_territory y WHERE y.user_id = public.ctx_user())
        OR public.access_can('overdue_all'))
    ORDER BY d.due_at LIMIT p_limit;
END $$;
REVOKE EXECUTE ON FUNCTION public.duties_overdue(timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.duties_overdue(timestamptz, int) TO app;
"""

DROP = """
DROP FUNCTION public.duties_overdue(timestamptz, int);
DROP TRIGGER duties_keep_clock ON public.duties_duty;
DROP FUNCTION public.duties_keep_clock();
DROP POLICY owner_all ON public.duties_turn;
DROP POLICY app_adds ON public.duties_turn;
DROP POLICY app_reads ON public.duties_turn;
ALTER TABLE public.duties_turn NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.duties_turn DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("duties", "0003_clock"), ("access", "0002_walls")]

    operations = [
        Allow("Turn", app="select, insert"),
        migrations.RunSQL(FILL, EMPTY),
        migrations.RunSQL(CREATE, DROP),
    ]
