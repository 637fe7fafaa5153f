"""A picture in health stays a picture, and who added it stays who did.

A policy for reading alone does not hold an UPDATE that reads nothing: whoever may run SQL could
make every photograph "pdf", or the own, and then read it.
"""

from django.db import migrations

from panoh.kernel.rules import Category

SQL = f"""
CREATE POLICY pictures_stay ON public.files_document AS RESTRICTIVE FOR UPDATE TO app USING (
    category <> {int(Category.HEALTH)} OR type NOT IN ('jpg', 'png')
    OR holder = ANY (string_to_array(current_setting('app.teams', true), ',')::int[])
    OR added_by_id = (SELECT public.ctx_user()));
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0008_pictures")]

    operations = [migrations.RunSQL(SQL, "DROP POLICY pictures_stay ON public.files_document;")]
