"""A form is kept by who may ask its questions."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0028_own_names"), ("access", "0021_asks")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER cases_asks BEFORE INSERT ON public.cases_questionnaire "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.access_asks('case_write');",
            "DROP TRIGGER cases_asks ON public.cases_questionnaire;",
        )
    ]
