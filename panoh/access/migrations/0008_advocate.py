"""The advocate's grant and the functions that alone write it: ``advocate.sql``."""

from pathlib import Path

from django.db import migrations, models

SQL = (Path(__file__).parent / "advocate.sql").read_text("utf-8")
DROP = """
DROP FUNCTION public.access_end_by_clock(bigint, int, timestamptz);
DROP FUNCTION public.access_end_as_advocate(bigint, int, timestamptz);
DROP FUNCTION public.access_end_shares(bigint, int, timestamptz);
DROP FUNCTION public.access_name_advocate(bigint, int, int, int, uuid, timestamptz, timestamptz);
DROP FUNCTION public.access_is_advocate(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0007_emergency_walls")]

    operations = [
        migrations.AddField("grant", "named", models.IntegerField(null=True)),
        migrations.AlterField(
            "grant",
            "source",
            models.CharField(
                choices=[
                    ("holder", "Holder"),
                    ("offer", "Offer"),
                    ("referral", "Referral"),
                    ("former_holder", "Former Holder"),
                    ("break_glass", "Break Glass"),
                    ("advocate", "Advocate"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(SQL, DROP),
    ]
