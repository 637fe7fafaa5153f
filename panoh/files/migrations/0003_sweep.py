"""The background role learns which files have a row, and nothing else of them."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION public.files_with_row(numbers uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT id FROM public.files_document WHERE id = ANY (numbers);
$$;
REVOKE ALL ON FUNCTION public.files_with_row(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.files_with_row(uuid[]) TO jobs;
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0002_walls")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION public.files_with_row(uuid[])")]
