"""What a commission owes about money that ends is over once the end moves, or somebody pays on."""

from django.db import migrations

SQL = """
-- The duty is the commission's; whoever moves the end is the house.
CREATE FUNCTION public.shelters_end_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    v_funding uuid := CASE TG_TABLE_NAME
        WHEN 'shelters_funding' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'funding_id')::uuid END;
BEGIN
    UPDATE public.duties_duty
    SET settled_at = greatest(statement_timestamp(), opened_at), settled_by_id = public.ctx_user(),
        outcome = TG_ARGV[0], next_step_at = NULL
    WHERE subject_id = v_funding AND kind = 'body.shelter_ends' AND settled_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER shelters_end_moved AFTER UPDATE OF until ON public.shelters_funding
    FOR EACH ROW WHEN (NEW.until <> OLD.until)
    EXECUTE FUNCTION public.shelters_end_moved('changed');
CREATE TRIGGER shelters_paid_on AFTER UPDATE OF settled_at ON public.shelters_takeover
    FOR EACH ROW WHEN (OLD.settled_at IS NULL AND NEW.settled_at IS NOT NULL)
    EXECUTE FUNCTION public.shelters_end_moved('settled');
REVOKE EXECUTE ON FUNCTION public.shelters_end_moved() FROM PUBLIC;
"""
DROP = "DROP FUNCTION public.shelters_end_moved() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("shelters", "0004_own_cases"), ("duties", "0002_walls")]

    operations = [migrations.RunSQL(SQL, DROP)]
