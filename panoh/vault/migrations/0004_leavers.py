"""Who loses the wrap of a team's key may have kept the key: that version is marked."""

from django.db import migrations, models

MARK = """
CREATE FUNCTION public.vault_on_leaver() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    UPDATE public.vault_teamkey SET stale = true
    WHERE team_id = OLD.team_id AND version = OLD.version;
    RETURN NULL;
END $$;
CREATE TRIGGER vault_leaver AFTER DELETE ON public.vault_teamkeywrap
    FOR EACH ROW EXECUTE FUNCTION public.vault_on_leaver();
"""

UNMARK = """
DROP TRIGGER vault_leaver ON public.vault_teamkeywrap;
DROP FUNCTION public.vault_on_leaver();
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0003_rewrap")]

    operations = [
        migrations.AddField(
            model_name="teamkey",
            name="stale",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(MARK, UNMARK),
    ]
