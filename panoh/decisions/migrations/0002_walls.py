"""Who sees the time to recover, and the promise that nobody is questioned in it."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category

# Whoever writes the row, with or without reach to the time to recover, is answered alike.
GUARD = """
CREATE FUNCTION public.decisions_no_interview() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT NEW.is_her_wish AND EXISTS (
        SELECT FROM public.decisions_reflection r
        WHERE r.dossier_id = NEW.dossier_id AND NEW."on" >= r.started_on
          AND (r.ended_on IS NULL OR NEW."on" < r.ended_on)
          AND (r.last_on IS NULL OR NEW."on" <= r.last_on)
    ) THEN
        RAISE EXCEPTION 'no interview in the time to recover' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION public.decisions_no_interview() FROM PUBLIC;
CREATE TRIGGER decisions_no_interview BEFORE INSERT OR UPDATE ON public.decisions_interview
    FOR EACH ROW EXECUTE FUNCTION public.decisions_no_interview();
"""
DROP = """
DROP TRIGGER decisions_no_interview ON public.decisions_interview;
DROP FUNCTION public.decisions_no_interview();
"""


class Migration(migrations.Migration):
    dependencies = [("decisions", "0001_initial"), ("access", "0002_walls")]

    operations = [
        Protect("Reflection", category=Category.CORE),
        Protect("Used", category=Category.SERVICES),
        Protect("Interview", category=Category.CORE),
        migrations.RunSQL(GUARD, DROP),
    ]
