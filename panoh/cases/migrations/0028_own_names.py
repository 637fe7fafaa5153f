"""Who signs a plan of leaving, or for a hand-over, is who is signed in."""

from django.db import migrations

SQL = """
CREATE FUNCTION public.cases_in_own_name() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF current_user = 'app'
       AND (to_jsonb(NEW) ->> TG_ARGV[0])::int IS DISTINCT FROM public.ctx_user() THEN
        RAISE EXCEPTION 'refused by the wall' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION public.cases_in_own_name() FROM PUBLIC;
CREATE TRIGGER cases_order_signed BEFORE INSERT OR UPDATE ON public.cases_ordersignature
    FOR EACH ROW EXECUTE FUNCTION public.cases_in_own_name('by_id');
CREATE TRIGGER cases_leaving_signed BEFORE INSERT ON public.cases_leaving
    FOR EACH ROW WHEN (NEW.signed_by_id IS NOT NULL)
    EXECUTE FUNCTION public.cases_in_own_name('signed_by_id');
CREATE TRIGGER cases_leaving_signs BEFORE UPDATE ON public.cases_leaving
    FOR EACH ROW WHEN (NEW.signed_by_id IS DISTINCT FROM OLD.signed_by_id)
    EXECUTE FUNCTION public.cases_in_own_name('signed_by_id');
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0027_happened_in")]

    operations = [
        migrations.RunSQL(SQL, "DROP FUNCTION public.cases_in_own_name() CASCADE;"),
    ]
