"""Whoever changes a telephone number of the register may write it: a stolen password of the
application would otherwise lead people who ask for help to somebody else."""

from django.db import migrations

TABLES = {
    "organisation": ("INSERT OR UPDATE", "directory_write"),
    "contact": ("INSERT OR UPDATE", "directory_write"),
    "service": ("INSERT OR UPDATE", "directory_write"),
    "unmetneed": ("INSERT", "directory_read"),
}


class Migration(migrations.Migration):
    dependencies = [("directory", "0003_country"), ("access", "0021_asks")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER directory_asks BEFORE {when} ON public.directory_{table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION public.access_asks('{permission}');",
            f"DROP TRIGGER directory_asks ON public.directory_{table};",
        )
        for table, (when, permission) in TABLES.items()
    ]
