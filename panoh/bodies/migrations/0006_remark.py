"""What agenda and minutes say beside a matter stays as it was tabled."""

from django.db import migrations, models

SQL = """
CREATE FUNCTION public.bodies_remark_stays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM public.bodies_refuse('bodies_settled_stays');
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION public.bodies_remark_stays() FROM PUBLIC;
CREATE TRIGGER bodies_remark_stays BEFORE UPDATE OF remark ON public.bodies_item
    FOR EACH ROW WHEN (NEW.remark <> OLD.remark) EXECUTE FUNCTION public.bodies_remark_stays();
"""
DROP = "DROP FUNCTION public.bodies_remark_stays() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("bodies", "0005_one_person")]

    operations = [
        migrations.AddField(
            "item", "remark", models.CharField(blank=True, default="", max_length=40)
        ),
        migrations.RunSQL(SQL, DROP),
    ]
