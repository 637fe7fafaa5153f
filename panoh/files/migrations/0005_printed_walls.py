"""Who sees that a letter was printed: who helps, and the team that printed it."""

from django.db import migrations

from panoh.access.models.protection import Protect
from panoh.kernel.rules import Category

# One after the other, without a hole, whoever prints at the same time.
NUMBER = """
CREATE FUNCTION public.files_take_numbers(p_team int, p_year int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF NOT (public.ctx_ok() AND p_team = ANY (public.ctx_teams())) THEN
        PERFORM public.access_refuse();
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(
        pg_catalog.hashtext('files_printed'), p_team);
    RETURN (SELECT coalesce(max(p.number), 0) + 1 FROM public.files_printed p
            WHERE p.team_id = p_team AND p.year = p_year);
END $$;
REVOKE EXECUTE ON FUNCTION public.files_take_numbers(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.files_take_numbers(int, int) TO app;
-- What stands in the register stays as it was written.
CREATE FUNCTION public.files_keep_printed() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF (NEW.team_id, NEW.year, NEW.number, NEW.mark, NEW.code, NEW.language, NEW.is_named, NEW.at,
        NEW.by_id, NEW.subject_id) IS DISTINCT FROM (OLD.team_id, OLD.year, OLD.number, OLD.mark,
        OLD.code, OLD.language, OLD.is_named, OLD.at, OLD.by_id, OLD.subject_id) THEN
        RAISE EXCEPTION 'a printed letter stays printed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER files_keep_printed BEFORE UPDATE ON public.files_printed
    FOR EACH ROW EXECUTE FUNCTION public.files_keep_printed();
"""
DROP = """
DROP TRIGGER files_keep_printed ON public.files_printed;
DROP FUNCTION public.files_keep_printed();
DROP FUNCTION public.files_take_numbers(int, int);
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0004_printed"), ("access", "0011_never_walls")]

    operations = [
        Protect("Printed", category=Category.SERVICES, also="team_id"),
        migrations.RunSQL(NUMBER, DROP),
    ]
