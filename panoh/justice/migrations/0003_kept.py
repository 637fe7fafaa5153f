"""A charge that has ended stays ended; what was entered, and who told a prosecutor, stays."""

from django.db import migrations

SQL = """
CREATE FUNCTION public.justice_stays() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'what was written of a charge stays'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'justice_stays';
END $$;
CREATE TRIGGER justice_entered_stays BEFORE UPDATE OF team_id, kind, fact_id, text, entered_at,
    entered_by_id ON public.justice_charge
    FOR EACH ROW EXECUTE FUNCTION public.justice_stays();
CREATE TRIGGER justice_told_stays BEFORE UPDATE OF told_word, told_unit_id, told_at, told_by_id
    ON public.justice_charge FOR EACH ROW WHEN (OLD.told_at IS NOT NULL)
    EXECUTE FUNCTION public.justice_stays();
CREATE TRIGGER justice_ended_stays BEFORE UPDATE OF state, outcome, ended_on, ended_at, ended_by_id
    ON public.justice_charge FOR EACH ROW WHEN (OLD.state = 'ended')
    EXECUTE FUNCTION public.justice_stays();
REVOKE EXECUTE ON FUNCTION public.justice_stays() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("justice", "0002_walls")]

    operations = [migrations.RunSQL(SQL, "DROP FUNCTION public.justice_stays() CASCADE;")]
