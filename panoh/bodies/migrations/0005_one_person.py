"""One person is one: types up in the own name, so that another signs, and sits for one voice. What
only triggers ask is asked by nobody else."""

from django.db import migrations

NAMES = "public.bodies_lock_open(uuid), public.bodies_demand(uuid), public.bodies_refuse(text)"
ONE = """
CREATE TRIGGER bodies_typed_in_own_name BEFORE INSERT ON public.bodies_sitting
    FOR EACH ROW WHEN (NEW.on_paper) EXECUTE FUNCTION public.bodies_in_own_name('typed_by_id');

-- As member of one seat and alternate of another, or by two seats with a term, somebody would have
-- two votes, and count twice for the quorum.
CREATE FUNCTION public.bodies_sits_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF EXISTS (
        SELECT FROM public.bodies_seat s
        JOIN public.bodies_attendance o ON o.sitting_id = NEW.sitting_id AND o.seat_id <> s.id
        JOIN public.bodies_seat x ON x.id = o.seat_id
        WHERE s.id = NEW.seat_id AND s.votes AND x.votes
          AND o.came_at IS NOT NULL AND o.left_at IS NULL
          AND CASE WHEN o.by_alternate THEN x.alternate_id ELSE x.user_id END
            = CASE WHEN NEW.by_alternate THEN s.alternate_id ELSE s.user_id END) THEN
        PERFORM public.bodies_refuse('bodies_sits_once');
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION public.bodies_sits_once() FROM PUBLIC;
CREATE TRIGGER bodies_sits_once BEFORE INSERT OR UPDATE ON public.bodies_attendance
    FOR EACH ROW WHEN (NEW.came_at IS NOT NULL AND NEW.left_at IS NULL)
    EXECUTE FUNCTION public.bodies_sits_once();
"""
BACK = """
DROP TRIGGER bodies_sits_once ON public.bodies_attendance;
DROP FUNCTION public.bodies_sits_once();
DROP TRIGGER bodies_typed_in_own_name ON public.bodies_sitting;
"""


class Migration(migrations.Migration):
    dependencies = [("bodies", "0004_typed")]

    operations = [
        migrations.RunSQL(
            f"REVOKE EXECUTE ON FUNCTION {NAMES} FROM PUBLIC;",
            f"GRANT EXECUTE ON FUNCTION {NAMES} TO PUBLIC;",
        ),
        migrations.RunSQL(ONE, BACK),
    ]
