"""A picture in health is in no packet: the team that holds the case reads it, and who added it.

A grant to the category opens notes and papers, and never a photograph of somebody's body.
"""

from django.db import migrations

from panoh.kernel.rules import Category

SQL = f"""
CREATE POLICY pictures ON public.files_document AS RESTRICTIVE FOR SELECT TO app USING (
    category <> {int(Category.HEALTH)} OR type NOT IN ('jpg', 'png')
    OR holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    OR added_by_id = (SELECT public.ctx_user()));
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0007_own_register")]

    operations = [migrations.RunSQL(SQL, "DROP POLICY pictures ON public.files_document;")]
